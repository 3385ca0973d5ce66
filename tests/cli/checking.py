"""`micrograd-bp check …` in this process."""

import argparse

from micrograd_bp.cli import check as command


def arguments(*words):
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    return parser.parse_args(["check", *words])


def check(*words):
    """The report on what stands on the command line."""
    return command.check(arguments(*words))


def run(*words):
    """The exit code; the report is printed."""
    return command.run(arguments(*words))
