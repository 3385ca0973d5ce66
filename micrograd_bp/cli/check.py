"""`micrograd-bp check my_layers.py`: is a backward written by hand right, and if not, where?"""

import argparse
import inspect
import json
import sys
import traceback
from typing import TYPE_CHECKING, Any

from micrograd_bp.cli.loading import find, import_file, load, needed

if TYPE_CHECKING:
    from micrograd_bp.checks import Report

RIGHT, WRONG, CANNOT, FAILED = 0, 1, 2, 3
"""The exit codes: the last is that of a fault of ours, which says nothing of somebody's gradients."""


def add_parser(subparsers: Any) -> None:
    """Adds the command to the parser of `micrograd-bp`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "check",
        help="is a hand-written backward right, and if not, where?",
        description="Compares every gradient that a hand-written layer, loss, network or pair of functions gives "
        "with the right one, entry by entry, and names the mistake. "
        "Exit code 0: right; 1: wrong; 2: not all could be compared.",
    )
    parser.add_argument(
        "target",
        metavar="FILE.py[:NAME]",
        help="a file: a line for each class and function in it that gives gradients; with a name, that of a "
        "class, an instance, a function, or what X_forward and X_backward have in common, one report",
    )
    parser.add_argument(
        "--input",
        action="append",
        default=[],
        metavar="NAME=WHAT",
        help="what forward is handed, where that cannot be guessed: x=5x4 for random numbers of that shape, "
        "y=5:classes=3 for labels, a number, a list or a dictionary",
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
        if not arguments.target.rpartition(":")[1]:
            return _run_file(arguments)
        report = check(arguments)
    except CannotCheck as error:
        if arguments.json:
            print(json.dumps({"subject": arguments.target, "ok": None, "error": str(error)}, indent=2))
        else:
            print(f"micrograd-bp check: {error}", file=sys.stderr)
        return CANNOT
    except Exception:
        traceback.print_exc()
        return FAILED
    if arguments.json:
        print(json.dumps(report.to_json(), indent=2))
    else:
        report.print()
    return _code(report)


def _code(report: "Report") -> int:
    return CANNOT if report.ok is None else RIGHT if report.ok else WRONG


def _run_file(arguments: argparse.Namespace) -> int:
    """A line for everything in a file that gives gradients."""
    from micrograd_bp.checks import CannotCheck
    from micrograd_bp.checks.readers import subjects_in
    from micrograd_bp.checks.verdict import check_subjects

    module = import_file(arguments.target)
    codes, lines, parts = [], [], []
    for name, subjects in subjects_in(module).items():
        try:
            report = check_subjects(subjects, inputs=_inputs(arguments.input, subjects[0].parameters, strict=False))
        except CannotCheck as error:
            codes.append(CANNOT)
            lines.append(f"{name}: not checked: {error}")
            parts.append({"subject": name, "ok": None, "error": str(error)})
        else:
            codes.append(_code(report))
            lines.append(report.headline)
            parts.append(report.to_json())
    if not codes:
        raise CannotCheck(f"{arguments.target} has no class, function or pair of functions that gives gradients")
    if arguments.json:
        print(json.dumps({"file": arguments.target, "reports": parts}, indent=2))
    else:
        print("\n".join(lines))
        if set(codes) != {RIGHT}:
            print(f"\nmicrograd-bp check {arguments.target}:NAME tells more of one of them.")
    return WRONG if WRONG in codes else max(codes)


def check(arguments: argparse.Namespace) -> "Report":
    """The report on what the command line names.

    Every gradient is judged where it is found by its numbers. Where one is wrong in a layer or network whose arrays are
    recognized by their names, the words are those for dense layers.

    Raises:
        CannotCheck: it cannot be loaded or checked.
    """
    from micrograd_bp.checks import CannotCheck
    from micrograd_bp.checks.readers import named_in, read
    from micrograd_bp.checks.verdict import check_subjects

    names = _names(arguments.name)
    file, _, name = arguments.target.rpartition(":")
    if not file or not name:
        raise CannotCheck(
            f"{arguments.target!r} names nothing: expected FILE.py or FILE.py:NAME, such as my_layer.py:MyLayer"
        )
    module = import_file(file)
    if names or arguments.samples or arguments.activation or arguments.loss:
        return _by_names(arguments, names)
    thing = getattr(module, name, None)
    if inspect.isroutine(thing) and not needed(thing):
        subjects = list(read(load(arguments.target)))
    else:
        subjects = named_in(module, name)
    report, refused = None, None
    try:
        report = check_subjects(subjects, inputs=_inputs(arguments.input, subjects[0].parameters), hint=arguments.hint)
    except CannotCheck as error:
        refused = error
    if arguments.input or (report is not None and not report.wrong):
        return _or_raise(report, refused)
    try:
        recognized = _by_names(arguments, names)
    except Exception:  # not of the form that it knows
        return _or_raise(report, refused)
    # Shapes that are known from names are no guess: where a call with guessed ones fails, that answer counts.
    runs = report is not None and report.arrays
    explained = recognized.wrong and all(finding.name for finding in recognized.findings)
    return recognized if explained or not runs else _or_raise(report, refused)


def _or_raise(report: "Report | None", refused: Exception | None) -> "Report":
    if report is None:
        assert refused is not None
        raise refused
    return report


def _names(given: list[str]) -> dict[str, str]:
    from micrograd_bp.checks import CannotCheck

    names = {}
    for entry in given:
        role, equals, place = entry.partition("=")
        if not equals:
            raise CannotCheck(f"--name takes ROLE=PLACE, such as weights=kernel, got {entry!r}")
        names[role.strip()] = place.strip()
    return names


def _inputs(given: list[str], parameters: Any, *, strict: bool = True) -> dict[str, Any] | None:
    """What is handed over, by name.

    Raises:
        CannotCheck: an entry is not of the form NAME=WHAT, or names no parameter.
    """
    from micrograd_bp.checks import CannotCheck
    from micrograd_bp.checks.inputs import from_words

    made = {}
    for entry in given:
        name, equals, what = entry.partition("=")
        if not equals:
            raise CannotCheck(f"--input takes NAME=WHAT, such as x=5x4, got {entry!r}")
        if strict or name in parameters:
            made[name.strip()] = from_words(name.strip(), what.strip())
    return made or None


def _by_names(arguments: argparse.Namespace, names: dict[str, str]) -> "Report":
    """The report of the check that recognizes the arrays of dense layers and networks by their names."""
    from micrograd_bp.checks import check_layer, check_loss, check_network
    from micrograd_bp.checks.handwritten import HandWritten
    from micrograd_bp.checks.names import sublayers

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
        return find(given) if ":" in given else given
    module = sys.modules.get(type(network).__module__)
    if not any(callable(getattr(network, name, None)) for name in LOSS_METHODS):
        for name in (*LOSS_METHODS, "mse", "mse_loss", "mean_squared_error"):
            function = getattr(module, name, None)
            if inspect.isfunction(function) and len(needed(function)) == 2:
                return function
    return None


def _is_loss(thing: Any) -> bool:
    """Whether its forward takes a prediction and a target."""
    try:
        parameters = inspect.signature(thing.forward).parameters.values()
    except (AttributeError, TypeError, ValueError):
        return False
    return sum(p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters) == 2
