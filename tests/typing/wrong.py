"""What a type checker must refuse: `mypy` complains of an ignore that is not needed, and nothing runs this."""

import micrograd_bp
from micrograd_bp import MLP, Value

Value("3")  # type: ignore[arg-type]
Value(1.0).tan_h()  # type: ignore[attr-defined]
Value(1.0).tanh(2.0)  # type: ignore[call-arg]
micrograd_bp.tanh("x")  # type: ignore[call-overload]
micrograd_bp.elu(0.5, slope=2.0)  # type: ignore[call-overload]
MLP(2, 3)  # type: ignore[arg-type]
