"""A graph as a program of matrices: groups, their routines, and the source that runs."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.compiler import thresholds
from micrograd_bp.compiler.arrays.language import BATCH
from micrograd_bp.compiler.arrays.loops import loop_body
from micrograd_bp.compiler.arrays.rolling import NotStretchedError, Rounds, RunningSum
from micrograd_bp.compiler.arrays.routine import Routine, Routines
from micrograd_bp.compiler.find.graph import Graph
from micrograd_bp.compiler.find.grouping import Grouping
from micrograd_bp.compiler.find.groups import HOLE, Group, Input, Parameters, Turn
from micrograd_bp.compiler.run.located import Located
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


def _block_size(routine: Routine) -> int | None:
    """How many samples to take at a time; None for all, where adding up gradients would cost more than it brings."""
    widths = [
        each.target.shape[-1]
        for statement in routine.statements
        for n, each in [(1, statement), *((statement.value.detail.rounds, inner) for inner in loop_body(statement))]
        if each.target.shape[:1] == (BATCH,)
        for _ in range(n)
    ]
    (n_parameters,) = routine.results["gradient"].shape
    block = max(thresholds.SAMPLES_IN_A_BLOCK, thresholds.NUMBERS_IN_AN_ARRAY * len(widths) // max(1, sum(widths)))
    return block if 4 * n_parameters < block * sum(widths) else None


def in_pieces(
    function: Callable[..., tuple[Any, ...]],
    inputs: Sequence[Array],
    cuts: Sequence[int],
    run: Callable[..., Iterable[Any]] = map,
) -> tuple[Any, ...]:
    """The mean over a batch as the mean over pieces of it, each with the weight of its samples.

    Args:
        function: gives the value and the gradients for the inputs of a piece.
        inputs: those of the batch.
        cuts: where the pieces begin, and where the last one ends.
        run: calls a function for all pieces.
    """

    def share(start: int, stop: int) -> list[Any]:
        return [numbers * ((stop - start) / cuts[-1]) for numbers in function(*[array[start:stop] for array in inputs])]

    value, gradient, *others = zip(*run(share, cuts, cuts[1:]), strict=True)
    with np.errstate(all="ignore"):  # two may be infinite, with opposite signs
        return sum(value), sum(gradient), *map(np.concatenate, others)


class _InLoop(NamedTuple):
    """Where a group is: in which loop, which group of the body stands for it, and in which of the rounds."""

    rounds: Rounds
    own: Group
    number: int


class Matrices(Located):
    """The program of a graph.

    Attributes:
        with_respect_to: the inputs whose gradients it gives besides that of the parameters.
        predict_inputs: the names of the inputs that the outputs depend on.
        views: what is read of the parameters.
    """

    def __init__(
        self, grouping: Grouping, graph: Graph, with_respect_to: Sequence[str] = (), dtype: str = "float64"
    ) -> None:
        """Writes and compiles the program of grouped nodes.

        Raises:
            NotStretchedError: no loop stands for rounds that were left out, and besides these there is little to group.
        """
        self.with_respect_to = with_respect_to
        try:
            routines = self._routines_of(grouping, graph)
        except NotStretchedError:
            whole = Grouping.of(graph, grouping.few, shortened=False)
            if whole is None:
                raise
            grouping, routines = whole, self._routines_of(whole, graph)
        self.grouping = grouping
        self.predict_inputs = [group.name for routine in self.routines[1:] for group in routine.inputs]
        named = {each.group for routine in self.routines for each in routine.statements}
        chains: list[dict[Group, None]] = []
        for rounds in routines.loops:  # whose rounds share names, but not with what is read elsewhere too
            uses = Counter(group for chain in rounds.groups.values() for group in set(chain))
            for own, chain in rounds.groups.items():
                shared = [group for group in chain if uses[group] == 1 and group not in named]
                chains.append({**dict.fromkeys(shared), own: None})
        give_names(grouping, routines.reader, graph.loss, graph.outputs, chains)
        self._same = routines.reader.same
        self._in_loop: dict[Group | None, _InLoop] = {
            group: _InLoop(rounds, own, number)
            for rounds in routines.loops[::-1]
            for own, chain in rounds.groups.items()
            if not isinstance(chain[0], RunningSum) and chain[0].members[0] not in grouping.totals
            for number, group in enumerate(chain)
            if not isinstance(group, RunningSum)
        }
        self.views = routines.reader.views
        self._dtype = dtype
        self._block = _block_size(self.routines[0])
        self._have_copies: bool | None = None
        self._viewed: Array | None = None
        self._kept_views: tuple[Any, ...] = ()

    def _routines_of(self, grouping: Grouping, graph: Graph) -> Routines:
        routines = Routines(grouping)
        self.routines = [routines.value_and_gradient(graph.loss, self.with_respect_to)]
        self.routines += [routines.predict(graph.outputs)] if graph.outputs else []
        return routines

    def _written(self, *, buffered: bool) -> "_Written":
        routines = self.routines[:1] if buffered else self.routines
        module = module_source(routines, _description(self.grouping), self._dtype, buffered=buffered)
        constants = module.constants.source()
        text = SourceText([module.lines, *([[constants]] if constants else [])])
        return _Written(text, text.run(), module)

    @cached_property
    def _plain(self) -> "_Written":
        """What people read, and what runs in a debugger; many networks are trained without it."""
        return self._written(buffered=False)

    @property
    def text(self) -> SourceText:
        """The plain source."""
        return self._plain.text

    @cached_property
    def _buffered(self) -> "_Written":
        return self._written(buffered=True)

    @property
    def buffered_source(self) -> str:
        """The same program, working on in place; what runs."""
        return self._buffered.text.source

    def value_and_gradient(self, parameters: Array, inputs: Sequence[Array], batch: int | None) -> tuple[Any, ...]:
        """The mean of the loss over a batch, and its derivatives, in IEEE arithmetic; as `Lines` has it."""
        run = ERRORS_IGNORED.copy().run
        if is_debugged():  # breakpoints are in the plain source
            return run(self._plain.namespace["value_and_gradient"], parameters, *inputs)
        function = self._buffered.namespace["value_and_gradient"]
        views = self._views_of(parameters)
        if batch is None or self._block is None or batch < 2 * self._block:
            return run(function, parameters, views, *inputs)
        return run(in_pieces, partial(function, parameters, views), inputs, [*range(0, batch, self._block), batch])

    def _views_of(self, parameters: Array) -> tuple[Any, ...]:
        """The views of the parameters, kept as long as these are in the same array; not if a copy is among them."""
        if parameters is not self._viewed:
            function = self._buffered.namespace[self._buffered.module.constants.free("views")]
            views: tuple[Any, ...] = ERRORS_IGNORED.copy().run(function, parameters)
            if self._have_copies is None:  # they would not follow when a parameter changes
                single = [each for view in views for each in (view if isinstance(view, list) else [view])]
                self._have_copies = not all(np.may_share_memory(view, parameters) for view in single)
            if self._have_copies:
                return views
            self._kept_views, self._viewed = views, parameters
        return self._kept_views

    def predict(self, parameters: Array, inputs: Sequence[Array], batch: int | None) -> dict[str, Array]:
        """The outputs: arrays (batch, members), or (members,) where they do not depend on the inputs."""
        outputs: dict[str, Array] = ERRORS_IGNORED.copy().run(self._plain.namespace["predict"], parameters, *inputs)
        return outputs

    # ---- which value became which entry

    def entries(self) -> Iterator[tuple[Value, Place]]:
        """The entries of all arrays, as `Located` asks for them; of those in a loop, the number of the round first."""
        module = self._plain.module
        lines: dict[tuple[Group | None, bool], tuple[int, str]] = {}
        for number, (statement, text) in module.statements.items():
            lines.setdefault((self._written_for(statement.group), statement.is_backward), (number, text.strip()))
        for node, group, index, later in self._members():
            if isinstance(group, Input):
                line = module.functions["value_and_gradient"]
                yield node, Place(group.name, index, line, module.lines[line - 1])
            if group in self._in_loop:
                rounds, _, number = self._in_loop[group]
                index = (rounds.first + number + later, *index)
            for name, is_gradient in ((group.name, False), (group.gradient_name, True)):
                if (line_and_text := lines.get((self._written_for(group), is_gradient))) is not None:
                    yield node, Place(name, index, *line_and_text)

    def _members(self) -> Iterator[tuple[Value, Group, tuple[int, ...], int]]:
        """The nodes, each with a group, where it is in there, and how many rounds later; parameters in each view."""
        for view in self.views:
            for index, entry in np.ndenumerate(view.column.index):
                if entry != HOLE:
                    yield view.column.group.members[int(entry)], view, index, 0
        for node, group in self.grouping.group_of.items():
            group, position = self._same.get(group, group), self.grouping.position_of[node]
            if isinstance(group, Turn) and group.source is not None:
                position, group = int(group.rows[group.turn, position]), group.source
            if not isinstance(group, Parameters):
                index = (position,) if len(group) > 1 or group.batched else ()
                for like, later in self._like(node, group):
                    yield like, group, index, later

    def _like(self, node: Value, group: Group) -> Iterable[tuple[Value, int]]:
        """The nodes that have the place of one in its group, and how many rounds later each is than it seems."""
        period = self.grouping.period
        if period is None:
            return [(node, 0)]
        if group not in self._in_loop:
            return period.outside(node, group)
        rounds, own, number = self._in_loop[group]
        groups = rounds.groups[own]
        return period.in_rounds(node, [*groups, None][number + 1], rounds.n - len(groups))

    def _written_for(self, group: Group | None) -> Group | None:
        """The group whose statement a loop repeats for this one; itself if it is in none."""
        return self._in_loop[group].own if group in self._in_loop else group


def is_debugged() -> bool:
    """Whether a debugger is there: one that traces, or from Python 3.12 on one that uses `sys.monitoring`."""
    monitoring = vars(sys).get("monitoring")  # where there is none, `getattr` takes a microsecond to say so
    return sys.gettrace() is not None or (
        monitoring is not None and monitoring.get_tool(monitoring.DEBUGGER_ID) is not None
    )


def _description(grouping: Grouping) -> str:
    inputs = "".join(f", {name} (batch, {len(group)})" for name, group in grouping.inputs.items())
    return f"A graph of scalars as a program of arrays: parameters ({len(grouping.parameters)},){inputs}."
