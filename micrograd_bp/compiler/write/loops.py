"""Loops as Python: what a loop begins with, a `for`, and in it the statements of a round."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from micrograd_bp.compiler.arrays.language import Array
from micrograd_bp.compiler.arrays.loops import Accumulated, Kept, Loop, Moving, Stacked, initials_of
from micrograd_bp.compiler.arrays.places import is_repeated
from micrograd_bp.compiler.arrays.statements import Statement
from micrograd_bp.compiler.write.numpy import Round, StatementLines, Writer
from micrograd_bp.engine.graph import topological_order


class LoopWriter(Writer):
    """Writes statements, also those of loops."""

    def block(self, statements: Sequence[Statement], read: Sequence[Array] = ()) -> list[StatementLines]:
        """The lines of statements, after which `read` is read."""
        written: list[StatementLines] = []
        for each in statements:
            written += self.loop(each) if each.value.function == "loop" else [self.lines(each)]
        return written

    def routine(self, statements: Sequence[Statement], read: Sequence[Array]) -> list[StatementLines]:
        """The lines of all statements of a routine."""
        return self.block(statements, read)

    def loop(self, statement: Statement) -> list[StatementLines]:
        """The lines of a loop: what it begins with, the `for`, and the statements of a round."""
        loop: Loop = statement.value.detail
        begun = zip(loop.carried, initials_of(statement.value), strict=True)
        lines = assigned([(self.name(symbol), initial) for (symbol, _), initial in begun], self)
        lines += [f"{self.name(sum)} = {self.zeros(sum.shape)}" for sum, _, goes_on in loop.accumulated if not goes_on]
        together = _kept_together(loop)
        apart = [each for each in loop.kept if each not in together]
        if loop.kept and not loop.backward:
            names = [*map(self.kept_name, apart), *([self.kept_name(*together)] if together else [])]
            starts = ["[]" if each.before is None else f"[{self.name(each.before)}]" for each in apart]
            lines.append(f"{', '.join(names)} = {', '.join([*starts, *(['[]'] if together else [])])}")
        t, numbers = self.round_name, numbers_of(loop, self, loop.backward)
        lines.append(f"for {t} in {numbers}:")
        before = dict(self.renamed)
        self.round = Round(t, loop.first)
        for view, name in self.view_lists.items():
            self.renamed[view] = f"{name}[{self.round.number()}]"
        if loop.backward:
            for kept in apart:
                name, later = self.kept_name(kept), kept.before is not None
                self.renamed[kept.own.detail] = f"{name}[{self.round.number(later)}]"
                if kept.before is not None:
                    self.renamed[kept.before.detail] = f"{name}[{self.round.number()}]"
        inside = _round(statement, loop, self)
        if loop.backward and together:
            names = [self.name(each.own) for each in together]
            first = f"{', '.join(names)} = {self.kept_name(*together)}[{self.round.number()}]"
            inside.insert(0, (statement, [first], ()))
        self.renamed, self.round = before, None
        if not loop.backward:
            self.renamed |= {Stacked(each.own.detail): self.kept_name(each) for each in apart}
        return [
            (statement, lines, ()),
            *((each, [f"    {text}" for text in texts], shape) for each, texts, shape in inside),
        ]


def numbers_of(loop: Loop, writer: Writer, backward: bool = False) -> str:
    """The numbers of the rounds, from the first to the last, or the other way round."""
    numbers = f"{writer.constants.free('range')}({f'{loop.first}, ' if loop.first else ''}{loop.first + loop.rounds})"
    return f"{writer.constants.free('reversed')}({numbers})" if backward else numbers


def _kept_together(loop: Loop) -> list[Kept]:
    """What is kept as one, where that is more than one array: all that is not carried."""
    together = [each for each in loop.kept if not each.is_carried]
    return together if len(together) > 1 else []


def _round(statement: Statement, loop: Loop, writer: LoopWriter) -> list[StatementLines]:
    """The lines of a round: its statements, what it adds up, what it keeps and hands on."""
    kept = [] if loop.backward else loop.kept
    results = [*loop.parts, *(each.following for each in loop.carried), *(each.own for each in kept)]
    handed_on = {each.following for each in loop.carried if loop.backward} - {*topological_order(*loop.parts)}
    copies: list[str] = []
    names = {symbol: writer.name(symbol) for symbol, _ in loop.carried}
    while True:
        body = writer.block(loop.body, results)
        end = len(body)
        while end and body[end - 1][0].target in handed_on:  # what is handed on may take the name of what is added up
            end -= 1
        overwritten = overwritten_in(loop, body, results, end, writer)
        if not overwritten:
            break
        for variable in overwritten:
            name = writer.name(variable)
            writer.renamed[variable.detail] = writer.own_name(f"{name}_before")
            if variable in names:
                copies.append(f"{writer.name(variable)} = {name}")
    parts = [(each, part) for each in loop.accumulated for part in each.parts if part.array not in writer.put]
    added = [writer.part(each.target, part, is_put=is_put(each)) for each, part in parts]
    together = [] if loop.backward else _kept_together(loop)
    last = [f"{writer.kept_name(each)}.append({writer.name(each.own)})" for each in kept if each not in together]
    if together:
        last.append(f"{writer.kept_name(*together)}.append(({', '.join(writer.name(each.own) for each in together)}))")
    last += assigned([(names[symbol], following) for symbol, following in loop.carried], writer)
    return [
        *((statement, [text], ()) for text in copies),
        *body[:end],
        *((statement, [text], ()) for text in added),
        *body[end:],
        *((statement, [text], ()) for text in last),
    ]


def overwritten_in(
    loop: Loop, body: Sequence[StatementLines], results: Sequence[Array], end: int, writer: Writer
) -> list[Array]:
    """Variables that are read when another one has taken their name."""
    owners = {writer.name(symbol): symbol for symbol in [*(symbol for symbol, _ in loop.carried), *loop.in_turn]}
    inner = {*owners.values(), *(statement.target for statement, *_ in body)}
    overwritten: dict[Array, None] = {}

    def read(*values: Array) -> None:
        for node in topological_order(*values):
            if node in inner and owners.get(writer.name(node)) is not node:
                overwritten[node] = None

    for position, (statement, lines, _) in enumerate(body):
        if position == end:
            read(*loop.parts)
        if len(lines) > 1:  # the first of them writes to the name already
            owners[writer.name(statement.target)] = statement.target
        read(statement.value)
        owners[writer.name(statement.target)] = statement.target
    read(*(results if end == len(body) else results[len(loop.parts) :]))
    return list(overwritten)


def assigned(pairs: Sequence[tuple[str, Array]], writer: Writer) -> list[str]:
    """Lines that give names new values: one for all, where another one would read what has a new value already."""
    texts = [(name, writer.text(value)) for name, value in pairs]
    texts = [(name, text) for name, text in texts if name != text]
    reads = [writer.names_in(value) for _, value in pairs]
    if any(name in read for place, read in enumerate(reads) for name, _ in pairs[:place]):
        return [f"{', '.join(name for name, _ in texts)} = {', '.join(text for _, text in texts)}"]
    return [f"{name} = {text}" for name, text in texts]


def is_put(accumulated: Accumulated) -> bool:
    """Whether nothing comes to the same entry twice, in all rounds."""
    places: list[Any] = [part.places for part in accumulated.parts]
    tables = [each.table.ravel() for each in places if isinstance(each, Moving)]
    is_all = len(tables) == len(places) and not accumulated.goes_on
    return is_all and not is_repeated(np.concatenate(tables))
