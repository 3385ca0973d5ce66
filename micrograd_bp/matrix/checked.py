"""What comes from outside is checked here: it is what we need, or an error says what to do.

NumPy would accept most mistakes and go on with them: a target of shape (N,) minus a prediction of
shape (N, 1) is a matrix of shape (N, N).
"""

import operator

import numpy as np
from numpy.typing import ArrayLike, NDArray


def checked_array(values: ArrayLike, what: str, shape: tuple[int | str, ...], hint: str) -> NDArray[np.float64]:
    """A float64 copy of `values`, whose shape fits `shape`: a name such as "N" fits any size but 0.

    A copy, so that nothing that the caller does to their array later changes what a layer stored.
    Integers and bools become float64 too: gradients are fractions, and an array of integers would
    cut them off.

    Raises TypeError for anything but real numbers, and ValueError for another shape, and for nan
    and inf. Each message begins with `what`, and `hint` ends the one about the shape.
    """
    try:
        given = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{what}: this is no array, its rows differ in length") from error
    if not np.can_cast(given.dtype, np.float64):
        raise TypeError(f"{what}: the dtype is {given.dtype}, expected real numbers up to float64")
    fits = given.ndim == len(shape) and all(
        size > 0 if isinstance(wanted, str) else size == wanted for size, wanted in zip(given.shape, shape, strict=True)
    )
    if not fits:
        expected = f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
        if given.ndim == 1 and len(shape) == 2:
            hint = "reshape(1, -1) makes it one sample, reshape(-1, 1) one column"
        raise ValueError(f"{what}: the shape is {given.shape}, expected {expected}; {hint}")
    copy = given.astype(np.float64)
    n_bad = copy.size - np.count_nonzero(np.isfinite(copy))
    if n_bad:
        raise ValueError(
            f"{what}: {n_bad} of {copy.size} numbers are nan or inf, expected finite ones; "
            "clean the data or, if training led here, lower the learning rate"
        )
    return copy


def checked_count(value: int, what: str) -> int:
    """`value` as an int that is at least 1, else TypeError or ValueError."""
    try:
        count = operator.index(value)
    except TypeError:
        raise TypeError(f"{what} is {value!r}, expected a whole number") from None
    if count < 1:
        raise ValueError(f"{what} is {count}, expected at least 1")
    return count
