"""What a log point says: a text with expressions in braces, `{grad} at {name}`."""

import re

from micrograd_bp.views.debugger.conditions import Expression
from micrograd_bp.views.names import Names
from micrograd_bp.views.number_text import number
from micrograd_bp.views.steps.step import Step
from micrograd_bp.views.steps.steps import Recording

WORDS = {
    "name": lambda step: step.operand_name,
    "node": lambda step: step.node_name,
    "line": lambda step: step.source,
}
"""What stands for a text. `name` is the operand, whose gradient is `grad`."""


class LogMessage:
    """A text, and the expressions in it.

    Raises:
        ValueError: one of these cannot be read, or speaks of something that is not there.
    """

    def __init__(self, text: str, names: Names) -> None:
        # Every second part stood in braces.
        self._parts = re.split(r"\{([^{}]*)\}", text)
        self._expressions = {part: Expression(part, names) for part in self._parts[1::2] if part.strip() not in WORDS}

    def __call__(self, recording: Recording, step: Step) -> str:
        """The text at a step.

        Raises:
            ValueError, ArithmeticError: an expression has no result there.
        """
        written = list(self._parts)
        for place in range(1, len(written), 2):
            part = written[place]
            if part in self._expressions:
                written[place] = number(self._expressions[part].number(recording, step))
            else:
                written[place] = WORDS[part.strip()](step)
        return "".join(written)
