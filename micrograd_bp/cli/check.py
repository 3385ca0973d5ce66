"""`micrograd-bp check my_layers.py`: is a backward written by hand right, and if not, where?"""

import argparse
import inspect
import json
import sys
import traceback
from typing import TYPE_CHECKING, Any

from micrograd_bp.cli.inputs import handed
from micrograd_bp.cli.inputs import read as read_inputs
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
        "y=5:classes=3 for labels, a number, a list or a dictionary; FILE.npz for arrays by name; FILE.py:NAME for a "
        "function that returns inputs, by name or in order",
    )
    parser.add_argument(
        "--loss",
        help="of a network: mse, softmax_cross_entropy or FILE.py:NAME; if not given, its own loss method, a "
        "function of its file called loss or mse, or the one that fits",
    )
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="WHAT=NAME",
        help="what is not recognized: d_kernel=update says where the gradient of kernel is, forward=run names a method",
    )
    parser.add_argument("--samples", choices=("rows", "columns", "single", "column", "row"), help="how samples lie")
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
    from micrograd_bp.checks.checking import check_subjects
    from micrograd_bp.checks.readers import subjects_in

    sources = read_inputs(arguments.input)
    module = import_file(arguments.target)
    codes, lines, parts = [], [], []
    for name, subjects in subjects_in(module).items():
        try:
            report = check_subjects(subjects, inputs=handed(sources, subjects[0].parameters, strict=False))
        except CannotCheck as error:
            codes.append(CANNOT)
            lines.append(f"{name}: not checked: {error}")
            parts.append({"subject": name, "ok": None, "error": str(error)})
        else:
            codes.append(_code(report))
            lines.append(report.headline)
            parts.append(report.to_json())
    if not codes:
        raise CannotCheck(
            f"{arguments.target} has no class, function or pair of functions that gives gradients; a number with a "
            f"graph of its own, such as micrograd's Value, is compared with micrograd_bp.Value by hand"
        )
    if arguments.json:
        print(json.dumps({"file": arguments.target, "reports": parts}, indent=2))
    else:
        print("\n".join(lines))
        if set(codes) != {RIGHT}:
            print(f"\nmicrograd-bp check {arguments.target}:NAME tells more of one of them.")
    return WRONG if WRONG in codes else max(codes)


def check(arguments: argparse.Namespace) -> "Report":
    """The report on what the command line names.

    Raises:
        CannotCheck: it cannot be loaded or checked.
    """
    from micrograd_bp.checks import CannotCheck
    from micrograd_bp.checks.checking import check_subjects
    from micrograd_bp.checks.readers import named_in, read
    from micrograd_bp.checks.readers.losses import named_loss

    names = _names(arguments.name)
    methods = {which: names.pop(which) for which in ("forward", "backward") if which in names}
    file, _, name = arguments.target.rpartition(":")
    if not file or not name:
        raise CannotCheck(
            f"{arguments.target!r} names nothing: expected FILE.py or FILE.py:NAME, such as my_layer.py:MyLayer"
        )
    sources = read_inputs(arguments.input)
    given = arguments.loss
    loss = find(given) if given and ":" in given else named_loss(given)
    module = import_file(file)
    thing = getattr(module, name, None)
    if inspect.isroutine(thing) and not needed(thing):
        subjects = list(read(load(arguments.target), loss=loss, **methods))
    else:
        subjects = named_in(module, name, loss=loss, **methods)
    inputs = handed(sources, subjects[0].parameters)
    return check_subjects(subjects, inputs=inputs, names=names, samples=arguments.samples, hint=arguments.hint)


def _names(given: list[str]) -> dict[str, str]:
    from micrograd_bp.checks import CannotCheck

    names = {}
    for entry in given:
        role, equals, place = entry.partition("=")
        if not equals:
            raise CannotCheck(f"--name takes WHAT=NAME, such as d_kernel=update, got {entry!r}")
        names[role.strip()] = place.strip()
    return names
