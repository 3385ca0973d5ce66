"""Graphs that the tests of pages look at."""

from micrograd_bp import MLP, Value, mse


def neuron() -> Value:
    """tanh(w1·x1 + w2·x2 + b), with n in between, every product and sum a node of its own."""
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    b = Value(6.88, label="b")
    n = x1 * w1 + x2 * w2 + b
    n.label = "n"
    o = n.tanh()
    o.label = "o"
    return o


def network() -> tuple[MLP, Value]:
    """A small network and its loss on one sample."""
    model = MLP(2, [4, 1], activation="tanh", rng=1)
    loss = mse([model([Value(1.0, label="x1"), Value(-2.0, label="x2")])], [0.5])
    loss.label = "loss"
    return model, loss
