"""A long drawing in rows that follow each other, as the lines of a text do."""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from string import ascii_uppercase

from micrograd_bp.views.drawing.columns import columns
from micrograd_bp.views.drawing.picture import Box, Picture

SHORTEST_ROW, LONGEST_ROW = 4, 11
"""Columns of a row."""
MOST_REPEATED = 1.5
"""What is so entangled that half of its boxes would stand twice is not folded."""


def foldings(picture: Picture, direction: str) -> Iterator[Picture]:
    """The picture in rows, the longest first, without frames; one that goes down has none, and may be long.

    No line leads from row to row: a box that is used further down has a letter, which stands there in its place.
    """
    if direction in ("TB", "BT"):
        return
    column = columns(picture)
    n_columns = max(column) + 1
    passing = [0] * n_columns  # lines that pass between the column before and this one
    for line in picture.lines:
        for place in range(column[line.tail] + 1, column[line.head] + 1):
            passing[place] += 1
    n_rows = max(2, math.ceil(n_columns / LONGEST_ROW))
    while n_rows <= n_columns // SHORTEST_ROW:
        starts = _starts(passing, n_rows)
        folded = _folded(picture, [sum(place >= start for start in starts) for place in column])
        if len(folded.boxes) > MOST_REPEATED * len(picture.boxes):
            return
        yield folded
        n_rows += max(1, n_rows // 4)


def _starts(passing: list[int], n_rows: int) -> list[int]:
    """The columns at which the second row and the others begin: equally far apart, unless nearby fewer lines pass."""
    leeway = len(passing) // (5 * n_rows)
    ideals = [round(len(passing) * row / n_rows) for row in range(1, n_rows)]
    return [
        min(range(ideal - leeway, ideal + leeway + 1), key=lambda place: (passing[place], abs(place - ideal)))
        for ideal in ideals
    ]


def _folded(picture: Picture, row: list[int]) -> Picture:
    """The picture in rows.

    Args:
        picture: the picture.
        row: that of each box.
    """
    boxes = list(picture.boxes)
    rows = list(row)
    letters: dict[int, str] = {}
    repeated: dict[tuple[int, int], int] = {}
    lines = []
    names = _letters()
    for line in picture.lines:
        tail = line.tail
        if row[tail] != row[line.head]:
            if tail not in letters:
                letters[tail] = next(names)
                remark = ", ".join(filter(None, (boxes[tail].remark, f"goes on at {letters[tail]}")))
                boxes[tail] = replace(boxes[tail], remark=remark)
            tail = repeated.setdefault((tail, row[line.head]), len(boxes))
            if tail == len(boxes):
                boxes.append(_in_place_of(picture.boxes[line.tail], letters[line.tail]))
                rows.append(row[line.head])
        lines.append(replace(line, tail=tail))
    # In a drawing that goes sideways Graphviz puts at the bottom what is named first.
    order = sorted(range(len(boxes)), key=lambda place: -rows[place])
    new_places = {old: new for new, old in enumerate(order)}
    lines = [replace(line, tail=new_places[line.tail], head=new_places[line.head]) for line in lines]
    return Picture([boxes[place] for place in order], lines, framed=False)


def _in_place_of(box: Box, letter: str) -> Box:
    return Box(letter, box.role, box.title, compact=True, tooltip=box.tooltip, repeats=True)


def _letters() -> Iterator[str]:
    """A to Z, then A2 to Z2 and so on."""
    for turn in count(1):
        for letter in ascii_uppercase:
            yield letter if turn == 1 else f"{letter}{turn}"
