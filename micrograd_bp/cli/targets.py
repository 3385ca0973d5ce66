"""What a command is given to look at: an expression with its numbers, what a script computes, or a saved network."""

import re
import sys
import tokenize
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from micrograd_bp.engine import Value
from micrograd_bp.engine.origin import track_source
from micrograd_bp.engine.value import backward
from micrograd_bp.expressions import graph
from micrograd_bp.nn import MLP


class TargetError(Exception):
    """What was asked for cannot be had; the message says why."""


class Start(NamedTuple):
    """Where a backward pass starts, and what its values are called."""

    outputs: Sequence[Value]
    gradients: Sequence[float] | None
    names: Any


def start_of(target: str, numbers: Sequence[str], network_input: str | None = None) -> Start:
    """Where the backward pass of an expression, of a script, or of a network in a JSON file starts.

    Args:
        target: what a person wrote.
        numbers: NAME=NUMBER for each name of an expression.
        network_input: the numbers that go into a network, with commas between; None if there are none.

    Raises:
        TargetError: it cannot be had.
        SystemExit: a script failed; its traceback has been shown.
    """
    if target.endswith(".json"):
        return from_network(target, numbers, network_input)
    if network_input is not None:
        raise TargetError("--input is for a network; an expression takes NAME=NUMBER")
    script = script_of(target)
    if script is None:
        return from_expression(target, numbers)
    if numbers:
        raise TargetError(f"numbers are for the names in an expression; a script has its own: {numbers[0]}")
    return from_script(*script)


def script_of(target: str) -> tuple[Path, str | None] | None:
    """The script that is meant, and a name in it if one is; None if it is an expression."""
    script = re.fullmatch(r"(.*\.py)(?::(\w+))?", target)
    return (Path(script[1]), script[2]) if script is not None else None


def from_expression(text: str, numbers: Sequence[str]) -> Start:
    """The graph of an expression.

    Raises:
        TargetError: it cannot be read, or a name has no number.
    """
    try:
        return Start([graph(text, dict(map(_named_number, numbers)))], None, None)
    except (ValueError, ArithmeticError, TypeError) as error:
        raise TargetError(str(error)) from None


def _named_number(text: str) -> tuple[str, float]:
    name, equals, number = text.partition("=")
    if not equals or not name.isidentifier():
        raise TargetError(f"expected NAME=NUMBER, such as w=-3, got {text!r:.80}")
    return name, _number(number, name)


def _number(text: str, what: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise TargetError(f"{what} needs a number, got {text.strip()!r:.80}") from None


def from_network(path: str, numbers: Sequence[str], network_input: str | None) -> Start:
    """What a saved network gives for the numbers that go in.

    Raises:
        TargetError: it cannot be read, or takes other numbers.
    """
    try:
        network = MLP.from_file(path)
    except (OSError, ValueError, TypeError) as error:
        raise TargetError(str(error)) from None
    if numbers:
        raise TargetError(f"a network takes --input=…, not {numbers[0]!r}")
    if network_input is None:
        raise TargetError(f"{path} needs numbers to go in: --input=5.1,3.5")
    inputs = [Value(_number(text, "--input"), label=f"x{i}") for i, text in enumerate(network_input.split(","))]
    try:
        outputs = network(inputs)
    except (ValueError, ArithmeticError) as error:
        raise TargetError(str(error)) from None
    return Start([outputs] if isinstance(outputs, Value) else list(outputs), None, network)


def from_script(path: Path, name: str | None, arguments: Sequence[str] = (), *, exit_is_shown: bool = False) -> Start:
    """What a script computes, which is run with its source lines tracked.

    Args:
        path: the script.
        name: a Value of it, or a function without arguments that gives one; None for the last output on which
            `backward` was called.
        arguments: those of the script, as on a command line.
        exit_is_shown: whether a traceback shows where the script left, if it did so with a code or a message.

    Raises:
        TargetError: it cannot be read, or has no such Value.
        SystemExit: it failed; its traceback has been shown.
    """
    with track_source(), remembered_backward() as calls:
        namespace = _run_as_main(path, arguments, exit_is_shown)
        if name is None:
            if not calls:
                raise TargetError(f"{path} never called backward; name a Value of it: {path}:loss")
            return Start(*calls[-1], namespace)
        if name not in namespace:
            raise TargetError(f"{path} has nothing called {name}{_values_of(namespace)}")
        output = namespace[name]
        if callable(output):
            try:
                output = output()
            except (Exception, SystemExit) as error:
                raise TargetError(f"{name}() failed: {type(error).__name__}: {error}") from error
    if not isinstance(output, Value):
        raise TargetError(f"{name} in {path} is no Value, but {type(output).__name__}{_values_of(namespace)}")
    return Start([output], None, namespace)


def _values_of(namespace: Mapping[str, Any]) -> str:
    values = [name for name, held in namespace.items() if isinstance(held, Value)]
    return f"; its Values are {', '.join(values[:8])}" if values else ""


def _run_as_main(path: Path, arguments: Sequence[str], exit_is_shown: bool) -> dict[str, Any]:
    """Runs a script as Python would, and returns its names; those it had so far if it leaves early.

    Raises:
        TargetError: it cannot be read.
        SystemExit: it failed; its traceback has been shown.
    """
    try:
        with tokenize.open(path) as file:
            source = file.read()
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise TargetError(f"cannot read {path}: {error}") from None
    module = ModuleType("__main__")
    module.__file__ = str(path)
    before = sys.modules["__main__"], sys.path[:], sys.argv
    sys.modules["__main__"], sys.path[:0], sys.argv = module, [str(path.resolve().parent)], [str(path), *arguments]
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)
    except SystemExit as leaving:  # it was done
        if exit_is_shown and leaving.code not in (None, 0):
            _print_traceback(leaving)
    except Exception as error:
        _print_traceback(error)
        raise SystemExit(1) from None
    finally:
        sys.modules["__main__"], sys.path[:], sys.argv = before
    return module.__dict__


def _print_traceback(error: BaseException) -> None:
    """Without the frame of this file, which is of no use to whoever wrote the script."""
    traceback.print_exception(error.with_traceback(error.__traceback__ and error.__traceback__.tb_next))


Call = tuple[Sequence[Value], Sequence[float] | None]


@contextmanager
def remembered_backward() -> Iterator[list[Call]]:
    """In this block the latest call of `backward` is remembered; yields the list that it will be in."""
    latest: list[Call] = []

    def remembering(outputs: Sequence[Value], gradients: Sequence[float] | None = None) -> None:
        backward(outputs, gradients)
        if outputs:  # of none there is nothing to see
            latest[:] = [(list(outputs), None if gradients is None else list(gradients))]

    holders = [module for module in list(sys.modules.values()) if vars(module).get("backward") is backward]
    holders = [module for module in holders if module.__name__ != __name__]
    for module in holders:
        module.backward = remembering  # type: ignore[attr-defined]  # each of them has it
    try:
        yield latest
    finally:
        for module in holders:
            module.backward = backward  # type: ignore[attr-defined]  # as above
