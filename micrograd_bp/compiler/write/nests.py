"""Statements as loop nests on single numbers: text in the small Python that becomes machine code.

Some samples are computed together. An array that has an axis of samples has room for these alone, and what is summed
over all samples is added up from one turn to the next. Entries of all arrays lie in order of rows.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np

from micrograd_bp.compiler.arrays.language import BATCH, WHOLE, Array, Part, Shape, finite_or_zero, parts_of
from micrograd_bp.compiler.arrays.loops import Loop, Moving, initials_of
from micrograd_bp.compiler.arrays.statements import Statement
from micrograd_bp.compiler.find.groups import HOLE, Index
from micrograd_bp.compiler.write.machine_functions import FUNCTIONS
from micrograd_bp.compiler.write.numpy import ATOM, OPERATORS, PRODUCT, SIGN, Written, inside
from micrograd_bp.compiler.write.places import Sum, evenly, loop_variable, position, unravelled
from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.numbers.arrays import COMPARISONS

TOGETHER = 8
"""So many samples are computed together where they are multiplied by matrices, which are then read less often; and so
many terms of a product are added at once, so that each entry of the result is read and written less often."""


class NoLoopNestError(Exception):
    """Something that cannot be written as loop nests."""


@dataclass(slots=True)
class Storage:
    """Where the numbers of a variable are.

    Attributes:
        name: of the array, or of the single number.
        shape: the extents for the samples that are computed together.
        is_array: whether it is no single number.
        offset: where in the array they begin.
        has_rows: whether it is an argument with a row for each sample.
    """

    name: str
    shape: Shape
    is_array: bool = False
    offset: Sum = field(default_factory=Sum)
    has_rows: bool = False


class _Table:
    """Arrays one behind the other."""

    def __init__(self) -> None:
        self._starts: dict[tuple[Shape, bytes], int] = {}
        self._parts: list[np.ndarray[Any, Any]] = []
        self._size = 0

    def start(self, array: "np.ndarray[Any, Any]") -> int:
        """Where an array begins, which is put there if need be."""
        key = array.shape, array.tobytes()
        if key not in self._starts:
            self._starts[key] = self._size
            self._parts.append(array.ravel())
            self._size += array.size
        return self._starts[key]

    def flat(self, dtype: Any) -> "np.ndarray[Any, Any]":
        """All of them."""
        return np.concatenate([np.zeros(0), *self._parts]).astype(dtype)


class Nests:
    """Writes statements as loop nests.

    Attributes:
        lines, loops: what has been written, and how many loops over entries that has.
        allocated: the lines that make arrays, and fill with zeros what is summed over samples.
        functions: what the text imports.
        aliases: variables that are read as something else, since they only say where parameters are.
        reads: how many values read each variable.
    """

    def __init__(self, dtype: str, together: int) -> None:
        """Takes the type of the numbers, and how many samples are computed together."""
        self.dtype, self.together = dtype, together
        self.numbers, self.places = _Table(), _Table()
        self.functions = {"empty", "float64", "inf", "int64", "nan", dtype}
        self.taken = {"kernel", "float", "len", "range", *self.functions, *FUNCTIONS}
        self.sample, self.batch, self.left, self.row = map(self.own_name, ("s", "batch", "left", "row"))
        self.number_table, self.place_table = map(self.own_name, ("numbers", "places"))
        self.total, *self.factors = map(self.own_name, ("total", *(f"x{number}" for number in range(TOGETHER))))
        self.free_indices = [self.own_name(name) for name in "rqonmlkji"]
        self.storage: dict[Array, Storage] = {}
        self.shapes: dict[Array, Shape] = {}
        self.stacks: dict[Array, Storage] = {}
        self.aliases: dict[Array, Array] = {}
        self.reads: Counter[Array] = Counter()
        self.round = Sum()
        self.in_samples = self.in_loop = False
        self.depth, self.loops = 1, 0
        self.lines: list[str] = []
        self.allocated: list[str] = []
        self.arguments: list[str] = []

    def own_name(self, name: str) -> str:
        """A new name, like the one that is asked for."""
        new, number = name, 1
        while new in self.taken:
            number += 1
            new = f"{name}_{number}"
        self.taken.add(new)
        return new

    # ---- shapes and storage

    def shape(self, a: Array) -> Shape:
        """The extents of an array, with those samples that are computed together; other rows may stand there too."""
        if BATCH not in a.shape:
            return a.shape
        if a not in self.shapes:
            operands = list(map(self.shape, a.operands))
            if a.function == "reshape":
                rows = prod(operands[0]) // prod(extent for extent in a.shape if extent != BATCH)
            else:
                rows = max(
                    [
                        extent
                        for operand, shape in zip(a.operands, operands, strict=True)
                        for whole, extent in zip(operand.shape, shape, strict=True)
                        if whole == BATCH
                    ],
                    default=self.together,
                )
            self.shapes[a] = tuple([rows if extent == BATCH else extent for extent in a.shape])
        return self.shapes[a]

    def _allocate(self, target: Array, rounds: int = 0, name: str = "") -> Storage:
        """Where a variable is to be; with so many rounds one behind the other."""
        if target not in self.storage or rounds:
            shape, name = self.shape(target), self.own_name(name or target.name)
            size = prod(shape)
            is_array = size != 1 or rounds > 0
            self.storage[target] = Storage(name, shape, is_array)
            if is_array:
                is_sum = self.in_samples and not self.in_loop and BATCH not in target.shape  # of many terms
                kind = "float64" if is_sum else self.dtype
                self.functions.add(kind)
                self.allocated.append(f"    {name} = empty({max(1, rounds) * size}, {kind})")
        return self.storage[target]

    def _entry(self, storage: Storage, place: Sum) -> str:
        """An entry of what is stored."""
        if not storage.is_array:
            return storage.name
        if storage.has_rows:
            row, column = place.divided(storage.shape[-1])
            text = f"{self.row}[{row}]" if self.together > 1 else self.sample
            return f"{storage.name}[{text}, {column}]"
        return f"{storage.name}[{place + storage.offset}]"

    # ---- numbers

    def number(self, a: Array, index: Sequence[Sum]) -> Written:
        """An entry of an array as Python."""
        written = self.element(a, index)
        return (f"(1.0 if {written[0]} else 0.0)", ATOM) if a.function in COMPARISONS else written

    def truth(self, a: Array, index: Sequence[Sum]) -> str:
        """An entry of an array as a condition."""
        written = self.element(a, index)
        return written[0] if a.function in COMPARISONS else f"{inside(written, SIGN)} != 0.0"

    def element(self, a: Array, index: Sequence[Sum]) -> Written:
        """An entry of an array as Python; of a comparison, truth."""
        a = self.aliases.get(a, a)
        if a.function in ("variable", "truth"):
            storage = self.storage[a]
            return self._entry(storage, position(index, storage.shape)), ATOM
        if a.function == "literal":
            return repr(a.detail), ATOM if a.detail >= 0.0 else SIGN
        if a.function in ("constant", "numbers_at_round"):
            where = index if a.function == "constant" else [self.round, *index]
            start = self.numbers.start(a.detail)
            return f"{self.number_table}[{position(where, a.detail.shape) + Sum(start)}]", ATOM
        if a.function in ("take", "at_round"):
            return self._taken(a, index)
        if a.function == "reshape" and (root := peeled(a)) in self.storage:  # entries stay in their order
            return self._entry(self.storage[root], position(index, self.shape(a))), ATOM
        if a.function == "reshape":
            return self.number(a.operands[0], unravelled(position(index, self.shape(a)), self.shape(a.operands[0])))
        if a.function == "finite":
            return self.element(finite_or_zero(a.operands[0]), index)
        if a.function == "transpose":
            return self.number(a.operands[0], index[::-1])
        is_outer = a.function == "outer"
        places = [index[:1], index[1:]] if is_outer else [self._aligned(operand, index) for operand in a.operands]
        if a.function == "broadcast_to":
            return self.number(a.operands[0], places[0])
        if a.function == "where":
            condition = self.truth(a.operands[0], places[0])
            yes, no = (self.number(*each)[0] for each in zip(a.operands[1:], places[1:], strict=True))
            return f"({yes} if {condition} else {no})", ATOM
        operands = [self.number(operand, place) for operand, place in zip(a.operands, places, strict=True)]
        if is_outer or a.function in OPERATORS:
            sign, strength, *strengths = OPERATORS["multiply" if is_outer else a.function]
            texts = [inside(*each) for each in zip(operands, strengths, strict=True)]
            return f" {sign} ".join(texts), strength
        if a.function == "negative":
            return f"-{inside(operands[0], SIGN)}", SIGN
        return f"{self._function(a.function)}({', '.join([text for text, _ in operands])})", ATOM

    def _function(self, name: str) -> str:
        """A function of numbers, which the text imports."""
        if name not in FUNCTIONS:
            raise NoLoopNestError(f"there is no machine code for the function {name}")
        self.functions.add(name)
        return name

    def _taken(self, a: Array, index: Sequence[Sum]) -> Written:
        """An entry of a `take`, or of one in a loop."""
        (operand,) = a.operands
        rank = len(operand.shape) - 1
        lead, rest = list(index[:rank]), list(index[rank:])
        is_moving = a.function == "at_round"
        table = a.detail.table if is_moving else a.detail
        place, present = self._place(table, [self.round, *rest] if is_moving else rest, operand.shape[-1])
        text, strength = self.number(operand, [*lead, place])
        return (f"({text} if {present} else 0.0)", ATOM) if present else (text, strength)

    def _place(self, table: Index, index: Sequence[Sum], extent: int) -> tuple[Sum, str]:
        """The place that a table has at an index, and what says whether it has one; "" where it always has."""
        even = evenly(table)
        if even is not None:
            first, steps = even
            place = Sum(first)
            for step, each in zip(steps, index, strict=True):
                place = place + each.times(step)
            return place, ""
        text = f"{self.place_table}[{position(index, table.shape) + Sum(self.places.start(table))}]"
        return loop_variable(text, max(2, extent)), f"{text} >= 0" if (table == HOLE).any() else ""

    # ---- statements

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """A line, and below it, further in, what is written meanwhile."""
        self.line(head)
        self.depth += 1
        yield
        self.depth -= 1

    def line(self, text: str) -> None:
        """Writes a line."""
        self.lines.append("    " * self.depth + text)

    @contextmanager
    def over(self, *extents: int) -> Iterator[list[Sum]]:
        """Loops over so many numbers each, one inside of the other."""
        index, names = [Sum()] * len(extents), list[str]()
        with ExitStack() as blocks:
            for place, extent in enumerate(extents):
                if extent != 1:
                    names.append(self.free_indices.pop())
                    index[place] = loop_variable(names[-1], extent)
                    blocks.enter_context(self.block(f"for {names[-1]} in range({extent}):"))
                    self.loops += 1
            yield index
        self.free_indices += reversed(names)

    def write(self, statements: Iterable[Statement]) -> None:
        """Writes statements; those that follow each other and run over the same entries share a nest."""
        statements = [each for each in statements if each.target not in self.aliases]
        for nest in self._nests(statements):
            extents = self._extents(nest[0])
            if nest[0].value.function == "loop":
                self._loop(nest[0].value)
            elif extents is None:
                self._value(self._allocate(nest[0].target), nest[0].value, is_new=True)
            else:
                self._together(nest, extents)

    def _nests(self, statements: Iterable[Statement]) -> Iterator[list[Statement]]:
        nest: list[Statement] = []
        for each in statements:
            made, extents = {statement.target for statement in nest}, self._extents(each)
            if not nest or extents is None or extents != self._extents(nest[0]) or self._reads_elsewhere(each, made):
                yield from [nest] if nest else []
                nest = []
            nest.append(each)
        yield from [nest] if nest else []

    def _extents(self, statement: Statement) -> Shape | None:
        """The extents of the loops that compute a statement entry by entry; None where it has loops of its own."""
        root = peeled(statement.value)
        if root.function == "loop" or root.function in WHOLE:
            return None
        shapes = self.shape(root), self.shape(statement.target)
        return tuple([extent for extent in max(shapes, key=prod) if extent != 1])

    def _reads_elsewhere(self, statement: Statement, made: set[Array]) -> bool:
        """Whether a statement reads something of what others have `made` at another entry than its own."""
        stack = [peeled(statement.value)]
        while stack:
            node = stack.pop()
            if node.is_computed:
                stack += node.operands
            elif node.operands and not made.isdisjoint(topological_order(node)):
                return True
        return False

    def _together(self, nest: Sequence[Statement], extents: Shape) -> None:
        """One nest for some statements; what is read nowhere else is a number in it."""
        reads = Counter(node for each in nest for node in topological_order(each.value))
        for each in nest:
            if each.target not in self.storage and extents and reads[each.target] == self.reads[each.target]:
                self.storage[each.target] = Storage(self.own_name(each.target.name), self.shape(each.target))
        storages = [self._allocate(each.target) for each in nest]
        with self.over(*extents) as numbers:
            for each, storage in zip(nest, storages, strict=True):
                root, left = peeled(each.value), iter(numbers)
                shape = max(self.shape(root), self.shape(each.target), key=prod)
                index = [Sum() if extent == 1 else next(left) for extent in shape]
                self._put(storage, position(index, shape), root, self._aligned(root, index), is_new=True)

    def _zeros(self, storage: Storage) -> None:
        """Fills what is stored with zeros."""
        with self.over(*storage.shape) as index:
            self.line(f"{self._entry(storage, position(index, storage.shape))} = 0.0")

    def _zeros_before_samples(self, storage: Storage) -> None:
        lines, depth = self.lines, self.depth
        self.lines, self.depth = self.allocated, 1
        self._zeros(storage)
        self.lines, self.depth = lines, depth

    def _value(self, storage: Storage, value: Array, *, is_new: bool) -> None:
        """Puts a value to where it is stored, or adds it to what is there."""
        root = value if (is_repeated := prod(self.shape(value)) != prod(storage.shape)) else peeled(value)
        if is_new and self.in_samples and not self.in_loop and sums_samples(root):
            self._zeros_before_samples(storage)
            is_new = False
        if root.function == "concatenate":
            start = 0
            for part in root.operands:
                *lead, extent = self.shape(part)
                with self.over(*lead, extent) as index:
                    place = position([*index[:-1], index[-1] + Sum(start)], self.shape(root))
                    self._put(storage, place, part, index, is_new=is_new)
                start += extent
        elif root.function == "scatter":
            self._scattered(storage, root, is_new=is_new)
        elif root.function == "matmul":
            if is_new:
                self._zeros(storage)
            self._product(storage, *root.operands)
        elif root.function in ("sum", "max"):
            self._reduced(storage, root, is_new=is_new)
        else:
            shape = storage.shape if is_repeated else self.shape(root)
            with self.over(*shape) as index:
                self._put(storage, position(index, shape), root, self._aligned(root, index), is_new=is_new)

    def _aligned(self, a: Array, index: Sequence[Sum]) -> list[Sum]:
        """The index in an array of what stands at an index of one that it is repeated to."""
        shape = self.shape(a)
        last = index[len(index) - len(shape) :]
        return [Sum() if extent == 1 else each for each, extent in zip(last, shape, strict=True)]

    def _put(self, storage: Storage, place: Sum, a: Array, index: Sequence[Sum], *, is_new: bool) -> None:
        """The line that puts an entry of an array to a place, or adds it there."""
        self.line(f"{self._entry(storage, place)} {'=' if is_new else '+='} {self.number(a, index)[0]}")

    def _scattered(self, storage: Storage, scattered: Array, *, is_new: bool) -> None:
        parts = parts_of(scattered)
        if is_new and parts and parts[0].places is None:
            self._value(storage, parts.pop(0).array, is_new=True)
        elif is_new:
            self._zeros(storage)
        for part in parts:
            self._added(storage, part, scattered.shape)

    def _added(self, storage: Storage, part: Part, whole: Shape) -> None:
        """Adds a part to some entries of what is stored, which has the shape of `whole`."""
        if part.places is None:
            self._value(storage, part.array, is_new=False)
            return
        places: Any = part.places
        is_moving = isinstance(places, Moving)
        table = places.table if is_moving else places
        here = table.shape[1:] if is_moving else table.shape
        lead = storage.shape[: len(whole) - 1]
        array, n = peeled(part.array), len(lead)
        shape = self.shape(array)
        in_order = shape[:n] == lead and prod(shape[n:]) == prod(here)
        if not in_order:  # it counts as repeated
            array, shape = part.array, (*lead, *here)
        with self.over(*shape) as index:
            own = index if in_order else self._aligned(array, index)
            first, rest = index[:n], unravelled(position(index[n:], shape[n:]), here)
            place, present = self._place(table, [self.round, *rest] if is_moving else rest, whole[-1])
            with self.block(f"if {present}:") if present else nullcontext():
                self._put(storage, position([*first, place], storage.shape), array, own, is_new=False)

    def _reduced(self, storage: Storage, reduced: Array, *, is_new: bool) -> None:
        """A sum, or a maximum, over some axes."""
        (a,), (axes, _) = reduced.operands, reduced.detail
        shape = self.shape(a)
        begin = "0.0" if reduced.function == "sum" else "-inf"
        kept = [1 if axis in axes else extent for axis, extent in enumerate(shape)]
        summed = [extent if axis in axes else 1 for axis, extent in enumerate(shape)]

        def add(name: str, index: Sequence[Sum]) -> None:
            number = self.number(a, index)
            text, _ = self._if_there(a, 0, index[0], number) if sums_samples(reduced) else number
            largest = f"{name} = {self._function('maximum')}({name}, {text})"
            self.line(f"{name} += {text}" if reduced.function == "sum" else largest)

        if max([axis for axis in range(len(shape)) if kept[axis] > 1], default=-1) < min(
            [axis for axis in range(len(shape)) if summed[axis] > 1], default=len(shape)
        ):
            with self.over(*kept) as outer:
                place = position(outer, kept)
                with self._total(storage, place, summed, begin, is_new=is_new) as (total, inner):
                    add(total, [outer[axis] + inner[axis] for axis in range(len(shape))])
            return
        if is_new:
            with self.over(*kept) as index:
                self.line(f"{self._entry(storage, position(index, kept))} = {begin}")
        with self.over(*shape) as index:
            out = [Sum() if axis in axes else each for axis, each in enumerate(index)]
            add(self._entry(storage, position(out, kept)), index)

    @contextmanager
    def _total(
        self, storage: Storage, place: Sum, extents: Sequence[int], begin: str = "0.0", *, is_new: bool = False
    ) -> Iterator[tuple[str, list[Sum]]]:
        """Loops in which terms are added to a number, which is then put to its place, or added to what is there."""
        total = self.total if storage.is_array else storage.name
        if is_new or storage.is_array:
            self.line(f"{total} = {begin}")
        with self.over(*extents) as index:
            yield total, index
        if storage.is_array:
            self.line(f"{self._entry(storage, place)} {'=' if is_new else '+='} {total}")

    def _product(self, storage: Storage, a: Array, b: Array) -> None:
        """Adds a product of matrices."""
        *rows, terms = self.shape(a)
        columns = self.shape(b)[1:]
        if prod(columns) == 1:
            with self.over(*rows) as row, self._total(storage, position(row, rows), [terms]) as (total, (term,)):
                left = self._if_there(a, -1, term, self.number(a, [*row, term]))
                right = self.number(b, [term, *[Sum()] * len(columns)])
                self.line(f"{total} += {inside(left, PRODUCT)} * {inside(right, SIGN)}")
            return
        whole = terms - terms % TOGETHER if terms >= 2 * TOGETHER else 0
        if whole:
            name = self.free_indices.pop()
            with self.block(f"for {name} in range(0, {whole}, {TOGETHER}):"):
                term = loop_variable(name, whole)
                self._terms(storage, a, b, [term + Sum(number) for number in range(TOGETHER)])
            self.free_indices.append(name)
        for start in range(whole, terms, TOGETHER):
            self._terms(storage, a, b, [Sum(number) for number in range(start, min(terms, start + TOGETHER))])

    def _if_there(self, a: Array, axis: int, row: Sum, number: Written) -> Written:
        """A number that is added up along an axis; 0 where that is one of samples, of which there are no more."""
        if self.together == 1 or a.shape[axis] != BATCH:
            return number
        turns = self.shape(a)[axis] // self.together
        times = f"{turns} * " if turns > 1 else ""
        return f"({number[0]} if {row} < {times}{self.left} else 0.0)", ATOM

    def _terms(self, storage: Storage, a: Array, b: Array, terms: Sequence[Sum]) -> None:
        """Adds some terms of a product of matrices."""
        rows, (columns,) = self.shape(a)[:-1], self.shape(b)[1:]
        with self.over(*rows) as row:
            for factor, term in zip(self.factors, terms, strict=False):
                self.line(f"{factor} = {self._if_there(a, -1, term, self.number(a, [*row, term]))[0]}")
            with self.over(columns) as (column,):
                products = [
                    f"{factor} * {inside(self.number(b, [term, column]), SIGN)}"
                    for factor, term in zip(self.factors, terms, strict=False)
                ]
                entry = self._entry(storage, position([*row, column], [*rows, columns]))
                self.line(f"{entry} += {' + '.join(products)}")

    # ---- loops

    def _loop(self, node: Array) -> None:
        loop: Loop = node.detail
        for kept in () if loop.backward else loop.kept:
            slots = loop.rounds + (kept.before is not None)
            self.stacks[kept.own] = self._allocate(kept.own, slots, f"{kept.own.name}s")
            if kept.before is not None:
                self.storage[kept.before] = self.stacks[kept.own]
        for (symbol, _), initial in zip(loop.carried, initials_of(node), strict=True):
            self._value(self._allocate(symbol), initial, is_new=True)
        for target, _, goes_on in loop.accumulated:
            if not goes_on:
                storage = self._allocate(target)
                is_sum = self.in_samples and BATCH not in target.shape
                (self._zeros_before_samples if is_sum else self._zeros)(storage)
        t = self.own_name("t")
        self.round, self.in_loop = loop_variable(t, max(2, loop.rounds)), True
        self._read_kept(loop, self.round)
        numbers = f"{loop.rounds - 1}, -1, -1" if loop.backward else str(loop.rounds)
        with self.block(f"for {t} in range({numbers}):"):
            self.write(loop.body)
            for target, parts, _ in loop.accumulated:
                for part in parts:
                    self._added(self.storage[target], part, target.shape)
            for symbol, following in loop.carried:
                is_there = any(kept.before is symbol and kept.own is following for kept in loop.kept)
                if following is not symbol and not (is_there and not loop.backward):
                    self._value(self.storage[symbol], following, is_new=True)
        self.in_loop = False
        self._read_kept(loop, Sum(loop.rounds - 1))

    def _read_kept(self, loop: Loop, number: Sum) -> None:
        """Lets what a loop keeps be read, and written, as that of the round with this number."""
        for kept in loop.kept:
            stack = self.stacks[kept.own]
            before, size = int(kept.before is not None), prod(stack.shape)
            self.storage[kept.own] = replace(stack, offset=(number + Sum(before)).times(size))
            if kept.before is not None:
                self.storage[kept.before] = replace(stack, offset=number.times(size))


def sums_samples(a: Array) -> bool:
    """Whether it adds up over samples."""
    if a.function == "sum":
        return any(a.operands[0].shape[axis] == BATCH for axis in a.detail[0])
    return a.function == "matmul" and a.operands[0].shape[-1] == BATCH


def peeled(a: Array) -> Array:
    """What is reshaped, which has the same entries in the same order."""
    while a.function == "reshape":
        (a,) = a.operands
    return a
