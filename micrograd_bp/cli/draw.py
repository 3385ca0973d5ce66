"""`micrograd-bp draw`: the gradient flow of an expression, a script or a saved network, as a picture."""

import argparse
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from micrograd_bp.cli.targets import TargetError, start_of
from micrograd_bp.engine.numbers.notation import in_encoding
from micrograd_bp.files import write_bytes
from micrograd_bp.views.drawing.drawing import draw
from micrograd_bp.views.drawing.renderer import RenderingError
from micrograd_bp.views.steps.steps import Recording

FORMATS = ("svg", "png", "pdf", "gv", "dot")

EXAMPLES = """examples:
  micrograd-bp draw "tanh(w1*x1 + w2*x2 + b)" x1=2 x2=0 w1=-3 w2=1 b=6.88 -o neuron.svg
  micrograd-bp draw train.py:loss -o loss.svg
  micrograd-bp draw model.json --input=5.1,3.5,1.4,0.2 -o network.png"""


def add_parser(subparsers: Any) -> None:
    """Adds the command to the parser of `micrograd-bp`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "draw",
        help="draw the gradient flow of an expression, a script or a saved network",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "what",
        help="an expression; or a script, train.py, which is run: the last output on which backward was called; or "
        "train.py:NAME, a Value there; or the JSON file of a network",
    )
    parser.add_argument("numbers", nargs="*", metavar="NAME=NUMBER", help="the number of each name in the expression")
    parser.add_argument("--input", metavar="A,B,…", help="what goes into the network, such as --input=5.1,-3.5")
    parser.add_argument("-o", "--output", metavar="FILE", help=".svg, .png, .gv, or .pdf; without it, DOT is printed")
    parser.add_argument("--detail", choices=("auto", "values", "tables", "neurons", "layers"), default="auto")
    parser.add_argument("--direction", choices=("LR", "RL", "TB", "BT"), default="LR")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """The command; returns the exit code: 2 with one line on stderr if something was wrong with the request."""
    try:
        return _run(arguments)
    except BrokenPipeError:  # nobody reads on; that is no mistake in the request
        raise
    except (TargetError, ValueError, TypeError, ArithmeticError, OSError, RenderingError) as error:
        print(f"micrograd-bp draw: {' '.join(str(error).split())}", file=sys.stderr)
        return 2


def _run(arguments: argparse.Namespace) -> int:
    target = Path(arguments.output) if arguments.output else None
    output_format = target.suffix.lstrip(".").lower() if target else "gv"
    if output_format not in FORMATS:
        raise ValueError(f"unknown kind of file {arguments.output!r}: its name ends with .{', .'.join(FORMATS)}")
    with redirect_stdout(sys.stdout if target else sys.stderr):  # what a script prints is no part of DOT
        start = start_of(arguments.what, arguments.numbers, arguments.input)
    recording = Recording(start.outputs, start.gradients)
    recording.goto(len(recording.steps))
    drawing = draw(
        start.outputs,
        names=start.names,
        detail=arguments.detail,
        direction=arguments.direction,
        gradients=recording.gradients(),
    )
    if target is None:
        # DOT is read as UTF-8, whatever this terminal's encoding.
        sys.stdout.flush()
        sys.stdout.buffer.write(drawing.source.encode("utf-8"))
        return 0
    is_source = output_format in ("gv", "dot")
    picture = drawing.source.encode("utf-8") if is_source else drawing.pipe(output_format)
    assert isinstance(picture, bytes)
    write_bytes(target, picture)
    print(in_encoding(f"wrote {target}", sys.stdout.encoding))
    return 0
