"""Small networks with their programs: one that is looked at from all sides, one that other libraries run."""

import numpy as np

from micrograd_bp import MLP, Value, compile, mse

INPUTS = np.array([[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0]])
TARGETS = np.array([[1.0], [0.0], [0.5]])


class Network:
    """MLP(2, [4, 1]) with the mean squared error: its nodes for one sample, and its program.

    Attributes:
        model, x, t, score, loss: the network, its leaves and its results.
        sums, hidden: the pre-activations and activations of the first layer.
    """

    def __init__(self, activation: str = "tanh", form: str = "auto", fused: bool = True) -> None:
        self.model = MLP(2, [4, 1], activation=activation, rng=0, fused=fused)
        self.x = [Value(0.1, label="length"), Value(0.2, label="width")]
        self.t = Value(0.3)
        hidden, output = self.model.layers
        self.hidden = hidden(self.x)
        self.sums = [a.operands[0] for a in self.hidden]
        self.score = output(self.hidden)
        self.score.label = "score"
        self.loss = mse([self.score], [self.t])
        self.program = compile(
            self.loss,
            inputs={"X": self.x, "T": [self.t]},
            parameters=self.model.parameters(),
            outputs={"scores": [self.score]},
            form=form,
        )


def gelu_program(**options):
    """MLP(2, [4, 1]) with a function that NumPy lacks, and a term in the loss that no sample moves.

    Args:
        options: for `compile`.
    """
    model, x, t = MLP(2, [4, 1], activation="gelu", rng=0), [Value(0.5), Value(-0.5)], Value(1.0)
    score = model(x)
    loss = mse([score], [t]) + 0.1 * model.layers[0].neurons[0].bias.exp()
    inputs = {"X": x, "T": t}
    return compile(loss, inputs=inputs, parameters=model.parameters(), outputs={"score": score}, **options)
