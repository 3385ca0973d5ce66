"""Where the debugger stops: at an operation, a value, a source line, or where a condition holds."""

import os.path
import re
from collections.abc import Callable
from typing import NamedTuple

from micrograd_bp.engine import Value
from micrograd_bp.views.debugger.conditions import Condition
from micrograd_bp.views.steps.steps import Recording, Step

Test = Callable[[Recording, Step], bool]


class Breakpoint(NamedTuple):
    """One place to stop.

    Attributes:
        number: by which it is deleted.
        what: what it was set on, in words.
        stops: whether to stop after this step.
    """

    number: int
    what: str
    stops: Test


def breakpoint_at(number_: int, text: str, recording: Recording) -> Breakpoint:
    """What `break` makes of its argument: `PLACE`, `CONDITION` or `PLACE if CONDITION`.

    Raises:
        ValueError: it is none of these, or nothing in the graph is meant by it.
    """
    place, is_conditional, condition_text = re.match(r"(.*?)(?:(\bif\b)(.*))?$", text.strip(), re.DOTALL).groups()  # type: ignore[union-attr]  # it always matches
    tests: list[Test] = []
    words: list[str] = []
    if place.strip():
        what, test = _at_place(place.strip(), recording) or (None, None)
        if test is None or what is None:
            what, test = _where_condition_holds(place.strip(), recording)
        words.append(what)
        tests.append(test)
    if is_conditional:
        what, test = _where_condition_holds(condition_text.strip(), recording)
        words.append(what)
        tests.append(test)
    return Breakpoint(number_, ", ".join(words), lambda recording, step: all(test(recording, step) for test in tests))


def watchpoint(number_: int, name: str, recording: Recording) -> Breakpoint:
    """Stops whenever a step changes the gradient of the value called `name`.

    Raises:
        ValueError: no value is called so.
    """
    value = known_value(name, recording)

    def changes(recording: Recording, step: Step) -> bool:
        return step.operand is value and step.before != step.after  # nan differs from everything: it stops there too

    return Breakpoint(number_, f"the gradient of {recording.names[value]} changes", changes)


def known_value(name: str, recording: Recording) -> Value:
    """The value called `name`.

    Raises:
        ValueError: there is none; the message lists some that are there.
    """
    value = recording.names.value(name)
    if value is None:
        known = recording.names.all()
        more = f" and {len(known) - 8} more" if len(known) > 8 else ""
        raise ValueError(f"no value is called {name or 'nothing'}; there are {', '.join(known[:8])}{more}")
    return value


def _where_condition_holds(text: str, recording: Recording) -> tuple[str, Test]:
    if not re.search(r"[<>=!]|\bis\b", text):
        operations = dict.fromkeys(node.operation.name for node in recording.graph.order if node.operation)
        raise ValueError(
            f"{text or 'an empty condition'} is no operation, value, source line or condition here; "
            f"the operations are {', '.join(operations) or 'none'}"
        )
    condition = Condition(text, recording.names)
    return f"where {text}", condition.holds


def _at_place(place: str, recording: Recording) -> tuple[str, Test] | None:
    value = recording.names.value(place)
    if value is not None and value in recording.names.own:
        return _at_value(value, recording)
    operations = {node.operation for node in recording.graph.order if node.operation is not None}
    if any(place in (operation.name, operation.symbol) for operation in operations):
        return (
            f"operation {place}",
            lambda recording, step: (
                step.is_first
                and step.node.operation is not None
                and place in (step.node.operation.name, step.node.operation.symbol)
            ),
        )
    if value is not None:
        return _at_value(value, recording)
    line = re.fullmatch(r"(?:(.+):)?(\d+)", place)
    return _at_line(line[1], int(line[2]), recording) if line else None


def _at_value(value: Value, recording: Recording) -> tuple[str, Test]:
    name = recording.names[value]
    if value.operands:
        return f"value {name}", lambda recording, step: step.node is value and step.is_first
    return f"leaf {name}", lambda recording, step: step.operand is value


def _at_line(file: str | None, line: int, recording: Recording) -> tuple[str, Test]:
    places = {
        (node.origin.file, node.origin.line)
        for node in recording.graph.order
        if node.operands and node.origin is not None and node.origin.file is not None
    }
    if not places:
        raise ValueError(
            "no source lines were tracked: make the graph inside `with micrograd_bp.track_source():`, "
            "or run `micrograd-bp debug script.py`"
        )
    there = {
        (made_in, made_at)
        for made_in, made_at in places
        if made_at == line and (file is None or made_in == file or os.path.basename(made_in or "") == file)
    }
    if not there:
        lines = sorted(f"{os.path.basename(made_in or '')}:{made_at}" for made_in, made_at in places)
        raise ValueError(f"no node was made there; nodes were made at {', '.join(lines[:12])}")
    what = " and ".join(sorted(f"{os.path.basename(made_in or '')}:{line}" for made_in, _ in there))
    return (
        f"line {what}",
        lambda recording, step: (
            step.is_first and step.node.origin is not None and (step.node.origin.file, step.node.origin.line) in there
        ),
    )
