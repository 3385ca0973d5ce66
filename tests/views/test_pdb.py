"""Python's own debugger in `backward`: the stops that docs/debugging.md shows work, in scripted sessions of `pdb`."""

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import micrograd_bp
from micrograd_bp.engine import value

ROOT = Path(micrograd_bp.__file__).parent.parent

SCRIPT = """\
from micrograd_bp import Value

x, w, b = Value(2.0, label="x"), Value(-3.0, label="w"), Value(6.8, label="b")
n = w * x + b
n.label = "n"
a = n.tanh()
a.label = "a"
a.backward()
print(w.grad)
"""

WITH_NAN = """\
from micrograd_bp import Value

zero = Value(0.0, label="zero")
root = zero.sqrt() * 0.0
root.backward()
"""


def line_of(statement):
    """The line of a statement of `backward` in the file of Values."""
    lines, first = inspect.getsourcelines(value.backward)
    (place,) = [place for place, line in enumerate(lines) if line.strip() == statement]
    return first + place


NODE = "upstream = node.grad"
CONTRIBUTION = "operand.grad += upstream * local_derivative"


def pdb(tmp_path, script, *commands):
    """The answers of `python -m pdb` to some commands."""
    path = tmp_path / "neuron.py"
    path.write_text(script, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pdb", str(path)],
        input="".join(f"{command}\n" for command in (*commands, "quit")),
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        check=False,
        cwd=tmp_path,
    )
    assert "Error in" not in done.stdout, done.stdout
    assert "SyntaxError" not in done.stdout, done.stdout
    return done.stdout.split("(Pdb) ")[1:]


def stop(statement, condition):
    return f"break micrograd_bp/engine/value.py:{line_of(statement)}, {condition}"


@pytest.mark.parametrize(
    ("statement", "condition", "asked", "shown"),
    [
        (NODE, 'node.label == "n"', "node", "Value(data=0.8, grad=0.5591, label='n', op=+)"),
        (NODE, 'node.operation and node.operation.name == "tanh"', "node.grad", "1.0"),
        (NODE, 'node.operation and node.operation.symbol == "*"', "node.operands", "label='w'"),
        (CONTRIBUTION, 'operand.label == "w"', "upstream * local_derivative", "1.118"),
        (CONTRIBUTION, "operand is w_of_script()", "operand", "label='w'"),
        (CONTRIBUTION, "abs(upstream * local_derivative) > 1.5", "operand", "label='x'"),
    ],
)
def test_useful_stops(tmp_path, statement, condition, asked, shown):
    condition = condition.replace("w_of_script()", "__import__('__main__').w")
    answers = pdb(tmp_path, SCRIPT, stop(statement, condition), "continue", f"p {asked}")
    assert answers[0].startswith("Breakpoint 1 at ")
    assert f"-> {statement}" in answers[1]
    assert shown in answers[2]


def test_a_contribution_that_is_nan(tmp_path):
    nan = "upstream * local_derivative != upstream * local_derivative"
    answers = pdb(tmp_path, WITH_NAN, stop(CONTRIBUTION, nan), "continue", "p operand", "p upstream, local_derivative")
    assert "label='zero'" in answers[2]
    assert answers[3].strip() == "(0.0, inf)"


def test_a_condition_that_never_holds_lets_it_run(tmp_path):
    answers = pdb(tmp_path, SCRIPT, stop(CONTRIBUTION, "abs(upstream * local_derivative) > 1e3"), "continue")
    assert answers[1].startswith("1.118")


def test_stepping_shows_named_numbers(tmp_path):
    answers = pdb(tmp_path, SCRIPT, stop(NODE, 'node.label == "n"'), "continue", "next", "next", "p operand", "next")
    assert f"-> {CONTRIBUTION}" in answers[3]
    assert answers[4].strip() == "Value(data=-6, grad=0, op=*)"
    lines = pdb(tmp_path, SCRIPT, stop(NODE, 'node.label == "n"'), "continue", "p sorted(locals())")[2]
    assert all(name in lines for name in ("node", "order", "outputs", "upstream"))


@pytest.mark.parametrize(
    ("imported", "called"),
    [("import micrograd_bp", "micrograd_bp.debug(a)"), ("from micrograd_bp import debug", "!debug(a)")],
)
def test_the_chain_rule_debugger_opens_from_its_prompt(tmp_path, imported, called):
    shown = "".join(pdb(tmp_path, SCRIPT, "break 9", "continue", imported, called, "step", "quit", "p w.grad"))
    assert "The backward pass of a = 0.664" in shown
    assert "∂tanh(n)/∂n = 1 - tanh(n)² = 1 - 0.664² = 0.5591" in shown
    assert "1.118" in shown


def test_a_value_fits_into_a_pane_of_variables():
    long = micrograd_bp.Value(-1.23456789e-300, label="a label that goes on and on" * 10)
    assert len(repr(long)) < 100
