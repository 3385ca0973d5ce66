"""The kernel that runs tapes: an interpreter of functions of numbers, in machine code that is the same for all tapes.

It has an instruction for every function of numbers, which it reads off the table of operations, but for those that
contract a group. Numbers follow IEEE arithmetic: nothing raises.
"""

from micrograd_bp.compiler.write.numpy import OPERATORS
from micrograd_bp.engine import OPERATIONS
from micrograd_bp.engine.numbers.arrays import COMPARISONS
from micrograd_bp.engine.numbers.floats import Floats

KERNEL = """\
def kernel(tape: uint32[0, 4], numbers: float64[0,], first: int64[1,]) -> float64:
    for i in range(len(tape)):
        x = numbers[tape[i, 1]]
        y = numbers[tape[i, 2]]
        code = tape[i, 0]
{cases}
        numbers[first[0] + i] = z
    return 0.0
"""
"""Runs a tape, which has an instruction at least: its code, and three slots of operands, any where it has fewer.
`numbers` has one for each slot; from `first` on they become the results of the instructions."""


def _expressions() -> dict[str, str]:
    """What each instruction computes, from operands that are called x and y."""
    expressions = {
        "multiply_add": "x * y + numbers[tape[i, 3]]",
        "where": "y if x != 0.0 else numbers[tape[i, 3]]",
        "negative": "-x",
    }
    expressions |= {name: f"x {sign} y" for name, (sign, *_) in OPERATORS.items() if name != "matmul"}
    expressions |= {name: f"1.0 if {expressions[name]} else 0.0" for name in COMPARISONS}
    expressions["exp"] = "math.exp(x)"  # for one number alone the C library's is faster
    for name in vars(Floats):
        if name in OPERATIONS and not OPERATIONS[name].many:
            operands = ", ".join("xy"[: len(OPERATIONS[name].operand_names)])
            expressions.setdefault(name, f"{name}({operands})")
    return expressions


_EXPRESSIONS = _expressions()

CODES = {name: code for code, name in enumerate(_EXPRESSIONS)}

_CASES = [f"if code == {code}:\n            z = {text}" for code, text in enumerate(_EXPRESSIONS.values())]

SOURCE = KERNEL.format(cases="        " + "\n        el".join(_CASES))
