"""`compile`: from a graph of scalars to a program."""

import operator
from collections.abc import Mapping, Sequence
from typing import Any

from micrograd_bp.compiler.run.arguments import checked_dtype, checked_graph
from micrograd_bp.compiler.run.program import Program
from micrograd_bp.engine import Value


def compile(
    loss: Value,
    inputs: Mapping[str, Value | Sequence[Value]] | None = None,
    parameters: Sequence[Value] | None = None,
    outputs: Mapping[str, Value | Sequence[Value]] | None = None,
    *,
    dtype: Any = "float64",
    check: bool = True,
    form: str = "auto",
    threads: int = 1,
) -> "Program":
    """Makes a program of arrays from a graph of scalars.

    The graph is taken as it is: Python's control flow went one way when the loss was built on the sample inputs, and so
    does the program. A choice that is to follow the data is `where`, `maximum` and the like.

    Args:
        loss: a Value, built once on sample inputs.
        inputs: groups of leaves by name; each becomes an argument of shape (samples, members of the group). Without any
            there is no axis of samples: the loss is that of the data as drawn.
        parameters: the leaves to differentiate with respect to, such as `model.parameters()`; [] for none. All
            other leaves are constants.
        outputs: groups of values that `predict` is to give, by name.
        dtype: "float64" or "float32".
        check: whether a loss or a gradient that is not finite raises FloatingPointError.
        form: "matrices" for groups of like values as arrays; "native" for the same as loops in machine code; "straight
            line" for a statement for each value; "tape" for the same as instructions of a small kernel in machine
            code. "auto" chooses matrices if there are any to speak of. Where llvmlite is installed, which machine code
            needs, it chooses a tape for a long graph without, and matrices run on a tape or as machine code when the
            calls so far would have paid for making it, by an estimate that is the same in each run.
        threads: how many share a batch where matrices run as machine code. It pays from some thousands of samples on,
            and gives the same bits each time; another number of threads adds up in another order.

    Raises:
        TypeError: something that is not a Value, or nothing is said of parameters; threads that are no whole number.
        ImportError: machine code or a tape without llvmlite.
        ValueError: an input or a parameter that is no leaf, or is listed twice; a name that cannot be an argument's; an
            unknown dtype or form; fewer threads than one; a value that was made by hand, without a rule.
    """
    if parameters is None:
        raise TypeError(
            "compile needs to know what to differentiate with respect to: parameters=model.parameters(), or a list of "
            "leaves; parameters=[] makes a program that only computes the loss and the outputs"
        )
    if operator.index(threads) < 1:
        raise ValueError(f"threads is a number from 1 on, got {threads}")
    number_type = checked_dtype(dtype)
    graph = checked_graph(loss, {} if inputs is None else inputs, parameters, {} if outputs is None else outputs)
    return Program(graph, dtype=number_type, check=check, form=form, threads=threads)
