"""One Chromium for all tests of pages, and a page opened in it as its reader would: from disk."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, ViewportSize, sync_playwright
from playwright.sync_api import Page as Tab

from micrograd_bp.views.page.page import Page

WIDE: ViewportSize = {"width": 1400, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        reason = "no Chromium on the PATH: on Debian and Ubuntu, apt install chromium"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        started.close()


@dataclass
class Opened:
    """A page in a tab, and what went wrong in it."""

    tab: Tab
    address: str = ""
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Whatever asks for anything but the page, or complains, is written down."""
        self.tab.set_default_timeout(5_000)
        self.tab.on("console", lambda message: self.complaints.append(f"console: {message.text}"))
        self.tab.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.tab.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        self.tab.on(
            "request",
            lambda request: self.complaints.append(f"request: {request.url}") if request.url != self.address else None,
        )

    def gradient(self, name: str) -> str:
        """The gradient that stands on the box of a value."""
        return self.box(name).locator(".gradient").text_content() or ""

    def gradients(self) -> dict[str, str]:
        """The gradients that stand on all boxes, by the full names of the values."""
        found: dict[str, str] = self.tab.evaluate(
            "Object.fromEntries([...document.querySelectorAll('.box')]"
            ".map((box) => [box.dataset.name, box.querySelector('.gradient')?.textContent])"
            ".filter(([name, text]) => text !== undefined))"
        )
        return found

    def box(self, name: str) -> Locator:
        """The box of a value."""
        return self.tab.locator(f'.box[data-name="{name}"]')

    def press(self, key: str, times: int = 1) -> None:
        """Presses a key, wherever the focus is."""
        for _ in range(times):
            self.tab.keyboard.press(key)

    def position(self) -> str:
        """What stands beside the slider."""
        return self.text("#position")

    def text(self, selector: str) -> str:
        """What an element says."""
        return self.tab.locator(selector).text_content() or ""

    def state(self) -> str:
        """The whole drawing, as markup."""
        return self.tab.locator("#graph").evaluate("graph => graph.outerHTML")


@pytest.fixture(scope="session")
def shared_tab(browser: Browser) -> Opened:
    """A tab that shows one page after the other: four times as fast as a new one for each."""
    return Opened(browser.new_page())


@pytest.fixture
def open_page(shared_tab: Opened, browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Opens a page from disk; whatever it asks of the network or complains of fails the test.

    It opens in place of the last one, or in a tab `alone`, which may be told more than what a page may change back.
    """
    all_opened: list[Opened] = []

    def opening(
        page: Page,
        *,
        viewport: ViewportSize = WIDE,
        color_scheme: Literal["light", "dark"] = "light",
        alone: bool = False,
        **context: object,
    ) -> Opened:
        path = Path(page.save(tmp_path / f"page_{len(all_opened)}.html"))
        opened = Opened(browser.new_page(**context)) if alone or context else shared_tab
        all_opened.append(opened)
        opened.tab.set_viewport_size(viewport)
        opened.tab.emulate_media(media="null", color_scheme=color_scheme, reduced_motion="reduce")
        opened.tab.mouse.move(0, 0)
        opened.address = path.as_uri()
        opened.tab.goto(opened.address)
        return opened

    yield opening
    for opened in all_opened:
        complaints, opened.complaints = opened.complaints, []
        if opened is not shared_tab:
            opened.tab.close()
        assert complaints == []
