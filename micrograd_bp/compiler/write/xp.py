"""Routines as Python that changes nothing in place, on the functions of an array library that is called `xp`."""

from collections.abc import Sequence

from micrograd_bp.compiler.arrays.functional import functional
from micrograd_bp.compiler.arrays.language import BATCH, Array, Shape
from micrograd_bp.compiler.arrays.places import is_slice
from micrograd_bp.compiler.arrays.routine import Routine
from micrograd_bp.compiler.write.constants import Constants
from micrograd_bp.compiler.write.module import ModuleSource, routine_lines
from micrograd_bp.compiler.write.numpy import ATOM, COMPARISONS, Writer, Written


def functional_source(routines: Sequence[Routine], dtype: str = "float64") -> ModuleSource:
    """Writes routines as a module, which is to be run with `xp` and its constants among its globals."""
    module = ModuleSource(Constants(dtype, [group.name for group in routines[0].inputs]))
    writer = FunctionalWriter(module.constants, dtype, module.constants.free("xp"))
    inputs = [f"{group.name} (batch, {len(group)})" for group in routines[0].inputs]
    lines = [
        f'"""A graph of scalars as pure functions of {", ".join(["parameters", *inputs])}.',
        "",
        "`xp` has the functions of an array library, and what that lacks.",
        '"""',
    ]
    for routine in routines:
        lines += ["", "", *routine_lines(functional(routine), writer, module, len(lines) + 2)]
    module.lines = lines
    return module


class FunctionalWriter(Writer):
    """Writes expressions as functions of `xp`: methods, and arithmetic on truth, differ between libraries."""

    def truth(self, node: Array) -> str:
        """A comparison, which gives 1.0 or 0.0 here."""
        return self.text(node)

    def _number(self, node: Array, written: Written) -> Written:
        return written

    def written(self, node: Array, operands: list[Written]) -> Written:
        """As for any writer; what Python writes with signs or brackets may be a function."""
        if node.function in COMPARISONS or node.function == "where":
            return self._called(node.function, operands), ATOM
        return super().written(node, operands)

    def function(self, name: str) -> str:
        """A function of numbers, under its standard name."""
        return f"{self.library}.{name}"

    def _called(self, function: str, operands: list[Written], *arguments: str) -> str:
        return f"{self.function(function)}({', '.join([*(text for text, _ in operands), *arguments])})"

    def _array(self, _: Array, operands: list[Written]) -> str:
        return self._called("array", operands, "parameters")

    def _reshape(self, node: Array, operands: list[Written]) -> str:
        return self._called("reshape", operands, _tuple(node.shape, "-1"))

    def _broadcast_to(self, node: Array, operands: list[Written]) -> str:
        return self._called("broadcast_to", operands, _tuple(node.shape, self.constants.free("batch")))

    def _concatenate(self, _: Array, operands: list[Written]) -> str:
        return f"{self.library}.concat([{', '.join(text for text, _ in operands)}])"

    def _sum(self, node: Array, operands: list[Written], function: str = "total") -> str:
        axes, keepdims = node.detail
        arguments = []
        if len(axes) < len(node.operands[0].shape) or keepdims:
            arguments.append(f"axis={axes[0] if len(axes) == 1 else axes}")
        return self._called(function, operands, *arguments, *(["keepdims=True"] if keepdims else []))

    def _max(self, node: Array, operands: list[Written]) -> str:
        return self._sum(node, operands, "largest")

    def _finite(self, _: Array, operands: list[Written]) -> str:
        return self._called("finite", operands)

    def _take(self, node: Array, operands: list[Written]) -> str:
        if is_slice(node.detail):
            return super()._take(node, operands)
        return self._called("take", operands, self.constants.name(node.detail))


def _tuple(shape: Shape, batch: str) -> str:
    extents = [batch if extent == BATCH else str(extent) for extent in shape]
    return f"({', '.join(extents)}{',' if len(extents) == 1 else ''})"
