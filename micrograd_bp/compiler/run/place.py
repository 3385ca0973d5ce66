"""Where in the source of a program something is."""

from typing import NamedTuple


class Place(NamedTuple):
    """An entry of an array in a program.

    Attributes:
        array: the array's name in the source; that of a gradient starts with `d_`.
        index: which entry, without the axis of samples.
        line: the line of the source that sets it; that of the function for an argument.
        statement: that line.
    """

    array: str
    index: tuple[int, ...]  # type: ignore[assignment]  # an entry has an index; nobody looks one up in a Place
    line: int
    statement: str
