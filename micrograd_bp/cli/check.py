"""`micrograd-bp check my_layer.py:MyLayer`: is a hand-written backward right, and if not, where?"""

import argparse
import contextlib
import importlib
import importlib.util
import inspect
import json
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from micrograd_bp.checks import Report

RIGHT, WRONG, CANNOT = 0, 1, 2
"""The exit codes."""


def add_parser(subparsers: Any) -> None:
    """Adds the command to the parser of `micrograd-bp`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "check",
        help="is a hand-written backward right, and if not, where?",
        description="Compares every gradient of a hand-written layer, loss or network with the right one, entry by "
        "entry, and names the mistake. Exit code 0: right; 1: wrong; 2: it could not be checked.",
    )
    parser.add_argument(
        "target", metavar="FILE.py:NAME", help="an instance, or a class or function that needs no arguments"
    )
    parser.add_argument(
        "--loss",
        help="of a network: mse, softmax_cross_entropy or FILE.py:NAME; if not given, its own loss method, a "
        "function of its file called loss or mse, or mse",
    )
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="ROLE=PLACE",
        help="what an array is called, if that is not recognized: weights=kernel, d_weights=update, forward=run",
    )
    parser.add_argument("--samples", choices=("rows", "columns", "single", "column", "row"), help="how samples lie")
    parser.add_argument("--activation", metavar="NAME", help="a layer's activation, if forward hides it: tanh, …")
    parser.add_argument(
        "--hint", nargs="?", type=int, const=1, default=0, choices=(1, 2, 3), help="a hint; 2 or 3 for stronger ones"
    )
    parser.add_argument("--json", action="store_true", help="the report for machines")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Checks, prints the report and returns the exit code."""
    from micrograd_bp.checks import CannotCheck

    try:
        report = check(arguments)
    except CannotCheck as error:
        if arguments.json:
            print(json.dumps({"subject": arguments.target, "ok": None, "error": str(error)}, indent=2))
        else:
            print(f"micrograd-bp check: {error}", file=sys.stderr)
        return CANNOT
    if arguments.json:
        print(json.dumps(report.to_json(), indent=2))
    else:
        report.print()
    return RIGHT if report.ok else WRONG


def check(arguments: argparse.Namespace) -> "Report":
    """The report on what the command line names.

    Raises:
        CannotCheck: it cannot be loaded or checked.
    """
    from micrograd_bp.checks import CannotCheck, check_layer, check_loss, check_network
    from micrograd_bp.checks.handwritten import HandWritten
    from micrograd_bp.checks.names import sublayers

    names = {}
    for entry in arguments.name:
        role, equals, place = entry.partition("=")
        if not equals:
            raise CannotCheck(f"--name takes ROLE=PLACE, such as weights=kernel, got {entry!r}")
        names[role.strip()] = place.strip()
    thing = load(arguments.target)
    if _is_loss(thing):
        return check_loss(thing, hint=arguments.hint)
    n_layers = sum(role.startswith("weights") for role in HandWritten(thing, names).places)
    if sublayers(thing) or n_layers > 1:
        loss = _loss(arguments.loss, thing)
        return check_network(thing, loss=loss, names=names, samples=arguments.samples, hint=arguments.hint)
    return check_layer(
        thing, names=names, samples=arguments.samples, activation=arguments.activation, hint=arguments.hint
    )


def _loss(given: str | None, network: Any) -> Any:
    """The loss that the command line names, or one in the network's file; None leaves it to `check_network`."""
    from micrograd_bp.checks.loss import LOSS_METHODS

    if given:
        return _find(given) if ":" in given else given
    module = sys.modules.get(type(network).__module__)
    if not any(callable(getattr(network, name, None)) for name in LOSS_METHODS):
        for name in (*LOSS_METHODS, "mse", "mse_loss", "mean_squared_error"):
            function = getattr(module, name, None)
            if inspect.isfunction(function) and len(_needed(function)) == 2:
                return function
    return None


def _is_loss(thing: Any) -> bool:
    """Whether its forward takes a prediction and a target."""
    try:
        parameters = inspect.signature(thing.forward).parameters.values()
    except (AttributeError, TypeError, ValueError):
        return False
    return sum(p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters) == 2


def _find(target: str) -> Any:
    """What `FILE.py:NAME` or `module:NAME` names.

    Raises:
        CannotCheck: there is no such file or name, or it does not import.
    """
    from micrograd_bp.checks import CannotCheck

    file, colon, name = target.rpartition(":")
    if not colon or not file or not name:
        raise CannotCheck(f"{target!r} names no object: expected FILE.py:NAME, such as my_layer.py:MyLayer")
    module = _import(file)
    thing = module
    for step in name.split("."):
        if not hasattr(thing, step):
            public = [each for each in vars(module) if not each.startswith("_")]
            raise CannotCheck(f"{file} has no {name!r}; it has {', '.join(public) or 'nothing'}")
        thing = getattr(thing, step)
    return thing


def load(target: str) -> Any:
    """The object that `FILE.py:NAME` or `module:NAME` names; a class or function is called.

    Raises:
        CannotCheck: there is no such file or name, it does not import, or it cannot be called without arguments.
    """
    from micrograd_bp.checks import CannotCheck

    thing = _find(target)
    file, _, name = target.rpartition(":")
    if not isinstance(thing, type) and not inspect.isroutine(thing):
        return thing
    needed = _needed(thing)
    if needed:
        example = "    def example():\n        return " + f"{name}({', '.join('…' for _ in needed)})"
        raise CannotCheck(
            f"{name} needs the arguments {', '.join(needed)}, and only you know good ones: add an instance or a "
            f"function to the file, such as\n{example}\nand check {file}:example"
        )
    try:
        with contextlib.redirect_stdout(sys.stderr):
            made = thing()
    except (Exception, SystemExit) as error:
        raise CannotCheck(f"{name}() raises {_last_line(error)}") from error
    if made is None:
        raise CannotCheck(f"{name}() returns nothing: a function that makes the object to check should return it")
    return made


def _needed(thing: Any) -> list[str]:
    """The arguments without which it cannot be called."""
    try:
        parameters = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return []
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in parameters if p.default is p.empty and p.kind not in kinds]


def _import(file: str) -> Any:
    from micrograd_bp.checks import CannotCheck

    path = Path(file)
    try:
        with contextlib.redirect_stdout(sys.stderr):  # what it prints is no part of the report
            if path.suffix != ".py":
                return importlib.import_module(file)
            if not path.is_file():
                raise CannotCheck(f"there is no file {file}")
            specification = importlib.util.spec_from_file_location(path.stem, path)
            if specification is None or specification.loader is None:
                raise CannotCheck(f"{file} cannot be imported")
            module = importlib.util.module_from_spec(specification)
            # Its own imports find the files beside it, as when Python runs it.
            sys.path.insert(0, str(path.parent.resolve()))
            try:
                sys.modules[path.stem] = module  # dataclasses look their module up
                specification.loader.exec_module(module)
            finally:
                sys.path.remove(str(path.parent.resolve()))
            return module
    except CannotCheck:
        raise
    except (Exception, SystemExit) as error:
        raise CannotCheck(f"{file} does not import: {_last_line(error)}") from error


def _last_line(error: BaseException) -> str:
    """An exception in a line, with the place in the file."""
    if isinstance(error, SyntaxError):
        return f"SyntaxError: {error.msg}, line {error.lineno}"
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith("<frozen")]
    place = f" (line {lines[-1].lineno} of {Path(lines[-1].filename).name})" if lines else ""
    return f"{type(error).__name__}: {str(error) or 'no message'}{place}"
