"""An operation of one's own: one rule, and it can be checked, drawn, stepped through, differentiated and compiled.

Softsign, x / (1 + |x|), approaches -1 and 1 more slowly than tanh: J. Turian, J. Bergstra and Y. Bengio, "Quadratic
features and deep architectures for chunking" (2009).
"""

from pathlib import Path
from typing import Any

import numpy as np

from micrograd_bp import (
    MLP,
    OPERATIONS,
    GradientError,
    Value,
    compile,
    derivative,
    draw,
    gradcheck,
    mse,
    operation,
    steps,
)


@operation("softsign", symbol="softsign")
def softsign(xp: Any, x: Any) -> Any:
    """The result, x / (1 + |x|), and beside it its derivative."""
    d = 1.0 + xp.abs(x)
    return x / d, (1.0 / (d * d),)


# 1. A function of numbers, a function of Values, and a method.
w: Any = Value(0.5, label="w")
a = (w * 3.0).softsign()
a.label = "a"
a.backward()
print(f"softsign(1.5) = {softsign(1.5)}, da/dw = {w.grad}")
assert softsign(1.5) == a.data == 0.6
assert abs(w.grad - 3.0 / 2.5**2) < 1e-15

# 2. Its formula and its steps, read off the rule.
print(f"\n{OPERATIONS['softsign'].formula()}\n\n{next(iter(steps(a)))}")

# 3. Checked against finite differences; a mistake is found, and the rule that makes it named.
gradcheck(softsign, [0.7])


@operation("softsign_with_a_mistake")
def softsign_with_a_mistake(xp: Any, x: Any) -> Any:
    """The square is missing."""
    d = 1.0 + xp.abs(x)
    return x / d, (1.0 / d,)


try:
    gradcheck(softsign_with_a_mistake, [0.7])
    raise SystemExit("the mistake was not found")
except GradientError as error:
    print(f"\n{str(error).splitlines()[-1]}")

# 4. The second derivative, which nobody has written: -2 / (1 + x)³ for positive x.
second = derivative(derivative(softsign))
print(f"\nsecond derivative at 1: {second(1.0)}")
assert second(1.0) == -0.25

# 5. An activation of networks, drawn and compiled.
network = MLP(2, [3, 1], activation="softsign", rng=0)
x = [Value(1.0, label="x1"), Value(-2.0, label="x2")]
target = Value(0.5, label="target")
loss = mse([network(x)], [target])
loss.label = "loss"
program = compile(loss, inputs={"X": x, "T": target}, parameters=network.parameters())
print("\nIn the compiled program, forwards and backwards:")
for line in program.source.splitlines():
    if line.strip().startswith(("a0 =", "d_z0 =", "d_a0 =")) or "abs" in line:
        print(f"  {line.split('  #')[0].strip()}")
loss.backward()
_, gradient = program.value_and_gradient(np.array([[1.0, -2.0]]), np.array([0.5]))
assert np.allclose(gradient, [parameter.grad for parameter in network.parameters()], rtol=1e-12)

pictures = Path(__file__).parent / "pictures"
pictures.mkdir(exist_ok=True)
draw(a).render(outfile=pictures / "own_operation.svg", cleanup=True)
draw(loss, names=network, detail="neurons").render(outfile=pictures / "own_operation_network.svg", cleanup=True)
print(f"The drawings are in {pictures.name}/own_operation.svg and own_operation_network.svg.")
