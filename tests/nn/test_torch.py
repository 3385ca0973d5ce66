"""Networks of PyTorch's: collected where it is installed, which is too large for the tests' extra."""

from typing import Any

import pytest
import torch

from micrograd_bp import MLP, mse

MODULES: dict[str, Any] = {
    "relu": torch.nn.ReLU,
    "tanh": torch.nn.Tanh,
    "sigmoid": torch.nn.Sigmoid,
    "gelu": torch.nn.GELU,
    "silu": torch.nn.SiLU,
    "elu": torch.nn.ELU,
    "softplus": torch.nn.Softplus,
    "leaky_relu": torch.nn.LeakyReLU,
    "log_sigmoid": torch.nn.LogSigmoid,
}


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("activation", MODULES)
def test_gradients_are_those_of_pytorch(activation: str, dtype: torch.dtype) -> None:
    """Of all parameters, from the state_dict and from the model's own parameters, which have gradients."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Linear(3, 3),
        MODULES[activation](),
        torch.nn.Linear(3, 3),
        MODULES[activation](),
        torch.nn.Linear(3, 2),
    ).to(dtype)
    network = MLP.from_arrays(model.state_dict(), activation=activation)
    again = MLP.from_arrays(dict(model.named_parameters()), activation=activation)
    assert again.state_dict() == network.state_dict()
    model = model.double()
    inputs, targets = torch.randn(4, 3, dtype=torch.float64), torch.randn(4, 2, dtype=torch.float64)
    theirs = torch.nn.functional.mse_loss(model(inputs), targets)
    theirs.backward()
    outputs = [y for row in inputs.tolist() for y in network(row)]
    ours = mse(outputs, targets.flatten().tolist())
    assert ours.data == pytest.approx(theirs.item(), rel=1e-12)
    ours.backward()
    for place, layer in enumerate(network.layers):
        weights = torch.tensor([[w.grad for w in neuron.weights] for neuron in layer.neurons], dtype=torch.float64)
        biases = torch.tensor([neuron.bias.grad for neuron in layer.neurons], dtype=torch.float64)
        torch.testing.assert_close(weights, model[2 * place].weight.grad, rtol=1e-11, atol=1e-13)
        torch.testing.assert_close(biases, model[2 * place].bias.grad, rtol=1e-11, atol=1e-13)


def test_what_is_not_dense_is_refused() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 1))
    with pytest.raises(ValueError, match=r"1\.weight are to have two axes"):
        MLP.from_arrays(model.state_dict(), activation="relu")
    with pytest.raises(ValueError, match=r"0\.weight comes without 0\.bias"):
        MLP.from_arrays(torch.nn.Sequential(torch.nn.Linear(3, 4, bias=False)).state_dict())
