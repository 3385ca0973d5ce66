"""The command: `python -m benchmarks eager`, `compiled`, `compile_time`, `first_result`, `page` or `adapter`."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from benchmarks import adapter, page
from benchmarks.compiled import compile_time, first_result
from benchmarks.compiled import run as compiled
from benchmarks.eager import run as eager
from benchmarks.peers import machine, versions
from benchmarks.processes import BenchmarkError
from benchmarks.report import Measurement, show, write_json

SUITES = {"eager": eager, "compiled": compiled, "compile_time": compile_time, "first_result": first_result}
SUITES |= {"page": page, "adapter": adapter}


def main(arguments: list[str] | None = None) -> int:
    """Runs a suite and returns the exit code: 1 if contenders disagree."""
    options = _parser().parse_args(arguments)
    suite = SUITES[options.suite]
    console, progress = Console(), Console(stderr=True)
    packages = versions(suite.PACKAGES)
    for name, version in packages.items():
        console.print(name, version or "is not installed and takes no part", highlight=False)
    console.print(*machine().values(), sep=", ", highlight=False)
    measurements: list[Measurement] = []
    try:
        keys = list(dict.fromkeys(options.only or suite.KEYS))
        measurements += suite.run(keys, options.repeats, lambda text: progress.print(text, style="dim"))
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("benchmarks: interrupted", file=sys.stderr)
        return 130
    show(console, measurements, suite.REFERENCES)
    if options.json is not None:
        write_json(options.json, measurements, machine=machine(), versions=packages)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Side by side with others.")
    suites = parser.add_subparsers(dest="suite", required=True)
    for name, suite in SUITES.items():
        options = suites.add_parser(name, help=suite.__doc__, description=suite.__doc__)
        options.add_argument(
            "--only", action="append", choices=suite.KEYS, help="leave the others out; may be repeated"
        )
        options.add_argument("--repeats", type=_positive, default=5, help="turns of each contender (default: 5)")
        options.add_argument("--json", type=Path, metavar="FILE", help="write all figures to a file as well")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"a number from 1 up, got {number}")
    return number


if __name__ == "__main__":
    sys.exit(main())
