"""An inverse problem: where was a rod heated, how much, and how well does it conduct? Found from how warm it is later.

The heat equation is written point by point and step by step, as on a blackboard: 19 points, 100 steps, 12,000 Values.
Compiled, it is the loop over slices that one would have written with arrays, and its way back is that loop backwards.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import minimize

from micrograd_bp import Value, compile
from micrograd_bp import sum as sum_of

POINTS, STEPS, ROOM = 21, 100, 0.2  # temperatures in hundreds of degrees


def heated(height: Value, middle: Value) -> list[Value]:
    """How warm the rod is in the beginning, where a flame was held under it; without its ends."""
    places = [i / (POINTS - 1) for i in range(1, POINTS - 1)]
    return [ROOM + height * (-(((x - middle) / 0.1) ** 2)).exp() for x in places]


def later(rate: Value, start: Sequence[Value]) -> list[Value]:
    """How warm it is after all steps, by Euler's method; the ends are kept at the temperature of the room."""
    inner: list[Any] = list(start)
    for _ in range(STEPS):
        u = [ROOM, *inner, ROOM]
        inner = [b + rate * (a - 2.0 * b + c) for a, b, c in zip(u, u[1:], u[2:], strict=False)]
    return inner


# 1. What was measured: a rod with these numbers, give or take a hundredth of a degree.
truth = {"rate": 0.2, "height": 0.6, "middle": 0.3}
rate, height, middle = map(Value, truth.values())
errors = np.random.default_rng(0).normal(scale=1e-4, size=POINTS - 2)
measured = [u.data + error for u, error in zip(later(rate, heated(height, middle)), errors, strict=True)]

# 2. The squared error of a guess, value by value, and as a program.
guess = [Value(number, label=name) for name, number in zip(truth, (0.1, 0.4, 0.5), strict=True)]
start = time.perf_counter()
temperatures = later(guess[0], heated(guess[1], guess[2]))
loss = sum_of([(u - t) ** 2 for u, t in zip(temperatures, measured, strict=True)])
loss.backward()
by_values = time.perf_counter() - start
program = compile(loss, parameters=guess)
value, gradient = program.value_and_gradient()
assert np.allclose(gradient, [number.grad for number in guess], rtol=1e-9)

lines = program.source.splitlines()
first = next(number for number, line in enumerate(lines) if "for t in range" in line)
loop = [line.split("  #")[0].rstrip() for line in lines[first : first + 7]]
print("All steps, of which the rod's end points are one array and its inner points another:", *loop, sep="\n")


# 3. The guess that fits best.
def squared_error(x: np.ndarray) -> tuple[float, np.ndarray]:
    """The loss and its gradient, for SciPy."""
    program.parameters = x
    result: tuple[float, np.ndarray] = program.value_and_gradient()
    return result


start = time.perf_counter()
found = minimize(squared_error, program.parameters, jac=True, method="BFGS", options={"gtol": 1e-9})
a_call = (time.perf_counter() - start) / found.nfev
print(f"\nValue by value a gradient takes {1e3 * by_values:.0f} ms, as a program {1e3 * a_call:.1f} ms.")
for name, number, right in zip(truth, found.x, truth.values(), strict=True):
    print(f"{name:>6} {number:.4f}, right is {right}")
assert np.allclose(found.x, list(truth.values()), atol=2e-3)
