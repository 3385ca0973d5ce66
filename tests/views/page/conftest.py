"""One Chromium for all tests of pages, and a page opened in it as its reader would: from disk."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, sync_playwright
from playwright.sync_api import Page as Tab

from micrograd_bp.views.page.page import Page

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
    complaints: list[str] = field(default_factory=list)

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


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Opens a page from disk; whatever it asks of the network or complains of fails the test."""
    all_opened: list[Opened] = []

    def opening(page: Page, **context: object) -> Opened:
        path = page.write(tmp_path / f"page_{len(all_opened)}.html")
        options = {"viewport": {"width": 1400, "height": 900}, "reduced_motion": "reduce", **context}
        opened = Opened(browser.new_context(**options).new_page())
        opened.tab.set_default_timeout(5_000)
        all_opened.append(opened)
        address = Path(path).as_uri()
        opened.tab.on("console", lambda message: opened.complaints.append(f"console: {message.text}"))
        opened.tab.on("pageerror", lambda error: opened.complaints.append(f"error: {error}"))
        opened.tab.on("dialog", lambda dialog: opened.complaints.append(f"dialog: {dialog.message}"))
        opened.tab.on(
            "request",
            lambda request: opened.complaints.append(f"request: {request.url}") if request.url != address else None,
        )
        opened.tab.goto(address)
        return opened

    yield opening
    for opened in all_opened:
        assert opened.complaints == []
        opened.tab.context.close()
