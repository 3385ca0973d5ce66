"""`draw`: a graph as a picture in which one sees the gradient flow. `between`: only what lies on the way to a leaf."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from micrograd_bp.engine import Value
from micrograd_bp.engine.suggestions import did_you_mean, says_what_to_write
from micrograd_bp.views.drawing.groups import LAYERS, picture_of_groups
from micrograd_bp.views.drawing.levels import Level, picture_of, readable
from micrograd_bp.views.drawing.picture import Picture
from micrograd_bp.views.gradient_flow import GivenFlow, GradientFlow, RecordedFlow
from micrograd_bp.views.names import Names
from micrograd_bp.views.roots import as_roots
from micrograd_bp.views.subgraph import Subgraph, everything, on_paths
from micrograd_bp.views.subgraph import around as near

if TYPE_CHECKING:  # graphviz is only imported when something is drawn
    from micrograd_bp.views.drawing.digraph import Drawing

Detail = Literal["auto"] | Level
Direction = Literal["LR", "RL", "TB", "BT"]

WRITTEN = "draw(output).save('picture.svg') writes it, as the kind of picture that the name ends like"
as_elsewhere = says_what_to_write(
    WRITTEN, format=WRITTEN, filename=WRITTEN, rankdir="direction='TB', or 'LR', which it has anyway"
)


@as_elsewhere
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
        ValueError: an unknown detail or direction, or `around` outside of the graph.
    """
    part = everything(as_roots(root))
    if around is not None:
        part = near(part, around, hops)
    return _draw(part, names, detail, direction, show_gradients, gradients)


@as_elsewhere
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
    part: Subgraph,
    names: Any,
    detail: Detail,
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
    if detail == "auto":
        picture = readable(part, roles, flow, direction).picture
    else:
        picture = picture_of(part, roles, flow, detail)
    if flow is not None and flow.note:
        picture = replace(picture, notes=[*picture.notes, flow.note])

    def written(picture: Picture, *simpler: Callable[[], "Drawing"]) -> "Drawing":
        return drawing_of(picture, direction=direction, with_legend=show_gradients, simpler=simpler)

    def flat() -> "Drawing":
        return written(Picture(picture.boxes, picture.lines, framed=False))

    def collapsed() -> "Drawing":
        return written(picture_of_groups(part, roles, flow, LAYERS))

    return written(picture, flat, collapsed)


def _check_choice(what: str, given: object, known: Sequence[str]) -> None:
    if given not in known:
        raise ValueError(f"unknown {what} {given!r}; {did_you_mean(given, known)}")
