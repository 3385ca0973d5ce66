"""What a notebook shows for a Value: the drawing of a small graph.

Importing this teaches it to Values; the engine itself knows no views.
"""

from contextlib import suppress
from typing import Any

from micrograd_bp.engine import Value, size

SMALL = 60
"""A value whose graph has more nodes shows as text; `draw` shows those."""


def _repr_mimebundle_(self: Value, include: Any = None, exclude: Any = None) -> dict[str, str]:
    """The drawing as SVG where the graph is small and there is a renderer, and the text."""
    bundle = {"text/plain": repr(self)}
    if self.operands and size(self).nodes <= SMALL:
        from micrograd_bp.views.drawing.drawing import draw
        from micrograd_bp.views.drawing.renderer import RenderingError

        with suppress(RenderingError):
            bundle["image/svg+xml"] = str(draw(self).pipe("svg", encoding="utf-8"))
    return bundle


Value._repr_mimebundle_ = _repr_mimebundle_  # type: ignore[attr-defined]  # IPython looks it up by this name
