"""How much of a graph is shown at once: the levels of detail, and which of them can be read."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from micrograd_bp.engine import Value
from micrograd_bp.views.drawing.folding import foldings
from micrograd_bp.views.drawing.groups import LAYERS, NEURONS, lower, picture_of_groups
from micrograd_bp.views.drawing.picture import Picture
from micrograd_bp.views.drawing.tables import with_tables
from micrograd_bp.views.drawing.values_level import picture_of_values
from micrograd_bp.views.gradient_flow import GradientFlow
from micrograd_bp.views.models import NO_MODELS
from micrograd_bp.views.names import Names
from micrograd_bp.views.subgraph import Subgraph
from micrograd_bp.views.subgraph import around as near

Level = Literal["values", "tables", "neurons", "layers"]

VALUES_UP_TO = 300
NEURONS_UP_TO = 1_500
BOXES_UP_TO = 400
"""What is tried as values, as neurons, and at all."""
NEAR_UP_TO = 60
"""So many values of a larger graph that has no modules."""


@dataclass(frozen=True)
class Choice:
    """What can be read.

    Attributes:
        part: how much of the graph.
        level: at which level of detail.
        picture: as a picture; one that is too long may have been folded into rows.
        together: whether operations outside of modules are drawn as one.
    """

    part: Subgraph
    level: Level
    picture: Picture
    together: bool = False


def picture_of(part: Subgraph, roles: Names, flow: GradientFlow | None, level: Level) -> Picture:
    """The picture at a level of detail."""
    if level == "values":
        return picture_of_values(part, roles, flow)
    if level == "tables":
        return with_tables(picture_of_values(part, roles, flow))
    if level == "neurons":
        return lower(picture_of_groups(part, roles, flow, NEURONS))
    return picture_of_groups(part, roles, flow, LAYERS)


def readable(part: Subgraph, roles: Names, flow: GradientFlow | None, direction: str) -> Choice:
    """The most detailed picture that can be read; where none can, the one with the fewest boxes.

    What is too large at any level is shown near the output; the picture's notes say so, and what to do.
    """
    from micrograd_bp.views.drawing.readability import first_readable

    n_values = len(part.order)
    if not any(roles.module(node) for node in part.order):
        if n_values > VALUES_UP_TO:
            return _near_the_output(part, roles, flow, NO_MODELS)
        return _in_rows(Choice(part, "values", picture_of(part, roles, flow, "values")), direction)
    for level in _levels(n_values):
        picture = picture_of(part, roles, flow, level)
        if level == "tables" and not any(box.parameters for box in picture.boxes):
            continue
        if first_readable([picture], direction):
            return Choice(part, level, picture)
    if n_values <= NEURONS_UP_TO:
        picture = lower(picture_of_groups(part, roles, flow, NEURONS, together=True))
        if first_readable([picture], direction):
            return Choice(part, "neurons", picture, together=True)
    layers = picture_of(part, roles, flow, "layers")
    if len(layers.boxes) > BOXES_UP_TO:
        what_to_do = f"Its {len(layers.boxes):,} boxes of modules are too many: show a part, with around=node, hops=2."
        return _near_the_output(part, roles, flow, what_to_do)
    return _in_rows(Choice(part, "layers", layers), direction)


def _levels(n_values: int) -> Iterator[Level]:
    if n_values <= VALUES_UP_TO:
        yield "values"
        yield "tables"
    if n_values <= NEURONS_UP_TO:
        yield "neurons"


def _in_rows(choice: Choice, direction: str) -> Choice:
    """The choice as it is if it can be read, or folded if that can."""
    from micrograd_bp.views.drawing.readability import first_readable

    picture = first_readable([choice.picture, *foldings(choice.picture, direction)], direction)
    return replace(choice, picture=picture or choice.picture)


def _near_the_output(part: Subgraph, roles: Names, flow: GradientFlow | None, what_to_do: str) -> Choice:
    near = nearest(part, part.roots[0])
    note = (
        f"the {len(near.order):,} values nearest to the output, of {len(part.order):,}; detail='values' shows all. "
        f"{what_to_do}"
    )
    return Choice(near, "values", replace(picture_of(near, roles, flow, "values"), notes=[note]))


def nearest(part: Subgraph, root: Value) -> Subgraph:
    """As much around an output as is shown at once; what is left out is said on the boxes at the border."""
    found = near(part, root, hops=1)
    for hops in range(2, NEAR_UP_TO):
        further = near(part, root, hops)
        if len(further.order) > NEAR_UP_TO:
            break
        found = further
    return found
