"""The line of somebody's backward where the numbers go wrong: their backward runs once more, and is watched.

What each line assigns is compared with the gradients that a wrong backward pass has on its way: the first line that
has one of them is where it went wrong. Names play no part, and functions in other files are followed.
"""

import ast
import linecache
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from micrograd_bp.checks.diagnosis.wiring import Array
from micrograd_bp.checks.source import SourceLine, is_theirs

MOST_COPIES = 300
"""How often a line's arrays are copied: of those that run more often, the last ones are seen as they are at the end."""


class Assigned(NamedTuple):
    """An array that a line has assigned or returned, when it last ran."""

    line: SourceLine
    array: Array


def watched(run: Callable[[], Any]) -> list[Assigned]:
    """What the lines of somebody's code assign while `run` runs, in the order in which they last did so."""
    found: dict[tuple[str, int, str], tuple[SourceLine, Any]] = {}
    counts: dict[tuple[str, int], int] = {}
    running: dict[FrameType, int] = {}

    def keep(frame: FrameType, returned: Any = None) -> None:
        file, number = frame.f_code.co_filename, running.get(frame, 0)
        statement = _statements(file).get(number)
        if statement is None:
            return
        first, targets = statement
        counts[file, first] = counts.get((file, first), 0) + 1
        values = [(target, _value(target, frame)) for target in targets]
        values += [(f"returned {place}", value) for place, value in enumerate(_parts(returned))]
        for target, value in values:
            if isinstance(value, (np.ndarray, np.floating)) and np.asarray(value).dtype.kind == "f":
                line = SourceLine(Path(file).name, first, linecache.getline(file, first).strip())
                kept = np.array(value) if counts[file, first] <= MOST_COPIES else value
                found.pop((file, first, target), None)
                found[file, first, target] = line, kept

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "call":
            return trace if is_theirs(frame.f_code.co_filename) else None
        if event in ("line", "return"):
            keep(frame, argument if event == "return" else None)
            running[frame] = frame.f_lineno
        if event == "return":
            running.pop(frame, None)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    except Exception:  # what it did until then is seen
        pass
    finally:
        sys.settrace(before)
    return [Assigned(line, np.asarray(value, dtype=float)) for line, value in found.values()]


def first_with(assigned: Sequence[Assigned], wrong: Sequence[Array], right: Sequence[Array]) -> SourceLine | None:
    """The first line that has the numbers of a wrong array, in whatever shape and order.

    Where a right array has the same numbers, as where a gradient is handed on that should have been multiplied, the
    first of several lines that have them is right.
    """
    by_size: dict[int, list[tuple[int, Array]]] = {}
    for place, each in enumerate(assigned):
        by_size.setdefault(each.array.size, []).append((place, np.sort(each.array, axis=None)))
    beside = [np.sort(array, axis=None) for array in right]
    found = len(assigned)
    for array in wrong:
        numbers = np.sort(array, axis=None)
        places = [place for place, other in by_size.get(array.size, ()) if _same(other, numbers)]
        if places:
            twin = len(places) > 1 and any(_same(other, numbers) for other in beside)
            found = min(found, places[twin])
    return assigned[found].line if found < len(assigned) else None


def _same(one: Array, other: Array) -> bool:
    if one.shape != other.shape:
        return False
    return bool(np.allclose(one, other, rtol=1e-6, atol=1e-8 * float(np.max(np.abs(other), initial=0.0))))


def _parts(returned: Any) -> Iterator[Any]:
    if isinstance(returned, (tuple, list)):
        yield from returned
    elif isinstance(returned, dict):
        yield from returned.values()
    else:
        yield returned


def _value(target: str, frame: FrameType) -> Any:
    try:
        return eval(target, frame.f_globals, frame.f_locals)
    except Exception:  # a name that is not there yet, an index that has moved on
        return None


@lru_cache(maxsize=64)
def _statements(file: str) -> dict[int, tuple[int, tuple[str, ...]]]:
    """For each line that belongs to an assignment or a return: the line where that begins, and what it assigns."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return {}
    found: dict[int, tuple[int, tuple[str, ...]]] = {}
    for node in ast.walk(tree):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
            targets = [node.target]
        elif not isinstance(node, (ast.Return, ast.Lambda)):
            continue
        flat = [part for target in targets for part in getattr(target, "elts", [target])]
        # Of `d[i] = …` the part, and the whole.
        flat += [part.value for part in flat if isinstance(part, ast.Subscript)]
        names = tuple(ast.unparse(part) for part in flat)
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
            if not isinstance(node, ast.Lambda) or number not in found:
                found[number] = node.lineno, names
    return found
