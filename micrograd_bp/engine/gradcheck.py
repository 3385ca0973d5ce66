"""A gradient against finite differences.

Two things are compared: each node's local derivatives with differences of its own rule, which names a wrong rule;
and the whole gradient with differences of the whole function, which finds what no single rule shows.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from micrograd_bp.engine.derivatives import gradients
from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.origin import no_graph
from micrograd_bp.engine.value import Value


class GradientError(AssertionError):
    """A gradient that finite differences contradict."""


class Comparison(NamedTuple):
    """One derivative, by the graph and by finite differences.

    Attributes:
        name: what it is the derivative along.
        gradient: the graph's derivative.
        difference: the finite difference.
        relative: their difference over the larger of the two, or over 1 where both are smaller.
        agrees: whether they agree to within the tolerance, or the point is a kink and the gradient lies
            between the slopes on its two sides.
    """

    name: str
    gradient: float
    difference: float
    relative: float
    agrees: bool


def gradcheck(function: Callable[..., Any], inputs: Sequence[Any], *, tolerance: float = 1e-6) -> list[Comparison]:
    """Compares the gradient of `function(*inputs)` with central finite differences.

    Args:
        function: takes the inputs as Values and gives a Value.
        inputs: numbers, or Values, such as a model's parameters; these are moved and put back.
        tolerance: the largest relative difference that passes (absolute for derivatives below 1), or 4 times the
            error that the finite difference estimates of itself, up to 1e-3, if that is more.

    Returns:
        One comparison for each input.

    Raises:
        GradientError: they differ. The message shows both numbers for each input that differs, and names
            the operations whose rule disagrees with differences of its own result.
        TypeError: the function does not give a Value.
    """
    values = [x if isinstance(x, Value) else Value(x) for x in inputs]
    output = function(*values)
    if not isinstance(output, Value):
        raise TypeError(f"gradcheck needs a function that gives a Value, got {type(output).__name__}")

    def along(value: Value) -> Callable[[float], float]:
        def evaluate(number: float) -> float:
            before = value.data
            value.data = number
            try:
                with no_graph():
                    return float(function(*values).data)
            finally:
                value.data = before

        return evaluate

    comparisons = [
        compare(value.label or f"input {place}", gradient, along(value), value.data, tolerance)
        for place, (value, gradient) in enumerate(zip(values, gradients(output, values), strict=True))
    ]
    wrong_rules = check_rules(output, tolerance)
    wrong = [comparison for comparison in comparisons if not comparison.agrees]
    if wrong or wrong_rules:
        raise GradientError(_message(comparisons, wrong, wrong_rules))
    return comparisons


def check_rules(root: Value, tolerance: float = 1e-6) -> dict[str, Comparison]:
    """The operations below `root` whose local derivatives finite differences of their own result contradict.

    Returns:
        For each such operation, by its name, the first disagreement.
    """
    wrong: dict[str, Comparison] = {}
    for node in topological_order(root):
        operation = node.operation
        if operation is None or not operation.operand_names or operation.name in wrong:
            continue
        numbers = [operand.data for operand in node.operands]
        for place, derivative in enumerate(node.local_derivatives):

            def evaluate(
                number: float,
                result: Any = operation.result,
                numbers: list[float] = numbers,
                place: int = place,
            ) -> float:
                return float(result([*numbers[:place], number, *numbers[place + 1 :]]))

            name = (operation.operand_names * len(numbers))[place] if not operation.many else f"operand {place}"
            comparison = compare(name, derivative, evaluate, numbers[place], tolerance)
            if not comparison.agrees and math.isfinite(derivative):
                wrong[operation.name] = comparison
                break
    return wrong


def compare(name: str, gradient: float, function: Callable[[float], float], x: float, tolerance: float) -> Comparison:
    """Compares a derivative of a function of one number with its finite difference at `x`."""
    difference, uncertainty = numerical_derivative(function, x)
    scale = max(abs(gradient), abs(difference), 1.0)
    relative = abs(gradient - difference) / scale
    agrees = relative <= max(tolerance, min(4.0 * uncertainty / scale, 1e-3))
    if not agrees and math.isfinite(gradient):
        agrees = is_kink_slope(function, x, gradient)
    return Comparison(name, gradient, difference, relative, agrees)


SHRINK = 4.0


def numerical_derivative(function: Callable[[float], float], x: float) -> tuple[float, float]:
    """The derivative by central differences, and an estimate of its error.

    Where the function can be evaluated on one side only, the differences are one-sided; where it cannot be at all, the
    answer is (nan, inf).
    """
    found = extrapolated_difference(function, x, 1.0, 1.0)
    sides = [(1.0, 0.0), (0.0, 1.0)] if math.isnan(found[0]) else []
    return min([found, *(extrapolated_difference(function, x, *side) for side in sides)], key=lambda pair: pair[1])


def extrapolated_difference(
    function: Callable[[float], float], x: float, right: float, left: float
) -> tuple[float, float]:
    """(f(x + right·h) - f(x - left·h)) / (right + left)h, extrapolated to h = 0, and an estimate of the error.

    h shrinks from 5 % of x (of 1 near 0) down to where rounding takes over; the entry of the extrapolation table with
    the least estimated error is taken: C. J. F. Ridders, "Accurate computation of F'(x) and F'(x) F''(x)", Advances in
    Engineering Software 4 (1982). An h for which the function cannot be evaluated is left out.
    """
    best, error = math.nan, math.inf
    row: list[float] = []
    order = 2 if right == left else 1  # of the difference's error, and of the step from one order to the next
    step = 0.05 * max(abs(x), 1.0)
    # Near the edge of a domain, or where the function bends sharply, only steps far below x will do.
    while step > 1e-8 * max(abs(x), 1.0) or (len(row) < 8 and step > 1e-5 * abs(x) > 0.0):
        above, below = x + right * step, x - left * step
        try:
            slope = (function(above) - function(below)) / (above - below)
        except (ValueError, ArithmeticError):
            slope = math.nan
        if math.isfinite(slope):
            previous, row = row, [slope]
            factor = 1.0
            for entry in previous:
                factor *= SHRINK**order
                row.append((factor * row[-1] - entry) / (factor - 1.0))
                change = max(abs(row[-1] - row[-2]), abs(row[-1] - entry))
                if change < error:
                    best, error = row[-1], change
            if not previous:
                best = slope
            elif error < 1e-4 * abs(best) and abs(row[-1] - previous[-1]) > 10.0 * error:
                break  # rounding has taken over; what follows may agree with itself and yet be wrong
        step /= SHRINK
    return best, error


def is_kink_slope(function: Callable[[float], float], x: float, gradient: float) -> bool:
    """Whether `x` is a kink and `gradient` lies between its slopes, or a jump and `gradient` is the slope beside it.

    At a kink each of the two slopes stays where it is when the steps shrink; where a smooth function bends sharply they
    come together, and at a jump they grow.
    """
    try:
        (left, right), (nearer_left, nearer_right) = (
            [(function(x + side) - function(x)) / ((x + side) - x) for side in (-step, step)]
            for step in (1e-5 * (abs(x) or 1.0), 1e-6 * (abs(x) or 1.0))
        )
    except (ValueError, ArithmeticError):
        return False
    slack_left, slack_right = 1e-3 * max(1.0, abs(nearer_left)), 1e-3 * max(1.0, abs(nearer_right))
    left_stays, right_stays = abs(nearer_left - left) <= slack_left, abs(nearer_right - right) <= slack_right
    if left_stays and right_stays:
        slack = max(slack_left, slack_right)
        between = min(nearer_left, nearer_right) - slack <= gradient <= max(nearer_left, nearer_right) + slack
        return between and abs(nearer_right - nearer_left) > 2.0 * slack
    # A jump on one side; on the other the function goes on smoothly.
    return (left_stays and abs(gradient - nearer_left) <= slack_left) or (
        right_stays and abs(gradient - nearer_right) <= slack_right
    )


def _message(comparisons: list[Comparison], wrong: list[Comparison], wrong_rules: dict[str, Comparison]) -> str:
    lines = [
        f"the gradient and finite differences disagree in {len(wrong)} of {len(comparisons)} inputs",
        "",
        f"{'input':<24}{'gradient':>14}{'difference':>14}{'relative':>12}",
    ]
    for comparison in wrong[:10]:
        lines.append(
            f"{comparison.name:<24}{comparison.gradient:>14.6g}{comparison.difference:>14.6g}"
            f"{comparison.relative:>12.2g}"
        )
    if len(wrong) > 10:
        lines.append(f"... and {len(wrong) - 10} more")
    for name, comparison in wrong_rules.items():
        lines += [
            "",
            f"the rule of {name} disagrees with its own result: along {comparison.name} it gives "
            f"{comparison.gradient:.6g}, differences of the result give {comparison.difference:.6g}",
        ]
    if any(not math.isfinite(comparison.gradient) for comparison in wrong):
        lines += ["", "a gradient that is inf or nan cannot be compared: move the inputs off the point where it is"]
    elif not wrong_rules:
        lines += [
            "",
            "every rule agrees with its own result: look at what the function does besides",
        ]
    return "\n".join(lines)
