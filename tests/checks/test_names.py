import numpy as np
import pytest

from micrograd_bp.checks.names import recognize, role_of

MATRIX, ROW = np.ones((4, 3)), np.ones(3)


@pytest.mark.parametrize(
    ("place", "role"),
    [
        *((name, "weights") for name in ("weights", "W", "w", "kernel", "params['W']", "self_.weight", "weight.value")),
        *((name, "biases") for name in ("biases", "b", "bias", "params['b']", "bias.data")),
        *((name, "d_weights") for name in ("d_weights", "dWeights", "dW", "grad_W", "weight_grad", "grads['W']")),
        *((name, "d_weights") for name in ("dLossWrtWeights", "weight.grad", "weightsGradient", "dL_dW", "nabla_w")),
        *((name, "d_biases") for name in ("d_biases", "dBiases", "db", "grad_b", "bias_gradient", "grads['b']")),
        *((name, "d_inputs") for name in ("d_inputs", "dLossWrtInput", "dx", "dX", "grad_input", "dA_prev")),
        *(("W1", "weights 1"), ("db2", "d_biases 2"), ("layers[0].W", "weights 0"), ("layers[1].dW", "d_weights 1")),
        *((name, "") for name in ("z", "d_z", "output", "d_output", "velocity_W", "cache['z']", "mask", "lr", "delta")),
    ],
)
def test_role(place, role):
    assert role_of(place, MATRIX if "eight" in role else ROW) == role


def test_lists_go_by_shape():
    assert role_of("params[0]", MATRIX) == "weights 0"
    assert role_of("params[3]", ROW) == "biases 1"
    assert role_of("grads[2]", MATRIX) == "d_weights 1"


def test_what_the_inputs_are_is_no_parameter():
    class Thing:
        def __init__(self):
            self.x, self.z, self.W, self.b, self.velocity = MATRIX, MATRIX, MATRIX, ROW, MATRIX

    assert recognize(Thing()) == {"weights": "W", "biases": "b"}
