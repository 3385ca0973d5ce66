"""What the expressions of somebody's functions give while they run as they stand, and what there is besides."""

import ast
import contextlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import CodeType, FrameType, FunctionType
from typing import Any

import numpy as np

from micrograd_bp.checks.diagnosis.rewriting import Kind, Rewritten, harmless, traced


def see(functions: list[Rewritten], run: Callable[[], Any]) -> int:
    """Runs it once and notes what the expressions of these functions give, and in which order their lines are done.

    Returns:
        How many lines ran.
    """
    by_code = {each.function.__code__: each for each in functions}
    parts: dict[tuple[Rewritten, int], list[ast.expr]] = {}
    for function in functions:
        for unit in function.units:
            inner = [part for part in ast.walk(unit.node) if isinstance(part, ast.expr) and harmless(part)]
            parts.setdefault((function, unit.at), []).extend(inner)
    n_lines = 0
    often: dict[tuple[Rewritten, int], int] = {}
    at: dict[FrameType, tuple[Rewritten, int]] = {}

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal n_lines
        function = by_code.get(frame.f_code)
        if function is None:
            return None
        if event in ("line", "return") and frame in at:
            done = at.pop(frame)
            done[0].done.setdefault(done[1], n_lines)
        here = function, frame.f_lineno
        if event == "line":
            at[frame] = here
            n_lines += 1
        if event == "line" and here in parts and often.get(here, 0) < 2:  # before a loop a carry is often one number
            often[here] = often.get(here, 0) + 1
            function.scope[frame.f_lineno] = _scope(frame)
            for part in parts[here]:
                with contextlib.suppress(Exception):
                    value = eval(_code(ast.unparse(part)), frame.f_globals, dict(frame.f_locals))
                    kind = _kind(value)
                    if kind is not None:
                        function.seen[id(part)] = kind
                        if kind.numbers == "f" and kind.shape:
                            function.values.setdefault(id(part), []).append(np.array(value, dtype=float))
        return trace

    with traced(trace), np.errstate(all="ignore"):
        run()
    return n_lines


@lru_cache(maxsize=4096)
def _code(text: str) -> CodeType:
    return compile(text, "<expression>", "eval")


def _kind(thing: Any) -> Kind | None:
    if isinstance(thing, (bool, np.bool_)):
        return Kind("b", ())
    if isinstance(thing, (int, np.integer)):
        return Kind("i", (), int(thing))
    if isinstance(thing, (float, np.floating)):
        return Kind("f", ())
    if isinstance(thing, np.ndarray) and thing.dtype.kind in "fibu":
        return Kind(thing.dtype.kind.replace("u", "i"), thing.shape)
    return None


def _scope(frame: FrameType) -> dict[str, Kind]:
    found: dict[str, Kind] = {}

    def take(text: str, thing: Any, depth: int) -> None:
        kind = _kind(thing)
        if kind is not None:
            found[text] = kind
        elif depth and isinstance(thing, Mapping):
            for key, value in thing.items():
                take(f"{text}[{key!r}]", value, depth - 1)
        elif (
            depth and isinstance(getattr(thing, "__dict__", None), dict) and not isinstance(thing, (type, FunctionType))
        ):
            for name, value in vars(thing).items():
                take(f"{text}.{name}", value, depth - 1)

    for name, value in frame.f_locals.items():
        if name.isidentifier():
            take(name, value, 2 if name == "self" else 1)
    for name in frame.f_code.co_names:
        if name in frame.f_globals:
            kind = _kind(frame.f_globals[name])
            if kind is not None:
                found[name] = kind
    return found


def shaken(thing: Any) -> Any:
    """The same with other numbers, to see what they reach."""
    if isinstance(thing, (float, np.floating)):
        return thing * 1.3 + 0.01
    if isinstance(thing, np.ndarray) and thing.dtype.kind == "f":
        pattern = 1.3 + 0.3 * np.sin(1.0 + 7.0 * np.arange(thing.size)).reshape(thing.shape)
        return (thing * pattern + 0.01 * pattern).astype(thing.dtype)
    if isinstance(thing, tuple) and type(thing) is tuple:
        return tuple(map(shaken, thing))
    if isinstance(thing, list):
        return [shaken(each) for each in thing]
    if isinstance(thing, dict):
        return {key: shaken(value) for key, value in thing.items()}
    return thing
