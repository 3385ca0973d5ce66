"""Routines as Python that changes nothing in place, on the functions of an array library that is called `xp`."""

from collections.abc import Mapping, Sequence

from micrograd_bp.compiler.arrays.functional import functional
from micrograd_bp.compiler.arrays.language import Array
from micrograd_bp.compiler.arrays.loops import Loop
from micrograd_bp.compiler.arrays.places import is_slice
from micrograd_bp.compiler.arrays.routine import Routine
from micrograd_bp.compiler.arrays.scans import InTurn
from micrograd_bp.compiler.arrays.statements import Statement
from micrograd_bp.compiler.find.groups import Index
from micrograd_bp.compiler.write.constants import Constants
from micrograd_bp.compiler.write.loops import LoopWriter, assigned, overwritten_in
from micrograd_bp.compiler.write.module import ModuleSource
from micrograd_bp.compiler.write.numpy import (
    ATOM,
    StatementLines,
    Written,
    axes_arguments,
    shape_in_parentheses,
    tuple_of,
)
from micrograd_bp.engine.numbers.arrays import COMPARISONS


def functional_source(
    routines: Sequence[Routine], dtype: str = "float64", arrays: Mapping[Array, Index] | None = None
) -> ModuleSource:
    """Writes routines as a module, which is to be run with `xp` and its constants among its globals.

    They take and give `arrays` of parameters, if there are any, in place of a flat one.
    """
    module = ModuleSource(Constants(dtype, [group.name for group in routines[0].inputs]))
    parameters = ["parameters"] if arrays is None else [each.name for each in arrays]
    writer = FunctionalWriter(module.constants, dtype, module.constants.free("xp"))
    writer.like = parameters[0]
    inputs = [f"{group.name} (batch, {len(group)})" for group in routines[0].inputs]
    module.lines = [
        f'"""A graph of scalars as pure functions of {", ".join([*parameters, *inputs])}.',
        "",
        "`xp` has the functions of an array library, and what that lacks.",
        '"""',
    ]
    for routine in routines:
        module.add(functional(routine, arrays), writer, parameters)
    return module


class FunctionalWriter(LoopWriter):
    """Writes expressions as functions of `xp`: methods, and arithmetic on truth, differ between libraries."""

    like = "parameters"  # a number becomes an array of this one's type

    def loop(self, statement: Statement) -> list[StatementLines]:
        """A loop as a scan: a function for a round, and a call that runs it for all rounds."""
        loop: Loop = statement.value.detail
        symbols = [symbol for symbol, _ in loop.carried]
        operands = statement.value.operands[: loop.n_beginning]
        for symbol in loop.in_turn:
            if isinstance(symbol.detail, InTurn):
                self.renamed[symbol.detail] = self.own_name(self.name(symbol))
        begun = assigned(
            [(self.name(symbol), initial) for symbol, initial in zip(symbols, operands, strict=False)], self
        )
        sources = tuple_of(map(self.text, operands[len(symbols) :]))
        for stack, _ in loop.stacked:
            self.renamed[stack.detail] = self.own_name(self.name(stack))
        outside = dict(self.renamed)
        function, carried, in_turn = map(self.own_name, ("one_round", "carried", "in_turn"))
        results = [*(following for _, following in loop.carried), *(value for _, value in loop.stacked)]
        names = {self.name(symbol) for symbol in symbols}
        for symbol in loop.in_turn:
            if self.name(symbol) in names:
                self.renamed[symbol.detail] = self.own_name(f"{self.name(symbol)}_before")
            names.add(self.name(symbol))
        while overwritten := overwritten_in(
            loop, body := self.block(loop.body, results), results, len(loop.body), self
        ):
            for each in overwritten:
                self.renamed[each.detail] = self.own_name(f"{self.name(each)}_before")
        followings = tuple_of(self.text(following) for _, following in loop.carried)
        inside = [
            (statement, [f"{tuple_of(map(self.name, symbols))} = {carried}"] if symbols else [], ()),
            (statement, [f"{tuple_of(map(self.name, loop.in_turn))} = {in_turn}"] if loop.in_turn else [], ()),
            *body,
            (statement, [f"return {followings}, {tuple_of(self.text(value) for _, value in loop.stacked)}"], ()),
        ]
        self.renamed = outside
        stacks = tuple_of(self.name(stack) for stack, _ in loop.stacked)
        backward = ", backward=True" if loop.backward else ""
        handed = tuple_of(map(self.name, symbols))
        call = f"{self.library}.scan({function}, {handed}, {sources}, {loop.rounds}{backward})"
        last = [f"{handed}, {stacks} = {call}"]
        for symbol, following in loop.carried:  # after a loop that runs forward, what the last round handed on is read
            if following.function == "variable" and self.name(following) != self.name(symbol) and not loop.backward:
                last.append(f"{self.name(following)} = {self.name(symbol)}")
        return [
            (statement, [*begun, f"def {function}({carried}, {in_turn}):"], ()),
            *((each, [f"    {text}" for text in texts], shape) for each, texts, shape in inside if texts),
            (statement, last, ()),
        ]

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
        return self._called("array", operands, self.like)

    def _reshape(self, node: Array, operands: list[Written]) -> str:
        return self._called("reshape", operands, shape_in_parentheses(node.shape, "-1"))

    def _broadcast_to(self, node: Array, operands: list[Written]) -> str:
        return self._called("broadcast_to", operands, self.extents(node.shape))

    def _concatenate(self, node: Array, operands: list[Written]) -> str:
        parts = self.side_by_side(node, operands, f"*{self.library}.unstack({{}}, axis=0)")
        return f"{self.library}.concat([{', '.join(parts)}])"

    def _of_round(self, node: Array, operands: list[Written]) -> str:
        return f"{operands[0][0]}[{node.detail.number}, ...]"

    def _sum(self, node: Array, operands: list[Written], function: str = "total") -> str:
        return self._called(function, operands, *axes_arguments(node))

    def _max(self, node: Array, operands: list[Written]) -> str:
        return self._sum(node, operands, "largest")

    def _take(self, node: Array, operands: list[Written]) -> str:
        if is_slice(node.detail):
            return super()._take(node, operands)
        return self._called("take", operands, self.constants.name(node.detail))

    def _moveaxis(self, node: Array, operands: list[Written]) -> str:
        return self._called("moveaxis", operands, *map(str, node.detail))
