"""`micrograd-bp check`: the exit codes, the messages, and the report for machines."""

import json
import os
import sys
from pathlib import Path

import pytest

from micrograd_bp.cli.loading import import_file
from tests.cli.checking import run

LAYER = """
import numpy as np

print("this file prints")

class Layer:
    def __init__(self):
        self.W, self.b = np.ones((4, 3)), np.zeros(3)

    def forward(self, x):
        print("forward")
        self.x = x
        return x @ self.W + self.b

    def backward(self, d_output):
        self.dW, self.db = self.x.T @ d_output, d_output.sum(axis=0)
        return d_output @ self.W.T

class Wrong(Layer):
    def backward(self, d_output):
        d_inputs = super().backward(d_output)
        self.dW = self.dW * 2
        return d_inputs

class Raises(Layer):
    def backward(self, d_output):
        raise RuntimeError("not today")

class Nothing(Layer):
    def backward(self, d_output):
        super().backward(d_output)

class Needs(Layer):
    def __init__(self, recipe, portions):
        if recipe != "pancakes":
            raise ValueError("no such recipe")
        super().__init__()

class Sized(Layer):
    def __init__(self, n_inputs, n_outputs):
        self.W, self.b = np.ones((n_inputs, n_outputs)), np.zeros(n_outputs)

class Renamed:
    def __init__(self):
        self.stuff = np.ones((4, 3))

    def run(self, x):
        self.seen = x
        return x @ self.stuff

    def learn(self, g):
        self.news = self.seen.T @ g
        return g @ self.stuff.T

def factory():
    return Needs("pancakes", 3)

def forgets():
    Needs("pancakes", 3)

class Number:
    def __init__(self, data):
        self.data = data

    def __mul__(self, other):
        return Number(self.data * other.data)

    def backward(self):
        self.grad = 1.0

instance = Wrong()
number = 3
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "my_layer.py"
    path.write_text(LAYER, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("Layer", 0, "Layer: every gradient is right."),
        ("Sized", 0, "Sized: every gradient is right."),
        ("factory", 0, "Needs: every gradient is right."),
        ("Wrong", 1, "dW: the factor `2` in `self.dW * 2` is too much."),
        ("instance", 1, "self.dW = self.dW * 2"),
        ("Raises", 1, "backward raises RuntimeError: not today"),
        ("Nothing", 1, "backward returns nothing"),
    ],
)
def test_exit_code_and_report(file, name, code, says, capsys):
    assert run(f"{file}:{name}") == code
    captured = capsys.readouterr()
    assert says in captured.out
    assert "forward\n" not in captured.out.replace(" forward\n", "")
    assert "this file prints" in captured.err


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Needs", "needs the arguments recipe, portions"),
        ("forgets", "forgets() returns nothing"),
        ("Absent", "has no 'Absent'; it has"),
        ("number", "int has no forward"),
        ("Renamed", "Renamed has no forward"),
        ("Number", "compute the same with micrograd_bp.Value, whose .grad is right"),
    ],
)
def test_what_cannot_be_checked(file, name, says, capsys):
    assert run(f"{file}:{name}") == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert says in captured.err
    assert "Traceback" not in captured.err


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("def (", "does not import: SyntaxError"),
        ("import nothing_of_that_name", "does not import: ModuleNotFoundError"),
        ("1 / 0", "does not import: ZeroDivisionError: division by zero (line 1 of broken.py)"),
        ("raise SystemExit(3)", "does not import: SystemExit"),
    ],
)
def test_a_file_that_does_not_import(tmp_path, source, says, capsys):
    path = tmp_path / "broken.py"
    path.write_text(source, encoding="utf-8")
    assert run(f"{path}:Layer") == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("target", ["absent.py:Layer", "my_layer.py", ":Layer"])
def test_a_target_that_names_nothing(target, capsys):
    assert run(target) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_names_on_the_command_line(file, capsys):
    for more in (["d_stuff=news"], ["weights=stuff", "d_weights=news"]):
        names = [f"--name={each}" for each in ("forward=run", "backward=learn", *more)]
        assert run(f"{file}:Renamed", *names) == 0
        assert "stuff (gradient news)" in capsys.readouterr().out
    assert run(f"{file}:Renamed", *names, "--name", "d_stuff=old") == 2
    assert "no array old after backward" in capsys.readouterr().err
    assert run(f"{file}:Renamed", "--name", "forward") == 2


@pytest.mark.parametrize(("name", "code", "ok"), [("Layer", 0, True), ("Wrong", 1, False), ("Needs", 2, None)])
def test_json(file, name, code, ok, capsys):
    assert run(f"{file}:{name}", "--json") == code
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is ok
    assert ("error" in report) == (code == 2)


def test_a_file_finds_its_neighbours(tmp_path, capsys):
    (tmp_path / "neighbour.py").write_text(LAYER, encoding="utf-8")
    (tmp_path / "mine.py").write_text("from neighbour import Layer\n", encoding="utf-8")
    assert run(f"{tmp_path / 'mine.py'}:Layer") == 0


def test_a_network_with_the_loss_of_its_file(tmp_path, capsys):
    (tmp_path / "net.py").write_text(
        LAYER
        + """
def mse(prediction, target):
    return np.mean((prediction - target) ** 2)

class Net:
    def __init__(self):
        self.layers = [Layer(), Layer()]
        self.layers[1].W = np.ones((3, 2))
        self.layers[1].b = np.zeros(2)

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        self.prediction = x
        return x

    def backward(self, target):
        gradient = 2 * (self.prediction - target) / target.size
        for layer in reversed(self.layers):
            gradient = layer.backward(gradient)
""",
        encoding="utf-8",
    )
    assert run(f"{tmp_path / 'net.py'}:Net") == 0
    assert "loss        mse" in capsys.readouterr().out
    assert run(f"{tmp_path / 'net.py'}:Net", "--loss", "mse") == 1
    assert "is missing in `2 * (self.prediction - target)" in " ".join(capsys.readouterr().out.split())


def test_arrays_of_a_file_that_are_called_like_an_argument_need_not_fit(tmp_path, capsys):
    """They are data for something else in it."""
    data = "x, t = np.ones((6, 3)), np.zeros(6)\n"
    network = """
class Net(Layer):
    def backward(self, t):
        super().backward(2 * (self.x @ self.W + self.b - t) / len(t))
"""
    (tmp_path / "net.py").write_text(LAYER + data + network, encoding="utf-8")
    for name in ("Layer", "Net"):
        assert run(f"{tmp_path / 'net.py'}:{name}") == 0
        assert "all 12 right" in capsys.readouterr().out


def test_files_of_one_name_in_two_folders_are_told_apart(tmp_path: Path) -> None:
    """Within one process, also those that the file imports."""
    for factor in (2.0, 3.0):
        folder = tmp_path / str(factor)
        folder.mkdir()
        (folder / "losses.py").write_text(f"FACTOR = {factor}\n", encoding="utf-8")
        (folder / "network.py").write_text("from losses import FACTOR\n", encoding="utf-8")
        assert factor == import_file(str(folder / "network.py")).FACTOR
        assert factor == import_file(str(folder / "losses.py")).FACTOR


def test_a_file_that_was_changed_within_the_second_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that it imports, and as long as before; nothing is written beside them."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    network, losses = tmp_path / "network.py", tmp_path / "losses.py"
    for factor in (2.0, 3.0):
        losses.write_text(f"FACTOR = {factor}\n", encoding="utf-8")
        network.write_text(f"from losses import FACTOR\nTWICE = {2 * factor}\n", encoding="utf-8")
        for file in (network, losses):
            os.utime(file, (1e9, 1e9))
        module = import_file(str(network))
        assert (factor, 2 * factor) == (module.FACTOR, module.TWICE)
    assert sorted(tmp_path.iterdir()) == [losses, network]
    assert not sys.dont_write_bytecode
