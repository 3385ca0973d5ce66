"""`micrograd-bp debug`: the chain-rule debugger, on an expression or on what a script computes."""

import argparse
import re
import sys
import tokenize
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from micrograd_bp import __version__
from micrograd_bp.engine import Value
from micrograd_bp.engine.origin import track_source
from micrograd_bp.engine.value import backward
from micrograd_bp.expressions import graph
from micrograd_bp.files import write_bytes
from micrograd_bp.views.debugger.debugger import Debugger
from micrograd_bp.views.debugger.screen import Screen
from micrograd_bp.views.debugger.walk import Walk
from micrograd_bp.views.steps.steps import Recording

EXTENSION = "micrograd-bp.vsix"


class TargetError(Exception):
    """What was asked for cannot be had; the message says why."""


class Start(NamedTuple):
    """Where a backward pass starts, and what its values are called."""

    outputs: Sequence[Value]
    gradients: Sequence[float] | None
    names: Any


def add_parser(subparsers: Any) -> None:
    """Adds the command to the parser of `micrograd-bp`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "debug",
        help="step through the chain rule of an expression or a script",
        description="The chain-rule debugger. It reads commands from the terminal, or from a pipe; VS Code shows it "
        "with the extension that --vscode writes.",
    )
    parser.add_argument(
        "target",
        nargs="?",
        help='an expression, "tanh(w*x + b)"; or a script, train.py, which is run: the debugger takes the last output '
        "on which backward was called; or train.py:NAME, a Value there, or a function without arguments that gives one",
    )
    parser.add_argument("numbers", nargs="*", metavar="NAME=NUMBER", help="the names in an expression: w=-3 x=2")
    parser.add_argument("--vscode", action="store_true", help=f"write {EXTENSION}, the extension for VS Code")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.vscode == (arguments.target is not None):
        return _refuse("--vscode goes without a target" if arguments.vscode else "what is to be debugged?")
    return write_extension() if arguments.vscode else run(arguments.target, arguments.numbers)


def run(target: str, numbers: Sequence[str] = ()) -> int:
    """Opens the debugger; returns the exit code."""
    try:
        start = start_of(target, numbers)
    except TargetError as refusal:
        return _refuse(str(refusal))
    Debugger(Walk(Recording(start.outputs, start.gradients, names=start.names))).run()
    return 0


def write_extension() -> int:
    """Writes the extension for VS Code into the current folder; returns the exit code."""
    from micrograd_bp.views.adapter.extension import vsix

    try:
        write_bytes(EXTENSION, vsix(sys.executable, __version__))
    except OSError as error:
        return _refuse(f"cannot write {error.filename or EXTENSION}: {error.strerror or error}")
    print(f"wrote {EXTENSION}; this installs it:\n    code --install-extension {EXTENSION}")
    return 0


def _refuse(why: str) -> int:
    Screen(sys.stderr).say(f"micrograd-bp debug: {why}")
    return 2


def start_of(target: str, numbers: Sequence[str]) -> Start:
    """Where the backward pass of an expression, or of a script, starts.

    Raises:
        TargetError: it cannot be had.
        SystemExit: a script failed; its traceback has been shown.
    """
    script = re.fullmatch(r"(.*\.py)(?::(\w+))?", target)
    if script is None:
        return from_expression(target, numbers)
    if numbers:
        raise TargetError(f"numbers are for the names in an expression; a script has its own: {numbers[0]}")
    return from_script(Path(script[1]), script[2])


def from_expression(text: str, numbers: Sequence[str]) -> Start:
    """The graph of an expression.

    Raises:
        TargetError: it cannot be read, or a name has no number.
    """
    try:
        return Start([graph(text, _named(numbers))], None, None)
    except (ValueError, ArithmeticError, TypeError) as error:
        raise TargetError(str(error)) from None


def _named(numbers: Sequence[str]) -> dict[str, float]:
    named: dict[str, float] = {}
    for each in numbers:
        name, _, text = each.partition("=")
        try:
            named[name] = float(text)
        except ValueError:
            raise TargetError(f"a number for a name is given as w=-3, got {each}") from None
        if not name.isidentifier():
            raise TargetError(f"{name or 'nothing'} cannot be a name, in {each}")
    return named


def from_script(path: Path, name: str | None) -> Start:
    """What a script computes, which is run with its source lines tracked.

    Args:
        path: the script.
        name: a Value of it, or a function without arguments that gives one; None for the last output on which
            `backward` was called.

    Raises:
        TargetError: it cannot be read, or has no such Value.
        SystemExit: it failed; its traceback has been shown.
    """
    with track_source(), remembered_backward() as calls:
        namespace = _run_as_main(path)
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


def _run_as_main(path: Path) -> dict[str, Any]:
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
    sys.modules["__main__"], sys.path[:0], sys.argv = module, [str(path.resolve().parent)], [str(path)]
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)
    except SystemExit:
        pass  # it was done
    except Exception as error:
        # The frame of this file is of no use to whoever wrote the script.
        traceback.print_exception(error.with_traceback(error.__traceback__ and error.__traceback__.tb_next))
        raise SystemExit(1) from None
    finally:
        sys.modules["__main__"], sys.path[:], sys.argv = before
    return module.__dict__


Call = tuple[Sequence[Value], Sequence[float] | None]


@contextmanager
def remembered_backward() -> Iterator[list[Call]]:
    """In this block the latest call of `backward` is remembered; yields the list that it will be in."""
    latest: list[Call] = []

    def remembering(outputs: Sequence[Value], gradients: Sequence[float] | None = None) -> None:
        backward(outputs, gradients)
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
