"""The diagnosis by trial: backward passes with one thing wrong, written by hand beside their forward."""

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
    """The explanations for a backward that is wrong, from two batches of different sizes."""
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
    wrong = [name for name, array in right[0].items() if not same(claims[0].gradients[name], array)]
    assert wrong
    return wrong, diagnose(claims, right, wrong)


def same(one, other):
    return np.shape(one) == other.shape and np.allclose(one, other)


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


# ---- a dense layer


def dense(x, w, b):
    z = x @ w + b
    return sigmoid(z)


def slope(z):
    return sigmoid(z) * (1.0 - sigmoid(z))


def dense_backward(**changed):
    def backward_of(up, x, w, b):
        z = x @ w + b
        at = {"up": up, "x": x, "w": w, "z": z, "a": sigmoid(z)}
        at["d"] = changed.get("d", lambda up, z, **_: up * slope(z))(**at)
        return {
            "x": changed.get("dx", lambda d, w, **_: d @ w.T)(**at),
            "w": changed.get("dw", lambda x, d, **_: x.T @ d)(**at),
            "b": changed.get("db", lambda d, **_: d.sum(axis=0))(**at),
        }

    return backward_of


ALL = ["x", "w", "b"]
SQUARE = {"sizes": (4, 4)}
DENSE = [
    ("derivative_at_output", ALL, {"d": lambda up, a, **_: up * slope(a)}, {}),
    ("sigmoid_at_z", ALL, {"d": lambda up, z, **_: up * z * (1 - z)}, {}),
    ("forgotten_derivative", ALL, {"d": lambda up, **_: up}, {}),
    ("forgotten_derivative", ["x"], {"dx": lambda up, w, **_: up @ w.T}, {}),
    ("derivative_twice", ALL, {"d": lambda up, z, **_: up * slope(z) ** 2}, {}),
    ("derivative_added", ALL, {"d": lambda up, z, **_: up + slope(z)}, {}),
    ("function_for_derivative", ALL, {"d": lambda up, a, **_: up * a}, {}),
    ("derivative_at_x", ALL, {"d": lambda up, x, **_: up * slope(x)}, SQUARE),
    ("divided_by_batch_size", ALL, {"d": lambda up, z, **_: up * slope(z) / len(up)}, {}),
    ("divided_by_batch_size", ["b"], {"db": lambda d, **_: d.mean(axis=0)}, {}),
    ("multiplied_by_batch_size", ["w"], {"dw": lambda x, d, **_: len(x) * x.T @ d}, {}),
    ("factor_2", ALL, {"d": lambda up, z, **_: 2 * up * slope(z)}, {}),
    ("sign", ALL, {"d": lambda up, z, **_: -up * slope(z)}, {}),
    ("transposed", ["w"], {"dw": lambda x, d, **_: d.T @ x}, {}),
    ("transposed", ["w"], {"dw": lambda x, d, **_: d.T @ x}, SQUARE),
    ("not_summed", ["b"], {"db": lambda d, **_: d}, {}),
    ("summed_over_another_axis", ["b"], {"db": lambda d, **_: d.sum(axis=1)}, {}),
    ("summed_over_everything", ["b"], {"db": lambda d, **_: d.sum()}, {}),
    ("last_counts", ["b"], {"db": lambda d, **_: d[-1]}, {}),
    ("last_counts", ["w"], {"dw": lambda x, d, **_: np.outer(x[-1], d[-1])}, {}),
    ("another_factor", ["w"], {"dw": lambda a, d, **_: a.T @ d}, SQUARE),
    ("factor_not_transposed", ["x"], {"dx": lambda d, w, **_: d @ w}, SQUARE),
    ("gradient_of_another", ["x"], {"dx": lambda d, **_: d}, {}),
    ("gradient_of_another", ["x"], {"dx": lambda up, **_: up}, {}),
    ("itself", ["w"], {"dw": lambda w, **_: w}, {}),
    ("zero", ["w"], {"dw": lambda w, **_: 0 * w}, {}),
    ("penalty_too_much", ["w"], {"dw": lambda x, d, w, **_: x.T @ d + 0.1 * w}, {}),
    ("forgotten_derivative+divided_by_batch_size", ["b"], {"db": lambda up, **_: up.mean(axis=0)}, {}),
]


def draw_dense(sizes=(4, 3)):
    def draw(rng, n_samples):
        return {
            "x": rng.normal(size=(n_samples, sizes[0])),
            "w": rng.normal(size=sizes),
            "b": rng.normal(size=sizes[1]),
        }

    return draw


@pytest.mark.parametrize(("name", "arrays", "changed", "options"), DENSE)
def test_a_mistake_in_a_dense_layer(name, arrays, changed, options):
    wrong, (explanation,) = diagnosed(dense, dense_backward(**changed), draw_dense(**options))
    assert wrong == arrays
    assert (explanation.name, sorted(explanation.arrays)) == (name, sorted(arrays)), explanation


@pytest.mark.parametrize(
    "changed",
    [
        {"d": lambda up, z, **_: up * slope(z) ** 1.5},
        {"dw": lambda x, d, **_: np.sin(x.T @ d)},
        {"db": lambda d, **_: np.sort(d, axis=0)[1]},
    ],
)
def test_what_nobody_would_do_is_not_explained(changed):
    assert diagnosed(dense, dense_backward(**changed), draw_dense())[1] == []


def test_two_mistakes_in_two_arrays_are_told_apart():
    changed = {"dw": lambda x, d, **_: 2 * x.T @ d, "dx": lambda up, **_: up}
    _, explanations = diagnosed(dense, dense_backward(**changed), draw_dense())
    assert {e.arrays: e.name for e in explanations} == {("w",): "factor_2", ("x",): "gradient_of_another"}


# ---- normalization


def normalize(x, gamma, beta):
    mu = x.mean(axis=0)
    xc = x - mu
    var = (xc**2).mean(axis=0)
    std = np.sqrt(var + 1e-5)
    return gamma * (xc / std) + beta


def normalize_backward(mean=1.0, variance=1.0):
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


@pytest.mark.parametrize(
    ("changed", "words", "line"),
    [
        (
            {"mean": 0.0},
            "the path through line {}, `xc = x - mu`, into mu is left out: -d(xc) is missing in d(mu)",
            "xc = x",
        ),
        ({"mean": -1.0}, "the path through line {}, `xc = x - mu`, into mu: the sign is wrong", "xc = x"),
        (
            {"variance": 0.0},
            "the path through line {}, `return gamma * (xc / std) + beta`, into std is left out",
            "return",
        ),
        ({"variance": 0.5}, "`xc / std", "return"),
    ],
)
def test_a_path_of_a_norm(changed, words, line):
    wrong, (explanation,) = diagnosed(normalize, normalize_backward(**changed), draw_normalize)
    assert wrong == list(explanation.arrays) == ["x"]
    assert explanation.line.text.startswith(line)
    assert explanation.words.startswith(words.format(explanation.line.number)) or "variance" in changed, explanation
    assert (
        explanation.name
        == "path_left_out" + {0.0: "", -1.0: "+sign", 0.5: "+factor_half"}[next(iter(changed.values()))]
    )


# ---- convolution, recurrence, softmax


def convolve(x, w, b):
    padded = np.zeros((*x.shape[:2], x.shape[2] + 2, x.shape[3] + 2))
    padded[:, :, 1:-1, 1:-1] = x
    out = np.zeros((len(x), len(w), *x.shape[2:]))
    for n, f, i, j in np.ndindex(out.shape):
        out[n, f, i, j] = np.sum(padded[n, :, i : i + 3, j : j + 3] * w[f]) + b[f]
    return out


def convolve_backward(up, x, w, b):
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    dx, dw = np.zeros_like(padded), np.zeros_like(w)
    for n, f, i, j in np.ndindex(up.shape):
        dx[n, :, i : i + 3, j : j + 3] += up[n, f, i, j] * w[f][:, ::-1, ::-1]
        dw[f] = up[n, f, i, j] * padded[n, :, i : i + 3, j : j + 3]
    return {"x": dx[:, :, 1:-1, 1:-1], "w": dw, "b": up.sum(axis=(0, 2, 3))}


def test_a_convolution():
    def draw(rng, n_samples):
        return {"x": rng.normal(size=(2, 2, n_samples, 4)), "w": rng.normal(size=(2, 2, 3, 3)), "b": rng.normal(size=2)}

    _, explanations = diagnosed(convolve, convolve_backward, draw)
    assert {e.arrays: e.name for e in explanations} == {("x",): "factor_turned", ("w",): "last_counts"}


def recur(x, h0, wx, wh, b):
    h, states = h0, []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ wx + h @ wh + b)
        states.append(h)
    return np.stack(states, axis=1)


def recur_backward(*, path=1.0, transposed=True, keeps=1.0, step=0):
    def backward_of(up, x, h0, wx, wh, b):
        states = [h0, *np.swapaxes(recur(x, h0, wx, wh, b), 0, 1)]
        d = {"x": np.zeros_like(x), "wx": 0 * wx, "wh": 0 * wh, "b": 0 * b, "h0": 0 * h0}
        for t in reversed(range(x.shape[1])):
            dz = (up[:, t] + path * d["h0"]) * (1 - states[t + 1] ** 2)
            d["x"][:, t] = dz @ wx.T
            d["wx"] = keeps * d["wx"] + x[:, t].T @ dz
            d["wh"] += states[t + step].T @ dz
            d["b"] += dz.sum(axis=0)
            d["h0"] = dz @ (wh.T if transposed else wh)
        return d

    return backward_of


@pytest.mark.parametrize(
    ("changed", "name", "n_wrong"),
    [
        ({"path": 0.0}, "path_left_out", 5),
        ({"transposed": False}, "factor_not_transposed", 5),
        ({"keeps": 0.0}, "first_counts", 1),
        ({"step": 1}, "step_too_late", 1),
    ],
)
def test_a_recurrence(changed, name, n_wrong):
    def draw(rng, n_samples):
        weights = {"wx": 0.5 * rng.normal(size=(3, 4)), "wh": 0.5 * rng.normal(size=(4, 4)), "b": rng.normal(size=4)}
        return {"x": rng.normal(size=(n_samples, 4, 3)), "h0": rng.normal(size=(n_samples, 4)), **weights}

    wrong, (explanation,) = diagnosed(recur, recur_backward(**changed), draw)
    assert (explanation.name, len(wrong), sorted(explanation.arrays)) == (name, n_wrong, sorted(wrong)), explanation


def softmax(z):
    shifted = z - z.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy(z):
    p = softmax(z)
    return -np.mean(np.log(p[np.arange(len(z)), np.arange(len(z)) % 4]))


@pytest.mark.parametrize(
    ("forward", "gradient", "name"),
    [
        (softmax, lambda up, z: up * softmax(z) * (1 - softmax(z)), "only_diagonal"),
        (cross_entropy, lambda up, z: softmax(z) / len(z), "path_left_out"),
        (cross_entropy, lambda up, z: softmax(z) - np.eye(4)[np.arange(len(z)) % 4], "multiplied_by_batch_size"),
    ],
)
def test_softmax(forward, gradient, name):
    draw = lambda rng, n_samples: {"z": rng.normal(size=(n_samples, 4))}  # noqa: E731
    _, (explanation,) = diagnosed(forward, lambda up, z: {"z": gradient(up, z)}, draw)
    assert explanation.name == name, explanation


# ---- a network with a penalty


def network(x, w1, w2):
    h = np.maximum(x @ w1, 0)
    y = h @ w2
    penalty = 0.05 * np.sum(w1 * w1)
    return np.mean((y - 1.0) ** 2) + penalty


def network_backward(*, inverted=False, penalty=1.0, factor=2.0):
    def backward_of(up, x, w1, w2):
        h = np.maximum(x @ w1, 0)
        dy = factor * (h @ w2 - 1.0) / (len(x) * w2.shape[1])
        dz = dy @ w2.T * (h <= 0 if inverted else h > 0)
        return {"x": dz @ w1.T, "w1": x.T @ dz + penalty * 0.1 * w1, "w2": h.T @ dy}

    return backward_of


@pytest.mark.parametrize(
    ("changed", "name", "line"),
    [
        ({"inverted": True}, "mask_inverted", "h = np.maximum(x @ w1, 0)"),
        ({"penalty": 0.0}, "path_left_out", "return np.mean((y - 1.0) ** 2) + penalty"),
        ({"penalty": 2.0}, "path_left_out+factor_2", "return np.mean((y - 1.0) ** 2) + penalty"),
        ({"factor": 1.0}, "path_left_out+factor_half", "return np.mean((y - 1.0) ** 2) + penalty"),
    ],
)
def test_a_network(changed, name, line):
    def draw(rng, n_samples):
        return {"x": rng.normal(size=(n_samples, 3)), "w1": rng.normal(size=(3, 4)), "w2": rng.normal(size=(4, 2))}

    wrong, (explanation,) = diagnosed(network, network_backward(**changed), draw)
    assert sorted(explanation.arrays) == sorted(wrong)
    assert (explanation.name, explanation.line.text) == (name, line), explanation


def test_a_forward_that_does_not_run_on_values_still_has_mistakes_of_whole_arrays():
    def forward(x, w):
        return np.array([[float(number) for number in row] for row in x @ w])

    claims, right = [], []
    for n_samples in (5, 3):
        rng = np.random.default_rng(n_samples)
        arrays = {"x": rng.normal(size=(n_samples, 4)), "w": rng.normal(size=(4, 3))}
        up = rng.normal(size=(n_samples, 3))
        right.append({"x": up @ arrays["w"].T, "w": arrays["x"].T @ up})
        run = lambda changed, arrays=arrays: (forward(**{**arrays, **changed}),)  # noqa: E731
        claimed = {"x": right[-1]["x"], "w": right[-1]["w"].T}
        claims.append(Claim("it", arrays, run, (up,), claimed, {"x": "dx", "w": "dw"}, n_samples=n_samples))
    (explanation,) = diagnose(claims, right, ["w"])
    assert (explanation.name, explanation.line) == ("transposed", None)


# ---- in a report


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
        ("d * self.p * (1 - self.p)", "only_diagonal"),
        ("d", "passed_over"),
        ("self.p * d", "path_left_out"),
        ("self.p * (d + (d * self.p).sum(axis=1, keepdims=True))", "path_left_out+sign"),
    ],
)
def test_a_report_says_it_with_both_lines(tmp_path, wrong, name):
    file = tmp_path / f"{name.replace('+', '_')}.py"
    file.write_text(SOFTMAX_LAYER.format(wrong=wrong))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    report = check_layer(module.Softmax())
    (finding,) = report.findings
    assert (finding.name, finding.roles) == (name, ("dx", "dW", "db")), str(report)
    assert "self.p = e / e.sum(axis=1, keepdims=True)" in finding.words
    assert finding.line.text == f"dz = {wrong}"


# ---- single functions and uses


def embed(table):
    return table[np.array([0, 2, 2, 1, 0])]


def leaky(x):
    z = 3.0 * x
    return np.where(z > 0, z, 0.1 * z)


def pool(x):
    return np.max(x.reshape(len(x), 2, 3), axis=2)


@pytest.mark.parametrize(
    ("forward", "gradient", "name"),
    [
        (embed, lambda up, table: np.array([up[4], up[3], up[2]]), "last_counts"),
        (embed, lambda up, table: np.array([up[0], up[3], up[1]]), "first_counts"),
        (leaky, lambda up, x: 3.0 * up * (x > 0), "path_left_out"),
        (leaky, lambda up, x: up * np.where(x > 0, 1.0, 0.1), "times"),
        (pool, lambda up, x: np.repeat(up, 3, axis=1), "choice_left_out"),
        (lambda x: np.tanh(x), lambda up, x: up * (1 - np.tanh(x) ** 2).T.reshape(x.shape), None),
        (lambda x: sigmoid(x), lambda up, x: up * (x > 0), "mask_of_value"),
        (lambda x: x.T, lambda up, x: up.reshape(x.shape), "transposed"),
    ],
)
def test_a_function(forward, gradient, name):
    argument = "table" if forward is embed else "x"

    def draw(rng, n_samples):
        return {argument: rng.normal(size=(3, 4) if forward is embed else (n_samples, 6))}

    _, explanations = diagnosed(forward, lambda up, **arrays: {argument: gradient(up, **arrays)}, draw)
    assert [explanation.name for explanation in explanations] == [name] * (name is not None), explanations


def test_the_second_upstream_gradient_is_left_out():
    x = np.random.default_rng(0).normal(size=(4, 3))
    ups = np.random.default_rng(1).normal(size=(2, 4, 3))

    def forward(changed):
        z = 2.0 * changed.get("x", x)
        return np.tanh(z), z

    claimed = {"x": 2.0 * ups[0] * (1 - np.tanh(2.0 * x) ** 2)}
    claim = Claim("it", {"x": x}, forward, tuple(ups), claimed, {"x": "dx"}, n_samples=4)
    (explanation,) = diagnose([claim], [right_gradients(claim)], ["x"])
    assert explanation.words == "the upstream gradient of output number 2 is left out"


@pytest.mark.parametrize(
    "claimed", [None, "no", np.nan, np.full((4, 3), np.inf), np.zeros(0), [[1.0], [2.0, 3.0]], 1e300]
)
def test_what_are_no_numbers_is_not_explained(claimed):
    x = np.random.default_rng(0).normal(size=(4, 3))
    run = lambda changed: (np.tanh(changed.get("x", x)),)  # noqa: E731
    claim = Claim("it", {"x": x}, run, (np.ones((4, 3)),), {"x": claimed}, {"x": "dx"}, n_samples=4)
    assert diagnose([claim], [{"x": 1 - np.tanh(x) ** 2}], ["x"]) == []


def test_where_a_part_of_the_right_gradient_is_known_the_graph_knows_the_rest():
    x = np.random.default_rng(0).normal(size=(4, 3))
    run = lambda changed: (np.tanh(changed.get("x", x)),)  # noqa: E731
    right = 1 - np.tanh(x) ** 2
    claim = Claim("it", {"x": x}, run, (np.ones((4, 3)),), {"x": 2 * right}, {"x": "dx"}, n_samples=4)
    right[0] = np.nan
    (explanation,) = diagnose([claim], [{"x": right}], ["x"])
    assert explanation.name == "factor_2"
