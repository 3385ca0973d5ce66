"""Arrays of Values on which code written for arrays of numbers runs, and NumPy's own ways to make new arrays.

An array of objects goes far, but not into `out = np.zeros(…); out[i] = value`, nor through `np.exp` where a bare number
lies among the Values. Both are common in layers written with loops, and both work here.
"""

import contextlib
import itertools
import linecache
import re
import sys
from collections.abc import Iterator
from functools import partial
from types import FrameType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.engine import Value
from micrograd_bp.engine.operations import maximum, minimum, where


class ValueArray(np.ndarray):
    """An array of objects, Values and bare numbers, that stays one through ufuncs."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if ufunc in COMPARISONS:  # by their numbers, as Values compare
            return getattr(ufunc, method)(*map(_numbers, inputs), **options)
        plain = [_plain(array) for array in inputs]
        if method == "reduce" and ufunc in CHOICES:  # NumPy takes the largest of one axis at a time
            plain, options = _one_axis(plain[0], **options)
        ufunc = CHOICES.get(ufunc, ufunc)
        out = options.get("out")
        if out:
            options["out"] = tuple(_plain(array) for array in out)
        try:
            made = getattr(ufunc, method)(*plain, **options)
        except (TypeError, AttributeError):  # np.exp asks each object for its own, and a bare number has none
            made = getattr(ufunc, method)(*map(_all_values, plain), **options)
        if out:
            return out[0]
        return made.view(ValueArray) if isinstance(made, np.ndarray) and made.dtype == object else made

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        if function is np.linalg.norm:
            made = _norm(*arguments, **options)
        else:
            made = super().__array_function__(function, types, arguments, options)
        return made.view(ValueArray) if isinstance(made, np.ndarray) and made.dtype == object else made

    def astype(self, dtype: Any, *arguments: Any, **options: Any) -> Any:
        """Values stay Values where numbers would become floating-point numbers."""
        if np.issubdtype(np.dtype(dtype), np.floating):
            return self.copy()
        return super().astype(dtype, *arguments, **options)


def _choose(choice: Any, *operands: Any) -> Any:
    """A choice between Values as an operation: what was not chosen is in the graph too, with the derivative 0."""
    if any(isinstance(operand, Value) for operand in operands):
        return choice(*[operand if isinstance(operand, Value) else float(operand) for operand in operands])
    return choice(*operands)


def _one_axis(array: Any, axis: Any = 0, keepdims: bool = False, **options: Any) -> tuple[list[Any], dict[str, Any]]:
    """An array and options so that a reduction along several axes is one along the last."""
    axes = tuple(range(array.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(each % array.ndim for each in axes)
    kept = [each for each in range(array.ndim) if each not in axes]
    sizes = [1 if each in axes else array.shape[each] for each in range(array.ndim) if keepdims or each in kept]
    return [array.transpose(*kept, *axes).reshape(*sizes, -1)], {**options, "axis": -1}


CHOICES: dict[Any, Any] = {
    np.maximum: np.frompyfunc(partial(_choose, maximum), 2, 1),
    np.minimum: np.frompyfunc(partial(_choose, minimum), 2, 1),
}
_where = np.frompyfunc(partial(_choose, where), 3, 1)


def _norm(array: Any, order: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if order not in (None, 2) or (order == 2 and axis is None and array.ndim > 1):
        raise TypeError("this norm is not made of sums")
    return np.sqrt(np.sum(array * array, axis=axis, keepdims=keepdims))


COMPARISONS: set[Any] = {np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal}
COMPARISONS |= {np.isfinite, np.isnan, np.isinf}


def _numbers(array: Any) -> Any:
    if isinstance(array, Value):
        return array.data
    if isinstance(array, np.ndarray) and array.dtype == object:
        numbers = [x.data if isinstance(x, Value) else float(x) for x in array.flat]
        return np.fromiter(numbers, dtype=float, count=array.size).reshape(array.shape)
    return array


def _plain(array: Any) -> Any:
    return array.view(np.ndarray) if isinstance(array, ValueArray) else array


def _all_values(array: Any) -> Any:
    if isinstance(array, np.ndarray) and array.dtype != bool:
        values = [x if isinstance(x, Value) else Value(float(x)) for x in array.flat]
        made = np.empty(len(values), dtype=object)
        made[:] = values
        return made.reshape(array.shape)
    return array


def to_values(array: NDArray[np.float64], name: str = "") -> NDArray[Any]:
    """A Value in place of each number, with its place as label: `W[0, 1]`."""
    made = np.empty(array.shape, dtype=object)
    for index in np.ndindex(array.shape):
        made[index] = Value(float(array[index]), label=f"{name}[{', '.join(map(str, index))}]" if index else name)
    return made.view(ValueArray)


NEW = ("zeros", "ones", "full", "empty", "zeros_like", "ones_like", "empty_like", "full_like")
FROM_OTHERS = ("array", "asarray")


def _says_empty(frame: FrameType) -> bool:
    """Whether it is a line of theirs that asks for an empty array: a random generator writes plain numbers into one."""
    line, _, column, _ = next(itertools.islice(frame.f_code.co_positions(), frame.f_lasti // 2, None))
    text = linecache.getline(frame.f_code.co_filename, line or 0).encode()[column or 0 :]
    return re.match(rb"(\w+\.)?empty\(", text) is not None


@contextlib.contextmanager
def numpy_on_values() -> Iterator[list[Value]]:
    """In this block NumPy's new arrays of floating-point numbers hold objects, so that Values can be put in.

    Yields:
        The Values that were turned into plain numbers in the block: what leaves the graph, as in `return float(loss)`.
    """
    left: list[Value] = []

    def to_float(value: Value) -> float:
        left.append(value)
        return value.data

    originals = {name: getattr(np, name) for name in (*NEW, *FROM_OTHERS, "where", "can_cast")}

    def new(original: Any) -> Any:
        def make(*arguments: Any, **options: Any) -> Any:
            made = original(*arguments, **options)
            if made.dtype.kind != "f" or (original is originals["empty"] and not _says_empty(sys._getframe(1))):
                return made
            return made.astype(object).view(ValueArray)

        return make

    def from_others(original: Any) -> Any:
        def make(thing: Any, dtype: Any = None, *arguments: Any, **options: Any) -> Any:
            try:
                made = original(thing, dtype, *arguments, **options)
            except TypeError:  # Values, and dtype=float
                made = original(thing, object, *arguments, **options)
            return made.view(ValueArray) if made.dtype == object else made

        return make

    def choose(condition: Any, *branches: Any) -> Any:
        if any(isinstance(branch, (ValueArray, Value)) for branch in branches):
            chosen = _where(np.asarray(condition, dtype=float), *map(_plain, branches))
            return chosen.view(ValueArray) if isinstance(chosen, np.ndarray) else chosen
        return originals["where"](condition, *branches)

    def can_cast(kind: Any, *arguments: Any, **options: Any) -> Any:  # Values pass where numbers do
        holds_values = isinstance(kind, np.dtype) and kind.hasobject
        return originals["can_cast"](float if holds_values else kind, *arguments, **options)

    try:
        for name, original in originals.items():
            setattr(np, name, (new if name in NEW else from_others)(original))
        np.where = choose
        np.can_cast = can_cast  # type: ignore[assignment]  # its own signature is one of many types
        Value.__float__ = to_float  # type: ignore[method-assign, assignment]  # it refuses elsewhere
        yield left
    finally:
        del Value.__float__
        for name, original in originals.items():
            setattr(np, name, original)
