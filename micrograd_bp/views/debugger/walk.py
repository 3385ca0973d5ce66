"""A walk over a recorded backward pass, with what stops it. The terminal and the editors are two faces of it.

With `forward`, the values are computed one after the other first, and then the gradient goes back through them. Every
way to go is exact in both directions: at a position, the walk shows the same, from wherever it has come.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import NamedTuple

from micrograd_bp.engine import Origin, Value
from micrograd_bp.views.debugger.breakpoints import Breakpoint
from micrograd_bp.views.debugger.call_stack import CallStack
from micrograd_bp.views.debugger.contributions import Contributions
from micrograd_bp.views.debugger.lines import Lines
from micrograd_bp.views.modules import layer_of
from micrograd_bp.views.steps.step import Step
from micrograd_bp.views.steps.steps import Recording


class Stop(NamedTuple):
    """Why the walk stopped: at a breakpoint, whose condition may have had no answer there."""

    point: Breakpoint
    problem: str = ""


class Walk:
    """A position in a recording, ways to move it, and breakpoints.

    Attributes:
        recording: the backward pass.
        points: the breakpoints.
        computed: the values in the order in which the forward pass computes them; none where it is not walked.
        n_computed: how many of them have been computed.
        say: what is done with what a log point says.
        is_interrupted: whether to stop on the way, which is asked at every step.
    """

    def __init__(self, recording: Recording, *, forward: bool = False) -> None:
        """Begins before the first step, or before the first value is computed."""
        self.recording = recording
        self.points: list[Breakpoint] = []
        self._next_number = 1
        self.computed = [node for node in recording.graph.order if node.operands] if forward else []
        self.n_computed = 0
        self.say: Callable[[str], None] = lambda text: None
        self.is_interrupted: Callable[[], bool] = lambda: False

    # ---- where it is

    @property
    def position(self) -> int:
        """How many moments have passed: values computed, and steps taken."""
        return self.n_computed + self.recording.position

    @property
    def length(self) -> int:
        """How many moments there are."""
        return len(self.computed) + len(self.recording.steps)

    @property
    def is_forward(self) -> bool:
        """Whether it is still in the forward pass."""
        return bool(self.computed) and self.recording.position == 0

    @property
    def step(self) -> Step | None:
        """The step that was taken last."""
        return self.recording.latest

    @property
    def here(self) -> Value:
        """The value that the walk is at: that of the latest step, or the one that was computed last; else an output."""
        if self.step is not None:
            return self.step.node
        if self.computed:
            return self.computed[max(self.n_computed - 1, 0)]
        return self.recording.graph.roots[-1]

    @cached_property
    def _places(self) -> dict[Value, int]:
        return {node: place for place, node in enumerate(self.computed)}

    def is_known(self, value: Value) -> bool:
        """Whether a value has its number already."""
        return self._places.get(value, -1) < self.n_computed

    @cached_property
    def contributions(self) -> Contributions:
        """The steps by the value that they add to."""
        return Contributions(self.recording)

    @cached_property
    def call_stack(self) -> CallStack:
        """The frames of the heaviest paths."""
        return CallStack(self.contributions.paths)

    @cached_property
    def lines(self) -> Lines:
        """Which values were made on which line."""
        return Lines(self.recording.graph.order)

    # ---- going

    def forward(self) -> bool:
        """Takes the next step; False at the end."""
        if self.n_computed < len(self.computed):
            self.n_computed += 1
            return True
        return self.recording.forward() is not None

    def back(self) -> bool:
        """Takes the latest step back; False at the start."""
        if self.recording.back() is not None:
            return True
        if self.n_computed:
            self.n_computed -= 1
            return True
        return False

    def goto(self, position: int) -> None:
        """Goes to where this many steps of the backward pass have been taken.

        Raises:
            ValueError: there is no such position.
        """
        self.recording.goto(position)
        self.n_computed = len(self.computed)

    def restart(self) -> None:
        """Goes back to the beginning; breakpoints stay, and count anew."""
        self.recording.goto(0)
        self.n_computed = 0
        for point in self.points:
            point.hits = 0

    def goto_value(self, value: Value) -> None:
        """Goes to the first step of a node, or the first one into a leaf; to the start if there is none."""
        first = self.first_steps.get(value)
        if first is None:
            into = self.contributions.to(value)
            first = into[0] if into else None
        self.goto(first.number if first is not None else 0)

    @cached_property
    def first_steps(self) -> dict[Value, Step]:
        """The first step of each node."""
        return {step.node: step for step in self.recording.steps if step.is_first}

    def run(self, until: Callable[[], bool] = lambda: False) -> list[Stop]:
        """Goes on to the next breakpoint, to where `until` says so, or to the end; gives the breakpoints."""
        while self.forward():
            if stops := self._stops(ahead=True):
                return stops
            if until() or self.is_interrupted():
                break
        return []

    def run_back(self, until: Callable[[], bool] = lambda: False) -> list[Stop]:
        """Goes back to a breakpoint, where `run` would stop too, to where `until` says so, or to the start."""
        while self.position:
            self._take_back_hits()
            self.back()
            if stops := self._stops(ahead=False):
                return stops
            if until() or self.is_interrupted():
                break
        return []

    def finish_node(self) -> list[Stop]:
        """Takes the rest of this node's steps, or all those of the next node; stops at breakpoints on the way."""
        if self.n_computed < len(self.computed):
            return self.run(lambda: True)
        return self.run(lambda: self._ahead is None or self._ahead.node is not self.here)

    def finish_module(self) -> list[Stop]:
        """Takes the rest of the steps in the module around here, or in its layer; stops at breakpoints on the way."""
        module = self.recording.names.module(self.here)
        around = layer_of(module) if module is not None else None
        return self.run(lambda: around is not None and not self._is_inside(around))

    def _is_inside(self, module: Origin) -> bool:
        made_in = self.recording.names.module(self.here)
        return made_in is not None and module in made_in.chain()

    @property
    def _ahead(self) -> Step | None:
        recording = self.recording
        return recording.steps[recording.position] if recording.position < len(recording.steps) else None

    # ---- stopping

    def add(self, make: Callable[..., Breakpoint], *place: object) -> Breakpoint:
        """Sets a breakpoint, which `make` makes from its number and the place.

        Raises:
            ValueError: there is no such place.
        """
        point = make(self._next_number, *place, self.recording)
        self._next_number += 1
        self.points.append(point)
        return point

    def _stops(self, *, ahead: bool) -> list[Stop]:
        """The breakpoints that stop here. One whose condition cannot be had stops too."""
        stops = []
        for point in self.points:
            try:
                if not self._reaches(point):
                    continue
                point.hits += ahead
                if not point.is_due:
                    continue
                if point.log is None:
                    stops.append(Stop(point))
                elif ahead and self.step is not None:
                    self.say(point.log(self.recording, self.step))
            except (ValueError, ArithmeticError) as error:
                stops.append(Stop(point, str(error)))
        return stops

    def _reaches(self, point: Breakpoint) -> bool:
        """Whether this is the place of a breakpoint.

        Raises:
            ValueError, ArithmeticError: its condition has no answer here.
        """
        if self.step is not None:
            return point.test(self.recording, self.step)
        return point.computes is not None and self.n_computed > 0 and point.computes(self.here)

    def _take_back_hits(self) -> None:
        """Counts the hits at this position no longer, since the walk goes back from it."""
        for point in self.points:
            if point.enough is not None and point.hits:
                with suppress(ValueError, ArithmeticError):
                    point.hits -= self._reaches(point)
