"""Functions from outside, of plain numbers, as rules can call them: SciPy's, or somebody's solver.

Nothing is known of them but what they give, so they run on floats and on NumPy's arrays alone.
"""

import math
from collections.abc import Callable
from typing import Any

from micrograd_bp.engine.numbers.floats import as_float
from micrograd_bp.engine.numbers.namespace import Function


def of_numbers(name: str, function: Callable[..., Any], *, takes_arrays: bool = False, written: str = "") -> Function:
    """A function from outside as one that rules can call.

    Args:
        name: what messages call it.
        function: gives one number for numbers.
        takes_arrays: whether it can be given whole arrays, and gives an array for them.
        written: how formulas write it, if not by its name.
    """

    def on_floats(*operands: float) -> float:
        result = function(*operands)
        try:
            number = as_float(result)
        except TypeError:
            raise TypeError(f"{name} is to give a real number, got {type(result).__name__}: {result!r:.80}") from None
        if math.isnan(number) and not any(map(math.isnan, operands)):
            raise ValueError("nan")
        return number

    def in_ieee(*operands: Any) -> float:
        try:
            return on_floats(*map(float, operands))
        except (ValueError, ArithmeticError):
            return math.nan

    def on_arrays(xp: Any, *operands: Any) -> Any:
        import numpy

        if xp.xp is not numpy:
            raise TypeError(
                f"{name} is a function from outside, which runs on floats and on NumPy's arrays, "
                f"not on those of {xp.xp.__name__}"
            )
        columns = numpy.broadcast_arrays(*operands)
        shape = columns[0].shape
        kind = numpy.result_type(*[each for each in operands if hasattr(each, "dtype")] or [float])
        if takes_arrays:
            result = numpy.asarray(function(*operands))
            if numpy.broadcast_shapes(result.shape, shape) != shape:
                raise TypeError(f"{name} was given arrays {shape} and gave one {result.shape}")
            result = numpy.broadcast_to(result, shape)
        else:
            rows = zip(*[column.ravel() for column in columns], strict=True)
            result = numpy.array([in_ieee(*row) for row in rows], dtype=float).reshape(shape)
        return result.astype(kind)[()]

    return Function(on_floats, on_arrays, written, from_outside=True)
