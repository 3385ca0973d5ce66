"""`micrograd-bp demo` as a person runs it: what it prints where, how well it does, and how it ends."""

import os
import pty
import re
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from statistics import fmean

import pytest

import micrograd_bp
from micrograd_bp.cli.demo import Trained, accuracy, train_on_iris
from micrograd_bp.datasets import load_iris
from tests.counts import count

ROOT = Path(micrograd_bp.__file__).parents[1]
DEMO = [sys.executable, "-m", "micrograd_bp", "demo"]


@cache
def trained(seed: int) -> Trained:
    """A run that several tests look at."""
    return train_on_iris(seed)


def test_ten_seeds() -> None:
    runs = [trained(seed) for seed in range(count(5, 10))]
    accuracies = [run.accuracy for run in runs]
    print(" ".join(f"{each:.1%}" for each in accuracies), f"mean {fmean(accuracies):.1%}, worst {min(accuracies):.1%}")
    assert fmean(accuracies) >= 0.95
    assert min(accuracies) >= 0.90
    for run in runs:
        assert len(run.held_out_targets) == 51
        assert run.baseline == pytest.approx(1 / 3)
        assert run.accuracy == accuracy(run.network, run.held_out_inputs, run.held_out_targets)


def test_accuracy_counts_the_largest_output() -> None:
    run = trained(3)
    hits = 0
    for sample, target in zip(run.held_out_inputs, run.held_out_targets, strict=True):
        outputs = [y.data for y in run.network(sample)]
        hits += outputs[target] == max(outputs)
    assert run.accuracy == hits / 51


def test_a_seed_gives_the_same_run() -> None:
    first, again, other = trained(1), train_on_iris(1), trained(2)
    assert first.network.state_dict() == again.network.state_dict()
    assert first.held_out_inputs != other.held_out_inputs


@pytest.fixture(scope="module", params=["utf-8", "cp1252", "ascii"][: count(2, 3)])
def output(request: pytest.FixtureRequest) -> str:
    """What the demo writes into a pipe in an encoding."""
    environment = {**os.environ, "PYTHONIOENCODING": request.param, "PYTHONUTF8": "0"}
    done = subprocess.run(DEMO, cwd=ROOT, env=environment, capture_output=True, check=True)
    assert done.stderr == b""
    text = done.stdout.decode(request.param)
    assert ("∂tanh(z)/∂z" in text, "dtanh(z)/dz" in text) == (request.param == "utf-8", request.param != "utf-8")
    return text


def test_through_a_pipe_come_plain_lines(output: str) -> None:
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", output.replace(os.linesep, "\n"))  # no bar, no colours
    epochs = re.findall(r"^  epoch +(\d+)/30  loss (\d+\.\d+)$", output, re.MULTILINE)
    assert [int(epoch) for epoch, _ in epochs][:: len(epochs) - 1] == [1, 30]
    assert 3 <= len(epochs) <= 10
    losses = [float(loss) for _, loss in epochs]
    assert losses[-1] < 0.2 * losses[0]


def test_it_says_what_it_does(output: str) -> None:
    assert output.startswith(f"Data: {len(load_iris().inputs)} iris flowers")
    said = re.search(r"Held-out accuracy: ([\d.]+)% of 51 flowers \(always naming one species: 33\.3%\)", output)
    assert said
    assert float(said[1]) == pytest.approx(100 * trained(0).accuracy, abs=0.05)
    checked = re.search(r"Check: all 67 gradients agree with finite differences; .* difference (\S+)\.\n", output)
    assert checked
    assert float(checked[1]) < 1e-6


def test_the_numbers_of_the_chain_rule_belong_together(output: str) -> None:
    ascii_output = output.replace("·", "*").replace("→", "->").replace("₀", "_0")
    number = r"(-?\d[\d.e-]*)"
    steps = re.findall(
        rf"step \d+: (.*) -> (.*)\n  .* = {number}\n  contribution: .* = {number} \* {number} = {number}\n"
        rf"  gradient of .*: 0 -> {number}\n",
        ascii_output,
    )
    assert [step[:2] for step in steps] == [("a", "z"), ("z", "w_0"), ("z", "b")]
    for step in steps:
        formula, upstream, local, contribution, after = map(float, step[2:])
        assert formula == local
        assert contribution == after == pytest.approx(upstream * local, rel=2e-3)
    assert steps[0][6] == steps[1][3] == steps[2][3]  # what arrives at z goes on from there


def run_in_terminal(code: str, interrupt_at: str = "") -> tuple[int, str]:
    """The exit code, and what a process of Python writes to a terminal; Ctrl-C once it has written `interrupt_at`."""
    terminal, inside = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"}
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, stdout=inside, stderr=inside
    ) as child:
        os.close(inside)
        written = b""
        while True:
            try:
                chunk = os.read(terminal, 65536)
            except OSError:  # how Linux says that the other side has closed
                break
            if not chunk:
                break
            written += chunk
            if interrupt_at and interrupt_at.encode() in written:
                child.send_signal(signal.SIGINT)
                interrupt_at = ""
    os.close(terminal)
    return child.returncode, written.decode()


def test_in_a_terminal_there_is_a_progress_bar() -> None:
    code, written = run_in_terminal("import sys; from micrograd_bp.cli import main; sys.exit(main(['demo']))")
    assert code == 0
    assert "━" in written
    assert "epoch 30/30" in written
    assert "Check: all 67 gradients agree" in written


LONG = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be switched off where tests run in the background
from micrograd_bp.cli import demo, main
demo.EPOCHS = 2_000  # longer than anybody waits
sys.exit(main(["demo"]))
"""


def test_ctrl_c_in_the_middle_of_training_ends_it_cleanly() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LONG], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        for line in child.stdout:
            if "epoch   1/" in line:
                child.send_signal(signal.SIGINT)
                break
        rest, errors = child.stdout.read(), child.stderr.read()
    assert child.returncode == 130
    assert rest.strip() == "interrupted"
    assert errors == ""


def test_ctrl_c_in_a_terminal_leaves_no_traceback_and_shows_the_cursor_again() -> None:
    code, written = run_in_terminal(LONG, interrupt_at="epoch ")
    assert code == 130
    assert "interrupted" in written
    assert "Traceback" not in written
    assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")
