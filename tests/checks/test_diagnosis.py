"""The diagnosis: what is left out of a backward pass, written by hand beside its forward, and what a report says."""

import importlib.util

import numpy as np
import pytest

from micrograd_bp.checks import check_layer
from micrograd_bp.checks.claims import Claim
from micrograd_bp.checks.diagnosis import diagnose
from micrograd_bp.engine import backward


def right_gradients(claim):
    leaves, outputs = claim.on_values()
    ends = [node for nodes in outputs for node in nodes.flat]
    backward(ends, np.concatenate([upstream.ravel() for upstream in claim.upstream]).tolist())
    return {name: np.array([leaf.grad for leaf in array.flat]).reshape(array.shape) for name, array in leaves.items()}


def diagnosed(forward, backward_of, draw):
    """What is wrong, and the explanations, from two batches of different sizes."""
    claims, right = [], []
    for seed, n_samples in enumerate((5, 3)):
        rng = np.random.default_rng(seed)
        arrays = draw(rng, n_samples)
        output = np.asarray(forward(**arrays))
        upstream = rng.normal(size=output.shape) if output.shape else np.array(1.0)
        gradients = backward_of(upstream, **arrays)
        run = lambda changed, arrays=arrays: (forward(**{**arrays, **changed}),)  # noqa: E731
        places = {name: f"d{name}" for name in arrays}
        claims.append(Claim("it", arrays, run, (upstream,), gradients, places, n_samples=n_samples))
        right.append(right_gradients(claims[-1]))
    wrong = [name for name, array in right[0].items() if not np.allclose(claims[0].gradients[name], array)]
    return wrong, diagnose(claims, right, wrong)


def normalize(x, gamma, beta):
    mu = x.mean(axis=0)
    xc = x - mu
    var = (xc**2).mean(axis=0)
    std = np.sqrt(var + 1e-5)
    return gamma * (xc / std) + beta


def normalize_backward(mean, variance):
    def backward_of(up, x, gamma, beta):
        xc = x - x.mean(axis=0)
        std = np.sqrt((xc**2).mean(axis=0) + 1e-5)
        dxhat = up * gamma
        dvar = -0.5 * (dxhat * xc).sum(axis=0) / std**3
        dxc = dxhat / std + variance * dvar * 2 * xc / len(x)
        return {"x": dxc - mean * dxc.mean(axis=0), "gamma": (up * xc / std).sum(axis=0), "beta": up.sum(axis=0)}

    return backward_of


def draw_normalize(rng, n_samples):
    return {"x": rng.normal(size=(n_samples, 3)), "gamma": rng.normal(size=3), "beta": rng.normal(size=3)}


@pytest.mark.parametrize(("mean", "variance", "line"), [(0.0, 1.0, "mu = x.mean"), (1.0, 0.0, "var = (xc**2)")])
def test_a_path_of_a_norm_is_left_out(mean, variance, line):
    wrong, (explanation,) = diagnosed(normalize, normalize_backward(mean, variance), draw_normalize)
    assert wrong == ["x"]
    assert explanation.name == "path_left_out"
    assert f"`{line}" in explanation.words


def test_what_is_no_path_is_not_explained():
    assert diagnosed(normalize, normalize_backward(0.3, 1.0), draw_normalize) == (["x"], [])


def cross_entropy(z):
    shifted = z - z.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    p = e / e.sum(axis=1, keepdims=True)
    return -np.mean(np.log(p[np.arange(len(z)), np.arange(len(z)) % 4]))


def test_a_one_hot_target_that_is_not_subtracted_is_a_path():
    """Whatever a softmax subtracts changes nothing, and nobody takes it into account."""

    def gradient(up, z):
        e = np.exp(z)
        return {"z": e / e.sum(axis=1, keepdims=True) / len(z)}

    _, (explanation,) = diagnosed(cross_entropy, gradient, lambda rng, n: {"z": rng.normal(size=(n, 4))})
    assert explanation.name == "path_left_out"
    assert "`p = e / e.sum" in explanation.words


def test_all_that_stays_0_is_said():
    _, (explanation,) = diagnosed(
        lambda x: np.tanh(x), lambda up, x: {"x": 0.0 * x}, lambda rng, n: {"x": rng.normal(size=(n, 4))}
    )
    assert explanation.name == "zero"


SOFTMAX_LAYER = """
import numpy as np

class Softmax:
    def __init__(self):
        self.W, self.b = np.zeros((4, 3)), np.zeros(3)
    def forward(self, x):
        self.x = x
        e = np.exp(x @ self.W + self.b)
        self.p = e / e.sum(axis=1, keepdims=True)
        return self.p
    def backward(self, d):
        dz = {wrong}
        self.dW = self.x.T @ dz
        self.db = dz.sum(axis=0)
        return dz @ self.W.T
"""


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ("d * self.p * (1 - self.p)", "only_the_diagonal"),
        ("self.p * d", "path_left_out"),
        ("self.p * (d + (d * self.p).sum(axis=1, keepdims=True))", "sign"),
        ("np.cbrt(d) * self.p", ""),
    ],
)
def test_a_report_says_it_with_their_line(tmp_path, wrong, name):
    file = tmp_path / f"softmax_{name}.py"
    file.write_text(SOFTMAX_LAYER.format(wrong=wrong))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    report = check_layer(module.Softmax())
    (finding,) = report.findings
    assert (finding.name, finding.roles) == (name, ("dx", "dW", "db")), str(report)
    assert ("self.p = e / e.sum(axis=1, keepdims=True)" in finding.words) == (name == "path_left_out")
    assert finding.line.text == f"dz = {wrong}"


@pytest.mark.parametrize(
    "claimed", [None, "no", np.nan, np.full((4, 3), np.inf), np.zeros(0), [[1.0], [2.0, 3.0]], 1e300]
)
def test_what_are_no_numbers_is_not_explained(claimed):
    x = np.random.default_rng(0).normal(size=(4, 3))
    run = lambda changed: (np.tanh(changed.get("x", x)),)  # noqa: E731
    claim = Claim("it", {"x": x}, run, (np.ones((4, 3)),), {"x": claimed}, {"x": "dx"}, n_samples=4)
    assert diagnose([claim], [{"x": 1 - np.tanh(x) ** 2}], ["x"]) == []
