"""The debugger in a terminal of 80 columns: prompt, history, completion, colours, Ctrl-C and the end of input."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

import micrograd_bp

ROOT = Path(micrograd_bp.__file__).parent.parent
CODE = """
import fcntl, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # this is the terminal that Ctrl-C comes from
signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be switched off where tests run in the background
from micrograd_bp.cli.debug import run
sys.exit(run(sys.argv[1], sys.argv[2:]))
"""
NEURON = ("(a := tanh((n := w*x + b)))", "w=-3", "x=2", "b=6.8")
ESCAPES = re.compile(r"\x1b\[[?\d;]*[A-Za-z]|\x07")


class Terminal:
    """A process in a pseudo-terminal, and what it has written."""

    def __init__(self, *arguments, **environment):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-c", CODE, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            close_fds=True,
            start_new_session=True,
            env={
                **{name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "INPUTRC")},
                "TERM": "xterm-256color",
                "PYTHONPATH": str(ROOT),
                "PYTHONIOENCODING": "utf-8",
                **environment,
            },
        )
        os.close(slave)
        self.written = ""

    def type(self, keys, until="(chain) "):
        """Types, and returns what comes until `until`, as it was written."""
        os.write(self.master, keys.encode())
        return self.read(until)

    def read(self, until="(chain) "):
        seen, deadline = "", time.monotonic() + 30.0
        while until is None or until not in ESCAPES.sub("", seen):
            ready, _, _ = select.select([self.master], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"waited in vain for {until!r} after {seen!r}"
            try:
                chunk = os.read(self.master, 4096)
            except OSError:  # the other end is closed
                chunk = b""
            if not chunk:
                assert until is None, f"ended before {until!r}: {seen!r}"
                break
            seen += chunk.decode()
        return seen

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)


@pytest.fixture
def terminal():
    opened = []

    def open_terminal(*arguments, **environment):
        opened.append(Terminal(*arguments, **environment))
        opened[-1].read()
        return opened[-1]

    yield open_terminal
    for each in opened:
        each.close()


def lines(seen):
    """What stands on the screen: the lines without colours, the last of them the prompt."""
    return ESCAPES.sub("", seen).replace("\r", "").split("\n")


STEP = [
    "step 1 of 5: a → n",
    "  ∂tanh(n)/∂n = 1 - tanh(n)² = 1 - 0.664² = 0.5591",
    "  contribution: upstream gradient · local derivative = 1 · 0.5591 = 0.5591",
    "  gradient of n: 0 → 0.5591",
    "(chain) ",
]


def test_a_session(terminal):
    screen = terminal(*NEURON)
    assert lines(screen.type("step\r"))[1:] == STEP
    assert lines(screen.type("\r"))[1] == "step 2 of 5: n → multiply"
    assert lines(screen.type("watch w\r"))[1] == "1: the gradient of w changes"
    assert lines(screen.type("c\r"))[1:3] == ["stopped by 1: the gradient of w changes", "step 4 of 5: multiply → w"]
    shown = lines(screen.type("where\r"))
    assert shown[-2].split() == ["w", "2", "1.118"]
    assert max(map(len, shown)) <= 80
    screen.type("q\r", until=None)
    assert screen.process.wait(timeout=30) == 0


def test_results_have_the_colour_of_their_sign(terminal):
    screen = terminal(*NEURON)
    shown = screen.type("goto 5\r")
    assert "= \x1b[38;5;166m-1.677\x1b[0m" in shown
    assert "\x1b[38;5;32m" in screen.type("goto 4\r")


def test_no_colours_where_they_are_not_wanted(terminal):
    assert "\x1b[38" not in terminal(*NEURON, NO_COLOR="1").type("goto 5\r")
    assert "\x1b[38" not in terminal(*NEURON, TERM="dumb").type("goto 5\r")


def test_the_history_and_completion(terminal):
    screen = terminal(*NEURON)
    assert lines(screen.type("goto 3\r"))[1] == "step 3 of 5: n → b"
    screen.type("restart\r")
    assert "step 3 of 5: n → b" in lines(screen.type("\x1b[A\x1b[A\r"))
    assert any(line.startswith("multiply = -6") for line in lines(screen.type("inf\t mul\t\r")))


def test_ctrl_c_gives_a_new_prompt_and_the_end_of_input_leaves(terminal):
    screen = terminal(*NEURON)
    screen.type("ste", until="ste")
    time.sleep(0.5)  # Python's readline overlooks a signal that comes while it still handles a key
    assert "interrupted; `quit` leaves the debugger" in lines(screen.type("\x03"))
    assert lines(screen.type("step\r"))[1:] == STEP
    screen.type("\x04", until=None)
    assert screen.process.wait(timeout=30) == 0
