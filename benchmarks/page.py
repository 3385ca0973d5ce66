"""The page in a browser: how long it takes to write it, to show it, to take a step, and to jump to the end."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.processes import BenchmarkError
from benchmarks.report import CLOCK_TIME, Measurement
from micrograd_bp import MLP, Value, mse

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PACKAGES = ("micrograd_bp", "playwright")
REFERENCES: dict[str, str] = {}
KEYS = ("network", "2000")

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
N_STEPS = 60
"""So many single steps are timed in each run."""

UNTIL_SHOWN = """
const untilShown = (action) => new Promise((resolve) => {
    const start = performance.now();
    action();
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - start)));
});
"""
"""From an action to the frame after the one that shows it; up to two frames of 17 ms of that are waiting."""


def run(keys: list[str], repeats: int, say: Callable[[str], None]) -> Iterator[Measurement]:
    """Measures what `keys` name.

    Raises:
        BenchmarkError: there is no browser.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise BenchmarkError("playwright drives the browser: pip install playwright") from None
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise BenchmarkError("no Chromium on the PATH: on Debian and Ubuntu, apt install chromium")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        for key in keys:
            say(f"{key} ...")
            root, names = GRAPHS[key]()
            path = Path(folder) / f"{key}.html"
            figures: dict[str, list[float]] = {}
            for _ in range(repeats):
                for what, measured in _once(browser, root, names, path).items():
                    figures.setdefault(what, []).extend(measured)
            title = f"{_size(root)}, a file of {os.path.getsize(path) / 1e6:.1f} MB"
            for what, measured in figures.items():
                yield Measurement(key, title, CLOCK_TIME, what, measured)
        browser.close()


def _once(browser: "Browser", root: Value, names: Any, path: Path) -> dict[str, list[float]]:
    """The milliseconds of one page from the start: all that a reader waits for."""
    from micrograd_bp.views.page.page import write_page

    start = time.perf_counter()
    write_page(root, path, names=names, forward=True)
    written = 1e3 * (time.perf_counter() - start)
    tab = browser.new_page(viewport={"width": 1400, "height": 900})
    tab.goto(path.as_uri())
    shown = tab.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"
    )
    tab.evaluate("go(forwardCount)")
    step = "() => document.getElementById('step').click()"
    steps: Sequence[float] = [
        tab.evaluate(f"() => {{{UNTIL_SHOWN} return untilShown({step});}}") for _ in range(N_STEPS)
    ]
    slide = "() => { const s = byId('leaf-slider'); s.stepUp(); s.dispatchEvent(new Event('input')); }"
    changes: Sequence[float] = [
        tab.evaluate(f"() => {{{UNTIL_SHOWN} return untilShown({slide});}}") for _ in range(N_STEPS)
    ]
    learn = "() => learn(1)"
    descents: Sequence[float] = [
        tab.evaluate(f"() => {{{UNTIL_SHOWN} return untilShown({learn});}}") for _ in range(N_STEPS)
    ]
    ends = "new KeyboardEvent('keydown', {key: 'KEY', bubbles: true})"
    jumps = {
        key: tab.evaluate(
            f"() => {{{UNTIL_SHOWN} return untilShown(() => document.body.dispatchEvent({ends.replace('KEY', key)}));}}"
        )
        for key in ("End", "Home")
    }
    tab.close()
    return {
        "write_page": [written],
        "from opening it to the first display": [shown],
        "a step": list(steps),
        "a number changed with the slider": list(changes),
        "a step of gradient descent": list(descents),
        "a jump to the end": [jumps["End"]],
        "a jump back to the start": [jumps["Home"]],
    }


def _size(root: Value) -> str:
    from micrograd_bp.engine import size

    nodes, edges = size(root)
    return f"{nodes:,} values, {edges:,} edges"


# ---- the graphs


def _network() -> tuple[Value, Any]:
    """MLP(2, [4, 1]) and its loss on one sample."""
    model = MLP(2, [4, 1], activation="tanh", rng=0)
    return mse([model([1.0, -2.0])], [0.5]), model


def _two_thousand() -> tuple[Value, Any]:
    """A network of single products and sums, and its loss on six samples: 1,980 values."""
    model = MLP(4, [10, 9, 1], activation="tanh", rng=0, fused=False)
    samples = [[0.1 * i, -0.2 * i, 0.3, 0.4] for i in range(6)]
    return mse([model(sample) for sample in samples], [0.5] * len(samples)), model


GRAPHS: dict[str, Callable[[], tuple[Value, Any]]] = {"network": _network, "2000": _two_thousand}
