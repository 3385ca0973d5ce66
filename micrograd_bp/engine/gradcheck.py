"""Whether a gradient is right: the question that people ask, and the answer in words.

`gradient_comparison.py` finds the answer.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from micrograd_bp.engine.numbers.floats import is_real
from micrograd_bp.engine.origin import no_graph
from micrograd_bp.engine.value import Value, differentiating

if TYPE_CHECKING:
    from micrograd_bp.engine.differences import Comparison


class GradientError(AssertionError):
    """A gradient that differences contradict."""


def gradcheck(
    function: Callable[..., Any], inputs: Sequence[Any] | Mapping[str, Any], *, tolerance: float = 1e-6
) -> "list[Comparison]":
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
        TypeError: the inputs are one number instead of a list, or not those that the function takes; or it does not
            give a Value.
        ValueError: the function gives another number each time.
    """
    if isinstance(inputs, (Value, float, int)):
        raise TypeError("the inputs of gradcheck come in a list, a single one too: gradcheck(function, [x])")
    named: list[tuple[str, Value]] = []
    by_name = inputs if isinstance(inputs, Mapping) else {f"input {place}": x for place, x in enumerate(inputs)}
    arguments = {name: _as_values(x, name, named) for name, x in by_name.items()}

    positional, by_keyword = ((), arguments) if isinstance(inputs, Mapping) else (tuple(arguments.values()), {})
    _check_arguments(function, positional, by_keyword)

    def call() -> Value:
        with differentiating([value for _, value in named]):
            output = function(*positional, **by_keyword)
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
    from micrograd_bp.engine.gradient_comparison import (
        compared,  # only here, since importing the package is to be light
    )

    comparisons, rules = compared(call, output, named, tolerance)
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


def _check_arguments(function: Callable[..., Any], positional: Sequence[Any], by_keyword: Mapping[str, Any]) -> None:
    from inspect import signature  # only here, since importing the package is to be light

    try:
        signature(function).bind(*positional, **by_keyword)
    except TypeError as error:
        raise TypeError(
            f"the function does not take these inputs, one for each of its arguments: {error}; a whole array, list or "
            "dictionary x is one input, gradcheck(function, [x]), and where the function reads its inputs itself, such "
            "as a model's parameters, it is lambda *inputs: function()"
        ) from None
    except ValueError:  # it has no signature to look at
        pass


def _message(
    comparisons: "Sequence[Comparison]", wrong: "Sequence[Comparison]", rules: "Mapping[str, Comparison]"
) -> str:
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
