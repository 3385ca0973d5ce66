"""How somebody's arrays lie: samples as rows or columns or one at a time, weights (inputs, neurons) or transposed.

Everything that compares mistakes thinks in one way, that of `matrix`: rows are samples, weights are (inputs, neurons),
biases are (neurons,). A layout translates.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Layout(NamedTuple):
    """How samples lie in an array.

    Attributes:
        words: for the report.
        batches: whether more than one sample fits.
        columns: whether a sample is a column.
        flat: whether one sample is an array of one dimension.
    """

    words: str
    batches: bool
    columns: bool = False
    flat: bool = False

    def from_rows(self, rows: Array) -> Array:
        """(samples, features) as this layout has it."""
        if self.flat:
            return rows.reshape(-1)
        return rows.T if self.columns else rows

    def to_rows(self, array: Array) -> Array:
        """An array of this layout as (samples, features)."""
        if self.flat:
            return array.reshape(1, -1)
        return array.T if self.columns else array


LAYOUTS = {
    "rows": Layout("rows are samples", batches=True),
    "columns": Layout("columns are samples", batches=True, columns=True),
    "single": Layout("one sample at a time, (features,)", batches=False, flat=True),
    "column": Layout("one sample at a time, a column", batches=False, columns=True),
    "row": Layout("one sample at a time, a row", batches=False),
}


class Form(NamedTuple):
    """A layout, and what goes in and comes out of a layer.

    Attributes:
        layout: how samples lie.
        n_inputs: the number of features that go in.
        n_outputs: the number that comes out.
        transposed: whether the weights are stored (neurons, inputs).
    """

    layout: Layout
    n_inputs: int
    n_outputs: int
    transposed: bool

    def weights(self, canonical: Array) -> Array:
        """(inputs, neurons), or an array meant to be, as the layer stores it."""
        return canonical.T if self.transposed else canonical

    def samples(self, canonical: Array) -> Array:
        """(samples, features) as the layer has it."""
        return self.layout.from_rows(canonical)


def forms(weights: Array | None, samples: str | None = None) -> Iterator[Form]:
    """The forms that a layer with these weights could have, the usual ones first.

    Args:
        weights: as the layer stores them; None for a layer without any.
        samples: the name of a layout, where it is known.
    """
    for name, layout in LAYOUTS.items():
        if samples not in (None, name):
            continue
        if weights is None:
            yield Form(layout, 4, 4, False)
        elif weights.ndim == 2:
            n, m = weights.shape
            yield from [Form(layout, n, m, False), Form(layout, m, n, True)][:: -1 if layout.columns else 1]
    if weights is not None and weights.ndim == 2 and samples is None:  # one row of the weights may be the biases
        n, m = weights.shape
        yield from [Form(LAYOUTS["rows"], n - 1, m, False), Form(LAYOUTS["columns"], m - 1, n, True)]
