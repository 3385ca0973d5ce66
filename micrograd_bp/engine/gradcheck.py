"""Whether a gradient is right, in three questions whose answers add up to it.

Does each rule agree with its own result, at its operands? Does the gradient follow from the rules? And is the graph all
that the function does: does it give what the function gives where an input is moved? So a wrong rule is named where
it stands, and neither a pole, a kink nor a large number beside a small one makes a right gradient look wrong.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from typing import Any

from micrograd_bp.engine.derivatives import gradients
from micrograd_bp.engine.differences import EPSILON, INFORMATIVE, Comparison
from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.numbers.floats import is_real
from micrograd_bp.engine.origin import no_graph
from micrograd_bp.engine.rule_checks import Edges, checked_edges, rounding, wrong_rules
from micrograd_bp.engine.value import Value, differentiating


class GradientError(AssertionError):
    """A gradient that differences contradict."""


def gradcheck(
    function: Callable[..., Any], inputs: Sequence[Any] | Mapping[str, Any], *, tolerance: float = 1e-6
) -> list[Comparison]:
    """Compares the gradient of `function(*inputs)` with differences.

    Args:
        function: takes the inputs as Values and gives a Value. It must give the same each time.
        inputs: each a number, a Value such as a model's parameter, an array, or a list or dictionary of these. The
            function takes them in the same form, arrays as object arrays of Values; a dictionary of inputs is given by
            keyword. Values are moved and put back. Truth values, strings, None and arrays of whole numbers, such as
            labels, are handed on as they are.
        tolerance: the largest relative difference that passes, besides what rounding may have done to either number.

    Returns:
        One comparison for each number of the inputs. The `remark` of one where a rule has a kink says so: there any
        derivative between those of its two sides is right.

    Raises:
        GradientError: they differ. The message shows both numbers for each input that differs, and names
            the operations whose rule disagrees with differences of its own result.
        TypeError: the function does not give a Value.
        ValueError: the function gives another number each time.
    """
    named: list[tuple[str, Value]] = []
    by_name = inputs if isinstance(inputs, Mapping) else {f"input {place}": x for place, x in enumerate(inputs)}
    arguments = {name: _as_values(x, name, named) for name, x in by_name.items()}

    def call() -> Value:
        with differentiating([value for _, value in named]):
            output = function(**arguments) if isinstance(inputs, Mapping) else function(*arguments.values())
        if getattr(output, "shape", None) == ():
            output = output.item()
        if not isinstance(output, Value):
            raise TypeError(f"gradcheck needs a function that gives a Value, got {type(output).__name__}")
        return output

    output = call()
    with no_graph():
        again = call().data
    if again != output.data and again == again:
        raise ValueError(
            f"the function gives {output.data:.6g} and then {again:.6g} for the same inputs: fix its random numbers, "
            "then check"
        )
    order = topological_order(output)
    edges = checked_edges(order, tolerance)
    error = 4.0 * rounding(output)
    comparisons = []
    for (name, value), gradient in zip(named, gradients(output, [value for _, value in named]), strict=True):
        comparison = _along(name, value, gradient, order, edges, tolerance)
        if comparison.agrees:
            comparison = _beside_the_graph(call, comparison, value, order, error, tolerance)
        comparisons.append(comparison)
    rules = wrong_rules(edges)
    wrong = [comparison for comparison in comparisons if not comparison.agrees]
    if wrong or rules:
        raise GradientError(_message(comparisons, wrong, rules))
    return comparisons


def _as_values(thing: Any, name: str, named: list[tuple[str, Value]]) -> Any:
    """An input with Values in the place of its numbers, each of which is added to `named`."""
    if isinstance(thing, Value):
        named.append((thing.label or name, thing))
    elif isinstance(thing, Mapping):
        return {key: _as_values(each, f"{name}[{key!r}]", named) for key, each in thing.items()}
    elif isinstance(thing, (list, tuple)):
        return type(thing)([_as_values(each, f"{name}[{place}]", named) for place, each in enumerate(thing)])
    elif getattr(thing, "shape", ()) and thing.dtype.kind in "fO":
        values = thing.astype(object)
        for place, number in enumerate(thing.flat):
            index = ", ".join(map(str, _index(place, thing.shape)))
            values.flat[place] = _as_values(number, f"{name}[{index}]", named)
        return values
    elif is_real(thing) and not isinstance(thing, bool):
        return _as_values(Value(thing), name, named)
    return thing


def _index(place: int, shape: Sequence[int]) -> list[int]:
    index: list[int] = []
    for length in reversed(shape):
        place, last = divmod(place, length)
        index.insert(0, last)
    return index


# ---- does the gradient follow from the rules?


def _along(
    name: str,
    value: Value,
    gradient: float,
    order: Sequence[Value],
    edges: Edges,
    tolerance: float,
) -> Comparison:
    """The gradient along an input against the chain rule, forwards, with the derivatives that differences have."""
    speeds = {value: (1.0, 0.0)}  # how fast each node moves, and how wrong that may be
    remark = ""
    for node in order:
        if node is value or speeds.keys().isdisjoint(node.operands):
            continue
        total, total_error = 0.0, 0.0
        for operand, edge in zip(node.operands, edges[node], strict=True):
            if operand not in speeds:
                continue
            speed, error = speeds[operand]
            total += edge.slope * speed
            total_error += abs(edge.slope) * error + (edge.error + EPSILON * abs(edge.slope)) * abs(speed)
            if edge.comparison.remark and node.operation is not None:
                remark = f"{edge.comparison.remark} of {node.operation.name}"
        speeds[node] = total, total_error
    difference, error = speeds.get(order[-1], (0.0, 0.0))
    if not math.isfinite(gradient):
        return Comparison(name, gradient, difference, math.nan, agrees=False)
    return Comparison.of(name, gradient, difference, 4.0 * error, tolerance)._replace(remark=remark)


# ---- is the graph all that the function does?


def _beside_the_graph(
    call: Callable[[], Value],
    comparison: Comparison,
    value: Value,
    order: Sequence[Value],
    error: float,
    tolerance: float,
) -> Comparison:
    """What the function does with an input besides its graph: the two must change alike where the input is moved.

    Where they do not, a branch of Python may have been taken that begins beyond the point; smaller steps agree then, to
    one side at least.
    """
    x, before = value.data, order[-1].data

    def changes(step: float) -> tuple[float, float, float] | None:
        """The step as it is rounded, and how much function and graph change; None where they fail."""
        try:
            value.data = moved = x + step
            with no_graph():
                by_function = call().data - before
            value.data = x
            by_graph = _result_again(order, value, moved) - before
        except (ValueError, ArithmeticError):
            return None
        finally:
            value.data = x
        return (moved - x, by_function, by_graph) if math.isfinite(by_function) and moved != x else None

    def alike(by_function: float, by_graph: float) -> bool:
        return abs(by_function - by_graph) <= error + tolerance * abs(by_function)

    first = changes(1e-4 * (abs(x) or 1.0))
    if first and alike(*first[1:]) and error <= INFORMATIVE * abs(first[1]):
        return comparison
    steps = sorted({size * 10.0**-power for size in (abs(x) or 1.0, 1.0) for power in (0, 1, 2, 4, 6, 8, 10, 12)})
    difference = math.nan
    for side in (1.0, -1.0):
        found = [each for each in map(changes, [side * step for step in steps]) if each]
        good = list(takewhile(lambda each: alike(*each[1:]), found))
        if not found:
            continue
        # A slope above `hidden` would have shown in smaller steps: it begins beyond them.
        hidden = min([10.0 * error / abs(step) for step, *_ in good], default=math.inf)
        step, by_function, by_graph = found[min(len(good), len(found) - 1)]
        missing = (by_function - by_graph) / step
        if len(good) == len(found) or abs(missing) > hidden:
            return comparison
        difference = comparison.gradient + missing
    contradicted = Comparison.of(comparison.name, comparison.gradient, difference, 0.0, tolerance)
    return contradicted._replace(agrees=False)


def _result_again(order: Sequence[Value], value: Value, moved: float) -> float:
    """The graph's result with another number in one place, rounded as when it was made."""
    data = {value: moved}
    for node in order:
        if node is not value and node.operation is not None and any(operand in data for operand in node.operands):
            numbers = [data.get(operand, operand.data) for operand in node.operands]
            try:
                data[node] = float(node.operation.compute(numbers)[0])
            except (ValueError, ArithmeticError):  # a derivative that does not exist is nothing here
                data[node] = node.operation.result(numbers)
    return data.get(order[-1], order[-1].data)


def _message(comparisons: Sequence[Comparison], wrong: Sequence[Comparison], rules: Mapping[str, Comparison]) -> str:
    lines = []
    contradicted = [comparison for comparison in wrong if not math.isnan(comparison.relative)]
    if contradicted:
        lines.append(
            f"the gradient and finite differences disagree in {len(contradicted)} of {len(comparisons)} inputs"
        )
    elif wrong:
        lines.append(f"{len(wrong)} of {len(comparisons)} inputs cannot be compared")
    else:
        lines.append("a rule is wrong, though it shows in the gradient of no input")
    if wrong:
        lines += ["", f"{'input':<24}{'gradient':>14}{'difference':>14}{'relative':>12}"]
    for comparison in wrong[:10]:
        lines.append(
            f"{comparison.name:<24}{comparison.gradient:>14.6g}{comparison.difference:>14.6g}"
            f"{comparison.relative:>12.2g}"
        )
    if len(wrong) > 10:
        lines.append(f"... and {len(wrong) - 10} more")
    for name, comparison in rules.items():
        lines += [
            "",
            f"the rule of {name} disagrees with its own result: along {comparison.name} it gives "
            f"{comparison.gradient:.6g}, differences of the result give {comparison.difference:.6g}",
        ]
    if any(not math.isfinite(comparison.gradient) for comparison in wrong):
        lines += ["", "a gradient that is inf or nan cannot be compared: move the inputs off the point where it is"]
    elif len(contradicted) < len(wrong):
        lines += ["", "the function fails wherever such an input is moved: give it inputs with room on one side"]
    elif not rules:
        lines += ["", "every rule agrees with its own result: look at what the function does besides"]
    return "\n".join(lines)
