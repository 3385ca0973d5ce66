"""Functions from outside as operations: an elliptic integral of SciPy's, and a solver with its adjoint.

A pendulum swings the slower the wider: T = 4·√(l/g)·K(sin²(θ/2)), K the complete elliptic integral of the first kind.
From a few measured periods we find its length and how much wider it swung than we thought, with second derivatives;
and with a solver how far it must be let go to swing in two seconds.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.special import ellipe, ellipk

from micrograd_bp import OPERATIONS, Value, compile, draw, external, gradcheck, gradients, hessian, operation, steps

GRAVITY = 9.81


@external("elliptic_k", symbol="K", arrays=True, samples={"m": [(0.05, 0.9)]})
def elliptic_k(m: Any) -> Any:
    """K(m), with its derivative. Both take arrays, of which a compiled program makes use."""
    k = ellipk(m)
    return k, ((ellipe(m) - (1.0 - m) * k) / (2.0 * m * (1.0 - m)),)


@external("elliptic_e", symbol="E", arrays=True, samples={"m": [(0.05, 0.9)]})
def elliptic_e(m: Any) -> Any:
    """E(m), the complete elliptic integral of the second kind: the derivative of K is made of both."""
    return ellipe(m), ((ellipe(m) - ellipk(m)) / (2.0 * m),)


# So far K is differentiated once. Who says what its derivative is, in terms of operations, can go on for ever.
@operation("elliptic_k_m", symbol="K'", samples={"m": [(0.05, 0.9)]})
def elliptic_k_m(xp: Any, m: Any) -> Any:
    """K'(m) and its derivative, by the quotient rule."""
    over, under = xp.elliptic_e(m) - (1.0 - m) * xp.elliptic_k(m), 2.0 * m * (1.0 - m)
    y = over / under
    slope = (xp.elliptic_e(m) - xp.elliptic_k(m)) / (2.0 * m) + xp.elliptic_k(m) - (1.0 - m) * y
    return y, ((slope - y * (2.0 - 4.0 * m)) / under,)


def period(length: Any, angle: Any) -> Any:
    """The time of one swing, let go at `angle`."""
    sine = (angle * 0.5).sin()
    return 4.0 * (length / GRAVITY) ** 0.5 * elliptic_k(sine * sine)


# 1. One swing: its gradient, its drawing, a step through the chain rule, and the check.
length, angle = Value(1.2, label="length"), Value(1.0, label="angle")
swing = period(length, angle)
swing.label = "period"
swing.backward()
print(f"T = {swing.data:.4f} s; one degree more makes {angle.grad * math.pi / 180 * 1000:.2f} ms")
print(OPERATIONS["elliptic_k"].formula())
print(next(step for step in steps(swing) if step.node.operation is OPERATIONS["elliptic_k"]))
gradcheck(period, [1.2, 1.0])
gradcheck(elliptic_k_m, [0.3])
pictures = Path(__file__).parent / "pictures"
pictures.mkdir(exist_ok=True)
draw(swing).render(outfile=pictures / "pendulum.svg", cleanup=True)

# 2. From periods to the length and an error of the angle. The compiled loss has the gradient for all measurements at
#    once, and the Hessian comes from the graph of derivatives.
random = np.random.default_rng(0)
angles = np.linspace(0.5, 2.2, 12)
measured = np.array([period(Value(1.37), Value(each + 0.05)).data for each in angles]) + random.normal(size=12) * 1e-4
guess = [Value(1.0, label="length"), Value(0.0, label="error")]
at, seen = Value(1.0, label="angle"), Value(2.0, label="seen")


def squared_error(x: Any, angle: Any, seen: Any) -> Any:
    """How far the period is from the one that was seen."""
    return (period(x[0], angle + x[1]) - seen) ** 2


program = compile(squared_error(guess, at, seen), inputs={"angle": at, "seen": seen}, parameters=guess)


def compiled(x: Any) -> tuple[float, Any]:
    """The mean loss and its gradient."""
    program.parameters = x
    value: tuple[float, Any] = program.value_and_gradient(angles, measured)
    return value


def mean_error(x: Any) -> Any:
    """The loss of all measurements, for its second derivatives."""
    return sum(squared_error(x, float(a), float(t)) for a, t in zip(angles, measured, strict=True)) / len(angles)


found = minimize(compiled, [1.0, 0.0], jac=True, hess=hessian(mean_error), method="trust-exact")
print(f"\nlength {found.x[0]:.4f} m, error {found.x[1]:+.4f}, in {found.nit} steps")
assert np.allclose(found.x, [1.37, 0.05], atol=2e-3)


# 3. The other way round, with a solver: how far must it be let go? From T(l, θ) = t follow dθ/dt = 1 / T_θ and
#    dθ/dl = -T_l / T_θ: the adjoint, which takes one gradient instead of the steps of the solver.
@external("amplitude", domain="a time longer than that of a small swing", samples={"length": [(0.7, 0.9)]})
def amplitude(length: float, time: float) -> tuple[float, tuple[float, float]]:
    """The angle at which a pendulum must be let go to take `time` for a swing."""
    angle = brentq(lambda angle: period(Value(length), Value(angle)).data - time, 1e-3, 3.1, xtol=1e-14)
    inputs = [Value(length), Value(angle)]
    by_length, by_angle = gradients(period(*inputs), inputs)
    return angle, (-by_length / by_angle, 1.0 / by_angle)


cord = Value(0.9, label="cord")
needed = amplitude(cord, 2.0)
needed.backward()
print(f"\n{math.degrees(needed.data):.2f}°; a centimetre more makes {math.degrees(cord.grad) / 100:.2f}°")
assert abs(period(cord, needed).data - 2.0) < 1e-12
gradcheck(amplitude, [0.9, 2.0])
try:
    amplitude(5.0, 2.0)
    raise SystemExit("five metres took two seconds")
except ValueError as error:
    print(error)
