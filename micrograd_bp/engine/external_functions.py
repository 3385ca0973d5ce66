"""Operations from outside: a function of plain numbers that gives its derivatives along with its result.

Its rule calls it and says no more. The derivative of `j0` along `x` is the function `j0_x`; who makes an operation of
that name says how to differentiate it again.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from micrograd_bp.engine.definition import enter, signature_of
from micrograd_bp.engine.numbers.outside import of_numbers
from micrograd_bp.engine.operation import Interval
from micrograd_bp.engine.origin import recording


def external(
    name: str,
    *,
    symbol: str = "",
    domain: str = "",
    samples: Mapping[str, Sequence[Interval]] | None = None,
    aliases: Sequence[str] = (),
    arrays: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Adds a function from outside to the table, with its derivatives: a decorator.

        @external("j0")
        def j0(x):
            return scipy.special.j0(x), (-scipy.special.j1(x),)

    The function is given plain numbers, and may do with them what it likes. From then on there are `value.j0()` and the
    function `j0(x)`, which can be checked, drawn, stepped through and compiled, and rules have it as `xp.j0`.
    Keyword-only arguments are constants, without derivatives.

    How the derivatives came about is not known, so it is differentiated once. To go on, make an operation of the
    derivative, which is called `j0_x`: by `@external("j0_x")`, or as a rule:

        @operation("j0_x")
        def j0_x(xp, x):
            return -xp.j1(x), (xp.j1(x) / x - xp.j0(x),)

    Args:
        name: its name in the table, and that of its method.
        symbol: what a drawing writes on the node, if not the name; `{constant}` shows a constant.
        domain: what the operands must fulfil, in words, for the error message: "x > 0".
        samples: the intervals from which tests draw an operand or a constant; (-2, 2) if not given.
        aliases: further names of the method.
        arrays: whether compiled programs may give the function whole arrays, for which it gives arrays.

    Raises:
        ValueError: the name is not an identifier or is taken, or something is said of an operand that there is not.
        TypeError: there is no name, or it is no function that names its operands one by one.
    """
    if not isinstance(name, str):
        example = getattr(name, "__name__", "j0")
        raise TypeError(f'`@external` needs the operation\'s name: @external("{example}")')

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        if not hasattr(function, "__code__"):
            raise TypeError(f"@external decorates a function that names its operands: def {name}(x): …")
        signature = signature_of(function, name, int(hasattr(function, "__self__")))  # a method has its object first
        if signature.n_optional or not signature.operands:
            raise TypeError(
                f"{name} needs operands, without defaults; constants stand behind *: def {name}(x, *, n=0): …"
            )
        both = _Both(name, function, signature.operands, signature.constants)
        of_value = partial(of_numbers, takes_arrays=arrays)
        derivatives = {
            f"{name}_{operand}": of_value(
                f"the derivative of {name} along {operand}",
                partial(both.derivative, place),
                written=f"{name}'" if len(signature.operands) == 1 else "",
            )
            for place, operand in enumerate(signature.operands)
        }

        def rule(xp: Any, *operands: Any, **constants: Any) -> Any:
            constants = {**signature.defaults, **constants}
            numbers = *operands, *[constants[each] for each in signature.constants]
            return getattr(xp, name)(*numbers), tuple([getattr(xp, each)(*numbers) for each in derivatives])

        rule.__doc__, rule.__module__ = function.__doc__, function.__module__
        return enter(
            name,
            rule,
            signature,
            symbol=symbol,
            domain=domain,
            samples=samples,
            aliases=aliases,
            functions={name: of_value(name, both.value), **derivatives},
            shown=function,
        )

    return add


MOST_KEPT = 100_000
"""Of the operands of so many numbers the derivatives are kept, for the backward pass that may ask for them."""


class _Both:
    """A function that gives a result and its derivatives, taken apart, and yet called once for both."""

    def __init__(
        self, name: str, function: Callable[..., Any], operands: Sequence[str], constants: Sequence[str]
    ) -> None:
        self._name, self._function = name, function
        self._operands, self._constants = operands, constants
        self._kept: dict[Any, tuple[int, Sequence[Any]]] = {}
        self._n_kept = 0

    def value(self, *numbers: Any) -> Any:
        """The result. A new call is made each time, since what the function reads besides may have changed."""
        result, derivatives = self._call(numbers)
        # An array among them may be an operand itself, whose numbers a program replaces.
        derivatives = [each.copy() if hasattr(each, "shape") else each for each in derivatives]
        key, size = _key(numbers), sum(getattr(number, "size", 1) for number in numbers)
        self._n_kept += size - self._kept.pop(key, (0,))[0]
        self._kept[key] = size, derivatives
        while self._n_kept > MOST_KEPT and len(self._kept) > 1:
            oldest = next(iter(self._kept))
            self._n_kept -= self._kept.pop(oldest)[0]
        return result

    def derivative(self, place: int, *numbers: Any) -> Any:
        """The derivative along an operand: the one that came with the latest result at these numbers."""
        kept = self._kept.get(_key(numbers))
        return (self._call(numbers)[1] if kept is None else kept[1])[place]

    def _call(self, numbers: Sequence[Any]) -> tuple[Any, Sequence[Any]]:
        n_operands = len(self._operands)
        constants = dict(zip(self._constants, map(float, numbers[n_operands:]), strict=True))
        with recording():  # the function may compute with Values of its own, and differentiate them
            outcome = self._function(*numbers[:n_operands], **constants)
        if not (isinstance(outcome, tuple) and len(outcome) == 2 and isinstance(outcome[1], (tuple, list))):
            raise TypeError(f"{self._name} returns its result and a tuple of derivatives: return y, (dy_dx,)")
        result, derivatives = outcome
        if len(derivatives) != n_operands:
            raise TypeError(
                f"{self._name} returns a derivative for each of {', '.join(self._operands)}, got {len(derivatives)}"
            )
        return result, derivatives


def _key(numbers: Sequence[Any]) -> Any:
    """What two calls have in common whose numbers are the same, to the sign of 0."""
    if any(hasattr(number, "shape") for number in numbers):
        return tuple([(each.shape, each.tobytes()) if hasattr(each, "shape") else each for each in numbers])
    return repr(numbers)
