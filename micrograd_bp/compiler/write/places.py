"""Where in memory an entry is, as a sum of loop variables with factors: what loop nests write in brackets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from micrograd_bp.compiler.find.groups import HOLE, Index


@dataclass(frozen=True, slots=True)
class Sum:
    """A whole number that depends on loop variables: a constant, and factors of variables.

    Attributes:
        constant: the number where all variables are 0.
        factors: the factor of each variable, or of another text that stands for a number from 0 up.
        extents: for each of these how many numbers it takes, from 0 up.
    """

    constant: int = 0
    factors: Mapping[str, int] = field(default_factory=dict)
    extents: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "Sum") -> "Sum":
        """The sum of both."""
        factors = dict(self.factors)
        for name, factor in other.factors.items():
            factors[name] = factors.get(name, 0) + factor
        return Sum(self.constant + other.constant, factors, {**self.extents, **other.extents})

    def times(self, factor: int) -> "Sum":
        """The product with a number."""
        factors = {name: factor * each for name, each in self.factors.items()}
        return Sum(factor * self.constant, factors, self.extents)

    @property
    def range(self) -> tuple[int, int]:
        """The least and the greatest that it can be."""
        ends = [sorted((0, factor * (self.extents[name] - 1))) for name, factor in self.factors.items()]
        return self.constant + sum(low for low, _ in ends), self.constant + sum(high for _, high in ends)

    def divided(self, divisor: int) -> "tuple[Sum, Sum]":
        """The quotient and the remainder, which are not negative."""
        if divisor == 1:
            return self, Sum()
        whole = {name: factor for name, factor in self.factors.items() if factor % divisor == 0}
        rest = Sum(
            self.constant % divisor,
            {name: factor for name, factor in self.factors.items() if name not in whole},
            self.extents,
        )
        low, high = rest.range
        if low < 0 or high >= divisor:  # the variables carry over
            _, high = self.range
            quotient_text, rest_text = f"(({self}) // {divisor})", f"(({self}) % {divisor})"
            return loop_variable(quotient_text, high // divisor + 1), loop_variable(rest_text, divisor)
        quotient = {name: factor // divisor for name, factor in whole.items()}
        return Sum(self.constant // divisor, quotient, self.extents), rest

    def __str__(self) -> str:
        """As Python."""
        text = ""
        for name, factor in self.factors.items():
            if factor:
                size = f"{abs(factor)} * " if abs(factor) != 1 else ""
                text += f"{' - ' if factor < 0 else ' + ' if text else ''}{size}{name}"
        if self.constant or not text:
            text += f" {'-' if self.constant < 0 else '+'} {abs(self.constant)}" if text else str(self.constant)
        return text.strip()


def loop_variable(name: str, extent: int) -> Sum:
    """A loop variable, or a text, that takes so many numbers from 0 up; one that takes a single number is 0."""
    return Sum(0, {name: 1}, {name: extent}) if extent != 1 else Sum()


def position(index: Sequence[Sum], shape: Sequence[int]) -> Sum:
    """Where an entry is, in order of rows."""
    place = Sum()
    for each, extent in zip(index, shape, strict=True):
        place = place.times(extent) + each
    return place


def unravelled(place: Sum, shape: Sequence[int]) -> list[Sum]:
    """The index of an entry, from where it is in order of rows."""
    index = []
    for extent in reversed(shape[1:]):
        place, rest = place.divided(extent)
        index.append(rest)
    return [*([place] if shape else []), *reversed(index)]


def evenly(table: Index) -> tuple[int, list[int]] | None:
    """The first number of a table, and by how much the numbers grow along each axis; None where they do so unevenly."""
    if (table == HOLE).any():
        return None
    first = int(table.flat[0])
    steps = []
    for axis, extent in enumerate(table.shape):
        second = [0] * table.ndim
        second[axis] = min(1, extent - 1)
        steps.append(int(table[tuple(second)]) - first)
    even = np.full(table.shape, first)
    for axis, step in enumerate(steps):
        even += step * np.arange(table.shape[axis]).reshape([-1 if each == axis else 1 for each in range(table.ndim)])
    return (first, steps) if np.array_equal(even, table) else None
