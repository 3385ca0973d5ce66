"""What goes wrong with a whole array once it is computed: transposed, scaled, summed wrongly, of another call."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from micrograd_bp.checks.diagnosis.wiring import Array


class Uses(NamedTuple):
    """A gradient before it is summed: what each use of each entry adds to it, in the order in which forward made them.

    Attributes:
        shape: of the array.
        parts: (entries, uses).
    """

    shape: tuple[int, ...]
    parts: Array


class Sizes(NamedTuple):
    """The numbers by which a gradient may be multiplied or divided wrongly."""

    samples: int
    outputs: int
    features: int


def named_factors(sizes: Sizes) -> dict[str, tuple[str, float]]:
    """Factors by which gradients are wrong, by name, in words; in one call two may be the same number."""
    factors = {
        "sign": ("the sign is wrong", -1.0),
        "factor_2": ("a factor 2 too much", 2.0),
        "factor_half": ("a factor 1/2 too much: a 2 is missing", 0.5),
        "divided_by_batch_size": (
            "divided by the number of samples, which is not wanted here",
            1.0 / max(sizes.samples, 1),
        ),
        "multiplied_by_batch_size": ("not divided by the number of samples, or multiplied by it", float(sizes.samples)),
        "divided_by_outputs": (
            "divided by the number of outputs, which is not wanted here",
            1.0 / max(sizes.outputs, 1),
        ),
        "multiplied_by_outputs": ("not divided by the number of outputs, or multiplied by it", float(sizes.outputs)),
        "divided_by_size": (
            "divided by the size of the output, which is not wanted here",
            1.0 / max(sizes.samples * sizes.outputs, 1),
        ),
        "multiplied_by_size": ("not divided by the size of the output", float(sizes.samples * sizes.outputs)),
    }
    return {name: named for name, named in factors.items() if named[1] not in (0.0, 1.0)}


def ratio(one: Array, other: Array) -> float:
    """How many times one array is another, if it is at all."""
    if one.shape != other.shape:
        return math.nan
    one, other = one[~np.isnan(other)], other[~np.isnan(other)]
    if not np.all(np.isfinite(one)) or not np.all(np.isfinite(other)) or not np.any(other):
        return math.nan
    return float(np.vdot(other, one) / np.vdot(other, other))


def whole_factor(factor: float) -> str:
    """A whole number, or 1 over one, in words; "" for any other number."""
    for words, number in (("{} times too large", factor), ("{} times too small", 1.0 / factor if factor else 0.0)):
        if 2.5 < number < 5000.0 and abs(number - round(number)) < 1e-5 * number:
            return words.format(round(number))
    return ""


def factor_named(name: str, sizes: Sizes) -> float:
    """The number that a name stands for; 1 for ""."""
    if name.endswith(("too large", "too small")):
        number = float(name.split()[0])
        return number if name.endswith("large") else 1.0 / number
    return named_factors(sizes).get(name, ("", 1.0))[1]


def same_numbers(one: Array, other: Array) -> bool:
    """Whether two arrays have the same numbers, in whatever order."""
    if not np.all(np.isfinite(one)) or one.size != other.size:
        return False
    return bool(np.allclose(np.sort(one, axis=None), np.sort(other, axis=None), rtol=1e-6, atol=0.0))


class Whole(NamedTuple):
    """A wrong array made of the right one.

    Attributes:
        name: of what is wrong, for machines.
        words: for people.
        array: what it gives.
        rank: how far-fetched it is.
        detail: what tells it from others of its name, in whichever call.
    """

    name: str
    words: str
    array: Array
    rank: float
    detail: str = ""


def whole_arrays(
    right: Array, claimed: Array, uses: Uses | None, sizes: Sizes, array: Array, earlier: Array | None
) -> Iterator[Whole]:
    """What may be claimed in the place of `right`.

    Args:
        right: the right gradient.
        claimed: theirs, which says how large a part of the array itself is in it.
        uses: the same before it is summed, if every entry is used equally often.
        sizes: of the batch and of the output.
        array: what it is the gradient of.
        earlier: the right gradient of the call before.
    """
    yield Whole("zero", "it stays 0: nothing is computed, or what is computed is not kept", np.zeros(right.shape), 0.5)
    for name, (words, factor) in named_factors(sizes).items():
        yield Whole(name, words, factor * right, 0.6)
    if right.size > 2 and (words := whole_factor(ratio(claimed, right))):
        yield Whole("times", words, factor_named(words, sizes) * right, 0.75, words)
    if right.ndim >= 2:
        for axes in ((-1, -2), (0, 1)):
            yield Whole("transposed", "transposed", np.swapaxes(right, *axes), 0.7)
        yield Whole("transposed", "transposed, and forced back into its shape", right.T.reshape(right.shape), 0.8)
        yield Whole("turned", "turned by 180°, or not turned", right[..., ::-1, ::-1], 0.9)
    # The order in which they are matters where it is not that of a usual mistake.
    if right.size > 3 and claimed.size == right.size and same_numbers(claimed, right):
        words = "the right numbers in the wrong order: a reshape stands where axes should be exchanged, or the opposite"
        yield Whole("order", words, claimed, 1.3)
    if right.ndim:
        yield Whole("reversed", "in the opposite order", right[::-1], 1.2)
    yield Whole("whole_numbers", "rounded to whole numbers", np.trunc(right), 1.5)
    if earlier is not None and earlier.shape == right.shape:
        yield Whole("accumulated", "added to that of the call before, which was not set to 0", right + earlier, 0.7)
        yield Whole("stale", "that of the call before", earlier, 0.8)
    if claimed.shape == right.shape and right.size > 3 and np.any(array) and np.all(np.isfinite(claimed)):
        part = float(np.vdot(claimed - right, array) / np.vdot(array, array))
        if abs(part) * np.max(np.abs(array)) > 1e-6 * np.max(np.abs(right)):
            name, much = ("penalty_too_much", "too much") if part > 0.0 else ("penalty_missing", "too little")
            words = f"a multiple of the array itself, as of a penalty on it, is in the gradient {much}"
            yield Whole(name, words, right + part * array, 1.6)
    yield Whole("itself", "the array itself stands where its gradient belongs", array, 1.0)
    if uses is None:
        return
    n_uses = uses.parts.shape[1]
    if n_uses > 1:
        over = "the samples of the batch" if n_uses == sizes.samples else f"its {n_uses} uses"
        words = f"not summed over {over}: a sum is missing"
        yield Whole("not_summed", words, uses.parts.T.reshape(n_uses, *uses.shape), 0.7)
        yield Whole("not_summed", words, uses.parts.reshape(*uses.shape, n_uses), 0.7)
        if right.size > 1:
            yield Whole("summed_over_another_axis", "summed over the wrong axis", uses.parts.sum(axis=0), 0.8)
        for count in [count for count in range(1, min(n_uses, 65)) if n_uses % count == 0]:
            which = "use" if count == 1 else f"{count} of its {n_uses} uses"
            if n_uses == sizes.samples and count == 1:
                which = "sample of the batch"
            words = f"only the {{}} {which} counts: = stands where += or a sum belongs"
            detail = "one" if count == 1 else f"1/{n_uses // count}"
            last, first = uses.parts[:, -count:].sum(axis=1), uses.parts[:, :count].sum(axis=1)
            yield Whole("last_counts", words.format("last"), last.reshape(uses.shape), 0.9, detail)
            yield Whole("first_counts", words.format("first"), first.reshape(uses.shape), 0.95, detail)
        yield Whole("maximum", "the largest part instead of the sum", uses.parts.max(axis=1).reshape(uses.shape), 1.5)
    if right.size > 1:
        yield Whole("summed_over_everything", "summed over everything, to one number", np.asarray(right.sum()), 0.8)
        yield Whole("mean_over_everything", "the mean of everything, one number", np.asarray(right.mean()), 0.9)
        for axis in range(right.ndim):
            yield Whole("summed_over_an_axis", f"summed over axis {axis} besides", right.sum(axis=axis), 0.9)
    if right.ndim:
        for axis in range(right.ndim):
            yield Whole(
                "cumulative", f"summed up along axis {axis} instead of entry by entry", right.cumsum(axis=axis), 1.6
            )
