"""What the three namespaces have in common.

A rule is handed a namespace as `xp` and asks it for functions: `xp.exp(x)`. A namespace supplies the primitive
ones itself; `FUNCTIONS` says how further ones are computed. Any other operation of the table it has through that
operation's own rule, so that one rule may use another (`xp.sigmoid(x)` in the derivative of softplus) without anybody
writing it again for each kind of number.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from micrograd_bp.engine.suggestions import did_you_mean

RULES: dict[str, Callable[..., Any]] = {}
"""The rule of every operation by its name; filled by the table (`engine/table.py`)."""


class Function(NamedTuple):
    """How a primitive function is computed that neither `math` nor all array libraries have.

    Attributes:
        on_floats: takes floats; raises what Python raises where there is no result.
        on_arrays: takes a namespace of arrays, and arrays or numbers; follows IEEE arithmetic.
        written: how formulas write it, if not by its name.
        from_outside: whether somebody has brought it along.
    """

    on_floats: Callable[..., float]
    on_arrays: Callable[..., Any]
    written: str = ""
    from_outside: bool = False


FUNCTIONS: dict[str, Function] = {}
"""The functions besides those of `math` that a rule may call as `xp.name`."""


class Namespace:
    """A namespace of numbers, completed by the rules."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in RULES:
            raise AttributeError(f"there is no operation {name!r} for a rule to use; {did_you_mean(name, RULES)}")

        def result_of_rule(*operands: Any, **constants: float) -> Any:
            return RULES[name](self, *operands, **constants)[0]

        setattr(self, name, result_of_rule)
        return result_of_rule
