"""Which module made a value, also where a model's classes have nothing to do with this package.

A module that runs records what it makes. Of an object of any other class it is recorded which parameters it holds. What
it computes begins where they meet something else, and goes on as long as nothing of another object comes in: up to what
the next object takes, or, where none comes after, to the end of its sum and an activation. What follows is the loss.
"""

from collections.abc import Sequence

from micrograd_bp.engine import Origin, Value
from micrograd_bp.engine.made import ObjectOrigin
from micrograd_bp.engine.origin import is_parameter
from micrograd_bp.views.gradient_flow import steepest

NO_MODELS = "Neurons and layers are seen where classes hold the parameters: derive them from micrograd_bp.Module."
"""What to do where no value belongs to a module or an object."""


def makers(order: Sequence[Value]) -> dict[Value, Origin]:
    """The module or object that made each value, for those that one made.

    Args:
        order: the graph in topological order.
    """
    found: dict[Value, Origin] = {}
    holders: dict[Value, ObjectOrigin] = {}
    for node in order:
        origin = node.origin
        if origin is None:
            continue
        if is_parameter(origin) and isinstance(origin.parent, ObjectOrigin):
            holders[node] = origin.parent
        elif origin.module is not None:
            found[node] = origin.module
    if holders:
        found |= _made_by_objects(order, holders, found)
    return found


def _made_by_objects(
    order: Sequence[Value], holders: dict[Value, ObjectOrigin], by_modules: dict[Value, Origin]
) -> dict[Value, Origin]:
    nodes = [node for node in order if node.operands and node not in by_modules]
    # Where an object's parameters meet something else, its work begins; which of its uses that is can be counted.
    begins: dict[Value, ObjectOrigin] = {}
    use: dict[Value, int] = {}
    n_uses: dict[Value, int] = {}
    for node in nodes:
        parameters = [operand for operand in node.operands if operand in holders]
        for parameter in parameters:
            use[node] = n_uses[parameter] = n_uses.get(parameter, 0) + 1
        if parameters and len(parameters) < len(node.operands) and len({holders[each] for each in parameters}) == 1:
            begins[node] = holders[parameters[0]]
    followed: set[Value] = set()  # by the work of an object
    for node in reversed(order):
        if node in begins or node in by_modules or node in followed:
            followed.update(node.operands)
    made: dict[Value, Origin] = {}
    for node in nodes:
        inner = [operand for operand in node.operands if operand.operands]
        maker: Origin | None = begins.get(node)
        if maker is None:
            around = {made.get(operand) for operand in inner} or {holders.get(each) for each in node.operands}
            maker = around.pop() if len(around) == 1 else None
            if maker is not None and node not in followed and not _is_an_end(node, inner, use):
                maker = None
        if maker is not None:
            made[node] = maker
            use.setdefault(node, use[inner[0]] if inner else 0)
    return made


def _is_an_end(node: Value, inner: Sequence[Value], use: dict[Value, int]) -> bool:
    """Whether a value that no other object comes after is still the object's own: an activation, or a part of a sum.

    Args:
        node: the value.
        inner: its operands that are no leaves, all of them the object's own.
        use: which use of the object each value belongs to, as many as there are samples.
    """
    if steepest(node.operation) is not None:
        return bool(inner)
    if len(inner) < len(node.operands):  # a sum begins with 0, and a loss with a target
        return (
            bool(inner)
            and set(node.local_derivatives) == {1.0}
            and not any(x.data for x in node.operands if x not in inner)
        )
    return len(set(inner)) > 1 and len({use[each] for each in inner}) == 1
