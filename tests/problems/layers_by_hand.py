"""Layers of `dot`s, made one by one, for graphs whose structure is known."""

from micrograd_bp import MLP, Value, compile, dot, mse


def sample(count: int, label: str = "") -> list[Value]:
    """Leaves for one sample."""
    return [Value(0.1 * (i + 1), label=f"{label}{i}" if label else "") for i in range(count)]


def vector(count: int) -> list[Value]:
    """Parameters."""
    return [Value(0.3 - 0.1 * i) for i in range(count)]


def dense(inputs: list[Value], neurons: list[tuple[list[Value], Value]], activation: str = "") -> list[Value]:
    """A layer of `dot`s with the given weights and biases."""
    sums = [dot(weights, inputs, bias) for weights, bias in neurons]
    return [getattr(z, activation)() for z in sums] if activation else sums


def neurons(count: int, n_inputs: int) -> list[tuple[list[Value], Value]]:
    """Weights and a bias for each neuron of a layer."""
    return [(vector(n_inputs), Value(0.1)) for _ in range(count)]


def parameters_of(*layers: list[tuple[list[Value], Value]]) -> list[Value]:
    """The weights and biases of layers, neuron by neuron."""
    return [each for layer in layers for weights, bias in layer for each in (*weights, bias)]


def network_program(model: MLP, n_inputs: int, n_outputs: int):
    """The program of a network with the mean squared error."""
    x, t = sample(n_inputs), sample(n_outputs)
    outputs = model(x)
    outputs = [outputs] if isinstance(outputs, Value) else outputs
    return compile(
        mse([outputs], [t]), inputs={"X": x, "T": t}, parameters=model.parameters(), outputs={"scores": outputs}
    )
