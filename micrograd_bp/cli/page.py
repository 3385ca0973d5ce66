"""`micrograd-bp page`: the steps of an expression, a script or a saved network as a page for the browser."""

import argparse
import sys
from typing import Any

from micrograd_bp.cli.targets import TargetError, start_of
from micrograd_bp.engine.numbers.notation import in_encoding
from micrograd_bp.views.drawing.renderer import RenderingError
from micrograd_bp.views.page.page import DIRECTIONS, write_page
from micrograd_bp.views.page.scene import DETAILS

EXAMPLES = """examples:
  micrograd-bp page "tanh((n := w1*x1 + w2*x2 + b))" x1=2 x2=0 w1=-3 w2=1 b=6.88 --forward -o neuron.html
  micrograd-bp page "tanh(w*x + b)" w=-3 x=2 b=6.8 --exercise -o sheet.html
  micrograd-bp page train.py:loss -o steps.html
  micrograd-bp page model.json --input=5.1,3.5,1.4,0.2 -o network.html"""


def add_parser(subparsers: Any) -> None:
    """Adds the command to the parser of `micrograd-bp`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "page",
        help="write the steps of an expression, a script or a saved network as a page for the browser",
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
    parser.add_argument("-o", "--output", metavar="FILE", default="steps.html", help="the file (default steps.html)")
    parser.add_argument("--forward", action="store_true", help="begin with the forward pass")
    parser.add_argument(
        "--exercise",
        action="append_const",
        const="gradients",
        dest="hide",
        help="hide the gradients: a sheet to fill in",
    )
    parser.add_argument(
        "--local-derivatives",
        action="append_const",
        const="local derivatives",
        dest="hide",
        help="a sheet that asks for the local derivatives, with --exercise for both",
    )
    parser.add_argument("--title", default="", help="what stands above the page")
    parser.add_argument("--detail", choices=DETAILS, default="auto")
    parser.add_argument("--direction", choices=DIRECTIONS, default="LR")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """The command; returns the exit code: 2 with one line on stderr if something was wrong with the request."""
    try:
        start = start_of(arguments.what, arguments.numbers, arguments.input)
        path = write_page(
            start.outputs,
            arguments.output,
            names=start.names,
            gradients=start.gradients,
            title=arguments.title,
            forward=arguments.forward,
            hide=arguments.hide,
            detail=arguments.detail,
            direction=arguments.direction,
        )
        print(in_encoding(f"wrote {path}", sys.stdout.encoding))
        return 0
    except BrokenPipeError:  # nobody reads on; that is no mistake in the request
        raise
    except (TargetError, ValueError, TypeError, ArithmeticError, OSError, RenderingError) as error:
        print(f"micrograd-bp page: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
