"""`micrograd-bp debug`: an expression, a script, and what each answers when something is wrong with it."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

import micrograd_bp
from micrograd_bp import MLP, Value, backward
from micrograd_bp.cli.debug import run
from micrograd_bp.cli.targets import remembered_backward

ROOT = Path(micrograd_bp.__file__).parent.parent
RENTS = ROOT / "examples" / "debug_rents.py"

SCRIPT = """\
from micrograd_bp import MLP, Value, backward

x, w = Value(2.0), Value(-3.0, label="w")
product = w * x
product.backward()
loss = (product + 1.0).tanh()
loss.backward()
number = 3.0


def model():
    return MLP(2, [1], rng=1)([1.0, x])


def wrong():
    return number / 0


if __name__ == "__main__":
    print("ran", __file__.endswith("script.py"))
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT, encoding="utf-8")
    return path


def debugged(target, *numbers, commands="", encoding="utf-8", environment=None):
    """What a process prints that is given commands through a pipe."""
    code = "import sys; from micrograd_bp.cli.debug import run; sys.exit(run(sys.argv[1], sys.argv[2:]))"
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(target), *numbers],
        input=commands.encode(),
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding, **(environment or {})},
        check=False,
    )


def screen(*arguments, encoding="utf-8", **options):
    """The output of a process that went well."""
    done = debugged(*arguments, encoding=encoding, **options)
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    return done.stdout.decode(encoding)


def test_an_expression():
    shown = screen("tanh((n := w*x + b))", "w=-3", "x=2", "b=6.9", commands="step\nc\n")
    assert shown.splitlines()[:6] == [
        "The backward pass of tanh = 0.7163",
        "6 values, 5 steps; help lists the commands",
        "(chain) step",
        "step 1 of 5: tanh → n",
        "  ∂tanh(n)/∂n = 1 - tanh(n)² = 1 - 0.7163² = 0.4869",
        "  contribution: upstream gradient · local derivative = 1 · 0.4869 = 0.4869",
    ]
    assert shown.splitlines()[-3:] == ["  w = 0.9738", "  x = -1.461", "  b = 0.4869"]


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_in_ascii_where_the_output_can_write_no_more(encoding):
    shown = screen("sum([a*a, b])", "a=3", "b=1", commands="c\nback\nwhy a\nwhere\n", encoding=encoding)
    assert "d(a*a)/da = a = 3" in shown
    assert shown.isascii()


def test_a_script_is_debugged_where_backward_was_called_last(script):
    shown = screen(script, commands="b 4\nc\nwhy x\n")
    assert shown.startswith("ran True\nThe backward pass of loss = -0.9999\n")
    assert "stopped by 1: line script.py:4" in shown
    assert "made at script.py:4" in shown
    assert "gradient of x = -0.0005447" in shown


def test_a_value_of_a_script_by_name(script):
    assert "The backward pass of product = -6" in screen(f"{script}:product")


def test_a_saved_network(tmp_path, capsys, monkeypatch):
    MLP(2, [1], rng=0).save(tmp_path / "network.json")
    monkeypatch.setattr("sys.stdin", io.StringIO("next\n"))
    assert run(str(tmp_path / "network.json"), network_input="1,2") == 0
    assert "∂(w₀·x₀ + w₁·x₁ + b)/∂" in capsys.readouterr().out


def test_a_function_of_a_script_by_name(script):
    shown = screen(f"{script}:model", commands="n\n")
    assert "made at script.py:12" in shown
    assert "gradient of x: 0 → " in shown


@pytest.mark.parametrize(
    ("target", "numbers", "words"),
    [
        ("tanh(w*x", [], "not an expression"),
        ("tanh(w*x)", ["w=1"], "no value for x"),
        ("tanh(w)", ["w=1", "q=2"], "no q in"),
        ("tanh(w)", ["w=one"], "w needs a number, got 'one'"),
        ("tanh(w)", ["w"], "expected NAME=NUMBER, such as w=-3, got 'w'"),
        ("tanh(w)", ["=3"], "expected NAME=NUMBER, such as w=-3, got '=3'"),
        ("log(w)", ["w=-1"], "log needs x > 0"),
        ("nosuch(w)", ["w=-1"], "unknown function"),
        ("missing.py", [], "cannot read missing.py"),
        ("missing.py:loss", [], "cannot read missing.py"),
        ("missing.py", ["w=1"], "a script has its own"),
        ("missing.json", [], "No such file or directory: 'missing.json'"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(target, numbers, words, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert run(target, numbers) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("micrograd-bp debug: ")
    assert words in " ".join(shown.err.split())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nobody", "has nothing called nobody; its Values are x, w, product, loss"),
        ("number", "number in"),
        ("number", "is no Value, but float"),
        ("wrong", "wrong() failed: ZeroDivisionError"),
    ],
)
def test_names_that_a_script_does_not_have(script, name, words, capsys):
    assert run(f"{script}:{name}") == 2
    assert words in " ".join(capsys.readouterr().err.split())


def test_a_script_that_never_called_backward(tmp_path, capsys):
    path = tmp_path / "quiet.py"
    path.write_text("x = 1\n", encoding="utf-8")
    assert run(str(path)) == 2
    assert "never called backward" in " ".join(capsys.readouterr().err.split())


def test_a_script_that_fails_shows_its_own_traceback(tmp_path):
    path = tmp_path / "failing.py"
    path.write_text("def f():\n    raise KeyError('lost')\n\n\nf()\n", encoding="utf-8")
    done = debugged(path)
    assert done.returncode == 1
    assert done.stdout == b""
    assert done.stderr.decode().count("  File ") == 2
    assert "KeyError: 'lost'" in done.stderr.decode()


def test_a_script_with_a_syntax_error(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("x = (\n", encoding="utf-8")
    done = debugged(path)
    assert done.returncode == 1
    assert "SyntaxError" in done.stderr.decode()


def test_a_script_may_leave_early_and_import_its_neighbours(tmp_path):
    (tmp_path / "neighbour.py").write_text("def double(x):\n    return x * 2.0\n", encoding="utf-8")
    path = tmp_path / "leaving.py"
    path.write_text(
        "import sys\nfrom micrograd_bp import Value\nfrom neighbour import double\n"
        "y = double(Value(1.0, label='x'))\ny.backward()\nsys.exit(3)\n",
        encoding="utf-8",
    )
    assert "made at neighbour.py:2" in screen(path, commands="s\n")


def test_the_interpreter_is_as_before_afterwards(script, capsys):
    before = sys.modules["__main__"], sys.path[:], sys.argv, micrograd_bp.backward
    run(str(script))
    assert (sys.modules["__main__"], sys.path[:], sys.argv, micrograd_bp.backward) == before
    assert (Value(1.0) * 2.0).origin is None


def test_backward_of_several_outputs_is_remembered():
    a, b = Value(1.0), Value(2.0)
    with remembered_backward() as calls:
        (a * b).backward()
        micrograd_bp.backward([a, b], [0.5, 2.0])
        micrograd_bp.backward([])
    backward([a])
    assert calls == [([a, b], [0.5, 2.0])]


class TestPlantedFault:
    """`debug_rents.py` was written before the debugger: a network that learns nothing but the mean."""

    COMMANDS = (
        "why model.layers.0.neurons.0.weights.0",
        "break contribution == 0 and upstream != 0",
        "continue",
        "where",
        "info model.layers.0.neurons.3.dot_8",
    )

    def test_is_found_in_under_ten_commands(self):
        assert len(self.COMMANDS) < 10
        shown = screen(RENTS, commands="\n".join(self.COMMANDS))
        why, stop, go, where, info = [part.partition("\n")[2] for part in shown.split("(chain) ")[1:]]
        assert "gradient of model.layers.0.neurons.0.weights.0 = 0" in why
        assert "the smallest factor on the way: 0, through model.layers.0.neurons.0.tanh_8" in why
        assert stop.startswith("1: where")
        assert "model.layers.0.neurons.3.tanh_8 → model.layers.0.neurons.3.dot_8" in go
        assert "made at debug_rents.py:21" in go
        assert "1 - tanh(x)² = 1 - (-1)² = 0" in go
        assert "saturated, debug_rents.py:21" in where
        assert info.startswith("model.layers.0.neurons.3.dot_8 = -39.3\n")
        assert "0.1327·128" in info
