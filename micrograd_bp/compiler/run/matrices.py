"""A graph as a program of matrices: groups, their routines, and the source that runs."""

import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.compiler import thresholds
from micrograd_bp.compiler.arrays.language import BATCH
from micrograd_bp.compiler.arrays.loops import Loop, loop_body
from micrograd_bp.compiler.arrays.rolling import Rounds, RunningSum
from micrograd_bp.compiler.arrays.routine import Routine, Routines
from micrograd_bp.compiler.arrays.statements import Statement
from micrograd_bp.compiler.find.graph import Graph
from micrograd_bp.compiler.find.grouping import Grouping
from micrograd_bp.compiler.find.groups import HOLE, Group, Input, Parameters, View
from micrograd_bp.compiler.run.lines import Lines
from micrograd_bp.compiler.run.non_finite import ERRORS_IGNORED
from micrograd_bp.compiler.write.module import ModuleSource, module_source
from micrograd_bp.compiler.write.names import give_names
from micrograd_bp.compiler.write.source_text import Place, SourceText
from micrograd_bp.engine import Value

Array = NDArray[Any]


class _Written(NamedTuple):
    """A source, what it defines, and what stands in which line."""

    text: SourceText
    namespace: dict[str, Any]
    module: ModuleSource

    @property
    def views(self) -> Callable[[Array], tuple[Any, ...]]:
        """The function that takes the views of the parameters."""
        function: Callable[[Array], tuple[Any, ...]] = self.namespace[self.module.constants.free("views")]
        return function


def _block_size(routine: Routine) -> int | None:
    """How many samples to take at a time; None for all, where adding up gradients would cost more than it brings."""
    widths = [
        rounds * each.target.shape[-1]
        for statement in routine.statements
        for rounds, each in [
            (1, statement),
            *((statement.value.detail.rounds, inner) for inner in loop_body(statement)),
        ]
        if each.target.shape[:1] == (BATCH,)
    ]
    (n_parameters,) = routine.results["gradient"].shape
    block = thresholds.SAMPLES_IN_A_BLOCK
    return block if 4 * n_parameters < block * sum(widths) else None


def _in_blocks(
    function: Callable[..., tuple[Any, ...]],
    parameters: Array,
    views: tuple[Any, ...],
    inputs: Sequence[Array],
    batch: int,
    size: int,
) -> tuple[Any, ...]:
    """The mean over a batch as the mean over its blocks, each with the weight of its samples."""
    value, gradient = 0.0, np.zeros_like(parameters)
    along_inputs = []
    for start in range(0, batch, size):
        block = [array[start : start + size] for array in inputs]
        share = len(block[0]) / batch
        block_value, block_gradient, *others = function(parameters, views, *block)
        value += share * block_value
        block_gradient *= share
        gradient += block_gradient
        along_inputs.append([share * other for other in others])
    return value, gradient, *(np.concatenate(parts) for parts in zip(*along_inputs, strict=True))


class _InLoop(NamedTuple):
    """Where a group is: in which loop, which group of the body stands for it, and in which of the rounds."""

    rounds: Rounds
    own: Group
    number: int


class Matrices:
    """The program of a graph.

    Attributes:
        predict_inputs: the names of the inputs that the outputs depend on.
        source: Python source, which runs on its own.
        filename: the name under which a debugger finds the source.
    """

    def __init__(
        self, grouping: Grouping, graph: Graph, with_respect_to: Sequence[str] = (), dtype: str = "float64"
    ) -> None:
        """Writes and compiles the program of grouped nodes."""
        self.grouping = grouping
        routines = Routines(grouping)
        self.routines = [routines.value_and_gradient(graph.loss, with_respect_to)]
        self.routines += [routines.predict(graph.outputs)] if graph.outputs else []
        self.predict_inputs = [group.name for routine in self.routines[1:] for group in routine.inputs]
        chains = [chain for rounds in routines.loops for chain in rounds.groups.values()]
        give_names(grouping, routines.reader, graph.loss, graph.outputs, chains)
        self._same = routines.reader.same
        self._in_loop: dict[Group | None, _InLoop] = {
            group: _InLoop(rounds, own, number)
            for rounds in routines.loops[::-1]
            for own, chain in rounds.groups.items()
            if not isinstance(own, RunningSum) and not isinstance(chain[0], RunningSum)
            for number, group in enumerate(chain)
        }
        self._views = routines.reader.views
        self._dtype = dtype
        self._plain = self._written(buffered=False)
        self.source, self.filename = self._plain.text.source, self._plain.text.filename
        self._lines = self._plain.module.statements.get("value_and_gradient", {})
        self._places: dict[tuple[Group | None, bool], int] = {}
        for number, (statement, _) in self._lines.items():
            self._places.setdefault((self._written_for(statement.group), statement.is_backward), number)
        self._block = _block_size(self.routines[0])
        self._have_copies: bool | None = None
        self._viewed: Array | None = None
        self._kept_views: tuple[Any, ...] = ()

    def _written(self, *, buffered: bool) -> "_Written":
        routines = self.routines[:1] if buffered else self.routines
        module = module_source(routines, _description(self.grouping), self._dtype, buffered=buffered)
        constants = module.constants.source()
        text = SourceText([module.lines, *([[constants]] if constants else [])])
        return _Written(text, text.run(), module)

    @cached_property
    def _buffered(self) -> "_Written":
        return self._written(buffered=True)

    @property
    def buffered_source(self) -> str:
        """The same program, working on in place; what runs on more than a few samples."""
        return self._buffered.text.source

    def value_and_gradient(self, parameters: Array, inputs: Sequence[Array], batch: int | None) -> tuple[Any, ...]:
        """The mean of the loss over a batch, and its derivatives, in IEEE arithmetic; as `Lines` has it."""
        few = batch is not None and batch <= thresholds.SAMPLES_IN_PLAIN_SOURCE
        run = ERRORS_IGNORED.copy().run
        if few or is_debugged():  # breakpoints are in the plain source
            outcome: tuple[Any, ...] = run(self._plain.namespace["value_and_gradient"], parameters, *inputs)
            return outcome
        function = self._buffered.namespace["value_and_gradient"]
        if batch is None or self._block is None or batch < 2 * self._block:
            return run(function, parameters, self._views_of(parameters), *inputs)
        return run(_in_blocks, function, parameters, self._views_of(parameters), inputs, batch, self._block)

    def _views_of(self, parameters: Array) -> tuple[Any, ...]:
        """The views of the parameters, which are kept as long as these are in the same array."""
        if parameters is not self._viewed:
            views: tuple[Any, ...] = ERRORS_IGNORED.copy().run(self._buffered.views, parameters)
            if not self._views_follow(views, parameters):
                return views
            self._kept_views, self._viewed = views, parameters
        return self._kept_views

    def _views_follow(self, views: Sequence[Any], parameters: Array) -> bool:
        """Whether none is a copy, which would not follow when a parameter changes; found out once."""
        if self._have_copies is None:
            single = [each for view in views for each in (view if isinstance(view, list) else [view])]
            self._have_copies = not all(np.may_share_memory(view, parameters) for view in single)
        return not self._have_copies

    def predict(self, parameters: Array, inputs: Sequence[Array], batch: int | None) -> dict[str, Array]:
        """The outputs: arrays (batch, members), or (members,) where they do not depend on the inputs."""
        outputs: dict[str, Array] = ERRORS_IGNORED.copy().run(self._plain.namespace["predict"], parameters, *inputs)
        return outputs

    # ---- which value became which entry

    def where(self, node: Value) -> list[Place]:
        """The entries of arrays that hold a node, and its gradient, with their statements."""
        if node in self.grouping.went_to:
            return []  # a part of a sum, which the program computes as one
        if node not in self.grouping.place:
            raise LookupError(f"{node!r} is not in the graph that was compiled")
        group, position = self.grouping.place[node]
        group = self._same.get(group, group)
        places = []
        for view in self._views if isinstance(group, Parameters) else []:
            for index in np.argwhere(view.column.index == position).tolist():
                places += self._places_of(view, tuple(index))
        if isinstance(group, Input):
            line = self._plain.module.functions["value_and_gradient"]
            places.append(Place(group.name, (position,), line, self._plain.module.lines[line - 1]))
        elif not isinstance(group, Parameters):
            places += self._places_of(group, (position,) if len(group) > 1 or group.batched else ())
        return places

    def _written_for(self, group: Group | None) -> Group | None:
        """The group whose statement a loop repeats for this one; itself if it is in none."""
        return self._in_loop[group][1] if group in self._in_loop else group

    def _places_of(self, group: Group, index: tuple[int, ...]) -> list[Place]:
        places = []
        if group in self._in_loop:  # there the number of the round comes first
            rounds, _, number = self._in_loop[group]
            index = (rounds.first + number, *index)
        for name, is_gradient in ((group.name, False), (group.gradient_name, True)):
            line = self._places.get((self._written_for(group), is_gradient))
            if line is not None:
                places.append(Place(name, index, line, self._lines[line][1][0].strip()))
        return places

    def node(self, array: str, index: tuple[int, ...], member: str = "") -> Value:
        """The node that an entry of an array holds, or whose gradient it holds; without the axis of samples.

        Raises:
            LookupError: there is no such array or entry.
        """
        groups = [*self._views, *self.grouping.inputs.values(), *self.grouping.groups]
        named = [group for group in groups if group.name == array]
        named += [group for group in groups if group.gradient_name == array]
        if not named or member:
            raise LookupError(
                f"this program has no array {array!r}; there are: {', '.join(group.name for group in groups)}"
            )
        group = named[0]
        if group in self._in_loop:
            rounds, own, _ = self._in_loop[group]
            if not index or not rounds.first <= index[0] < rounds.first + rounds.n:
                raise LookupError(
                    f"{array} is made in a loop: the number of the round comes first, from {rounds.first} to "
                    f"{rounds.first + rounds.n - 1}; got {list(index)}"
                )
            group, index = rounds.groups[own][index[0] - rounds.first], index[1:]
        if isinstance(group, View):
            column = group.column
            try:
                entry = column.index[index]
            except IndexError:
                entry = None
            if entry is None or np.ndim(entry) or entry == HOLE:
                raise LookupError(f"{array} has the shape {column.index.shape}, and no value at {list(index)}")
            return column.group.members[int(entry)]
        if len(index) != 1 and not (len(group) == 1 and not index):
            raise LookupError(
                f"the entries of {array} are found by one number, besides the sample's; got {list(index)}"
            )
        position = index[0] if index else 0
        if not 0 <= position < len(group):
            raise LookupError(f"{array} has {len(group)} entries, and none at {position}")
        return group.members[position]

    # ---- what went wrong

    def first_non_finite(self, parameters: Array, inputs: Sequence[Array]) -> tuple[str, Value | None]:
        """The first statement whose array is not finite, and the node of an entry that is not."""
        variables: dict[str, Any] = dict(zip(["parameters", *self.grouping.inputs], [parameters, *inputs], strict=True))
        free = self._plain.module.constants.free
        if inputs:
            variables[free("batch")] = len(inputs[0])
        with np.errstate(all="ignore"):
            for line, statement, text, group in self._runs(variables):
                exec(text.strip(), self._plain.namespace, variables)
                named = statement.target.detail
                array = variables.get(free(named) if isinstance(named, str) else named.name)
                # The flat gradient is filled with what has been looked at.
                if array is not None and named != "gradient" and not np.isfinite(array).all():
                    return f"{text.strip()} (line {line} of its source)", self._culprit(group, array)
        return "", None

    def _runs(self, variables: dict[str, Any]) -> Iterator[tuple[int, Statement, str, Group | None]]:
        """The lines of the source as they run, those of a loop again and again, with the group that each is about."""
        lines = deque(
            (number, statement, text)
            for first, (statement, texts) in self._lines.items()
            for number, text in enumerate(texts, first)
        )
        while lines:
            line, statement, text = lines.popleft()
            if statement.value.function != "loop":
                yield line, statement, text, statement.group
                continue
            loop: Loop = statement.value.detail
            own = {id(each) for each in [statement, *loop.body]}
            inside = [(line, statement, text)]
            while lines and id(lines[0][1]) in own:
                inside.append(lines.popleft())
            n_before = len(self._lines[line][1]) - 1  # the last of the lines that it begins with is the `for`
            for line, statement, text in inside[:n_before]:
                yield line, statement, text, None
            numbers = range(loop.rounds)
            for number in reversed(numbers) if loop.backward else numbers:
                variables[self._plain.module.round_name] = loop.first + number
                for line, statement, text in inside[n_before + 1 :]:
                    yield line, statement, text, self._group_in_round(statement.group, number)

    def _group_in_round(self, group: Group | None, number: int) -> Group | None:
        """The group that a statement is about in a round, of which the text has that of the last two."""
        if group not in self._in_loop:
            return group
        rounds, own, _ = self._in_loop[group]
        number -= group is not own
        return rounds.groups[own][number] if number >= 0 else None

    def _culprit(self, group: Group | None, array: Any) -> Value | None:
        if group is None:
            return None
        entry = np.argwhere(~np.isfinite(np.atleast_1d(array)))[0].tolist()
        if isinstance(group, View):
            return self.node(group.name, tuple(entry[: group.column.index.ndim]))
        return group.members[entry[-1] if len(group) > 1 else 0]


def is_debugged() -> bool:
    """Whether a debugger is there: one that traces, or from Python 3.12 on one that uses `sys.monitoring`."""
    monitoring = getattr(sys, "monitoring", None)
    return sys.gettrace() is not None or (
        monitoring is not None and monitoring.get_tool(monitoring.DEBUGGER_ID) is not None
    )


def _description(grouping: Grouping) -> str:
    inputs = "".join(f", {name} (batch, {len(group)})" for name, group in grouping.inputs.items())
    return f"A graph of scalars as a program of arrays: parameters ({len(grouping.parameters)},){inputs}."


class OnATape:
    """A program of matrices that runs on a tape. They are written when somebody asks: to read, or to debug."""

    def __init__(self, tape: Lines, matrices: Callable[[], Matrices]) -> None:
        """Takes the tape, and what writes the matrices."""
        self._tape, self._write = tape, matrices

    @cached_property
    def matrices(self) -> Matrices:
        """The program of matrices."""
        return self._write()

    def value_and_gradient(self, *arguments: Any) -> tuple[Any, ...]:
        """As `Matrices` has it, and everything else too."""
        return (self.matrices if is_debugged() else self._tape).value_and_gradient(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.matrices, name)
