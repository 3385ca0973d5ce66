"""What the rule of a node calls its operands."""

from micrograd_bp.engine import Operation, Value


def operand_name(node: Value, position: int) -> tuple[str, int | None]:
    """What the rule calls an operand of `node`, and its place in the group if it is a member of one."""
    operation = node.operation
    if operation is None or not operation.operand_names:  # made by hand
        return f"x{position}", None
    return place_in_rule(operation, len(node.operands), position)


def place_in_rule(operation: Operation, n_operands: int, position: int) -> tuple[str, int | None]:
    """What a rule on so many operands calls one of them, and its place in the group if it is a member of one."""
    if not operation.many:
        return operation.operand_names[position], None
    n_single = len(operation.operand_names) - len(operation.many)
    count = (n_operands - n_single) // len(operation.many)
    start = 0
    for name in operation.operand_names:
        length = count if name in operation.many else 1
        if position < start + length:
            return name, position - start if name in operation.many else None
        start += length
    raise IndexError(position)
