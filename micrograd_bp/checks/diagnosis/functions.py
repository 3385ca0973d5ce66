"""Functions of one number in a graph, such as a sigmoid of four operations, and ways to get their derivative wrong.

Such a function goes from a value to a result that depends on nothing else. The right derivative is f'(z), with z the
value and a = f(z); what else stands there in wrong backward passes is the table below.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from micrograd_bp.checks.diagnosis.ways import Way
from micrograd_bp.checks.diagnosis.wiring import Array, Change, Group, Places, Source, Wiring
from micrograd_bp.engine import OPERATIONS


class Function(NamedTuple):
    """One function, for all entries that it is applied to.

    Attributes:
        group: of its results.
        base: of its values.
        tops: the places of its results.
        bases: the places of its values.
        slope: f'(z).
    """

    group: Group
    base: Group
    tops: Places
    bases: Places
    slope: Array


def functions(wiring: Wiring) -> list[Function]:
    """The functions of one number of a graph, each as long as it goes, and each begun anew where a value is used."""
    base, slope = _bases(wiring)
    used_by: list[set[int]] = [set() for _ in wiring.nodes]
    for parent, child in zip(wiring.parent.tolist(), wiring.child.tolist(), strict=True):
        used_by[child].add(parent)
    found: dict[tuple[Group, Group], list[int]] = {}
    for number in range(len(wiring.nodes)):
        ends = not used_by[number] or any(base[user] != base[number] for user in used_by[number])
        if base[number] != number and (ends or wiring.seed[number]):
            found.setdefault((wiring.group[number], wiring.group[base[number]]), []).append(number)
    return [
        Function(group, below, np.array(tops), base[tops], slope[tops])
        for (group, below), tops in found.items()
        if len(tops) <= 3000
    ]


def _bases(wiring: Wiring) -> tuple[Places, Array]:
    """For each node the value that it is a function of, itself if there is none, and the derivative along that."""
    base, slope = np.arange(len(wiring.nodes)), np.ones(len(wiring.nodes))
    for number, operands in enumerate(wiring.operands):
        alive = [(wiring.place[operand], d) for operand, d in operands if operand in wiring.place]
        bases = {int(base[place]) for place, _ in alive}
        if len(bases) == 1 and wiring.group[number].source.line:
            base[number] = bases.pop()
            slope[number] = sum(d * slope[place] for place, d in alive)
    return base, slope


def replay(wiring: Wiring, function: Function, at: Array) -> tuple[Array, Array] | None:
    """F and f' at other values, one for each entry; None outside of its domain."""
    results, slopes = np.empty(len(at)), np.empty(len(at))
    for number, (top, bottom) in enumerate(zip(function.tops, function.bases, strict=True)):
        numbers: dict[object, tuple[float, float]] = {wiring.nodes[bottom]: (float(at[number]), 1.0)}
        stack = [wiring.nodes[top]]
        while stack:
            node = stack[-1]
            if node in numbers:
                stack.pop()
                continue
            waiting = [operand for operand in node.operands if operand in wiring.all_alive and operand not in numbers]
            if waiting:
                stack += waiting
                continue
            data = [numbers.get(operand, (operand.data, 0.0)) for operand in node.operands]
            try:
                result, derivatives = node.operation.compute([x for x, _ in data])
            except (ValueError, ArithmeticError):
                return None
            numbers[node] = (float(result), sum(d * s for (_, s), d in zip(data, derivatives, strict=True)))
        results[number], slopes[number] = numbers[wiring.nodes[top]]
    return results, slopes


Slopes = Callable[[Array, Array, Array, Array], Array]

# What stands where f'(z) belongs, from z, a = f(z), s = f'(z) and the upstream gradient u, which it is multiplied with.
SLOPES: dict[str, tuple[str, Slopes]] = {
    "derivative_twice": ("it is multiplied in twice", lambda z, a, s, u: s * s),
    "divided_by_derivative": ("it is divided by it instead of multiplied", lambda z, a, s, u: 1.0 / s),
    "derivative_alone": ("it stands there without the upstream gradient", lambda z, a, s, u: s / u),
    "derivative_added": ("it is added to the upstream gradient instead of multiplied", lambda z, a, s, u: (u + s) / u),
    "function_for_derivative": ("the function itself stands in its place", lambda z, a, s, u: a),
    "value_for_derivative": ("its argument stands in its place", lambda z, a, s, u: z),
    "one_minus_output": (
        "1 - a stands in its place, a the result: a factor or a square is missing",
        lambda z, a, s, u: 1.0 - a,
    ),
    "squared_output": ("a² stands in its place, a the result: it is not subtracted from 1", lambda z, a, s, u: a * a),
    "sigmoid_at_z": (
        "z(1 - z) stands in its place: a(1 - a) was meant, a the result",
        lambda z, a, s, u: z * (1.0 - z),
    ),
    "tanh_at_z": ("1 - z² stands in its place: 1 - a² was meant, a the result", lambda z, a, s, u: 1.0 - z * z),
    "plus_for_minus": (
        "a(1 + a) stands in its place, a the result: the sign in a(1 - a) is wrong",
        lambda z, a, s, u: a * (1.0 + a),
    ),
    "plus_for_minus_square": ("1 + a² stands there, a the result: the sign is wrong", lambda z, a, s, u: 1.0 + a * a),
    "derivative_of_sigmoid": (
        "a(1 - a) stands in its place, as if the function were a sigmoid",
        lambda z, a, s, u: a * (1.0 - a),
    ),
    "derivative_of_tanh": ("1 - a² stands in its place, as if the function were tanh", lambda z, a, s, u: 1.0 - a * a),
    "mask_of_result": (
        "1 where its result is positive stands in its place",
        lambda z, a, s, u: np.where(a > 0.0, 1.0, 0.0),
    ),
    "mask_of_value": (
        "1 where its argument is positive stands in its place",
        lambda z, a, s, u: np.where(z > 0.0, 1.0, 0.0),
    ),
    "mask_of_negative_values": (
        "the mask is inverted: 1 where its argument is negative stands there",
        lambda z, a, s, u: np.where(z <= 0.0, 1.0, 0.0),
    ),
    "mask_of_gradient": ("the mask is that of the upstream gradient", lambda z, a, s, u: np.where(u > 0.0, 1.0, 0.0)),
    "result_masked": ("where its result is not positive, the gradient is 0", lambda z, a, s, u: s * (a > 0)),
}
DERIVATIVES = ("sigmoid", "tanh", "relu", "softplus", "elu", "silu", "gelu", "sin", "cos", "exp")


def function_ways(
    wiring: Wiring, upstream: Array, others: Mapping[str, Places], before: Wiring | None
) -> Iterator[Way]:
    """The ways to get the derivative of a function wrong.

    Args:
        wiring: extended by an edge for each result of each function, straight to its value.
        upstream: the right d(Σ upstream·output)/d(node).
        others: further groups of nodes, by name, at which the derivative may be taken.
        before: the graph of the call before, if it is of the same form.
    """
    for function in functions(wiring):
        straight, within = wiring.straight_edges(function.tops, function.bases)
        places = np.concatenate([straight, within])
        z, a, s, u = wiring.data[function.bases], wiring.data[function.tops], function.slope, upstream[function.tops]

        def way(name: str, words: str, slopes: Array, rank: float) -> Way:
            change = Change(places, np.concatenate([slopes, np.zeros(len(within))]))  # noqa: B023
            sources = (function.group.source, function.base.source)  # noqa: B023
            return Way(name, words, sources, change, rank)

        what = "the derivative of {0}, along {1.name}: "
        yield way("forgotten_derivative", "the derivative of {0} is left out, along {1.name}", np.ones(len(z)), 1.4)
        with np.errstate(all="ignore"):
            for number, (name, (words, slopes)) in enumerate(SLOPES.items()):
                yield way(name, what + words, slopes(z, a, s, u), 1.9 + 0.01 * number)
        for name in DERIVATIVES:
            if name in OPERATIONS:
                entry = OPERATIONS[name]
                try:
                    yield way(
                        f"derivative_of_{name}",
                        what + f"that of {name} stands in its place",
                        np.array([entry.compute([float(x)])[1][0] for x in z]),
                        2.4,
                    )
                except (ValueError, ArithmeticError, TypeError):
                    continue
        points = {
            "derivative_at_output": ("it is taken at the result instead", a),
            "derivative_at_gradient": ("it is taken at the upstream gradient instead", u),
            "derivative_at_negative": ("it is taken at the negative of its argument: a sign is wrong", -z),
        }
        if before is not None:
            points["derivative_of_call_before"] = ("it is that of the call before", before.data[function.bases])
        for other, theirs in others.items():
            if len(theirs) == len(z) and not np.array_equal(theirs, function.bases):
                points[f"derivative_at_{other}"] = (f"it is taken at {other} instead", wiring.data[theirs])
                b = wiring.data[theirs]
                yield way("tanh_of_another", what + f"1 - b² stands in its place, b being {other}", 1.0 - b * b, 2.2)
                yield way("sigmoid_of_another", what + f"b(1 - b) stands there, b being {other}", b * (1.0 - b), 2.2)
        if len(z) <= 600:
            for name, (words, at) in points.items():
                again = replay(wiring, function, at)
                if again is not None:
                    yield way(name, what + words, again[1], 1.8 if "output" in name else 2.3)


TOO_MUCH: dict[str, tuple[str, Callable[[Array], Array]]] = {
    "sigmoid": ("a(1 - a)", lambda a: a * (1.0 - a)),
    "tanh": ("1 - a²", lambda a: 1.0 - a * a),
    "sigmoid_of_value": ("the derivative of sigmoid at a", lambda a: 0.25 / np.cosh(0.5 * a) ** 2),
    "tanh_of_value": ("the derivative of tanh at a", lambda a: 1.0 / np.cosh(a) ** 2),
    "relu": ("a > 0", lambda a: np.where(a > 0.0, 1.0, 0.0)),
}


def derivatives_too_many(wiring: Wiring) -> Iterator[tuple[Way, Source, Array]]:
    """A derivative is multiplied in where no function is, or once too often.

    Returns:
        The way, the values whose gradients are multiplied, and the factor of each of them.
    """
    pairs = [(source, source, places, places) for source, places in wiring.members.items()]
    base, _ = _bases(wiring)
    for other, others in wiring.members.items():
        values = {wiring.group[place].source for place in base[others]}
        if len(values) == 1 and other not in values:
            pairs.append((values.pop(), other, base[others], others))
    for value, other, places, others in pairs:
        if len(np.unique(places)) != len(places) or len(places) != len(wiring.members[value]):
            continue
        order = np.argsort(places)[np.argsort(np.argsort(wiring.members[value]))]  # as their entries lie
        places, others = places[order], others[order]
        edges = np.flatnonzero(np.isin(wiring.parent, places))
        rank = {int(place): number for number, place in enumerate(places)}
        where = np.array([rank[int(place)] for place in wiring.parent[edges]], dtype=int)
        for name, (formula, factor) in TOO_MUCH.items():
            with np.errstate(over="ignore"):
                factors = factor(wiring.data[others])
            words = f"the gradient of {{0.name}} is multiplied with {formula}, a being {{1.name}}, which is too much"
            change = Change(edges, wiring.slope[edges] * factors[where])
            yield Way(f"derivative_of_{name}_too_much", words, (value, other), change, 1.95), value, factors
