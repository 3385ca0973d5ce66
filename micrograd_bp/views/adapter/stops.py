"""The breakpoints of an editor, of all kinds, on a walk; they are kept, and set again on the next one."""

import math
import os.path
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from micrograd_bp.views.adapter.log_messages import LogMessage
from micrograd_bp.views.adapter.requests import Arguments, RequestError
from micrograd_bp.views.debugger.breakpoints import (
    Breakpoint,
    Target,
    breakpoint_on,
    condition,
    hit_count,
    line_place,
    read,
    value_place,
    watched,
)
from micrograd_bp.views.debugger.conditions import Condition
from micrograd_bp.views.debugger.walk import Walk
from micrograd_bp.views.remarks import remark
from micrograd_bp.views.steps.step import Step
from micrograd_bp.views.steps.steps import Recording

LARGE = 1e3
"""From this magnitude on a gradient counts as exploding."""


class Filter(NamedTuple):
    """A check box among the breakpoints: its label, and what it stops at."""

    label: str
    place: Target


def _becomes_not_finite(recording: Recording, step: Step) -> bool:
    finite = math.isfinite(step.upstream_gradient) and math.isfinite(step.before)
    return finite and not math.isfinite(step.after)


FILTERS = {
    "not_finite": Filter("nan or inf", Target("a gradient becomes nan or inf", _becomes_not_finite)),
    "dies": Filter(
        "a gradient dies",
        Target(
            "a gradient dies: the contribution is 0, and the upstream gradient is not",
            lambda recording, step: step.contribution == 0.0 and step.upstream_gradient != 0.0,
        ),
    ),
    "saturated": Filter(
        "saturated",
        Target(
            "a gradient goes through a function where it is flat",
            lambda recording, step: step.is_first and remark(step.node) == "saturated",
        ),
    ),
    "exploding": Filter(
        "exploding",
        Target(
            f"a gradient grows beyond {LARGE:g}",
            lambda recording, step: abs(step.before) <= LARGE < abs(step.after),
        ),
    ),
}


Where = tuple[Target | None, list[Condition], dict[str, Any]]
"""The place and the conditions of a breakpoint, and what the editor is to know about the place."""


class Wish(NamedTuple):
    """A breakpoint as the editor asks for it.

    Attributes:
        number: by which the editor knows it.
        asked: its condition, hit count and message.
        where: its place on a walk.
    """

    number: int
    asked: Arguments
    where: Callable[[Walk], Where]

    def on(self, walk: Walk) -> tuple[Breakpoint, dict[str, Any]]:
        """Sets it.

        Raises:
            ValueError: there is no such place, or a condition, hit count or message cannot be read.
        """
        place, conditions, answer = self.where(walk)
        if text := self.asked.get("condition", str):
            conditions = [*conditions, condition(text, walk.recording)]
        enough = hit_count(text) if (text := self.asked.get("hitCondition", str)) else None
        log = LogMessage(text, walk.recording.names) if (text := self.asked.get("logMessage", str)) else None
        point = walk.add(breakpoint_on, place, conditions)
        point.enough, point.log = enough, log
        return point, answer


class Stops:
    """What the editor asks for, by kind and source, and what has become of it on the walk of now."""

    def __init__(self) -> None:
        self._wishes: dict[str, list[Wish]] = {}
        self._set: dict[str, dict[Breakpoint, Wish]] = {}
        self._count = 0

    def fulfil(self, key: str, walk: Walk | None) -> list[dict[str, Any]]:
        """Sets what was asked for under a key on a walk; says of each wish what has become of it."""
        for point in self._set.pop(key, {}):
            if walk is not None and point in walk.points:
                walk.points.remove(point)
        points = self._set[key] = {}
        answers = []
        for wish in self._wishes[key]:
            answer: dict[str, Any] = {"id": wish.number, "verified": False}
            if walk is None:
                answer["message"] = "no backward pass is shown now; it is set on the next one"
            else:
                try:
                    point, about = wish.on(walk)
                except (ValueError, ArithmeticError) as error:
                    answer["message"] = str(error)
                else:
                    points[point] = wish
                    answer |= {"verified": True, **about}
            answers.append(answer)
        return answers

    def fulfil_all(self, walk: Walk) -> list[dict[str, Any]]:
        """Sets everything on a new walk."""
        self._set.clear()
        return [answer for key in self._wishes for answer in self.fulfil(key, walk)]

    def number(self, point: Breakpoint) -> int | None:
        """By which the editor knows a breakpoint; None for one that was set by a command."""
        return next((points[point].number for points in self._set.values() if point in points), None)

    def kind(self, point: Breakpoint) -> str:
        """Why it stops, in the words of the protocol."""
        return next((KINDS[key] for key, points in self._set.items() if point in points and key in KINDS), "breakpoint")

    # ---- what editors ask for: each takes the place of all that was asked for before

    def _ask(self, key: str, asked: Sequence[tuple[Arguments, Callable[[Walk], Where]]]) -> str:
        self._wishes[key] = []
        for arguments, where in asked:
            self._count += 1
            self._wishes[key].append(Wish(self._count, arguments, where))
        return key

    def lines(self, arguments: Arguments) -> str:
        """On the lines of a source; gives the key."""
        source = arguments.part("source")
        path, reference = source.get("path", str), source.get("sourceReference", int, 0)
        if path is None and not reference:
            raise RequestError("source.path is missing: a text")
        parts = arguments.parts("breakpoints")
        return self._ask(
            f"lines of {path if path is not None else reference}",
            [(part, partial(_line, path, part.need("line", int))) for part in parts],
        )

    def functions(self, arguments: Arguments) -> str:
        """On operations, or whatever `break` takes; gives the key."""
        parts = arguments.parts("breakpoints")
        return self._ask("functions", [(part, partial(_named, part.need("name", str))) for part in parts])

    def data(self, arguments: Arguments) -> str:
        """On the gradients of values; gives the key."""
        parts = arguments.parts("breakpoints")
        return self._ask("data", [(part, partial(_watched, part.need("dataId", str))) for part in parts])

    def filters(self, arguments: Arguments) -> str:
        """On what the check boxes say; gives the key."""
        names = [(name, Arguments({})) for name in arguments.texts("filters")]
        names += [(part.need("filterId", str), part) for part in arguments.parts("filterOptions")]
        for name, _ in names:
            if name not in FILTERS:
                raise RequestError(f"there is no filter {name!r:.60}; there are {', '.join(FILTERS)}")
        return self._ask("filters", [(part, partial(_filter, name)) for name, part in names])


KINDS = {"functions": "function breakpoint", "data": "data breakpoint", "filters": "exception"}


def _line(path: str | None, line: int, walk: Walk) -> Where:
    """On a line of a file, or the nearest one that made something; on one of the listing."""
    if path is None:
        order = walk.recording.graph.order
        if not 1 <= line <= len(order):
            raise RequestError(f"the listing has lines 1 to {len(order)}")
        return value_place(order[line - 1], walk.recording), [], {}
    nearest = walk.lines.nearest(path, line)
    if nearest is None:
        are_tracked = bool(walk.lines.files(None))
        raise RequestError(f"no value was made in {os.path.basename(path)}" if are_tracked else walk.lines.nothing())
    return line_place(path, nearest, walk.lines), [], {"line": nearest}


def _named(name: str, walk: Walk) -> Where:
    return *read(name, walk.recording), {}


def _watched(name: str, walk: Walk) -> Where:
    return watched(name, walk.recording), [], {}


def _filter(name: str, walk: Walk) -> Where:
    return FILTERS[name].place, [], {}
