"""W5: the cross-entropy of images of 28×28 pixels in MLP(784, [128, 10]), and its gradient.

The pixels are random, most of them black as in MNIST, since no installed package comes with such images.
"""

import random

from benchmarks.compiled.classifier import CONTENDERS, Images
from benchmarks.eager.moons import initial_parameters
from benchmarks.workload import Workload

SIZES = [784, 128, 10]


def problem(n: int, seed: int = 1998, sizes: list[int] = SIZES) -> Images:
    """Images of which one pixel in five has some light, in random classes; weights scaled so that exp has no limits."""
    rng = random.Random(seed)
    images = [[rng.randrange(1, 256) if rng.random() < 0.2 else 0 for _ in range(sizes[0])] for _ in range(n)]
    classes = [rng.randrange(sizes[-1]) for _ in range(n)]
    parameters = [weight / 16 for weight in initial_parameters(sizes, rng)]
    return Images(sizes=sizes, parameters=parameters, images=images, brightest=255, classes=classes)


WORKLOAD = Workload("W5", "{n} images of 28×28 pixels, cross-entropy of MLP(784, [128, 10])", problem, CONTENDERS)
