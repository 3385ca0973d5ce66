"""What a page shows: a picture at some level of detail, and which values stand in which of its boxes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from micrograd_bp.engine import Value
from micrograd_bp.engine.derivatives import upstream_gradients
from micrograd_bp.views.drawing.groups import MEANS, grouped, picture_of_groups
from micrograd_bp.views.drawing.levels import VALUES_UP_TO, readable
from micrograd_bp.views.drawing.picture import Box, Picture
from micrograd_bp.views.drawing.values_level import picture_of_values
from micrograd_bp.views.gradient_flow import GivenFlow
from micrograd_bp.views.modules import layer_of, module_name
from micrograd_bp.views.names import Names
from micrograd_bp.views.roots import as_roots
from micrograd_bp.views.steps.step import Graph
from micrograd_bp.views.subgraph import Subgraph, around, everything, on_paths
from micrograd_bp.views.text import printable

Detail = Literal["auto", "values", "neurons", "layers"]
DETAILS = ("auto", "values", "neurons", "layers")

LONGEST_PATH = 80


@dataclass(frozen=True)
class Scene:
    """A graph as a page shows it.

    Attributes:
        part: what is looked at.
        picture: its boxes and lines, with the gradients of the finished backward pass.
        places: the box of each value that is shown.
        by_value: whether each value has a box of its own.
        graph: the whole graph, with its names.
        start: the outputs, each with its upstream gradient.
    """

    part: Subgraph
    picture: Picture
    places: dict[Value, int]
    by_value: bool
    graph: Graph
    start: dict[Value, float]

    @property
    def roles(self) -> Names:
        """What the values are called, and what they are."""
        return self.graph.names

    def layer(self, node: Value) -> str:
        """The layer that made a node; "" for one that no module made."""
        module = self.roles.module(node)
        return printable(module_name(layer_of(module)), LONGEST_PATH) if module is not None else ""

    def module(self, node: Value) -> str:
        """The module that made a node; "" for one that no module made."""
        module = self.roles.module(node)
        return printable(module_name(module), LONGEST_PATH) if module is not None else ""


def scene_of(
    root: Value | Sequence[Value],
    *,
    names: Any = None,
    gradients: Sequence[float] | None = None,
    detail: Detail = "auto",
    leaf: Value | None = None,
    near: Value | None = None,
    hops: int = 2,
    direction: str = "LR",
    by_value: bool = False,
) -> Scene:
    """Chooses what to show; the arguments are those of `page`.

    With `by_value` each value has a box of its own, also where a drawing would show less, unless there are too many.

    Raises:
        TypeError: a root, `leaf` or `near` that is not a Value, or `names` of another kind.
        ValueError: an unknown detail, two parts at once, a value outside of the graph, or not as many gradients as
            outputs.
    """
    if detail not in DETAILS:
        raise ValueError(f"unknown detail {detail!r}; there are: {', '.join(DETAILS)}")
    if leaf is not None and near is not None:
        raise ValueError("a page shows one part: the paths from leaf=, or what is near around=, not both")
    part = everything(as_roots(root))
    graph = Graph(part.roots, gradients, names)
    start = {root: graph.start[root] for root in graph.roots}
    roles = graph.names
    if near is not None:
        part = around(part, near, hops)
    elif leaf is not None:
        part = on_paths(part, leaf)
    flow = GivenFlow(upstream_gradients(list(start), graph.order, list(start.values())))
    notes: list[str] = []
    together = False
    if detail == "auto":
        choice = readable(part, roles, flow, direction)
        small = by_value and len(part.order) <= VALUES_UP_TO
        part, level, notes = choice.part, "values" if small else choice.level, choice.picture.notes
        together = choice.together
    else:
        level = detail
    if level in ("values", "tables"):  # a page follows the steps, and need not be seen at once
        # Frames would push the inputs out to the border and make the drawing twice as high; the panel names modules.
        picture = replace(picture_of_values(part, roles, flow, framed=False), notes=notes)
        return Scene(part, picture, {node: i for i, node in enumerate(part.order)}, True, graph, start)
    picture = picture_of_groups(part, roles, flow, level, together=together)
    if detail == "auto":
        picture = replace(picture, notes=[*notes, "module by module; detail='values' steps through each value"])
    groups = grouped(part, roles, level, together=together)
    places = {member: i for i, group in enumerate(groups) for member in group.members}
    return Scene(part, _with_one_gradient_each(picture), places, False, graph, start)


def _with_one_gradient_each(picture: Picture) -> Picture:
    """Of a module's two gradients only their mean magnitude, which changes step by step; dead ends are a remark."""
    return replace(picture, boxes=[_of_steps(box) if MEANS & dict(box.rows).keys() else box for box in picture.boxes])


def _of_steps(box: Box) -> Box:
    counts = [f"{count} {name}" for name, count in box.rows if name in ("off", "saturated")]
    rows = [row for row in box.rows if row[0] not in ("grad", "off", "saturated")]
    return replace(box, rows=rows, remark=box.remark or ", ".join(counts))
