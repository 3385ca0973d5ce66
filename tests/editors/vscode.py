"""Drives VS Code in the browser, from a clean environment: `python -m tests.editors.vscode SERVER`.

SERVER is code-server (VS Code for the browser, from npm): its command, or the file `entry.js` that node runs. The
package is installed into an environment of its own, the extension by the one command that `micrograd-bp debug --vscode`
prints; then the fault in `examples/debug_rents.py` is found with buttons and check boxes alone, and the rest is tried.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from tests.editors.workbench import Workbench

ROOT = Path(__file__).parents[2]
SETTINGS = """{"workbench.startupEditor": "none", "workbench.colorTheme": "Default Light Modern",
"editor.minimap.enabled": false, "editor.stickyScroll.enabled": false, "chat.commandCenter.enabled": false}"""

LOOP = """\
from micrograd_bp import Value, debug, track_source

w = Value(2.0, label="w")
with track_source():
    for epoch in range(3):
        loss = (w * 3.0).tanh()
        loss.backward()
        debug(loss, port=5678)
        w.data -= 0.5
print("trained")
"""


def find_the_fault(bench: Workbench) -> None:
    """Why does the network of `debug_rents.py` learn nothing but the mean?"""
    bench.start()
    bench.is_at("before the first step")
    bench.on_line(22)
    bench.widen(430)
    expect(bench.page.locator(".repl-tree")).to_contain_text("largest gradient in the first layer: 1.5e-12")
    bench.check("a gradient dies")
    bench.press("continue")
    bench.on_line(21)
    expect(bench.complaint()).to_contain_text("a gradient dies")
    expect(bench.complaint()).to_contain_text("1 - (-1)² = 0")
    bench.unfold("to")
    bench.reads("data", "-39.3")  # far out where tanh is flat
    bench.reads("operation", "0.1327·128")  # because of the living area, 128 square metres
    bench.picture("vscode")
    typed = [each for each in bench.done if each.startswith("typed")]
    assert not typed, typed


def try_the_rest(bench: Workbench, script: Path) -> None:
    """Steps both ways, a breakpoint in the gutter, hovering, the debug console, a script that is changed."""
    bench.press("step back")
    bench.is_at("predictions.7 → ")
    bench.press("step into")
    bench.is_at("a gradient dies")
    expect(bench.frames().last).to_contain_text("loss: 1")
    bench.check("a gradient dies", on=False)
    bench.press("step over")
    bench.is_at("dot_8 → model.layers.0.neurons.3.bias")
    bench.press("restart")
    bench.is_at("before the first step")
    bench.on_line(22)
    bench.click_in_gutter(21)
    bench.press("continue")
    bench.on_line(21)
    bench.is_at("line debug_rents.py:21")
    bench.hover("loss = mse", "loss", "11.78, gradient 1")
    bench.hover("loss = mse", "predictions", "predictions.7")
    bench.picture("hover")
    assert "gradient of loss = 1" in bench.say("why loss")
    expect(bench.page.locator(".notification-toast")).to_have_count(0)
    bench.press("reverse")
    bench.is_at("before the first step")
    bench.press("step into")
    bench.reads("to", "sum_of_squares")
    bench.menu("to", "Break on Value Change")
    expect(bench.page.locator(".debug-breakpoints")).to_contain_text("the gradient of sum")
    script.write_text(script.read_text(encoding="utf-8").replace("range(200)", "range(3)"), encoding="utf-8")
    bench.press("restart")
    expect(bench.page.locator(".repl-tree")).to_contain_text("largest gradient in the first layer: 0.14")
    bench.press("stop")
    expect(bench.page.locator(".debug-toolbar")).to_be_hidden()


def attach(bench: Workbench, python: str, folder: Path) -> None:
    """Takes part in a training loop that waits, at two epochs, and leaves it."""
    readme = (ROOT / "micrograd_bp/views/adapter/vscode/README.md").read_text(encoding="utf-8")
    (folder / ".vscode").mkdir()
    (folder / ".vscode" / "launch.json").write_text(
        readme.partition("```json")[2].partition("```")[0], encoding="utf-8"
    )
    with subprocess.Popen([python, "-u", str(folder / "loop.py")], stdout=subprocess.PIPE, text=True) as loop:
        try:
            assert loop.stdout is not None
            assert "port 5678" in loop.stdout.readline()
            bench.choose("Chain rule: a program that waits")
            bench.start()
            bench.reads("operation", "tanh(6)")
            bench.press("step into")
            bench.is_at("step 1 of")
            bench.press("continue")
            bench.is_at("the end")
            bench.press("continue")
            bench.reads("operation", "tanh(4.5)")  # the next epoch
            bench.press("disconnect")
            expect(bench.page.locator(".debug-toolbar")).to_be_hidden()
        finally:
            loop.kill()


@contextmanager
def served(server: list[str], folder: Path) -> Iterator[str]:
    """VS Code at an address, from when it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen([*server, "--bind-addr", f"127.0.0.1:{port}"], stdout=subprocess.DEVNULL) as running:
        try:
            for _ in range(600):
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}/?folder={folder}"
        finally:
            running.terminate()


def prepared(home: Path, server: list[str]) -> tuple[str, Path]:
    """An environment with the package, the extension installed, and a folder of scripts: the Python, and the folder."""
    venv.create(home / "venv", with_pip=True)
    programs = home / "venv" / "bin"
    subprocess.run([programs / "pip", "install", "--quiet", ROOT], check=True)
    written = subprocess.run([programs / "micrograd-bp", "debug", "--vscode"], cwd=home, capture_output=True, text=True)
    print(written.stdout, end="")
    command = written.stdout.splitlines()[-1].strip()
    code = programs / "code"  # what the command is called where VS Code is a program of its own
    code.write_text(f'#!/bin/sh\nexec {" ".join(server)} "$@"\n', encoding="utf-8")
    code.chmod(0o755)
    there = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(command, shell=True, cwd=home, env=there, check=True, stdout=subprocess.DEVNULL)
    settings, folder = home / "user" / "User" / "settings.json", home / "rents"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(SETTINGS, encoding="utf-8")
    folder.mkdir()
    shutil.copy(ROOT / "examples" / "debug_rents.py", folder)
    (folder / "loop.py").write_text(LOOP, encoding="utf-8")
    return str(programs / "python"), folder


def main() -> None:
    """Runs all of it; an assertion says what is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server", help="the command code-server, or its entry.js")
    parser.add_argument("--pictures", type=Path, help="a folder for pictures of the window")
    arguments = parser.parse_args()
    entry = arguments.server
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        home = Path(temporary)
        server = ["node", entry] if entry.endswith(".js") else [entry]
        server += ["--auth", "none", "--disable-telemetry", "--disable-update-check"]
        server += ["--user-data-dir", str(home / "user"), "--extensions-dir", str(home / "extensions")]
        python, folder = prepared(home, server)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        with served(server, folder) as address:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.set_default_timeout(20_000)
            expect.set_options(timeout=20_000)
            bench = Workbench(page, arguments.pictures)
            try:
                bench.open(address, "debug_rents.py")
                find_the_fault(bench)
                print("found the fault by: " + ", ".join(bench.done))
                try_the_rest(bench, folder / "debug_rents.py")
                attach(bench, python, folder)
            except BaseException:
                bench.picture("failed")
                raise
        browser.close()
    print("all of it works")


if __name__ == "__main__":
    sys.exit(main())
