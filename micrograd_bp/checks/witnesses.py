"""The right gradients of a claim, from two independent witnesses: their forward on Values, and its finite differences.

A witness knows no code and no names, only claims. An alarm needs both: at a kink, where a function rounds, or where a
graph cannot see something, one of them may be wrong alone.
"""

import itertools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from micrograd_bp.checks.claims import Array, Arrays, Claim
from micrograd_bp.engine import backward

GRAPH = "their own forward, run on Values"
DIFFERENCES = "finite differences of their forward"
MOST_ENTRIES = 120
"""Of how many entries differences give the gradient, where a graph cannot be had."""


class Right(NamedTuple):
    """The right gradients.

    Attributes:
        gradients: by name; nan where an entry was not computed.
        source: where they come from, in words.
        tolerance: the relative error that they may have themselves.
    """

    gradients: Arrays
    source: str
    tolerance: float


def right_gradients(claim: Claim, *, single: bool = False) -> Right:
    """From Values if their forward runs on them and gives the numbers that it gives on numbers, else from differences.

    Args:
        claim: whose gradients.
        single: whether it computes in single precision.
    """
    try:
        leaves, outputs = claim.on_values()
        close = 1e-3 if single else 1e-9
        for nodes, numbers in zip(outputs, claim.outputs(), strict=True):
            data = np.array([node.data for node in nodes.flat]).reshape(nodes.shape)
            if data.shape != numbers.shape or not np.allclose(data, numbers, rtol=close, atol=close):
                raise ValueError("the graph is another function")
        for leaf in (leaf for array in leaves.values() for leaf in array.flat):
            leaf.grad = 0.0
        ends = [node for nodes in outputs for node in nodes.flat]
        backward(ends, np.concatenate([upstream.ravel() for upstream in claim.upstream]).tolist())
    except Exception:  # whatever stopped it, differences do without
        pass
    else:
        gradients = {
            name: np.array([leaf.grad for leaf in array.flat]).reshape(array.shape) for name, array in leaves.items()
        }
        return Right(gradients, GRAPH, 2e-3 if single else 1e-6)
    return _differences(claim, single)


def _differences(claim: Claim, single: bool) -> Right:
    """Entry by entry, each array's share in turn, up to so many that the answer does not have to be waited for."""
    size = _size(claim)
    gradients = {name: np.full(array.shape, np.nan) for name, array in claim.arrays.items()}
    rng = np.random.default_rng(0)
    orders = [[(name, place) for place in rng.permutation(array.size)] for name, array in claim.arrays.items()]
    in_turn = [each for turn in itertools.zip_longest(*orders) for each in turn if each is not None]
    for name, place in in_turn[:MOST_ENTRIES]:
        index = tuple(int(i) for i in np.unravel_index(place, gradients[name].shape))
        gradients[name][index] = slope(along(claim, name, index), float(claim.arrays[name][index]), size, single)[0]
    return Right(gradients, DIFFERENCES, 2e-3 if single else 1e-5)


def _size(claim: Claim) -> float:
    """How large the numbers are that the function adds up: its rounding is about eps times that."""
    pairs = zip(claim.upstream, claim.outputs(), strict=True)
    return float(sum(np.sum(np.abs(upstream * output)) for upstream, output in pairs))


def along(claim: Claim, name: str, index: tuple[int, ...]) -> Callable[[float], float]:
    """The number whose gradients are claimed, as a function of one entry of one array."""

    def loss(number: float) -> float:
        moved = claim.arrays[name].copy()
        moved[index] = number
        return claim.number({name: moved})

    return loss


def contradicted(claim: Claim, name: str, claimed: Array, scale: float, *, single: bool) -> tuple[int, ...] | None:
    """An entry of a large array that differences contradict, or None if they contradict none.

    The whole array is compared at once, along random directions; where they disagree, halving finds a wrong entry.

    Args:
        claim: whose.
        name: of the array.
        claimed: what they say its gradient is.
        scale: the size of the array's gradients.
        single: whether it computes in single precision.
    """
    array, size = claim.arrays[name], _size(claim)
    step = 4e-3 if single else 1e-5

    def agree(direction: Array) -> bool:
        length = float(np.sqrt(np.sum(direction * direction)))
        unit = direction / length
        ends = [claim.number({name: array + sign * step * unit}) for sign in (1.0, -1.0)]
        error = abs((ends[0] - ends[1]) / (2.0 * step) - float(np.sum(claimed * unit)))
        rounding = (1.2e-7 if single else 2.2e-16) * size / step
        return error <= (1e-2 if single else 1e-5) * scale / length + 20.0 * rounding

    for seed in range(3):
        direction = np.random.default_rng(seed).choice([-1.0, 1.0], array.shape)
        if agree(direction):
            continue
        places = np.arange(array.size)
        while len(places) > 1:
            half = np.zeros(array.size)
            half[places[: len(places) // 2]] = direction.flat[places[: len(places) // 2]]
            places = places[len(places) // 2 :] if agree(half.reshape(array.shape)) else places[: len(places) // 2]
        index = tuple(int(i) for i in np.unravel_index(places[0], array.shape))
        if contradicts(claim, name, index, float(claimed[index]), scale, single=single):
            return index
    return None


def slope(
    function: Callable[[float], float], x: float, size: float, single: bool, start: float = 2e-3
) -> tuple[float, float]:
    """The derivative by central differences at three steps, extrapolated, and the error that it may have.

    Args:
        function: of one number.
        x: where.
        size: of the numbers that the function adds up.
        single: whether it computes in single precision.
        start: the largest step, for numbers of ordinary size.
    """
    rounding = (1.2e-7 if single else 2.2e-16) * size
    step = max(abs(x), 1.0) * (4.0 * start if single else start)
    steps = [step, step / 2.0, step / 4.0]
    plain = [(function(x + h) - function(x - h)) / (2.0 * h) for h in steps]
    once = [(4.0 * fine - coarse) / 3.0 for coarse, fine in itertools.pairwise(plain)]
    best = (16.0 * once[1] - once[0]) / 15.0
    return best, abs(best - once[1]) + 8.0 * rounding / steps[-1]


def contradicts(claim: Claim, name: str, index: tuple[int, ...], value: float, scale: float, *, single: bool) -> bool:
    """Whether finite differences contradict one entry too. At a kink they do not, on either side's slope.

    Args:
        claim: whose.
        name: of the array.
        index: the entry.
        value: what they claim it is.
        scale: the size of the array's gradients.
        single: whether it computes in single precision.
    """
    function, x, size = along(claim, name, index), float(claim.arrays[name][index]), _size(claim)
    allowed = (5e-3 if single else 1e-6) * scale
    found, error = slope(function, x, size, single, 7e-4)
    if not np.isfinite(found):
        return True
    if abs(found - value) <= allowed + 2.0 * error:
        return False
    step = max(abs(x), 1.0) * (4e-3 if single else 1e-6)
    sides = [(function(x + h) - function(x)) / h for h in (-step, step)]
    bend = abs(sides[0] - sides[1])
    if bend > 1e-3 * scale:  # a kink: either side's slope, and what lies between, is right
        return not min(sides) - 1e-4 * scale <= value <= max(sides) + 1e-4 * scale
    return True
