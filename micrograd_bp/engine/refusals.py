"""What a Value does not do, and what to write instead."""

from typing import TYPE_CHECKING, NoReturn

ELSEWHERE = {
    **dict.fromkeys(("item", "value", "numpy", "tolist"), "its number is v.data"),
    "gradient": "its gradient is v.grad",
    "zero_grad": "write v.grad = 0.0",
    "requires_grad": "every Value has its gradient, v.grad",
    "mean": "write sum(values) / len(values)",
    "_backward": """its derivatives are numbers, recorded in the forward pass. Define an operation instead:
    @micrograd_bp.operation("cube")
    def cube(xp, x):
        return x * x * x, (3.0 * x * x,)""",
}
"""What is there in place of attributes that other libraries have."""


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

    if not TYPE_CHECKING:  # a checker is to know that there are no other attributes

        def __getattr__(self, name: str) -> NoReturn:
            """Says what is called otherwise here."""
            hint = ELSEWHERE.get(name, "")
            message = f"{type(self).__name__!r} object has no attribute {name!r}{hint and f': {hint}'}"
            raise AttributeError(message, name=name, obj=self)

    def _refuse_closure(self, _: object) -> NoReturn:
        raise AttributeError(f"a Value has no _backward closure: {ELSEWHERE['_backward']}")

    _backward = property(None, _refuse_closure)
