"""A session with a client that is not ours: Microsoft's own for tests of debug adapters, which node runs."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from micrograd_bp.views.adapter.session import Session

from .editor import COMMAND, ROOT, program

FOLDER = Path(__file__).parent / "microsoft"
SCRIPT = """\
import sys
from micrograd_bp import Value, debug
from micrograd_bp.engine.origin import track_source

x, w, b = Value(2.0), Value(-3.0), Value(6.9)
with track_source():
    product = w * x
    total = product + b
    out = total.tanh()
if len(sys.argv) > 1:
    debug(out, port=0)
    print("went on")
out.backward()
"""
LINE = SCRIPT.splitlines().index("    total = product + b") + 1


@pytest.fixture(scope="module")
def node():
    """The program that runs the client."""
    found = shutil.which("node")
    if found is None or not (FOLDER / "node_modules").is_dir():
        reason = "no client by Microsoft: install node and npm, then npm ci --prefix tests/views/adapter/microsoft"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "train.py"
    path.write_text(SCRIPT, encoding="utf-8")
    return str(path)


def session(node, *arguments):
    """The requests that were made, if all went well."""
    done = subprocess.run(
        [node, str(FOLDER / "session.cjs"), *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


EVERY_REQUEST = {name.removeprefix("on_") for name in dir(Session) if name.startswith("on_")}


def test_every_request_over_standard_input_and_output(node, script, tmp_path):
    launcher = tmp_path / "adapter.py"  # the client starts a file
    launcher.write_text("from micrograd_bp.cli import main\nraise SystemExit(main(['debug', '--adapter']))\n", "utf-8")
    assert session(node, script, str(LINE), sys.executable, str(launcher)) >= EVERY_REQUEST


def test_every_request_over_a_port(node, script):
    with program(*COMMAND, "--port", "0") as (process, port):
        assert session(node, script, str(LINE), str(port)) >= EVERY_REQUEST
        assert process.wait(20) == 0


def test_attaching(node, script):
    with program(sys.executable, "-W", "error", script, "wait") as (process, port):
        assert "attach" in session(node, script, str(LINE), str(port), "attach")
        assert process.stdout.readline() == "went on\n"
        assert process.wait(20) == 0
