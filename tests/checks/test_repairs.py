"""Which small change of one of their lines makes a gradient right: each mistake stands for its kind."""

import pytest

from micrograd_bp.cli.loading import import_file
from tests.cli.checking import check
from tests.counts import count

SOURCE = """
import numpy as np

def norm_forward(x, gamma, beta):
    mu = x.mean(axis=0)
    xmu = x - mu
    std = np.sqrt((xmu ** 2).mean(axis=0) + 1e-5)
    xhat = xmu / std
    return gamma * xhat + beta, (xmu, std, xhat, gamma)

def norm_backward(dout, cache):
    xmu, std, xhat, gamma = cache
    dxhat = dout * gamma
    dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / std
    return dx, np.sum(dout * xhat, axis=0), dout.sum(axis=0)

def act(z):
    return np.array([[np.tanh(float(each)) for each in row] for row in z])

def gate_forward(x, s):
    a = act(x)
    return a * s, (x, s, a)

def gate_backward(dout, cache):
    x, s, a = cache
    da = dout * s
    dx = da * (1 - a ** 2)
    return dx, dout * a

class Pooled:
    def forward(self, x):
        self.x = x
        return np.mean(x, axis=(2, 3))
    def backward(self, d):
        return d[:, :, None, None] * np.ones_like(self.x) / (self.x.shape[2] * self.x.shape[3])

class PooledChannelsLast:
    def forward(self, x):
        self.x = x
        return np.mean(x, axis=(1, 2))
    def backward(self, d):
        return d[:, None, None, :] * np.ones_like(self.x) / (self.x.shape[1] * self.x.shape[2])

class Step:
    def __init__(self):
        self.W = np.random.default_rng(0).normal(size=(4, 4))
    def forward(self, xs):
        h, self.hs, self.xs = np.zeros((len(xs), 4)), [], xs
        for t in range(xs.shape[1]):
            self.hs.append(h)
            h = np.tanh(xs[:, t] + h @ self.W)
        self.hs.append(h)
        return np.stack(self.hs[1:], axis=1)
    def one(self, dh, t):
        dz = dh * (1 - self.hs[t + 1] ** 2)
        return dz, self.hs[t].T @ dz
    def backward(self, dout):
        dxs, dh, self.dW = np.zeros_like(self.xs), 0.0, np.zeros_like(self.W)
        for t in range(self.xs.shape[1] - 1, -1, -1):
            dz, dW = self.one(dout[:, t] + dh, t)
            dxs[:, t] = dz
            dh = dz @ self.W.T
            self.dW += dW
        return dxs
"""
MISTAKES = [
    ("norm", "np.sum(dout * xhat, axis=0)", "np.sum(dout * xmu, axis=0)", "another_array"),
    ("norm", "(dxhat - dxhat.mean(axis=0) -", "(dxhat - dxhat.mean(axis=1, keepdims=True) -", "axis"),
    ("norm", "(dxhat * xhat).mean(axis=0)", "(dxhat * np.cbrt(xhat) + 0.1).mean(axis=0)", ""),
    ("gate", "da * (1 - a ** 2)", "da * (1 - a)", "factor_missing"),
    ("gate", "da = dout * s", "da = dout * s / 3.7", "factor_too_much"),
    ("Pooled", " / (self.x.shape[2] * self.x.shape[3])", "", "factor_missing"),
    ("PooledChannelsLast", " / (self.x.shape[1] * self.x.shape[2])", "", "factor_missing"),
    ("Step", "self.one(dout[:, t] + dh, t)", "self.one(dout[:, t], t)", "term_missing"),
    ("Step", "return dz, self.hs[t].T @ dz", "return dz, self.hs[t + 1].T @ dz", "one_step_off"),
    ("Step", "self.dW += dW", "self.dW = dW", "assigned_not_added"),
    ("Step", "self.xs.shape[1] - 1, -1, -1)", "self.xs.shape[1] - 1, 0, -1)", "constant"),
]


@pytest.mark.parametrize(("name", "old", "new", "mistake"), MISTAKES[:: count(2, 1)])
def test_the_line_and_what_makes_it_right(tmp_path, name, old, new, mistake):
    assert SOURCE.count(old) == 1
    file = tmp_path / "theirs.py"
    file.write_text(SOURCE.replace(old, new), encoding="utf-8")
    report = check(f"{file}:{name}")
    assert report.wrong
    (finding,) = report.findings
    assert finding.name == mistake, str(report)
    if not mistake:
        assert not finding.becomes
        return
    assert new in finding.line.text
    mended = SOURCE.replace(old, new).replace(finding.line.text, finding.becomes)
    file.write_text(mended, encoding="utf-8")
    assert check(f"{file}:{name}").ok, mended


def test_their_functions_are_as_they_were(tmp_path):
    file = tmp_path / "theirs.py"
    file.write_text(SOURCE.replace("dh = dz @ self.W.T", "dh = dz @ self.W"), encoding="utf-8")
    module = import_file(str(file))
    before = module.Step.backward.__code__, module.Step.forward.__code__
    report = check(f"{file}:Step")
    assert "self.W.T" in report.findings[0].becomes
    assert (module.Step.backward.__code__, module.Step.forward.__code__) == before


WHILE = """
def root(x):
    y = x + 1.0
    while abs(y * y - x).max() > 1e-12:
        y = (y + x / y) / 2.0
    return y

def root_forward(x):
    y = root(abs(x))
    return y, (x, y)

def root_backward(dout, cache):
    x, y = cache
    return 3.7 * dout / root(abs(x))
"""


def test_no_change_makes_a_loop_run_for_ever(tmp_path):
    file = tmp_path / "theirs.py"
    file.write_text(WHILE, encoding="utf-8")
    report = check(f"{file}:root")
    assert report.wrong
    assert not report.findings[0].becomes


def test_no_text_is_put_in_place_of_another_where_it_names_nothing(tmp_path):
    """The input of the first call is kept: another text in `getattr` would hide it, and mend nothing."""
    source = """
import numpy as np

class Product:
    def __init__(self): self.W = np.random.default_rng(0).normal(size=(3, 2))
    def forward(self, x):
        self.kept = getattr(self, "kept", x)
        return np.einsum("bi,ij->bj", x, self.W)
    def backward(self, d):
        self.dW = np.einsum("bi,bj->ij", self.kept, d)
        return np.einsum("bj,ij->bi", d, self.W)
"""
    file = tmp_path / "theirs.py"
    file.write_text(source, encoding="utf-8")
    report = check(f"{file}:Product")
    assert report.wrong
    assert [finding.becomes for finding in report.findings if "getattr" in finding.becomes] == []


COURSE = """
import numpy as np

def linear_forward(A, W, b):
    return np.dot(W, A) + b, (A, W, b)

def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = 1. / m * np.dot(A_prev, dZ.T).reshape(W.shape)
    db = 1. / m * np.sum(dZ, axis=1, keepdims=True)
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db
"""


def test_a_convention_is_not_called_a_mistake_because_of_another_one(tmp_path):
    """In this course the loss's gradient comes without 1/m, which each layer divides its parameters' ones by."""
    file = tmp_path / "course.py"
    file.write_text(COURSE, encoding="utf-8")
    report = check(f"{file}:linear")
    assert [result.role for result in report.arrays if not result.ok] == ["dW"]
    (finding,) = report.findings
    assert "np.dot(A_prev, dZ.T).T" in finding.becomes
    assert "db divided by the number of samples" in " ".join(report.remarks)
