"""The kernel that runs tapes: an interpreter of primitive functions, compiled once by numba, which then caches it.

Numbers follow IEEE arithmetic: nothing raises.
"""

import math
from typing import Any

import numpy as np
from numba import njit

NAMES = """
add subtract multiply divide negative multiply_add greater greater_equal less less_equal equal not_equal where
maximum minimum abs floor ceil trunc pow exp expm1 exp2 log log1p log2 log10 sqrt cbrt hypot sin cos tan asin
acos atan atan2 sinh cosh tanh asinh acosh atanh degrees radians erf erfc
remainder floor_divide fmod sign round
"""
CODES = {name: code for code, name in enumerate(NAMES.split())}


SIGNATURE = "void(uint32[:, ::1], float64[::1], float64[::1], float64[:, ::1], uint32[::1], float64[:, ::1])"


@njit(SIGNATURE, cache=True, error_model="numpy")
def run(tape: Any, numbers: Any, parameters: Any, samples: Any, wanted: Any, results: Any) -> None:
    """Runs a tape on one sample after the other.

    Args:
        tape: for each instruction its code, and the slots of its operands; any slot where it has fewer than three.
        numbers: one for each slot: those of parameters, inputs and constants, then the results of the instructions.
        parameters: the numbers for the first slots.
        samples: for each sample a row of numbers for the slots after them.
        wanted: slots.
        results: becomes for each sample a row of the numbers in these slots.
    """
    first, given = len(numbers) - len(tape), len(parameters)
    numbers[:given] = parameters
    for sample in range(len(samples)):
        numbers[given : given + samples.shape[1]] = samples[sample]
        for i in range(len(tape)):
            code, x, y = tape[i, 0], numbers[tape[i, 1]], numbers[tape[i, 2]]
            if code == 0:
                z = x + y
            elif code == 1:
                z = x - y
            elif code == 2:
                z = x * y
            elif code == 3:
                z = x / y
            elif code == 4:
                z = -x
            elif code == 5:
                z = x * y + numbers[tape[i, 3]]
            elif code == 6:
                z = 1.0 if x > y else 0.0
            elif code == 7:
                z = 1.0 if x >= y else 0.0
            elif code == 8:
                z = 1.0 if x < y else 0.0
            elif code == 9:
                z = 1.0 if x <= y else 0.0
            elif code == 10:
                z = 1.0 if x == y else 0.0
            elif code == 11:
                z = 1.0 if x != y else 0.0
            elif code == 12:
                z = y if x != 0.0 else numbers[tape[i, 3]]
            elif code == 13:
                z = x if x > y or x != x else y
            elif code == 14:
                z = x if x < y or x != x else y
            elif code == 15:
                z = math.fabs(x)
            elif code == 16:
                z = np.floor(x)
            elif code == 17:
                z = np.ceil(x)
            elif code == 18:
                z = np.trunc(x)
            elif code == 19:
                z = math.pow(x, y)
            elif code == 20:
                z = math.exp(x)
            elif code == 21:
                z = math.expm1(x)
            elif code == 22:
                z = np.exp2(x)
            elif code == 23:
                z = math.log(x)
            elif code == 24:
                z = math.log1p(x)
            elif code == 25:
                z = np.log2(x)
            elif code == 26:
                z = math.log10(x)
            elif code == 27:
                z = math.sqrt(x)
            elif code == 28:
                z = np.cbrt(x)
            elif code == 29:
                z = math.hypot(x, y)
            elif code == 30:
                z = math.sin(x)
            elif code == 31:
                z = math.cos(x)
            elif code == 32:
                z = math.tan(x)
            elif code == 33:
                z = math.asin(x)
            elif code == 34:
                z = math.acos(x)
            elif code == 35:
                z = math.atan(x)
            elif code == 36:
                z = math.atan2(x, y)
            elif code == 37:
                z = math.sinh(x)
            elif code == 38:
                z = math.cosh(x)
            elif code == 39:
                z = math.tanh(x)
            elif code == 40:
                z = math.asinh(x)
            elif code == 41:
                z = math.acosh(x)
            elif code == 42:
                z = math.atanh(x)
            elif code == 43:
                z = math.degrees(x)
            elif code == 44:
                z = math.radians(x)
            elif code == 45:
                z = math.erf(x)
            elif code == 46:
                z = math.erfc(x)
            elif code == 47:
                z = np.remainder(x, y)
            elif code == 48:
                z = np.floor_divide(x, y)
            elif code == 49:
                z = np.fmod(x, y)
            elif code == 50:
                z = np.sign(x)
            else:
                z = np.rint(x)
            numbers[first + i] = z
        for i in range(len(wanted)):
            results[sample, i] = numbers[wanted[i]]
