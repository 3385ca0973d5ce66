"""Which module a node belongs to, read off its origin, and what that module is called."""

import re

from micrograd_bp.engine import Origin


def layer_of(origin: Origin) -> Origin:
    """The layer of a neuron; any other module is its own layer."""
    is_neuron = origin.kind == "Neuron" or re.search(r"(^|\.)neurons\.\d+$", origin.scope)
    return origin.parent if is_neuron and origin.parent is not None else origin


def own_name(origin: Origin) -> str:
    """The path of a module inside the module around it, `layers.0`; "" for the outermost one."""
    return origin.name


def frame_name(origin: Origin) -> str:
    """What is written on the frame of a module: `layers.0 Layer`."""
    return f"{own_name(origin)} {origin.kind}".strip()


def module_name(origin: Origin) -> str:
    """The module in a sentence or a table: its path, or else what it is."""
    return origin.scope or origin.kind
