"""What a Value does not do, and what to write instead."""

from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

DEFINE_AN_OPERATION = """\
its derivatives are numbers, which the rule of its operation gives. Define an operation instead:
    @micrograd_bp.operation("cube")
    def cube(xp, x):
        return x * x * x, (3.0 * x * x,)"""


class CalledOtherwise:
    """An attribute that there is not, though other libraries have it: it says what there is instead."""

    def __init__(self, instead: str) -> None:
        self.instead = instead

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, value: object, owner: type | None = None) -> Any:
        if value is None:
            return self
        return self._refuse(value)

    def __set__(self, value: object, given: object) -> None:
        self._refuse(value)

    def _refuse(self, value: object) -> NoReturn:
        kind = type(value).__name__
        raise AttributeError(f"{kind!r} object has no attribute {self.name!r}: {self.instead}")


class OneTurn(CalledOtherwise):
    """`v._backward()`, called by hand as in a lecture: one node's turn in the backward pass. It cannot be set."""

    def __get__(self, value: object, owner: type | None = None) -> Any:
        return self if value is None else partial(_hand_on, value)


def _hand_on(node: Any) -> None:
    """Adds to the gradients of a node's operands what its own one contributes."""
    for operand, local_derivative in zip(node.operands, node.local_derivatives, strict=True):
        operand.grad += node.grad * local_derivative


class Refusals:
    """Says what to do instead."""

    __slots__ = ()

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "a Value has no truth of its own: compare its number (v.data != 0), or keep the choice in the "
            "graph with micrograd_bp.where(condition, a, b)"
        )

    def __float__(self) -> NoReturn:
        raise TypeError(
            "a Value does not turn into a float, since that would leave the graph silently: v.data is its number, "
            "also for plots, [v.data for v in values]; functions are methods, v.exp() or micrograd_bp.exp(v) instead "
            "of math.exp(v); and an array that is to hold Values has dtype=object, np.zeros(3, dtype=object)"
        )

    __int__ = __complex__ = __float__

    if not TYPE_CHECKING:  # a checker is to know that there are no such attributes
        item = CalledOtherwise("its number is v.data")
        value = CalledOtherwise("its number is v.data")
        numpy = CalledOtherwise("its number is v.data")
        tolist = CalledOtherwise("its number is v.data")
        gradient = CalledOtherwise("its gradient is v.grad")
        zero_grad = CalledOtherwise("write v.grad = 0.0")
        clip = CalledOtherwise("write v.maximum(low).minimum(high)")
        clamp = CalledOtherwise("write v.maximum(low).minimum(high)")
        requires_grad = CalledOtherwise("every Value has its gradient, v.grad")
        draw = CalledOtherwise("write micrograd_bp.draw(v)")
        debug = CalledOtherwise("write micrograd_bp.debug(v)")
        _backward = OneTurn(DEFINE_AN_OPERATION)
