"""Random sums of products, written in many ways: what matrices are found in, and what only looks like it."""

from collections.abc import Sequence
from random import Random

import numpy as np

from micrograd_bp import Value, dot, l2
from micrograd_bp import sum as sum_of
from micrograd_bp.engine import topological_order

from .problem import Problem


def random_sums(random: Random) -> Problem:
    """Up to three layers of sums, each over factors drawn from all that is there: inputs, parameters, results."""

    def leaves(count: int) -> list[Value]:
        return [Value(random.uniform(-1.0, 1.0)) for _ in range(count)]

    inputs = {f"X{i}": leaves(random.randint(1, 4)) for i in range(random.randint(1, 2))}
    x = [leaf for group in inputs.values() for leaf in group]
    w = leaves(random.randint(1, 6))
    pool = [*x, *w, *leaves(2)]
    for _ in range(random.randint(1, 3)):
        layer = _layer(random, x, w, pool)
        pool = [*x, *w, *layer] if random.random() < 0.3 else [*pool, *layer]
    loss = random.choice(
        [
            lambda: sum_of(layer),
            lambda: dot(layer, layer),
            lambda: sum_of([each * each for each in layer]) + 0.1 * l2(w),
        ]
    )()
    below = set(topological_order(loss))
    parameters = [each for each in w if each in below]
    random.shuffle(parameters)
    n_samples = random.randint(1, 6)
    batch = {
        name: np.array([[random.uniform(-1.0, 1.0) for _ in group] for _ in range(n_samples)])
        for name, group in inputs.items()
    }
    numbers = np.array([random.uniform(-1.0, 1.0) for _ in parameters])
    outputs = {"y": random.sample(layer, min(2, len(layer)))}
    return Problem(loss, inputs, parameters, outputs, batch, numbers)


def _layer(random: Random, x: Sequence[Value], w: Sequence[Value], pool: Sequence[Value]) -> list[Value]:
    """Some sums with equally many terms; now and then all over the same factors, as the neurons of a layer."""
    n_terms, same = random.randint(1, 4), random.random() < 0.5
    shared, activation = random.choices(pool, k=n_terms), random.choice(["tanh", "sin", ""])
    layer = []
    for _ in range(random.randint(1, 5)):
        a = shared if same else random.choices(pool, k=n_terms)
        b = random.choices(random.choice([pool, w, x]), k=n_terms)
        z = _sum_of_products(random, a, b, random.choice([None, random.choice(pool), random.choice(w)]))
        layer.append(getattr(z, activation)() if activation else z)
    return layer


def _sum_of_products(random: Random, a: Sequence[Value], b: Sequence[Value], bias: Value | None) -> Value:
    style = random.randrange(4)
    if style < 2:
        factors = (a, b) if style else (b, a)
        return dot(*factors) if bias is None else dot(*factors, bias)
    products = [i * j for i, j in zip(a, b, strict=True)]
    if style == 2:
        return sum(products, Value(0.0) if bias is None else bias)
    z = sum_of([random.choice([1.0, 1.0, -1.0, 2.5]) * product for product in products])
    return z if bias is None else z - bias
