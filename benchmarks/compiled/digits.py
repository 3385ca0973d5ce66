"""W4: the cross-entropy of handwritten digits, 8×8 pixels, in MLP(64, [64, 10]), and its gradient."""

import random
from importlib import import_module

from benchmarks.compiled.classifier import CONTENDERS, Images
from benchmarks.eager.digits import HAS_DIGITS
from benchmarks.eager.moons import initial_parameters
from benchmarks.workload import Workload

SIZES = [64, 64, 10]


def problem(n: int, seed: int = 8) -> Images:
    """The first of scikit-learn's 1,797 digits, which come with it; without it, random pixels that cost as much."""
    rng = random.Random(seed)
    if HAS_DIGITS:
        data = import_module("sklearn.datasets").load_digits()
        images = data.data[:n].astype(int).tolist()
        classes = data.target[:n].tolist()
    else:
        images = [[rng.randrange(17) for _ in range(SIZES[0])] for _ in range(n)]
        classes = [rng.randrange(SIZES[-1]) for _ in range(n)]
    parameters = initial_parameters(SIZES, rng)
    return Images(sizes=SIZES, parameters=parameters, images=images, brightest=16, classes=classes)


_DATA = "digits of 8×8 pixels" if HAS_DIGITS else "rows of 64 random pixels (scikit-learn is absent)"

WORKLOAD = Workload("W4", f"{{n}} {_DATA}, cross-entropy of MLP(64, [64, 10])", problem, CONTENDERS)
