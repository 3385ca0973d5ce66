"""Programs on PyTorch's tensors: collected where PyTorch is installed, which is too large for the tests' extra."""

import numpy as np
import pytest
import torch

from tests.problems.functions import FORMS
from tests.problems.line import INPUTS, TARGETS
from tests.problems.small_network import gelu_program


@pytest.mark.parametrize("form", FORMS)
def test_pytorch_differentiates_through_it(form):
    """Its own gradient is the one that the program gives; and the gradient has derivatives too."""
    program = gelu_program(form=form)
    parameters = torch.asarray(program.parameters).requires_grad_()
    value, gradient = program.namespace(torch)(parameters, INPUTS, TARGETS)
    (theirs,) = torch.autograd.grad(value, parameters, retain_graph=True)
    torch.testing.assert_close(gradient, theirs, rtol=1e-12, atol=1e-12)
    (row,) = torch.autograd.grad(gradient[3], parameters)
    steps = np.zeros((2, 17))
    steps[:, 3] = 1e-5, -1e-5
    plus, minus = [program.namespace(torch)(program.parameters + step, INPUTS, TARGETS)[1] for step in steps]
    torch.testing.assert_close(row, (plus - minus) / 2e-5, rtol=1e-6, atol=1e-8)
