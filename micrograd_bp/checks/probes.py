"""Probes: parameters and inputs on which mistakes can be told apart.

Batches of 3 and 5, because neither is a power of 2 and a factor that follows them is a batch size; numbers that are all
different and of ordinary size, because next to 0 every activation is a straight line; the same ones in every run.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
BATCHES = (3, 5)


def probe_parameters(parameters: Mapping[str, Array], seed: int) -> dict[str, Array]:
    """Distinct numbers in place of parameters: a new layer's are often all close to 0, and its biases 0."""
    rng = np.random.default_rng([6, seed])
    made = {}
    for role, array in parameters.items():
        if role.startswith("biases"):
            made[role] = rng.uniform(-0.6, 0.6, array.shape)
        else:
            scale = 1.6 / np.sqrt(max(1, min(array.shape, default=1)))
            made[role] = scale * rng.uniform(0.2, 1.0, array.shape) * rng.choice([-1.0, 1.0], array.shape)
    return made


def probe_rows(n_samples: int, n_features: int, seed: int) -> Array:
    """Inputs or upstream gradients, (n_samples, n_features), none close to 0 and no two of the same size."""
    rng = np.random.default_rng([66, seed])
    signs: Array = rng.choice([-1.0, 1.0], (n_samples, n_features))
    return signs * rng.uniform(0.3, 1.4, (n_samples, n_features))
