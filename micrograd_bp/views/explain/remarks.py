"""What is worth saying about a node on the way of a gradient, in a few words."""

import math

from micrograd_bp.engine import Value
from micrograd_bp.views.drawing.gradient_flow import Passage, passage


def remark(node: Value) -> str:
    """What is wrong with the way through a node, in words; "" where nothing is."""
    if any(map(math.isnan, node.local_derivatives)):
        return "its derivative is nan"
    if any(map(math.isinf, node.local_derivatives)):
        return "its derivative is infinite"
    return {Passage.SATURATED: "saturated", Passage.OFF: "off"}.get(passage(node), "")


def source(node: Value) -> str:
    """The source line that made the node, such as `train.py:12`; "" if lines were not tracked."""
    return node.origin.place if node.origin is not None else ""


def aside(node: Value) -> str:
    """The remark and the source line; "" if there is neither."""
    return ", ".join(part for part in (remark(node), source(node)) if part)
