"""Routines as Python: one line for each statement, as somebody would write it who works with NumPy."""

from typing import Any

import numpy as np

from micrograd_bp.compiler.blocks import block_of
from micrograd_bp.compiler.constants import Constants
from micrograd_bp.compiler.expression import BATCH, Expression, Shape, transpose, variable
from micrograd_bp.compiler.groups import HOLE, Index
from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.numbers.arrays import LACKING
from micrograd_bp.engine.numbers.namespace import FUNCTIONS

# How tightly the parts of an expression hold together.
COMPARISON, SUM, PRODUCT, SIGN, ATOM = range(5)

OPERATORS = {
    "add": ("+", SUM, SUM, PRODUCT),
    "subtract": ("-", SUM, SUM, PRODUCT),
    "multiply": ("*", PRODUCT, PRODUCT, SIGN),
    "divide": ("/", PRODUCT, PRODUCT, SIGN),
    "matmul": ("@", PRODUCT, SIGN, SIGN),
    "greater": (">", COMPARISON, SUM, SUM),
    "greater_equal": (">=", COMPARISON, SUM, SUM),
    "less": ("<", COMPARISON, SUM, SUM),
    "less_equal": ("<=", COMPARISON, SUM, SUM),
    "equal": ("==", COMPARISON, SUM, SUM),
    "not_equal": ("!=", COMPARISON, SUM, SUM),
}
"""An operator, how tightly it holds, and how tightly its left and right operand must."""

COMPARISONS = [name for name, (_, strength, *_) in OPERATORS.items() if strength == COMPARISON]

NUMPY_NAMES = {
    "pow": "power",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "atan2": "arctan2",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
    "round": "rint",
}
"""The operations that NumPy calls otherwise."""


class Writer:
    """Writes expressions."""

    order_line = ""
    """The line that says how products lie in memory; "" where nothing asks."""

    def __init__(self, constants: Constants, dtype: str = "float64", library: str = "np") -> None:
        """Writes functions as those of `library`, and arrays under the names that `constants` gives them."""
        self.constants = constants
        self.library = library
        self.dtype = dtype
        # NumPy makes float64 of a choice between two plain numbers.
        of_dtype = "{}" if dtype == "float64" else f"{library}.{dtype}({{}})"
        self._one, self._zero = of_dtype.format("1.0"), of_dtype.format("0.0")

    def name(self, target: Expression) -> str:
        """The name of a variable: that of a group, or one of our own."""
        named = target.detail
        return self.constants.free(named) if isinstance(named, str) else str(named.name)

    def text(self, expression: Expression) -> str:
        """An expression as Python."""
        written: dict[int, tuple[str, int]] = {}
        for node in topological_order(expression):
            written[id(node)] = self._written(node, [written[id(operand)] for operand in node.operands])
        return self._number(expression, written[id(expression)])[0]

    def factor(self, expression: Expression) -> str:
        """An expression as something that a method can be called on."""
        text = self.text(expression)
        return text if expression.function in ("variable", "entries", "sum", "transpose") else f"({text})"

    def truth(self, expression: Expression) -> str:
        """A comparison as Python, or a variable that holds truth values."""
        if expression.function == "truth":
            return self.name(expression)
        written = [self.text(operand) for operand in expression.operands]
        return f" {OPERATORS[expression.function][0]} ".join(written)

    def _number(self, node: Expression, written: tuple[str, int]) -> tuple[str, int]:
        """A comparison as 1.0 or 0.0, since NumPy does not subtract truth values."""
        if node.function in COMPARISONS or node.function == "truth":
            return f"{self.library}.where({written[0]}, {self._one}, {self._zero})", ATOM
        return written

    def _written(self, node: Expression, operands: list[tuple[str, int]]) -> tuple[str, int]:
        if node.function not in ("where", "multiply"):  # a choice asks for truth, and times truth is times 1 or 0
            operands = [self._number(operand, each) for operand, each in zip(node.operands, operands, strict=True)]
        elif node.function == "where":
            branches = zip(node.operands[1:], operands[1:], strict=True)
            operands[1:] = [self._number(operand, each) for operand, each in branches]
            if self.dtype != "float64" and not any(operand.shape for operand in node.operands[1:]):
                operands[1] = f"{self.library}.{self.dtype}({operands[1][0]})", ATOM
        else:
            if node.operands[0].shape or self._one == "1.0":  # but truth times a plain number is float64
                operands[:1] = [self._number(node.operands[0], operands[0])]
            else:
                operands = [self._number(operand, each) for operand, each in zip(node.operands, operands, strict=True)]
        if node.function in OPERATORS:
            sign, strength, left, right = OPERATORS[node.function]
            return f"{_inside(operands[0], left)} {sign} {_inside(operands[1], right)}", strength
        if node.function == "negative":
            return f"-{_inside(operands[0], SIGN)}", SIGN
        writer = getattr(self, f"_{node.function}", None)
        if writer is not None:
            return writer(node, operands), ATOM
        arguments = ", ".join([text for text, _ in operands])
        return f"{self.function(node.function)}({arguments})", ATOM

    def function(self, name: str) -> str:
        """A function of numbers, as it is called in the library."""
        if is_lacking(name):
            return self.constants.free(name)
        return f"{self.library}.{NUMPY_NAMES.get(name, name)}"

    def _variable(self, node: Expression, _: Any) -> str:
        return self.name(node)

    _truth = _variable

    def _literal(self, node: Expression, _: Any) -> str:
        return number_text(node.detail, self.library)

    def _constant(self, node: Expression, _: Any) -> str:
        return self.constants.name(node.detail)

    def _transpose(self, _: Expression, operands: list[tuple[str, int]]) -> str:
        return f"{_inside(operands[0], ATOM)}.T"

    def _reshape(self, node: Expression, operands: list[tuple[str, int]]) -> str:
        return f"{_inside(operands[0], ATOM)}.reshape({shape_text(node.shape)})"

    def _broadcast_to(self, node: Expression, operands: list[tuple[str, int]]) -> str:
        return f"{self.library}.broadcast_to({operands[0][0]}, {self.extents(node.shape)})"

    def _zeros_like(self, node: Expression, _: Any) -> str:
        return f"{self.library}.zeros({self.extents(node.shape)}, parameters.dtype)"

    def extents(self, shape: Shape) -> str:
        """A shape as a tuple."""
        return shape_in_parentheses(shape, self.constants.free("batch"))

    def _concatenate(self, node: Expression, operands: list[tuple[str, int]]) -> str:
        return f"{self.library}.concatenate([{', '.join(text for text, _ in operands)}], axis=-1)"

    def _sum(self, node: Expression, operands: list[tuple[str, int]], function: str = "sum") -> str:
        axes, keepdims = node.detail
        arguments = []
        if len(axes) < len(node.operands[0].shape) or keepdims:
            arguments.append(f"axis={axes_text(axes)}")
        if keepdims:
            arguments.append("keepdims=True")
        return f"{_inside(operands[0], ATOM)}.{function}({', '.join(arguments)})"

    def _max(self, node: Expression, operands: list[tuple[str, int]]) -> str:
        return self._sum(node, operands, "max")

    def _finite(self, node: Expression, operands: list[tuple[str, int]]) -> str:
        """The number itself, with the largest there is in place of an infinite one; nan stays."""
        largest = float(np.finfo(self.dtype).max)
        return f"{self.library}.maximum({self.library}.minimum({operands[0][0]}, {largest!r}), {-largest!r})"

    def _entries(self, node: Expression, operands: list[tuple[str, int]]) -> str:
        return f"{_inside(operands[0], ATOM)}[{self.place(node.detail, len(node.operands[0].shape))}]"

    def _view(self, node: Expression, _: Any) -> str:
        return self.view("parameters", node.detail, node.operands[0].shape[0])

    def place(self, which: Any, rank: int) -> str:
        """What stands in the brackets to take entries of the last axis."""
        if isinstance(which, slice):
            text = f"{which.start or ''}:{which.stop}" + (f":{which.step}" if which.step not in (None, 1) else "")
        else:
            text = str(which) if isinstance(which, int) else self.constants.name(which)
        return ":, " * (rank - 1) + text

    def view(self, name: str, index: Index, size: int) -> str:
        """The entries of a flat array at an index, as a view of it where that is possible."""
        if (index == HOLE).any():
            mask = self.constants.name(index != HOLE)
            return f"{self.library}.where({mask}, {name}[{self.constants.name(np.maximum(index, 0))}], 0.0)"
        if index.ndim == 0:
            return f"{name}[{int(index)}]"
        if index.ndim == 1:
            if len(index) == 1:
                return f"{name}[{index[0]}:{index[0] + 1}]"
            if np.array_equal(index, np.arange(size)):
                return name
            step = int(index[1] - index[0])
            if step > 0 and (np.diff(index) == step).all():
                return f"{name}[{self.place(slice(int(index[0]), int(index[-1]) + 1, step), 1)}]"
        elif index.ndim == 2:
            flat = variable(name, (size,))
            block = block_of(index, size)
            if block is not None:
                return self.text(block.of(flat))
            block = block_of(index.T, size)
            if block is not None:
                return self.text(transpose(block.of(flat)))
        return f"{name}[{self.constants.name(index)}]"


def is_lacking(name: str) -> bool:
    """Whether NumPy has no such function of numbers, so that a program that needs it imports it."""
    return name in FUNCTIONS or (name in LACKING and not hasattr(np, name))


def number_text(number: float, library: str = "np") -> str:
    """A number as Python."""
    return (
        repr(number)
        if np.isfinite(number)
        else f"{'-' if number < 0 else ''}{library}.{'inf' if np.isinf(number) else 'nan'}"
    )


def axes_text(axes: tuple[int, ...]) -> str:
    """One axis as a number, several as a tuple."""
    return str(axes[0] if len(axes) == 1 else axes)


def shape_text(shape: Shape) -> str:
    """The arguments of a reshape."""
    return ", ".join(map(str, shape)) if shape else "()"


def shape_in_parentheses(shape: Shape, batch: str) -> str:
    """A shape as a tuple, with a name for the number of samples."""
    extents = [batch if extent == BATCH else str(extent) for extent in shape]
    return f"({', '.join(extents)}{',' if len(extents) == 1 else ''})"


def _inside(written: tuple[str, int], strength: int) -> str:
    text, own = written
    return text if own >= strength else f"({text})"
