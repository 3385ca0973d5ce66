"""Which boxes of a picture stand side by side, and in which order: neuron 0, neuron 1, neuron 2.

Left alone, Graphviz puts boxes that are connected alike in any order.
"""

import re

from micrograd_bp.engine import Origin
from micrograd_bp.views.drawing.picture import Picture


def rows(picture: Picture) -> list[list[int]]:
    """The places of boxes of one frame that follow the same boxes, such as the neurons of a layer, in their order.

    Leaves follow nothing; those that lead to the same boxes, such as the inputs of a network, make a row too.
    """
    before: list[set[int]] = [set() for _ in picture.boxes]
    after: list[set[int]] = [set() for _ in picture.boxes]
    for line in picture.lines:
        before[line.head].add(line.tail)
        after[line.tail].add(line.head)
    found: dict[tuple[Origin | None, frozenset[int], frozenset[int]], list[int]] = {}
    for place, box in enumerate(picture.boxes):
        leads_to = frozenset[int]() if before[place] else frozenset(after[place])
        found.setdefault((box.frame, frozenset(before[place]), leads_to), []).append(place)
    for (frame, follows, _), places in found.items():
        if frame is not None and follows:  # a graph may use neuron 1 before neuron 0
            places.sort(key=lambda place: _numbers_as_numbers(picture.boxes[place].title))
    in_order = [places for places in found.values() if len(places) > 1]
    for places in in_order:  # grows: what follows each neuron of a row, and nothing else, is a row in the same order
        followers = [follower for place in places if len(after[place]) == 1 for follower in after[place]]
        frames = {picture.boxes[place].frame for place in (*places, *followers)}
        if (
            len(set(followers)) == len(places)
            and len(frames) == 1
            and all(len(before[each]) == 1 for each in followers)
        ):
            in_order.append(followers)
    return in_order


def _numbers_as_numbers(text: str) -> list[str | int]:
    """What to sort by, so that neurons.10 comes after neurons.9."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", text)]
