"""What the rule of a node calls its operands."""

from micrograd_bp.engine import Value


def operand_name(node: Value, position: int) -> tuple[str, int | None]:
    """What the rule calls an operand of `node`, and its place in the group if it is a member of one."""
    operation = node.operation
    if operation is None or not operation.operand_names:  # made by hand
        return f"x{position}", None
    if not operation.many:
        return operation.operand_names[position], None
    n_single = len(operation.operand_names) - len(operation.many)
    count = (len(node.operands) - n_single) // len(operation.many)
    start = 0
    for name in operation.operand_names:
        length = count if name in operation.many else 1
        if position < start + length:
            return name, position - start if name in operation.many else None
        start += length
    raise IndexError(position)
