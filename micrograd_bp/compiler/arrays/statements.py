"""Statements: the arrays of a program that have a name, and what they are called after."""

from dataclasses import dataclass
from typing import NamedTuple

from micrograd_bp.compiler.arrays.language import Array
from micrograd_bp.compiler.find.groups import Group


@dataclass(frozen=True, slots=True)
class GradientOf:
    """Names the gradient of the loss along a group."""

    group: Group

    @property
    def name(self) -> str:
        """`d_W0` for `W0`."""
        return self.group.gradient_name


@dataclass(frozen=True, slots=True)
class HandedBack(GradientOf):
    """Names the gradient that a round of a loop hands on to the round before."""


@dataclass(frozen=True, slots=True)
class Accumulating(GradientOf):
    """Names the gradient that the rounds of a loop add up."""


PARAMETERS, FORWARD, BACKWARD = "the parameters", "forward", "backward"
"""The headings of the statements that take views of the parameters, of the forward and of the backward pass."""


class Statement(NamedTuple):
    """One array of a program that has a name.

    Attributes:
        target: the variable.
        value: what it is computed from.
        section: the heading that it stands under.
        group: the group whose array, or whose gradient, this is.
    """

    target: Array
    value: Array
    section: str
    group: Group | None = None

    @property
    def is_backward(self) -> bool:
        """Whether it is about a gradient."""
        return self.section not in (PARAMETERS, FORWARD)
