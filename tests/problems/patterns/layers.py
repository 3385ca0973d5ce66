"""Networks of layers in many disguises: what matrices should be found in."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from micrograd_bp import Value, dot, l2, mse
from micrograd_bp import sum as sum_of

from ..problem import cross_entropy_of
from .drawer import ACTIVATIONS, Drawer, pattern


def weighted_sum(drawer: Drawer, weights: Sequence[Value], inputs: Sequence[Value], bias: Value) -> Value:
    """w·x + b in one of the ways in which people write it."""
    random = drawer.random
    products = [random.choice([w * x, x * w]) for w, x in zip(weights, inputs, strict=True)]
    if random.random() < 0.3:
        random.shuffle(products)
    ways: list[Callable[[], Value]] = [
        lambda: sum(products, bias),
        lambda: sum(products) + bias,
        lambda: bias + sum(products),
        lambda: sum_of(products) + bias,
        lambda: sum_of([bias, *products]),
        lambda: sum(products[1:], products[0]) + bias,
        lambda: dot(weights, inputs) + bias,
        lambda: dot(inputs, weights, bias),
    ]
    return random.choice(ways)()


@pattern
def network(drawer: Drawer) -> Value:
    values = drawer.input("X", drawer.size())
    for _ in range(drawer.random.randint(1, 3)):
        values = drawer.activate(drawer.layer(values, drawer.size()))
    return drawer.squared_error(values)


@pattern
def network_by_hand(drawer: Drawer) -> Value:
    """Products and sums, not always written alike within a layer."""
    values = drawer.input("X", drawer.size())
    for _ in range(drawer.random.randint(1, 3)):
        values = drawer.activate(
            [weighted_sum(drawer, drawer.vector(len(values)), values, drawer.parameter()) for _ in range(drawer.size())]
        )
    return drawer.squared_error(values)


@pattern
def inputs_in_any_order(drawer: Drawer) -> Value:
    """Each neuron lists its inputs in an order of its own, and some list one twice."""
    values = drawer.input("X", 4)
    for _ in range(2):
        neurons = []
        for _ in range(drawer.size()):
            order = drawer.random.sample(values, len(values)) + drawer.random.choices(
                values, k=drawer.random.choice([0, 0, 1])
            )
            neurons.append(dot(drawer.vector(len(order)), order, drawer.parameter()))
        values = drawer.activate(neurons)
    return drawer.squared_error(values)


@pattern
def classifier(drawer: Drawer) -> Value:
    logits = drawer.layer(drawer.activate(drawer.layer(drawer.input("X", 3), 4)), 3)
    drawer.outputs["logits"] = logits
    penalty = 0.01 * l2(drawer.parameters) if drawer.random.random() < 0.5 else 0.0
    return cross_entropy_of(logits, drawer.input("T", 3)) + penalty


@pattern
def densely_connected(drawer: Drawer) -> Value:
    values = list(drawer.input("X", drawer.size()))
    for _ in range(3):
        values = values + drawer.activate(drawer.layer(values, drawer.size()))
    return drawer.squared_error(drawer.layer(values, 2))


@pattern
def residual(drawer: Drawer) -> Value:
    values = drawer.layer(drawer.input("X", 3), 4)
    for _ in range(3):
        inner = drawer.layer(drawer.activate(drawer.layer(values, drawer.size())), 4)
        values = [a + b for a, b in zip(values, inner, strict=True)]
    return drawer.squared_error(drawer.layer(values, 2))


@pattern
def random_skips(drawer: Drawer) -> Value:
    """Every neuron reads some of all that was computed before it."""
    values = list(drawer.input("X", 4))
    for _ in range(4):
        neurons = []
        for _ in range(3):
            read = drawer.random.sample(values, drawer.random.randint(1, len(values)))
            neurons.append(dot(drawer.vector(len(read)), read, drawer.parameter()))
        values += drawer.activate(neurons)
    return drawer.squared_error(drawer.layer(values, 2))


@pattern
def pruned(drawer: Drawer) -> Value:
    """Some weights are missing, and some are constants."""
    values = drawer.input("X", 4)
    for _ in range(2):
        neurons = []
        for _ in range(4):
            kept = [value for value in values if drawer.random.random() < 0.8] or values[:1]
            weights = [drawer.parameter() if drawer.random.random() < 0.8 else Value(0.0) for _ in kept]
            neurons.append(dot(weights, kept, drawer.parameter()))
        values = drawer.activate(neurons)
    return drawer.squared_error(values)


@pattern
def triangles(drawer: Drawer) -> Value:
    """Some points, each through triangular matrices around centres of their own, as in a mixture of Gaussians.

    There the diagonals are exponentials.
    """
    n, n_points = drawer.random.randint(3, 5), drawer.random.randint(1, 4)
    points = [drawer.activate(drawer.input(f"X{i}", n)) for i in range(n_points)]
    values = []
    has_exponentials = drawer.random.random() < 0.5
    for centre, *rows in [[drawer.vector(i) for i in (n, *range(1, n + 1))] for _ in range(2)]:
        rows = [[*row[:-1], row[-1].exp()] for row in rows] if has_exponentials else rows
        for point in points:
            centered = [a - b for a, b in zip(point, centre, strict=True)]
            values += [dot(row, centered[: len(row)]) for row in rows]
    return drawer.squared_error(values)


@pattern
def recurrent(drawer: Drawer) -> Value:
    """One cell over several times, its weights shared."""
    n_inputs, n_state, n_times = 2, drawer.size(), drawer.random.randint(2, 4)
    cells = [(drawer.vector(n_inputs), drawer.vector(n_state), drawer.parameter()) for _ in range(n_state)]
    state = drawer.random.choice([drawer.vector, lambda n: [Value(0.0) for _ in range(n)]])(n_state)
    name = drawer.random.choice(ACTIVATIONS)
    joined = drawer.random.random() < 0.5
    for time in range(n_times):
        x = drawer.input(f"X{time}", n_inputs)
        sums = [dot([*w, *u], [*x, *state], b) if joined else dot(w, x, b) + dot(u, state) for w, u, b in cells]
        state = drawer.activate(sums, name)
    return drawer.squared_error(state)


@pattern
def convolution(drawer: Drawer) -> Value:
    """Windows over a sequence, then the largest or the mean of each channel."""
    width, n_channels = 3, drawer.random.randint(1, 3)
    sequence = drawer.input("X", 6)
    kernels = [(drawer.vector(width), drawer.parameter()) for _ in range(n_channels)]
    name, pooled = drawer.random.choice(ACTIVATIONS), []
    for weights, bias in kernels:
        places = drawer.activate([dot(weights, sequence[i : i + width], bias) for i in range(4)], name)
        largest = places[0]
        for place in places[1:]:
            largest = largest.maximum(place)
        pooled.append(largest if drawer.random.random() < 0.5 else sum_of(places) / 4)
    return drawer.squared_error(drawer.layer(pooled, 2))


@pattern
def whole_data_set(drawer: Drawer) -> Value:
    """A loss over all samples, drawn in full: no inputs, and the data are constants."""
    n_samples, n_inputs, n_hidden = drawer.random.randint(2, 5), 2, drawer.size()
    hidden = [(drawer.vector(n_inputs), drawer.parameter()) for _ in range(n_hidden)]
    last, name = (drawer.vector(n_hidden), drawer.parameter()), drawer.random.choice(ACTIVATIONS)
    predictions = []
    for _ in range(n_samples):
        x = [Value(drawer.number()) for _ in range(n_inputs)]
        predictions.append(dot(last[0], drawer.activate([dot(w, x, b) for w, b in hidden], name), last[1]))
    drawer.outputs["predictions"] = predictions
    return mse(predictions, [drawer.number() for _ in predictions]) + 0.1 * l2(drawer.parameters)


@pattern
def towers(drawer: Drawer) -> Value:
    """Networks of several inputs that meet at the end; now and then with the same weights."""
    n_towers, n_embedding = drawer.random.randint(2, 3), drawer.size()
    shared = drawer.random.random() < 0.4
    sizes = [drawer.size() for _ in range(n_towers)]
    embeddings: list[list[Value]] = []
    weights = [(drawer.vector(sizes[0]), drawer.parameter()) for _ in range(n_embedding)] if shared else []
    for i, size in enumerate(sizes):
        x = drawer.input(f"X{i}", sizes[0] if shared else size)
        layer = [dot(w, x, b) for w, b in weights] if shared else drawer.layer(x, n_embedding)
        embeddings.append(drawer.activate(layer, "tanh"))
    return drawer.squared_error([dot(a, b) for a, b in pairwise(embeddings)])
