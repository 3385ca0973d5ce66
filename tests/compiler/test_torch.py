"""Programs on PyTorch's tensors: collected where PyTorch is installed, which is too large for the tests' extra."""

import pytest
import torch

from .support_namespaces import furthest_of_random_graphs


@pytest.mark.parametrize("block", range(3))
def test_random_graphs_in_torch(block: int) -> None:
    seeds = range(block * 100, (block + 1) * 100)
    assert furthest_of_random_graphs(seeds, lambda p: p.namespace(torch), torch.asarray) <= 1.0
