"""Which array is whose gradient, by its name alone."""

import pytest

from micrograd_bp.checks.naming import relation

OF_WEIGHTS = ("d_weights", "dWeights", "weights_grad", "grads['weights']", "dLossWrtWeights", "dL_dweights")


@pytest.mark.parametrize("place", OF_WEIGHTS)
def test_a_gradient_is_known_by_the_name_of_its_array(place):
    assert relation(place, "weights") == 4


@pytest.mark.parametrize(
    ("place", "array"),
    [
        *((name, "W") for name in ("dW", "grad_W", "W_grad", "grads['W']", "dLoss_dW", "nabla_w", "dLdW")),
        *((name, "b") for name in ("db", "grad_b", "grads['b']", "delta_b")),
        *((name, "x") for name in ("dx", "dX", "grad_x", "dLossWrtX")),
        *((name, "kernel") for name in ("dW", "grad_weights", "kernel_gradient")),
        *((name, "A_prev") for name in ("dA_prev", "d_inputs", "dx")),
        *(("dgamma", "gamma"), ("db2", "b2"), ("layers[1].dW", "layers[1].W"), ("weight.grad", "weight.data")),
        *(("grads[2]", "params[2]"), ("W.grad", "W.value"), ("grads['bias']", "params['b']")),
    ],
)
def test_names_and_their_likes(place, array):
    assert relation(place, array) >= 3


@pytest.mark.parametrize(
    ("place", "array"),
    [
        *((name, "W") for name in ("z", "output", "velocity_W", "cache['W']", "mask", "lr", "db", "W", "dW1")),
        *(("db2", "b1"), ("layers[0].dW", "layers[1].W"), ("dx", "W")),
    ],
)
def test_other_arrays_are_none(place, array):
    assert relation(place, array) < 3
