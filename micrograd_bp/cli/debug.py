"""`micrograd-bp debug`: the chain-rule debugger, on an expression, on what a script computes, or on a saved network."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from micrograd_bp import __version__
from micrograd_bp.cli.targets import TargetError, from_expression, from_script, script_of, start_of
from micrograd_bp.files import write_bytes
from micrograd_bp.views.debugger.debugger import Debugger
from micrograd_bp.views.debugger.screen import Screen
from micrograd_bp.views.debugger.walk import Walk
from micrograd_bp.views.steps.steps import Recording

if TYPE_CHECKING:
    from micrograd_bp.views.adapter.requests import Arguments

EXTENSION = "micrograd-bp.vsix"


def add_parser(subparsers: Any) -> None:
    """Adds the command to the parser of `micrograd-bp`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "debug",
        help="step through the chain rule of an expression, a script or a saved network",
        description="The chain-rule debugger. It reads commands from the terminal, or from a pipe. Editors show it by "
        "the Debug Adapter Protocol, VS Code with the extension that --vscode writes.",
    )
    parser.add_argument(
        "target",
        nargs="?",
        help='an expression, "tanh(w*x + b)"; or a script, train.py, which is run: the debugger takes the last output '
        "on which backward was called; or train.py:NAME, a Value there, or a function without arguments that gives "
        "one; or the JSON file of a network",
    )
    parser.add_argument("numbers", nargs="*", metavar="NAME=NUMBER", help="the names in an expression: w=-3 x=2")
    parser.add_argument("--input", metavar="A,B,…", help="what goes into the network, such as --input=5.1,-3.5")
    editor = parser.add_mutually_exclusive_group()
    editor.add_argument("--adapter", action="store_true", help="speak with an editor on standard input and output")
    editor.add_argument("--port", type=int, metavar="N", help="speak with an editor on this port of 127.0.0.1")
    editor.add_argument("--vscode", action="store_true", help=f"write {EXTENSION}, the extension for VS Code")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    options = {"--vscode": arguments.vscode, "--adapter": arguments.adapter, "--port": arguments.port is not None}
    for_editors = next((option for option, is_given in options.items() if is_given), None)
    if arguments.target is None and for_editors is None:
        return _refuse("what is to be debugged?")
    if arguments.target is not None and for_editors is not None:
        return _refuse(f"{for_editors} goes without a target")
    if arguments.vscode:
        return write_extension()
    return adapter(arguments.port) if for_editors else run(arguments.target, arguments.numbers, arguments.input)


def run(target: str, numbers: Sequence[str] = (), network_input: str | None = None) -> int:
    """Opens the debugger; returns the exit code."""
    try:
        start = start_of(target, numbers, network_input)
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


def adapter(port: int | None) -> int:
    """Speaks with an editor, on a port or on standard input and output; returns the exit code."""
    from micrograd_bp.views.adapter.serving import from_port, from_standard_streams, serve

    try:
        connection = from_standard_streams() if port is None else from_port(port, Screen(sys.stdout).say)
    except (OSError, ValueError) as error:
        return _refuse(str(error))
    return serve(connection, launched)


def launched(arguments: "Arguments") -> Walk:
    """What an editor launches.

    Raises:
        RequestError: it cannot be had.
    """
    from micrograd_bp.views.adapter.requests import RequestError

    program, target = arguments.get("program", str), arguments.get("target", str)
    if (program is None) == (target is None):
        raise RequestError("launch takes either program, a script, or target: train.py:loss, or an expression")
    given, forward = arguments.texts("args"), arguments.get("forward", bool, False)
    try:
        if folder := arguments.get("cwd", str):
            os.chdir(folder)
        script = (Path(program), None) if program is not None else script_of(target)
        if script is None:
            start = from_expression(target, given)
        else:
            path, name = script
            start = from_script(Path(os.path.abspath(path)), name, given, exit_is_shown=True)
        recording = Recording(start.outputs, start.gradients, names=start.names)
    except (TargetError, OSError, ValueError, TypeError) as refusal:
        raise RequestError(str(refusal)) from None
    except SystemExit:
        raise RequestError(f"{program or target} failed; the debug console has its traceback") from None
    return Walk(recording, forward=forward)


def _refuse(why: str) -> int:
    Screen(sys.stderr).say(f"micrograd-bp debug: {why}")
    return 2
