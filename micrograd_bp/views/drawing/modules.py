"""Which module a node belongs to, read off its origin, and what that module is called."""

import re

from micrograd_bp.engine import Origin, Value


class Modules:
    """From nodes to the records of their modules: one `Origin` for each module.

    While source lines are tracked, a module's nodes have as many records as there are lines; the first stands for all.
    """

    def __init__(self) -> None:
        self._records: dict[tuple[str, str, Origin | None], Origin] = {}

    def of(self, node: Value) -> Origin | None:
        """The module that made a node, or None."""
        origin = node.origin
        if origin is None or not origin.kind:
            return None
        if origin.file is None:
            return origin
        return self._records.setdefault((origin.scope, origin.kind, origin.parent), origin)


def layer_of(origin: Origin) -> Origin:
    """The layer of a neuron; any other module is its own layer."""
    is_neuron = origin.kind == "Neuron" or re.search(r"(^|\.)neurons\.\d+$", origin.scope)
    return origin.parent if is_neuron and origin.parent is not None else origin


def own_name(origin: Origin) -> str:
    """The path of a module inside the module around it, `layers.0`; "" for the outermost one."""
    around = origin.parent.scope if origin.parent else ""
    return origin.scope.removeprefix(f"{around}.") if around else origin.scope


def frame_name(origin: Origin) -> str:
    """What is written on the frame of a module: `layers.0 Layer`."""
    return f"{own_name(origin)} {origin.kind}".strip()


def module_name(origin: Origin) -> str:
    """The module in a sentence or a table: its path, or else what it is."""
    return origin.scope or origin.kind
