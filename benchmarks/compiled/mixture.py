"""W6: the Gaussian mixture of the AD benchmarks: the posterior density of its parameters, and its gradient.

The objective is that of ADBench (Šrajer, Kukelova, Fitzgibbon, 2018), divided by the number of points n:

    1/n · (Σᵢ logsumexpₖ(αₖ + Σ qₖ - ½·|Qₖ(xᵢ - μₖ)|²) - n·logsumexp(α) + Wishart prior) + constant

Qₖ, a square root of the inverse covariance, is a lower triangle with exp(qₖ) on its diagonal and lₖ below it. The
logarithm of the prior is Σₖ (½γ²·(|exp(qₖ)|² + |lₖ|²) - m·Σ qₖ), up to a constant.
"""

import math
import random
from functools import partial
from importlib import import_module
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from benchmarks.compiled import plain
from benchmarks.compiled.by_hand_mixture import mixture
from benchmarks.compiled.this_package import Compiled, compiled, on_jax
from benchmarks.workload import Iteration, Outcome, Prepared, Workload, prepare

GAMMA, M = 1.0, 0
"""Of the prior, as ADBench has them."""


class Points(TypedDict):
    """The points, (n, d), and the parameters of k components."""

    points: list[list[float]]
    alphas: list[float]  # (k,)
    means: list[list[float]]  # (k, d)
    diagonals: list[list[float]]  # q: (k, d)
    lower: list[list[float]]  # l, row after row: (k, d(d - 1)/2)


def problem(n: int = 200, d: int = 10, k: int = 5, seed: int = 2018) -> Points:
    """Random points and parameters."""
    rng = random.Random(seed)

    def numbers(rows: int, columns: int) -> list[list[float]]:
        return [[rng.gauss(0.0, 0.5) for _ in range(columns)] for _ in range(rows)]

    return Points(
        points=numbers(n, d),
        alphas=numbers(1, k)[0],
        means=numbers(k, d),
        diagonals=numbers(k, d),
        lower=numbers(k, d * (d - 1) // 2),
    )


def constant(problem: Points) -> float:
    """What does not depend on the parameters."""
    k, n, d = len(problem["means"]), len(problem["points"]), len(problem["points"][0])
    freedom = d + M + 1
    log_gamma = 0.25 * d * (d - 1) * math.log(math.pi) + sum(math.lgamma(0.5 * (freedom - j)) for j in range(d))
    prior = k * (freedom * d * math.log(GAMMA / math.sqrt(2.0)) - log_gamma)
    return -0.5 * d * math.log(2.0 * math.pi) - prior / n


def as_arrays(problem: Points) -> list[NDArray[np.float64]]:
    """The parameters, then the points."""
    return [
        np.array(each)
        for each in (problem["alphas"], problem["means"], problem["diagonals"], problem["lower"], problem["points"])
    ]


def by_hand(problem: Points) -> Prepared:
    """In NumPy, all points at once."""
    alphas, means, diagonals, lower, points = as_arrays(problem)
    offset = constant(problem)
    return Prepared(lambda: mixture(alphas, means, diagonals, lower, points, GAMMA, M, offset), plain.arrays)


def graph(problem: Points, points: list[Any]) -> tuple[Any, list[Any]]:
    """The objective for some of the points as a Value, and the parameters."""
    from micrograd_bp import Value, dot, l2, logsumexp, sum

    alphas = list(map(Value, problem["alphas"]))
    means, diagonals, lower = (
        [list(map(Value, row)) for row in rows] for rows in (problem["means"], problem["diagonals"], problem["lower"])
    )
    scales = [[q.exp() for q in row] for row in diagonals]
    offsets = [alpha + sum(row) for alpha, row in zip(alphas, diagonals, strict=True)]

    def term(component: int, point: Any) -> Any:
        centered = [x - mean for x, mean in zip(point, means[component], strict=True)]
        scaled = []
        start = 0
        for i, scale in enumerate(scales[component]):
            row = [*lower[component][start : start + i], scale]
            scaled.append(dot(row, centered[: i + 1]))
            start += i
        return offsets[component] - 0.5 * l2(scaled)

    likelihood = sum([logsumexp([term(k, point) for k in range(len(alphas))]) for point in points]) / len(points)
    squares = l2([p for row in (*scales, *lower) for p in row])
    prior = 0.5 * GAMMA**2 * squares - M * sum([q for row in diagonals for q in row])
    objective = likelihood - logsumexp(alphas) + prior / len(problem["points"]) + constant(problem)
    return objective, alphas + [p for rows in (means, diagonals, lower) for row in rows for p in row]


def program(problem: Points, *, form: str = "matrices") -> Compiled:
    """The graph of all points, compiled as it is."""
    from micrograd_bp import compile

    objective, parameters = graph(problem, problem["points"])
    return compile(objective, parameters=parameters, form=form), ()


def per_point(problem: Points, *, form: str = "matrices") -> Compiled:
    """The graph of one point, compiled, with all points as its batch."""
    from micrograd_bp import Value, compile

    point = list(map(Value, problem["points"][0]))
    objective, parameters = graph(problem, [point])
    return compile(objective, inputs={"X": point}, parameters=parameters, form=form), (np.array(problem["points"]),)


def eager(problem: Points) -> Iteration:
    """The graph of all points, built anew for each iteration."""

    def iteration() -> Outcome:
        objective, parameters = graph(problem, problem["points"])
        objective.backward()
        return objective.data, [p.grad for p in parameters]

    return iteration


def jax(problem: Points) -> Prepared:
    """All points at once."""
    from benchmarks.compiled.jax_in_doubles import jax

    np, logsumexp = jax.numpy, jax.nn.logsumexp
    *parameters, points = map(np.array, as_arrays(problem))
    offset = constant(problem)

    def objective(parameters: Any, points: Any) -> Any:
        alphas, means, diagonals, lower = parameters
        n, d = points.shape
        rows, columns = np.tril_indices(d, -1)
        scales = np.exp(diagonals)
        roots = np.zeros((len(means), d, d)).at[:, rows, columns].set(lower)
        roots = roots.at[:, np.arange(d), np.arange(d)].set(scales)
        scaled = np.einsum("kij,nkj->nki", roots, points[:, None, :] - means)
        terms = alphas + diagonals.sum(axis=1) - 0.5 * (scaled**2).sum(axis=2)
        prior = 0.5 * GAMMA**2 * ((scales**2).sum() + (lower**2).sum()) - M * diagonals.sum()
        return (logsumexp(terms, axis=1).sum() + prior) / n - logsumexp(alphas) + offset

    def build() -> Any:
        function = jax.jit(jax.value_and_grad(objective))
        return lambda: jax.block_until_ready(function(parameters, points))

    return prepare(build, plain.arrays)


def torch(problem: Points) -> Prepared:
    """All points at once."""
    torch = import_module("torch")
    *parameters, points = map(torch.from_numpy, as_arrays(problem))
    for each in parameters:
        each.requires_grad_()
    alphas, means, diagonals, lower = parameters
    n, d = points.shape
    rows, columns = torch.tril_indices(d, d, -1)
    offset = constant(problem)

    def run() -> Any:
        scales = torch.exp(diagonals)
        roots = torch.diag_embed(scales)
        roots[:, rows, columns] = lower
        scaled = torch.einsum("kij,nkj->nki", roots, points[:, None, :] - means)
        terms = alphas + diagonals.sum(dim=1) - 0.5 * (scaled**2).sum(dim=2)
        prior = 0.5 * GAMMA**2 * ((scales**2).sum() + (lower**2).sum()) - M * diagonals.sum()
        value = (torch.logsumexp(terms, dim=1).sum() + prior) / n - torch.logsumexp(alphas, dim=0) + offset
        return value.item(), torch.autograd.grad(value, parameters)

    return Prepared(run, plain.arrays)


def casadi(problem: Points) -> Prepared:
    """A graph of scalars, written with matrices; a column for each point."""
    casadi = import_module("casadi")
    *numbers, points = as_arrays(problem)
    start = [casadi.DM(each) for each in numbers]
    (k, d), n = numbers[1].shape, len(points)

    def logsumexp(terms: list[Any]) -> Any:
        largest = terms[0]
        for term in terms[1:]:
            largest = casadi.fmax(largest, term)
        return casadi.log(sum(casadi.exp(term - largest) for term in terms)) + largest

    def build() -> Any:
        parameters = [casadi.SX.sym(f"p{i}", *each.shape) for i, each in enumerate(start)]
        alphas, means, diagonals, lower = parameters
        scales = casadi.exp(diagonals)
        terms = []
        for component in range(k):
            root = casadi.diag(scales[component, :])
            for place, (i, j) in enumerate(zip(*np.tril_indices(d, -1), strict=True)):
                root[int(i), int(j)] = lower[component, place]
            scaled = root @ (casadi.DM(points.T) - casadi.repmat(means[component, :].T, 1, n))
            offset = alphas[component] + casadi.sum2(diagonals[component, :])
            terms.append(offset - 0.5 * casadi.sum1(scaled**2))
        prior = 0.5 * GAMMA**2 * (casadi.sumsqr(scales) + casadi.sumsqr(lower))
        prior -= M * casadi.sum1(casadi.sum2(diagonals))
        value = (casadi.sum2(logsumexp(terms)) + prior) / n - logsumexp(casadi.vertsplit(alphas)) + constant(problem)
        gradients = [casadi.gradient(value, each) for each in parameters]
        function = casadi.Function("mixture", parameters, [value, *gradients])
        return lambda: function(*start)

    return prepare(build, lambda result: plain.arrays((result[0], result[1:])))


WORKLOAD = Workload(
    "W6",
    "a mixture of 5 Gaussians in 10 dimensions, 200 points",
    problem,
    {
        "by hand": by_hand,
        "micrograd_bp compiled": compiled(program),
        "micrograd_bp compiled per point": compiled(per_point),
        "micrograd_bp native per point": compiled(partial(per_point, form="native")),
        "micrograd_bp native": compiled(partial(program, form="native")),
        "micrograd_bp on JAX": on_jax(program),
        "micrograd_bp on JAX per point": on_jax(per_point),
        "micrograd_bp eager": eager,
        "jax": jax,
        "torch": torch,
        "casadi": casadi,
    },
)
