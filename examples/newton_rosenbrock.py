"""Newton's method with an exact Hessian: Rosenbrock's banana valley, from (-1.2, 1) to its bottom at (1, 1).

Gradient descent creeps along the curved valley for thousands of steps; second derivatives see the curve.
"""

import numpy as np

from micrograd_bp import gradient, hessian


def rosenbrock(x: np.ndarray) -> float:
    """100 (y - x²)² + (1 - x)²: H. H. Rosenbrock, The Computer Journal 3 (1960)."""
    valley: float = 100.0 * (x[1] - x[0] ** 2) ** 2 + (1.0 - x[0]) ** 2
    return valley


slope, curvature = gradient(rosenbrock), hessian(rosenbrock)
x = np.array([-1.2, 1.0])
steps = 0
print("step      x         y         f")
while np.max(np.abs(slope(x))) > 1e-10:
    print(f"{steps:4d}  {x[0]:8.5f}  {x[1]:8.5f}  {rosenbrock(x):.3e}")
    direction = np.linalg.solve(curvature(x), -slope(x))
    length = 1.0
    while rosenbrock(x + length * direction) > rosenbrock(x):  # a full step may climb the far side of the valley
        length /= 2.0
    x = x + length * direction
    steps += 1
print(f"{steps:4d}  {x[0]:8.5f}  {x[1]:8.5f}  {rosenbrock(x):.3e}")

descent = np.array([-1.2, 1.0])
for _ in range(1_000):
    descent = descent - 0.001 * slope(descent)
print(f"1,000 steps of gradient descent end at ({descent[0]:.3f}, {descent[1]:.3f}).")

assert steps <= 25
assert np.allclose(x, 1.0, rtol=0, atol=1e-9)
assert rosenbrock(descent) > 1e-4
