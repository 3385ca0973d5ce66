"""In which column of a drawing each box stands, and how many columns a line spans."""

from collections import Counter
from collections.abc import Iterator

from micrograd_bp.engine import Origin
from micrograd_bp.views.drawing.picture import Box, Picture

NARROWEST_GAP, MORE_FOR_A_LINE, WIDEST_GAP, WIDEST_TOGETHER = 0.4, 0.025, 2.0, 8.0
"""Between columns, in inches: the more lines, the more room; between all of them no more than a screen has."""


def columns(picture: Picture) -> list[int]:
    """The column of each box: behind all that leads to it; a leaf stands just before what it leads to."""
    found = [0] * len(picture.boxes)
    made = set()
    for line in picture.lines:  # in topological order of their heads
        made.add(line.head)
        found[line.head] = max(found[line.head], found[line.tail] + 1)
    nearest: dict[int, int] = {}
    for line in picture.lines:
        if line.tail not in made:
            nearest[line.tail] = min(nearest.get(line.tail, found[line.head]), found[line.head])
    for place, column in nearest.items():
        found[place] = column - 1
    return found


def skips_columns(picture: Picture) -> bool:
    """Whether a line passes by a column, where boxes may stand in its way."""
    place = columns(picture)
    return any(place[line.head] - place[line.tail] > 1 for line in picture.lines)


def gap(picture: Picture) -> float:
    """How far apart columns stand, in inches, so that the lines between two layers can be followed."""
    frames = Counter((picture.boxes[line.tail].frame, picture.boxes[line.head].frame) for line in picture.lines)
    widest = min(WIDEST_GAP, WIDEST_TOGETHER / max(*columns(picture), 1))
    return max(min(NARROWEST_GAP + MORE_FOR_A_LINE * max(frames.values(), default=0), widest), NARROWEST_GAP)


def lengths(picture: Picture) -> list[int]:
    """For each line, how many columns it spans at least.

    Inputs stand before a whole frame: a line that enters it passes by its leaves, such as weights.
    """
    made = {line.head for line in picture.lines}
    frames: dict[int, set[Origin]] = {}
    for line in picture.lines if picture.framed and not picture.dense else ():
        frame = picture.boxes[line.tail].frame
        if line.tail not in made and frame is not None:
            frames.setdefault(line.head, set()).add(frame)
    return [
        1 if frames.get(line.head, set()) <= set(_frames_around(picture.boxes[line.tail])) else 2
        for line in picture.lines
    ]


def _frames_around(box: Box) -> Iterator[Origin]:
    frame = box.frame
    while frame is not None:
        yield frame
        frame = frame.parent
