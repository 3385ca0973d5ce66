"""The command line: `micrograd-bp COMMAND`. Each command is a file of its own in this folder."""

import argparse
import os
import sys
from collections.abc import Sequence

from micrograd_bp import __version__
from micrograd_bp.cli import check, debug, demo, draw, page

COMMANDS = (demo, draw, check, debug, page)
"""Each has `add_parser(subparsers)`, which sets the function `run(arguments)` that gives the exit code."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        arguments: what stands after `micrograd-bp` on the command line; that of the process if not given.

    Returns:
        The exit code: 0 if all went well, 130 after Ctrl-C.
    """
    parser = argparse.ArgumentParser(
        prog="micrograd-bp", description="Backpropagation that you can see, step through and check."
    )
    parser.add_argument("--version", action="version", version=f"micrograd-bp {__version__}")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_parser(subparsers)
    parsed = parser.parse_args(arguments)
    try:
        code = int(parsed.run(parsed))
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever read the output has had enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted")
        return 130
