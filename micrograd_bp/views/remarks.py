"""What a node is and what is worth saying about it, in a few words."""

import math

from micrograd_bp.engine import Value
from micrograd_bp.views.gradient_flow import Passage, passage
from micrograd_bp.views.modules import module_name
from micrograd_bp.views.names import Names, Role
from micrograd_bp.views.number_text import number
from micrograd_bp.views.text import printable


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


def described(node: Value, names: Names) -> str:
    """A node in a sentence: its name or operation, its operands' numbers, and where it was made."""
    symbol = node.operation.name if node.operation else ""
    name = names[node] if node in names.own or not symbol else ""
    text = f"the constant {number(node.data)}" if names.role(node) is Role.CONSTANT else printable(name or symbol)
    if symbol:
        operands = [number(operand.data) for operand in node.operands[:4]] + ["…"] * (len(node.operands) > 4)
        text += f" = {printable(symbol)}({', '.join(operands)})" if name else f"({', '.join(operands)})"
    module = names.module(node)
    if module is not None:
        text += f" in {printable(module_name(module))}"
    return f"{text} ({printable(source(node))})" if source(node) else text
