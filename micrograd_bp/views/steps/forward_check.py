"""Whether a node's numbers still are those of the forward pass, or somebody has set `.data` since."""

from micrograd_bp.engine import Value


class ForwardCheck:
    """Whether a node's numbers still are those of the forward pass: its rule, applied to its operands again."""

    def __init__(self, node: Value) -> None:
        self.recorded = node.local_derivatives
        self.result_holds, self.now = True, node.local_derivatives
        operation = node.operation
        if operation is None or not operation.operand_names:
            return
        numbers = [operand.data for operand in node.operands]
        try:
            try:
                result, self.now = operation.compute(numbers)
                if type(result) is not float or result != result:
                    raise ValueError
            except (ValueError, ArithmeticError):
                result, self.now = operation.compute_carefully(numbers, [""] * len(numbers))
        except (ValueError, ArithmeticError):  # with these operands there is no result at all
            result, self.now = float("nan"), (float("nan"),) * len(numbers)
        self.result_holds = _same(result, node.data)

    @property
    def changed(self) -> bool:
        """Whether something is no longer what it was."""
        if self.now == self.recorded:  # the common case, at once
            return not self.result_holds
        return not (self.result_holds and all(map(_same, self.now, self.recorded)))

    def holds(self, position: int, with_result: bool) -> bool:
        """Whether the numbers give the derivative along one operand that was recorded."""
        return _same(self.now[position], self.recorded[position]) and (self.result_holds or not with_result)


def _same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)
