"""Mistakes that need no knowledge of the layer: what the right gradient looks like after them.

They are found in dense layers, in others, in networks and in losses alike.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class PlainMistake(NamedTuple):
    """What a right array turns into.

    Attributes:
        name: what it is called in JSON and in tests.
        words: what the report says.
        wrong: from the right array and that of an earlier call, if there was one, to the wrong one.
    """

    name: str
    words: str
    wrong: Callable[[Array, Array | None], Array | None]


PLAIN_MISTAKES = (
    PlainMistake("zero", "it is zero everywhere: it is never computed, or not stored", lambda right, _: 0.0 * right),
    PlainMistake(
        "accumulated",
        "the gradient of an earlier call is still in it: it is added to (+=) and never reset",
        lambda right, earlier: None if earlier is None or earlier.shape != right.shape else right + earlier,
    ),
    PlainMistake("stale", "it is still that of an earlier call", lambda right, earlier: earlier),
    PlainMistake("transposed", "it is transposed", lambda right, _: right.T),
    PlainMistake(
        "whole_numbers", "its fractions are cut off: the array holds whole numbers", lambda right, _: np.trunc(right)
    ),
    PlainMistake("absolute", "its signs are lost", lambda right, _: np.abs(right)),
    PlainMistake("clipped", "it is clipped to the range from -1 to 1", lambda right, _: np.clip(right, -1.0, 1.0)),
    PlainMistake("normalized", "it is divided by its own length", lambda right, _: right / np.linalg.norm(right)),
)


class Factor(NamedTuple):
    """A number that a gradient may be multiplied with by mistake.

    Attributes:
        name: what it is called in JSON and in tests.
        words: what the report says.
        number: from the number of samples, and that of outputs for each, to the factor.
    """

    name: str
    words: str
    number: Callable[[int, int], float]


FACTORS = (
    Factor("", "", lambda n, m: 1.0),
    Factor(
        "divided_by_batch_size",
        "it is divided by the batch size, which belongs to the loss and is in dL/d(output) already: a doubled division",
        lambda n, m: 1.0 / n,
    ),
    Factor(
        "multiplied_by_batch_size",
        "it is too large by the batch size: the division by the number of samples is missing",
        lambda n, m: float(n),
    ),
    Factor("factor_2", "a factor 2 too much", lambda n, m: 2.0),
    Factor("factor_half", "a factor 2 is missing", lambda n, m: 0.5),
    Factor("sign", "the sign is the wrong way round", lambda n, m: -1.0),
    Factor(
        "divided_by_batch_size_and_2",
        "a factor 2 is missing, and it is divided by the batch size once too often",
        lambda n, m: 0.5 / n,
    ),
    Factor(
        "multiplied_by_half_batch_size",
        "the division by the batch size is missing, and so is a factor 2",
        lambda n, m: 0.5 * n,
    ),
    Factor(
        "multiplied_by_twice_batch_size",
        "the division by the batch size is missing, and there is a factor 2 too much",
        lambda n, m: 2.0 * n,
    ),
    Factor("divided_by_outputs", "it is divided by the number of outputs", lambda n, m: 1.0 / m),
    Factor("multiplied_by_outputs", "it is too large by the number of outputs", lambda n, m: float(m)),
    Factor(
        "divided_by_numbers",
        "it is divided by the number of samples times that of outputs",
        lambda n, m: 1.0 / (n * m),
    ),
    Factor(
        "multiplied_by_numbers",
        "it is too large by the number of samples times that of outputs: that division is missing",
        lambda n, m: float(n * m),
    ),
)
