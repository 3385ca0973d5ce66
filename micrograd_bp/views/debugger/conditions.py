"""Expressions and conditions over a step, as people type them in the debugger: `|grad| > 1e3`, `w * upstream`.

Besides the words for the step they know the values of the graph by name, with `.data` and `.grad`.
"""

import math
import re
from collections.abc import Callable

from micrograd_bp.engine import Value
from micrograd_bp.expressions import ExpressionError, evaluate
from micrograd_bp.views.names import Names, dotted
from micrograd_bp.views.steps.step import Step
from micrograd_bp.views.steps.steps import Recording

Quantity = Callable[[Recording, Step | None], float]

WORDS: dict[str, Callable[[Step], float]] = {
    "grad": lambda step: step.after,
    "before": lambda step: step.before,
    "after": lambda step: step.after,
    "upstream": lambda step: step.upstream_gradient,
    "local": lambda step: step.local_derivative,
    "contribution": lambda step: step.contribution,
}
"""What an expression can say about a step; `grad` is the gradient of the operand, after the step."""

NAME = re.compile(r"(?<![\w.])[^\W\d][\w.]*(?!\s*\(|[\w.])")
MAGNITUDE = re.compile(r"\|([^|]+)\|")
PLACEHOLDER = re.compile(r"\bt\d+\b")  # what stands for a name while Python's parser reads the text


class Expression:
    """A number over a step: the step's words, values by name, numbers, and the operations of the table.

    Attributes:
        values: those that it speaks of.

    Raises:
        ValueError: it cannot be read, or speaks of something that is not there.
    """

    def __init__(self, text: str, names: Names) -> None:
        if not text.strip():
            raise ValueError("an expression is missing")
        self._quantities: dict[str, Quantity] = {}
        self.values: list[Value] = []
        self._names = names
        self._typed: dict[str, str] = {}
        text = dotted(" ".join(text.split()))
        self._text = NAME.sub(self._placeholder, MAGNITUDE.sub(r"abs(\1)", text))
        # nan passes through every operation, so what fails now is the text and not its numbers.
        try:
            evaluate(self._text, dict.fromkeys(self._quantities, math.nan))
        except ExpressionError as error:
            raise ValueError(self._as_typed(str(error), text)) from None

    def _placeholder(self, found: re.Match[str]) -> str:
        placeholder = f"t{len(self._quantities)}"
        self._quantities[placeholder] = self._quantity(found.group())
        self._typed[placeholder] = found.group()
        return placeholder

    def _as_typed(self, message: str, text: str) -> str:
        """A message about the expression, or about a part of it, with the names that were typed."""
        if self._text in message:
            return message.replace(self._text, text)
        return PLACEHOLDER.sub(lambda found: self._typed.get(found[0], found[0]), message)

    def _quantity(self, name: str) -> Quantity:
        if name in WORDS:
            word = WORDS[name]

            def of_step(recording: Recording, step: Step | None) -> float:
                if step is None:
                    raise ValueError(f"{name} is a number of a step, and none has been taken yet")
                return word(step)

            return of_step
        held = self._names.value(name)
        if held is not None:
            self.values.append(held)
            return _data_of(held)
        if name in ("nan", "inf"):
            return lambda recording, step: float(name)
        owner, _, attribute = name.rpartition(".")
        held = self._names.value(owner)
        if held is not None and attribute in ("data", "grad"):
            self.values.append(held)
            return _data_of(held) if attribute == "data" else _gradient_of(held)
        raise ValueError(f"nothing here is called {name}; the words for a step are {', '.join(WORDS)}")

    def number(self, recording: Recording, step: Step | None) -> float:
        """What it comes to at this step.

        Raises:
            ValueError, ArithmeticError: there is no result.
        """
        result = evaluate(self._text, {name: of(recording, step) for name, of in self._quantities.items()})
        assert isinstance(result, float)  # the names stand for plain numbers
        return result


def _data_of(value: Value) -> Quantity:
    return lambda recording, step: value.data


def _gradient_of(value: Value) -> Quantity:
    return lambda recording, step: recording.gradient(value)


class Condition:
    """Comparisons of expressions, with `is nan`, `is inf`, `and` and `or`.

    Raises:
        ValueError: it cannot be read, or speaks of something that is not there.
    """

    def __init__(self, text: str, names: Names) -> None:
        self.text = text
        self._alternatives = [
            [_comparison(part, names) for part in re.split(r"\band\b", alternative)]
            for alternative in re.split(r"\bor\b", text)
        ]

    def holds(self, recording: Recording, step: Step) -> bool:
        """Whether it is true at this step.

        Raises:
            ValueError, ArithmeticError: an expression has no result there.
        """
        return any(all(part(recording, step) for part in parts) for parts in self._alternatives)


def _comparison(text: str, names: Names) -> Callable[[Recording, Step], bool]:
    kind = re.fullmatch(r"(.+?)\s+is\s+(not\s+)?(nan|inf)\s*", text.strip())
    if kind is not None:
        expression, wanted = Expression(kind[1], names), kind[2] is None

        def is_kind(recording: Recording, step: Step) -> bool:
            number = expression.number(recording, step)
            return (number != number if kind[3] == "nan" else abs(number) == float("inf")) is wanted

        return is_kind
    comparison = Expression(text, names)
    return lambda recording, step: comparison.number(recording, step) != 0.0
