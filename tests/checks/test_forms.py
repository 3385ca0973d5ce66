"""Backward passes in the forms in which people write them, each checked as it stands by one command."""

import json
import os
import subprocess
import sys

import pytest

from tests.checks.corpus import MISTAKES, PEOPLE, RIGHT
from tests.cli.checking import run
from tests.counts import count

INPUTS = {f"{entry.path}:{entry.name}": entry.inputs for entry in RIGHT}
EASILY_MISSED = {
    "1/N is missing": "one sample alone hides it",
    "not clipped where the loss is linear": "numbers between 0 and 1 hide it",
    "the derivative is written for the output and gets the input": "it is right for an argument of another name",
    "the sign of the second": "one array is returned twice, for an input that might be data",
    "the step goes uphill: the sign": "a learning rate below 0 hides it",
    "= for +=: only the first step counts": "biases of 0 before a softmax, moved alike, seem to move nothing",
}
"""By what is wrong: why it was called right once."""
MISSED_ONCE = [mistake for mistake in MISTAKES if mistake.says in EASILY_MISSED][:: count(6, 1)]

SCALE = """
import numpy as np

class Scale:
    def __init__(self): self.gamma, self.beta = np.array([.5, 1., 1.5, 2.]), np.zeros(4)
    def forward(self, x): self.x = x; return self.gamma * x + self.beta
    def backward(self, d):
        self.dgamma = (d * self.x).sum(axis=0)
        self.dbeta = d.sum(axis=0)
        return d * self.gamma

class SoftmaxCE:
    def forward(self, z, t):
        e = np.exp(z); self.p, self.t = e / e.sum(axis=1, keepdims=True), t
        return -np.sum(t * np.log(self.p)) / len(z)
    def backward(self): return (self.p - self.t) / len(self.t)

class Dense:
    def __init__(self): self.kernels = np.random.default_rng(0).normal(size=(4, 4))
    def forward(self, x): self.x = x; return x @ self.kernels
    def backward(self, d, learning_rate):
        dx = d @ self.kernels.T; self.kernels -= learning_rate * self.x.T @ d; return dx

def affine_forward(x, w, b): return x @ w + b, (x, w, b)
def affine_backward(dout, cache):
    x, w, b = cache
    return dout @ w.T, x.T @ dout, dout.sum(0)

def softmax_loss(x, y):
    p = np.exp(x - x.max(1, keepdims=True)); p /= p.sum(1, keepdims=True); n = len(x)
    d = p.copy(); d[np.arange(n), y] -= 1
    return -np.log(p[np.arange(n), y]).mean(), d / n

class Ridge:
    def __init__(self): self.W = np.ones((3, 2))
    def loss(self, X, y, reg):
        d = (X @ self.W - y) / len(X)
        return len(X) / 2 * (d ** 2).sum() + reg * (self.W ** 2).sum(), {"W": X.T @ d + 2 * reg * self.W}
"""
MISTAKEN = [
    ("Scale", "(d * self.x).sum(axis=0)", "7 * d.sum(axis=0)", "dgamma"),
    ("SoftmaxCE", "(self.p - self.t) / len(self.t)", "self.p / len(self.t)", "d_z"),
    ("Dense", "learning_rate * self.x.T @ d;", "learning_rate * 2 * self.x.T @ d;", "dkernels"),
    ("affine", "x.T @ dout, dout.sum(0)", "x.T @ dout, dout.mean(0)", "d_b"),
    ("softmax_loss", "d / n", "d", "d_x"),
    ("Ridge", "2 * reg * self.W}", "reg * self.W}", "returned['W']"),
]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "forms.py"
    path.write_text(SCALE, encoding="utf-8")
    return path


def test_a_whole_file(file, capsys):
    assert run(str(file)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sorted(lines) == [
        f"{name}: every gradient is right."
        for name in ("Dense", "Ridge", "Scale", "SoftmaxCE", "affine", "softmax_loss")
    ]


@pytest.mark.parametrize(("name", "old", "new", "array"), MISTAKEN)
def test_each_form_right_and_wrong(file, capsys, name, old, new, array):
    assert run(f"{file}:{name}") == 0
    assert "every gradient is right" in capsys.readouterr().out
    assert SCALE.count(old) == 1
    file.write_text(SCALE.replace(old, new), encoding="utf-8")
    assert run(f"{file}:{name}", "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert [each["role"] for each in report["arrays"] if not each["ok"]] == [array]
    assert [bool(finding["mistake"]) for finding in report["findings"]] == [name != "Scale"]  # 7 is nobody's mistake


STRETCHED = """
import numpy as np

def scaled_forward(x, scale): return x * scale, (x, scale)
def scaled_backward(dy, cache):
    x, scale = cache
    return dy * scale, np.sum(dy * x, axis=0)

def smoothed_forward(x, logit):
    ys = np.zeros((x.shape[0], x.shape[1] + 1, x.shape[2]))
    for t in range(x.shape[1]): ys[:, t + 1] = logit * ys[:, t] + x[:, t]
    return ys[:, 1:], (x, logit, ys)
def smoothed_backward(dy, cache):
    x, logit, ys = cache
    dx, dlogit, carry = np.zeros_like(x), np.zeros_like(logit), 0.0
    for t in reversed(range(x.shape[1])):
        dx[:, t] = dy[:, t] + carry
        dlogit += np.sum(dx[:, t] * ys[:, t], axis=0)
        carry = logit * dx[:, t]
    return dx, dlogit

class Overlap:
    def forward(self, pred, mask): self.mask = mask; return np.sum(pred * mask)
    def backward(self): return self.mask

def gated_forward(x, W_gate, W_down): return np.tanh(x @ W_gate) @ W_down, (x, W_gate, W_down)
def gated_backward(g, cache):
    x, W_gate, W_down = cache
    h = np.tanh(x @ W_gate)
    dz = g @ W_down.T * (1 - h * h)
    return dz @ W_gate.T, x.T @ dz, h.T @ g
"""


def test_no_alarm_is_raised_because_what_was_guessed_is_stretched(tmp_path, capsys):
    """A scale of one number, a rate of a batch and a column of predictions run too, and are not what was meant."""
    file = tmp_path / "stretched.py"
    file.write_text(STRETCHED, encoding="utf-8")
    assert run(str(file)) == 0, capsys.readouterr().out


def test_what_was_not_compared_is_said(file, capsys):
    file.write_text(SCALE.replace("self.dgamma = ", "ignored = "), encoding="utf-8")
    assert run(f"{file}:Scale") == 2
    assert "2 of 3 compared, both right; gamma: its gradient was not found." in capsys.readouterr().out


def test_inputs_of_ones_own(file, capsys):
    assert run(f"{file}:affine", "--input", "x=2x3", "--input", "w=3x5", "--input", "b=5") == 0
    assert "all 15 right" in capsys.readouterr().out
    assert run(f"{file}:softmax_loss", "--input", "x=5x4", "--input", "y=5:classes=4") == 0
    assert run(f"{file}:affine", "--input", "q=2x3") == 2
    assert "takes x, w, b" in capsys.readouterr().err


def test_a_module_of_a_package_below_the_working_directory(tmp_path):
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "nets" / "forms.py").write_text(SCALE, encoding="utf-8")
    (tmp_path / "nets" / "mine.py").write_text("from nets.forms import Scale\n", encoding="utf-8")
    for target in ("nets.mine:Scale", "nets/mine.py:Scale"):
        words = [sys.executable, "-m", "micrograd_bp", "check", target]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        ran = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, env=environment)
        assert ran.returncode == 0, ran.stderr
        assert "Scale: every gradient is right." in ran.stdout


def test_a_fault_of_ours_is_no_verdict(file, monkeypatch, capsys):
    monkeypatch.setattr("micrograd_bp.checks.checking.choose", None)
    assert run(f"{file}:Scale") == 3
    assert "TypeError" in capsys.readouterr().err


def words_for(target, inputs):
    return [str(target), *[word for each in inputs for word in ("--input", each)]]


REFUSED_ONCE = ("NeuralNetwork", "Convolution", "")
"""Data in the constructor, filters in the constructor, intermediate results handed over by their names."""
SOME_RIGHT = [*RIGHT[:: count(33, 3)], *(entry for entry in RIGHT if entry.name in REFUSED_ONCE)]


@pytest.mark.parametrize("entry", SOME_RIGHT, ids=lambda entry: f"{entry.path}:{entry.name}")
def test_what_people_write_is_right(entry, capsys):
    name = f"{entry.path}:{entry.name}"
    target = PEOPLE / name if entry.name else PEOPLE / entry.path
    code = run(*words_for(target, entry.inputs))
    assert code == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    "mistake",
    [*MISTAKES[:: count(93, 6)], *MISSED_ONCE],
    ids=lambda mistake: f"{mistake.path}:{mistake.name}: {mistake.says}",
)
def test_what_people_do_wrong_is_not_called_right(mistake, tmp_path, capsys):
    name = f"{mistake.path}:{mistake.name}"
    file = mistake.plant(tmp_path)
    target = f"{file}:{mistake.name}" if mistake.name else file
    code = run(*words_for(target, INPUTS[name]))
    assert code == 1, capsys.readouterr().out
