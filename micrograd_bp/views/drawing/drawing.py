"""`draw`: a graph as a picture in which one sees the gradient flow. `between`: only what lies on the way to a leaf."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from micrograd_bp.engine import Value
from micrograd_bp.engine.suggestions import did_you_mean
from micrograd_bp.views.drawing.folding import foldings
from micrograd_bp.views.drawing.gradient_flow import GivenFlow, GradientFlow, RecordedFlow
from micrograd_bp.views.drawing.groups import LAYERS, NEURONS, lower, picture_of_groups
from micrograd_bp.views.drawing.parts import Part, as_roots, everything, on_paths
from micrograd_bp.views.drawing.parts import around as part_around
from micrograd_bp.views.drawing.picture import Picture
from micrograd_bp.views.drawing.tables import with_tables
from micrograd_bp.views.drawing.values_level import picture_of_values
from micrograd_bp.views.models import NO_MODELS
from micrograd_bp.views.names import Names

if TYPE_CHECKING:  # graphviz is only imported when something is drawn
    from micrograd_bp.views.drawing.digraph import Drawing

Detail = Literal["auto", "values", "tables", "neurons", "layers"]
Direction = Literal["LR", "RL", "TB", "BT"]

VALUES_UP_TO = 300
NEURONS_UP_TO = 1_500
BOXES_UP_TO = 400
"""What `detail="auto"` tries as values, as neurons, and at all."""
NEAR_UP_TO = 60
"""So many values of a larger graph that has no modules."""


def draw(
    root: Value | Sequence[Value],
    *,
    names: Any = None,
    detail: Detail = "auto",
    direction: Direction = "LR",
    show_gradients: bool = True,
    gradients: Mapping[Value, float] | None = None,
    around: Value | None = None,
    hops: int = 2,
) -> "Drawing":
    """Draws the graph of `root`: what each value is, and what the gradient does on each edge.

    Blue edges carry a positive contribution to the gradient, dashed orange ones a negative one, dotted grey ones none;
    the wider, the larger. A `Drawing` shows itself in a notebook; `drawing.render(outfile="neuron.svg")` writes it.

    Args:
        root: the output, or a list of outputs.
        names: what to call values that have no label: a module, or a mapping from names to Values, lists of Values and
            modules, such as `locals()`.
        detail: "values" draws each one; "tables" puts a neuron's parameters into a table beside its sum; "neurons" and
            "layers" draw one box for each module. "auto" lays them out, and takes the first that can be read at the
            width of a screen; what is too long for it, and has no modules, is folded into rows.
        direction: where the computation goes: "LR" from left to right, "TB" from top to bottom, "RL", "BT".
        show_gradients: False draws the computation alone.
        gradients: to be shown in place of the `grad` that `backward` has left.
        around: draws only what is near this value.
        hops: how many edges away that still is.

    Raises:
        TypeError: a root or `around` that is not a Value, or `names` of another kind.
        ValueError: an unknown detail or direction, `around` outside the graph, or more modules than can be read; the
            message says what to do.
    """
    part = everything(as_roots(root))
    if around is not None:
        part = part_around(part, around, hops)
    return _draw(part, names, detail, direction, show_gradients, gradients)


def between(
    root: Value | Sequence[Value],
    leaf: Value,
    *,
    names: Any = None,
    detail: Detail = "auto",
    direction: Direction = "LR",
    show_gradients: bool = True,
    gradients: Mapping[Value, float] | None = None,
) -> "Drawing":
    """Draws the paths from `leaf` to `root`, along which its gradient comes.

    Args:
        root: the output, or a list of outputs.
        leaf: a value that it was computed from.
        names: as for `draw`.
        detail: as for `draw`.
        direction: as for `draw`.
        show_gradients: as for `draw`.
        gradients: as for `draw`.

    Raises:
        TypeError: as for `draw`.
        ValueError: as for `draw`; or `leaf` is not in the graph.
    """
    part = on_paths(everything(as_roots(root)), leaf)
    return _draw(part, names, detail, direction, show_gradients, gradients)


def _draw(
    part: Part,
    names: Any,
    detail: str,
    direction: str,
    show_gradients: bool,
    gradients: Mapping[Value, float] | None,
) -> "Drawing":
    from micrograd_bp.views.drawing.dot_text import drawing_of

    _check_choice("detail", detail, ("auto", "values", "tables", "neurons", "layers"))
    _check_choice("direction", direction, ("LR", "RL", "TB", "BT"))
    roles = Names(names, part.roots, part.whole)
    flow: GradientFlow | None = None
    if show_gradients:
        flow = GivenFlow(gradients) if gradients is not None else RecordedFlow(part.roots, part.whole)
    picture = _readable(part, roles, flow, direction) if detail == "auto" else _picture(part, roles, flow, detail)

    def written(picture: Picture, *simpler: Callable[[], "Drawing"]) -> "Drawing":
        return drawing_of(picture, direction=direction, with_legend=show_gradients, simpler=simpler)

    def flat() -> "Drawing":
        return written(Picture(picture.boxes, picture.lines, framed=False))

    def collapsed() -> "Drawing":
        return written(picture_of_groups(part, roles, flow, LAYERS))

    return written(picture, flat, collapsed)


def _picture(part: Part, roles: Names, flow: GradientFlow | None, detail: str) -> Picture:
    """The picture at a level of detail."""
    if detail == "values":
        return picture_of_values(part, roles, flow)
    if detail == "tables":
        return with_tables(picture_of_values(part, roles, flow))
    if detail == "neurons":
        return lower(picture_of_groups(part, roles, flow, NEURONS))
    return picture_of_groups(part, roles, flow, LAYERS)


def _readable(part: Part, roles: Names, flow: GradientFlow | None, direction: str) -> Picture:
    """The most detailed picture that can be read; where none can, the one with the fewest boxes."""
    from micrograd_bp.views.drawing.readability import first_readable

    n_values = len(part.order)
    has_modules = any(roles.module(node) for node in part.order)
    if not has_modules:
        note = ""
        if n_values > VALUES_UP_TO:
            part = _near(part, part.roots[0])
            note = (
                f"the {len(part.order):,} values nearest to the output, of {n_values:,}; detail='values' draws all. "
                f"{NO_MODELS}"
            )
        values = _picture(part, roles, flow, "values")
        return replace(first_readable([values, *foldings(values, direction)], direction) or values, note=note)
    details = ["values", "tables"] if n_values <= VALUES_UP_TO else []
    details += ["neurons"] if n_values <= NEURONS_UP_TO else []
    pictures = ((detail, _picture(part, roles, flow, detail)) for detail in details)
    offered = (each for detail, each in pictures if detail != "tables" or any(box.parameters for box in each.boxes))
    if picture := first_readable(offered, direction):
        return picture
    layers = _picture(part, roles, flow, "layers")
    if len(layers.boxes) > BOXES_UP_TO:
        raise ValueError(
            f"a graph of {n_values:,} values in {len(layers.boxes):,} modules is too large to be read: draw a part "
            f"with draw(root, around=node, hops=2) or between(root, leaf), or insist with detail='layers'"
        )
    return first_readable([layers, *foldings(layers, direction)], direction) or layers


def _near(part: Part, root: Value) -> Part:
    """As much around an output as is drawn at once; what is left out is said on the boxes at the border."""
    nearest = part_around(part, root, hops=1)
    for hops in range(2, NEAR_UP_TO):
        further = part_around(part, root, hops)
        if len(further.order) > NEAR_UP_TO:
            break
        nearest = further
    return nearest


def _check_choice(what: str, given: object, known: Sequence[str]) -> None:
    if given not in known:
        raise ValueError(f"unknown {what} {given!r}; {did_you_mean(given, known)}")
