"""`page` and `write_page`: a graph as one HTML file that computes: numbers are changed, and the chain rule follows."""

import base64
import os
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from warnings import warn

from micrograd_bp.engine import Value
from micrograd_bp.engine.refusals import CalledOtherwise
from micrograd_bp.engine.suggestions import says_what_to_write
from micrograd_bp.files import write_bytes
from micrograd_bp.views.drawing.dot_text import drawing_of
from micrograd_bp.views.drawing.geometry import laid_out
from micrograd_bp.views.drawing.picture import Picture
from micrograd_bp.views.names import Role
from micrograd_bp.views.page.document import document
from micrograd_bp.views.page.exercise import GRADIENTS, LOCAL_DERIVATIVES, asked, without_answers
from micrograd_bp.views.page.graph_data import page_data
from micrograd_bp.views.page.learnt import learnt
from micrograd_bp.views.page.legend import legend
from micrograd_bp.views.page.rules import Rules
from micrograd_bp.views.page.scene import Detail, Scene, scene_of
from micrograd_bp.views.page.svg import svg
from micrograd_bp.views.text import printable

Hidden = Literal["gradients", "local derivatives"]
Direction = Literal["LR", "RL", "TB", "BT"]
DIRECTIONS = ("LR", "RL", "TB", "BT")
LONGEST_TITLE = 120
ROOM = "-0.01234"
"""Numbers as long as this have room on every box; longer ones are written smaller."""
ROWS_OF_A_PLOT = 3
"""So high is the plot of a neuron in its box."""


@dataclass(frozen=True)
class Page:
    """A page: `save` makes a file of it; a notebook shows it.

    Attributes:
        html: the whole file as text.
        picture: the drawing alone, with the gradients of the finished backward pass.
    """

    html: str
    picture: Picture
    direction: str
    hides: bool

    def save(self, path: str | os.PathLike[str]) -> str:
        """Writes the file, which replaces an old one when it is complete.

        Returns:
            The path.

        Raises:
            TypeError: `path` is none.
            ValueError: it does not end with .html.
            OSError: it cannot be written; an old one is then as it was.
        """
        target = Path(path)
        if target.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"a page is written to a file that ends with .html, got {str(path)!r:.200}")
        target.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(target, self.html.encode("utf-8"))
        return str(target)

    def write(self, path: str | os.PathLike[str]) -> str:
        """As `save`, for one version."""
        warn("page.write(path) is page.save(path) now", DeprecationWarning, stacklevel=2)
        return self.save(path)

    if not TYPE_CHECKING:
        show = CalledOtherwise("a notebook shows it; page.save('name.html') makes a file for the browser")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """The page in a frame, and below it the drawing as a picture, for viewers that strip scripts."""
        picture = drawing_of(self.picture, direction=self.direction, with_legend=not self.hides)
        drawn = picture.pipe("svg", encoding="utf-8")
        assert isinstance(drawn, str)
        data = base64.b64encode(drawn.encode("utf-8")).decode("ascii")
        return {
            "text/plain": repr(self),
            "image/svg+xml": drawn,
            "text/html": (
                f'<iframe sandbox="allow-scripts allow-modals" width="100%" height="640" title="The steps" '
                f'srcdoc="{escape(self.html)}"></iframe>'
                f"<details><summary>The drawing alone</summary>"
                f'<img alt="The drawing" src="data:image/svg+xml;base64,{data}"></details>'
            ),
        }

    def __repr__(self) -> str:
        return f"<page of {len(self.picture.boxes):,} boxes, {len(self.html) / 1e6:.1f} MB>"


@says_what_to_write("page(output).save('steps.html') makes a file of it", rankdir="direction='TB', or 'LR'")
def page(
    root: Value | Sequence[Value],
    *,
    names: Any = None,
    gradients: Sequence[float] | None = None,
    title: str = "",
    forward: bool = False,
    hide: Hidden | Sequence[Hidden] | None = None,
    detail: Detail = "auto",
    direction: Direction = "LR",
    leaf: Value | None = None,
    around: Value | None = None,
    hops: int = 2,
    data: Any = None,
) -> Page:
    """The graph of `root` as a page: the drawing, and every step of the backward pass; nobody's `grad` is touched.

    Args:
        root: the output, or a list of outputs.
        names: what to call values that have no label: a module, or a mapping from names to Values, lists of Values and
            modules, such as `locals()`.
        gradients: the upstream gradient of each output; 1.0 for each if not given.
        title: what stands above it.
        forward: whether the forward pass comes first.
        hide: what is to be filled in makes an exercise sheet: "gradients", "local derivatives", or a list of both.
            Whoever reads the file's source finds the answers there.
        detail: "values" shows each one, "neurons" and "layers" one box for each module; "auto" shows as much as a
            drawing would.
        direction: where the computation goes: "LR" from left to right, "TB" from top to bottom, "RL", "BT".
        leaf: shows only the paths from this value to the output.
        around: shows only what is near this value.
        hops: how many edges away that still is.
        data: the inputs, of one or two numbers each, and the targets: a plot shows what has been learnt of them.

    Raises:
        TypeError: a root, `leaf` or `around` that is not a Value, a gradient that is not a number, or `names` or
            `title` of another kind.
        ValueError: an unknown detail, direction or `hide`; `leaf` or `around` outside of the graph; not as many
            gradients as outputs; more values than an exercise can have. The message says what to do.
        RenderingError: there is no program that lays the drawing out; the message says what to install.
    """
    if direction not in DIRECTIONS:
        raise ValueError(f"unknown direction {direction!r}; there are: {', '.join(DIRECTIONS)}")
    hidden: list[Any] = list(hide or []) if isinstance(hide, (list, tuple, type(None))) else [hide]
    if any(each not in (GRADIENTS, LOCAL_DERIVATIVES) for each in hidden):
        raise ValueError(f'a page hides "gradients", "local derivatives", a list of both, or nothing, got {hide!r:.80}')
    if not isinstance(title, str):
        raise TypeError(f"the title is a text, got {type(title).__name__}: {title!r:.80}")
    scene = scene_of(
        root,
        names=names,
        gradients=gradients,
        detail=detail,
        leaf=leaf,
        near=around,
        hops=hops,
        direction=direction,
        by_value=bool(hidden),
    )
    if hidden and not scene.by_value:
        raise ValueError(
            f"an exercise needs a box for each value, and {len(scene.part.order):,} are too many: show a part, with "
            f"around=node, hops=2 or with leaf=leaf, or insist with detail='values'"
        )
    drawn = picture = scene.picture
    if hidden:
        picture = without_answers(picture, asked(scene), hidden)
        drawn = replace(picture, lines=drawn.lines)  # they wait for their colours
    if data is not None and hidden:
        raise ValueError("an exercise has no plot of what has been learnt: give data= or hide=, not both")
    plotted = learnt(data, scene) if data is not None else None
    geometry = laid_out(_with_room(scene.picture, plotted["neuronBoxes"] if plotted else ()), direction)
    heading = printable(title, LONGEST_TITLE) or _title(scene, hidden)
    names = [scene.roles[node] for node in scene.part.order] if scene.by_value else None
    rules = Rules()
    facts = page_data(scene, rules, forward=forward, hidden=hidden, learnt=plotted)
    html = document(
        title=heading,
        summary=_summary(scene),
        drawing=svg(drawn, geometry, names or [box.tooltip for box in picture.boxes], heading, hidden=bool(hidden)),
        is_high=geometry.height > geometry.width,
        legend=legend(drawn),
        rules=rules.text,
        data=facts,
        hidden=hidden,
        further=_further(scene, hidden, has_data=data is not None),
    )
    return Page(html, picture, direction, bool(hidden))


def write_page(root: Value | Sequence[Value], path: str | os.PathLike[str], **options: Any) -> str:
    """Writes the page of a graph to a file and returns its path; the options are those of `page`.

    Raises:
        TypeError: as for `page`; or `path` is no path.
        ValueError: as for `page`; or `path` does not end with .html.
        RenderingError: as for `page`.
        OSError: the file cannot be written; an old one is then as it was.
    """
    return page(root, **options).save(path)


# ---- the parts


def _further(scene: Scene, hidden: Sequence[str], *, has_data: bool) -> list[str]:
    """What there is on this page that others have not: an exercise; or parameters, and a loss that they can lower."""
    if hidden:
        return ["exercise"]
    learns = len(scene.part.roots) == 1 and Role.PARAMETER in map(scene.roles.role, scene.graph.order)
    return ["learn"] * learns + ["plot"] * has_data


def _title(scene: Scene, hidden: Sequence[str]) -> str:
    roots = [scene.roles[root] for root in scene.part.roots]
    of = roots[0] if len(roots) == 1 else f"{len(roots)} outputs"
    return f"Find the {' and '.join(hidden)} of {of}" if hidden else f"The gradient of {of}, step by step"


def _summary(scene: Scene) -> str:
    return " – ".join([f"{len(scene.part.order):,} values", *scene.picture.notes])


def _with_room(picture: Picture, plotted: Container[int | None]) -> Picture:
    """The picture with room on each box for numbers as long as may come to stand there, and on some for a plot."""
    boxes = [replace(box, rows=[(name, max(text, ROOM, key=len)) for name, text in box.rows]) for box in picture.boxes]
    for place, box in enumerate(boxes):
        if place in plotted:
            box.rows.extend([("\N{NO-BREAK SPACE}", "\N{NO-BREAK SPACE}")] * ROWS_OF_A_PLOT)
    return replace(picture, boxes=boxes)
