"""What an editor shows of one walk: the call stack, what is known at a place, and answers to what is asked there."""

import io
import os
import re
from collections.abc import Sequence
from itertools import islice
from typing import Any

from micrograd_bp.engine import Value
from micrograd_bp.views.adapter.requests import RequestError
from micrograd_bp.views.adapter.sources import Sources
from micrograd_bp.views.adapter.variables import Variables
from micrograd_bp.views.debugger import reports
from micrograd_bp.views.debugger.call_stack import Frame
from micrograd_bp.views.debugger.conditions import Condition, Expression
from micrograd_bp.views.debugger.console import COMMANDS, full_name
from micrograd_bp.views.debugger.debugger import Debugger
from micrograd_bp.views.debugger.walk import Walk
from micrograd_bp.views.explain.any_size import written
from micrograd_bp.views.names import Names, dotted
from micrograd_bp.views.number_text import NOT_KNOWN, number
from micrograd_bp.views.steps.step import Step

TARGETS = 50
"""Of so many values that were made on a line one can choose where to go."""

COMPLETIONS = 200


class Shown:
    """One walk, as an editor sees it.

    Attributes:
        walk: where it is.
        variables: the numbers beside the code.
        sources: the lines of the values.
    """

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.variables = Variables(walk)
        self.sources = Sources(walk.recording.graph)
        self._answers = io.StringIO()
        self._debugger = Debugger(walk, io.StringIO(), self._answers)
        self._targets: list[Value] = []
        self._written = {file: _when_written(file) for file in walk.lines.files(None)}

    def is_outdated(self) -> bool:
        """Whether a file that has made values has been changed since."""
        return any(_when_written(file) != when for file, when in self._written.items())

    @property
    def names(self) -> Names:
        """What the values are called."""
        return self.walk.recording.names

    # ---- where it is

    def position(self) -> str:
        """Where the walk is, in a line."""
        walk, step = self.walk, self.walk.step
        if step is not None:
            at_end = "the end, " if walk.position == walk.length else ""
            n_steps = len(walk.recording.steps)
            return f"{at_end}step {step.number:,} of {n_steps:,}: {step.node_name} → {step.target}"
        return reports.computed(walk) if walk.is_forward else "before the first step"

    def stack(self, start: int, levels: int) -> dict[str, Any]:
        """A part of the call stack, the innermost frame first; all of it where `levels` is 0."""
        here = self._frame()
        frames = enumerate(here.upwards(), 1)
        part = islice(frames, max(start, 0), max(start, 0) + levels if levels > 0 else None)
        shown = [
            {"id": number, "name": self._frame_name(frame), **self.sources.place(frame.node)} for number, frame in part
        ]
        return {"stackFrames": shown, "totalFrames": here.depth}

    def _frame(self) -> Frame:
        here = self.walk.here
        return Frame(here, None, None, 0.0) if self.walk.is_forward else self.walk.call_stack.frame(here)

    def _frame_name(self, frame: Frame) -> str:
        name = self.names[frame.node]
        if self.walk.is_forward:
            return f"{name} = {number(frame.node.data)}" if self.walk.n_computed else name
        return f"{name}: {written(frame.product)}"

    def scopes(self, frame_id: int) -> list[dict[str, Any]]:
        """The groups of variables of a frame.

        Raises:
            RequestError: there is no such frame.
        """
        frames = list(islice(self._frame().upwards(), max(frame_id - 2, 0), max(frame_id, 0)))
        if frame_id < 1 or len(frames) < min(frame_id, 2):
            raise RequestError(f"there is no frame {frame_id} here")
        step = self.walk.step if frame_id == 1 else self._step(frames[0])
        return [
            {"name": name, "expensive": False, **self.variables.reference(group)}
            for name, group in self.variables.scopes(frames[-1].node, step).items()
        ]

    def _step(self, below: Frame) -> Step | None:
        """The step by which the gradient came to a frame."""
        into = self.walk.contributions.to(below.node)
        edge = below.edge
        return next((step for step in into if edge and (step.node, step.position) == (edge.node, edge.position)), None)

    # ---- what is asked

    def evaluate(self, text: str) -> dict[str, Any]:
        """The number of a value and its gradient at this step, or what an expression or a condition comes to.

        Raises:
            ValueError, ArithmeticError: it speaks of nothing here, cannot be read, or has no result.
        """
        if (value := self.names.value(text.strip())) is not None:
            named = self.variables.named(value)
            assert named.group is not None
            return {"result": named.text, **self.variables.reference(named.group)}
        if (group := self.variables.called(dotted(text.strip()))) is not None:
            return {"result": f"{group.n_inside:,} values", **self.variables.reference(group)}
        recording, step = self.walk.recording, self.walk.step
        if step is not None and re.search(r"\b(is|and|or)\b", text):
            result = str(Condition(text, self.names).holds(recording, step)).lower()
        else:
            expression = Expression(text, self.names)
            is_known = all(map(self.walk.is_known, expression.values))
            result = number(expression.number(recording, step)) if is_known else NOT_KNOWN
        return {"result": result, "variablesReference": 0}

    def is_command(self, text: str) -> bool:
        """Whether it is a command of the debugger; a value's own name is not."""
        words = text.split()
        return bool(words) and full_name(words[0]) in COMMANDS.split() and self.names.value(text.strip()) is None

    def command(self, text: str) -> tuple[str, bool]:
        """What the debugger answers to a command, and whether that was to leave."""
        self._answers.seek(0)
        self._answers.truncate()
        leaves = self._debugger.onecmd(text.strip())
        return self._answers.getvalue().rstrip("\n"), leaves

    def completions(self, text: str, column: int) -> list[dict[str, Any]]:
        """How what stands before a column, counted from 1, can go on."""
        before = text[: max(column - 1, 0)]
        begin = len(before) - len(re.search(r"[\w.]*$", before)[0])  # type: ignore[index]  # it always matches
        word = before[begin:]
        found: Sequence[str]
        if not before[:begin].strip():
            found = [*self._debugger.completenames(word), *(name for name in self.names.all() if name.startswith(word))]
        else:
            found = self._debugger.completedefault(word, before, begin, len(before))
        return [{"label": label, "start": begin + 1, "length": len(word)} for label in found[:COMPLETIONS]]

    def watchable(self, reference: int | None, name: str) -> Value | None:
        """The value whose gradient can be watched, behind a variable or an expression."""
        return self.variables.watchable(reference, name) if reference else self.names.value(name)

    def targets(self, path: str | None, line: int) -> list[dict[str, Any]]:
        """The values that were made on a line, to go to."""
        if path is None:
            there = [value] if (value := self.sources.value_at(line)) is not None else []
        else:
            there = [value for values in self.walk.lines.at(path, line).values() for value in values]
        first = len(self._targets)
        self._targets += there[:TARGETS]
        return [
            {"id": number, "label": self.names[value], "line": line}
            for number, value in enumerate(there[:TARGETS], first)
        ]

    def target(self, number: int) -> Value:
        """A value to go to.

        Raises:
            RequestError: there is none with this number.
        """
        if not 0 <= number < len(self._targets):
            raise RequestError(f"there is no target {number}")
        return self._targets[number]


def _when_written(file: str) -> int | None:
    """The time of the latest change of a file; None if there is no such file, as for the cell of a notebook."""
    try:
        return os.stat(file).st_mtime_ns
    except OSError:
        return None
