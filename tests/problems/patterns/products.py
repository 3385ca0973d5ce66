"""Attention, products of what depends on the sample, weights made by formulas."""

from itertools import pairwise

from micrograd_bp import Value, dot, l2, logsumexp, maximum, where
from micrograd_bp import sum as sum_of
from micrograd_bp.engine import topological_order

from .drawer import Drawer, pattern


def softmax(scores: list[Value], form: int) -> list[Value]:
    """The weights of scores, in one of three forms."""
    if form == 0:
        total = logsumexp(scores)
        return [(score - total).exp() for score in scores]
    if form == 1:
        largest = scores[0]
        for score in scores[1:]:
            largest = maximum(largest, score)
        scores = [score - largest for score in scores]
    powers = [score.exp() for score in scores]
    total = sum_of(powers)
    return [power / total for power in powers]


@pattern
def attention(drawer: Drawer) -> Value:
    """One head over a few tokens: batched times batched."""
    n_tokens, n_features, n_head = drawer.random.randint(2, 3), 2, drawer.random.randint(1, 3)
    form = drawer.random.randrange(3)
    tokens = [drawer.input(f"X{i}", n_features) for i in range(n_tokens)]
    queries, keys, values = (
        [[dot(weights, token) for weights in matrix] for token in tokens]
        for matrix in (drawer.matrix(n_head, n_features) for _ in range(3))
    )
    attended = []
    for query in queries:
        weights = softmax([dot(query, key) / n_head**0.5 for key in keys], form)
        attended += [dot(weights, [value[i] for value in values]) for i in range(n_head)]
    return drawer.squared_error(drawer.layer(attended, 2))


@pattern
def causal_attention(drawer: Drawer) -> Value:
    """Heads that look back on all tokens so far, each token an input or a row that is looked up."""
    n_tokens, n_heads, n_head = drawer.random.randint(2, 5), drawer.random.randint(1, 3), drawer.random.randint(1, 2)
    form, n_features = drawer.random.randrange(3), n_heads * n_head
    if drawer.random.random() < 0.5:
        tokens = [drawer.input(f"X{i}", n_features) for i in range(n_tokens)]
    else:
        table = drawer.matrix(3, n_features)
        tokens = [table[0], *(drawer.random.choice(table) for _ in range(n_tokens - 1))]
        drawer.parameters = [weight for row in table if row in tokens for weight in row]
    projections = [drawer.matrix(n_features, n_features) for _ in range(3)]
    keys: list[list[Value]] = []
    values: list[list[Value]] = []
    attended: list[Value] = []
    for token in tokens:
        query, key, value = ([dot(weights, token) for weights in matrix] for matrix in projections)
        keys.append(key)
        values.append(value)
        for head in range(0, n_features, n_head):
            own = slice(head, head + n_head)
            weights = softmax([dot(query[own], past[own]) / n_head**0.5 for past in keys], form)
            attended += [dot(weights, [past[place] for past in values]) for place in range(n_features)[own]]
    return drawer.squared_error(drawer.layer(attended, 2))


@pattern
def kernels_at_the_edge(drawer: Drawer) -> Value:
    """Convolutions of an image in zeros, in loops as one writes them: sums in sums."""
    height, width, n_channels = drawer.random.randint(2, 4), drawer.random.randint(2, 4), drawer.random.randint(1, 3)
    maps = [[drawer.input(f"X{i}", width) for i in range(height)]]
    for n_outputs in (n_channels, 1):
        kernels = [[drawer.matrix(3, 3) for _ in maps] for _ in range(n_outputs)]
        maps = [
            [
                [
                    sum(
                        sum(
                            kernel[k][m] * pixels[i + k - 1][j + m - 1]
                            for k in range(3)
                            for m in range(3)
                            if 0 <= i + k - 1 < height and 0 <= j + m - 1 < width
                        )
                        for kernel, pixels in zip(own, maps, strict=True)
                    ).tanh()
                    for j in range(width)
                ]
                for i in range(height)
            ]
            for own in kernels
        ]
    return drawer.squared_error([sum_of([pixel for row in maps[0] for pixel in row])])


@pattern
def bilinear(drawer: Drawer) -> Value:
    """xᵀ·A·y, by hand."""
    x, y = drawer.input("X", drawer.size()), drawer.input("Y", drawer.size())
    a = drawer.matrix(len(x), len(y))
    form = sum_of([a[i][j] * x[i] * y[j] for i in range(len(x)) for j in range(len(y))])
    return drawer.squared_error([form, dot(x, [dot(row, y) for row in a])])


@pattern
def gates(drawer: Drawer) -> Value:
    """A cell with two gates: layers multiplied entry by entry."""
    x, h = drawer.input("X", 3), drawer.input("H", 2)
    update = drawer.activate(drawer.layer([*x, *h], 2), "sigmoid")
    reset = drawer.activate(drawer.layer([*x, *h], 2), "sigmoid")
    proposal = drawer.activate(drawer.layer([*x, *[r * each for r, each in zip(reset, h, strict=True)]], 2), "tanh")
    state = [(1.0 - z) * old + z * new for z, old, new in zip(update, h, proposal, strict=True)]
    return drawer.squared_error(state)


@pattern
def normalized_layer(drawer: Drawer) -> Value:
    values = drawer.layer(drawer.input("X", 3), 4)
    mean = sum_of(values) / 4
    centred = [value - mean for value in values]
    deviation = (dot(centred, centred) / 4 + 1e-2).sqrt()
    scaled = [g * c / deviation + b for g, c, b in zip(drawer.vector(4), centred, drawer.vector(4), strict=True)]
    return drawer.squared_error(drawer.layer(drawer.activate(scaled), 2))


@pattern
def radial(drawer: Drawer) -> Value:
    """Distances to centres: a table of differences, and no product of matrices."""
    x, centres = drawer.input("X", 3), drawer.matrix(drawer.size(), 3)
    bumps = [(-sum_of([(a - c) ** 2 for a, c in zip(x, centre, strict=True)])).exp() for centre in centres]
    return drawer.squared_error(drawer.layer(bumps, 1))


@pattern
def weights_by_formula(drawer: Drawer) -> Value:
    """Weights that are made from parameters, once for all samples."""
    x, scale = drawer.input("X", 4), drawer.parameter()
    formula = drawer.random.choice(
        [
            lambda row: [v * float(drawer.random.random() < 0.7) for v in row],
            lambda row: [v.tanh() for v in row],
            lambda row: [v * v for v in row],
            lambda row: [scale * v / l2(row).sqrt() for v in row],
        ]
    )
    made = [formula(row) for row in drawer.matrix(drawer.size(), len(x))]
    if scale not in topological_order(*made[0]):
        drawer.parameters.remove(scale)
    hidden = drawer.activate([dot(row, x, drawer.parameter()) for row in made])
    return drawer.squared_error(drawer.layer(hidden, 2))


@pattern
def tied(drawer: Drawer) -> Value:
    """An autoencoder whose decoder is the encoder transposed."""
    x = drawer.input("X", 3)
    encoder = drawer.matrix(2, 3)
    hidden = drawer.activate([dot(row, x, drawer.parameter()) for row in encoder])
    decoded = [dot([row[i] for row in encoder], hidden, drawer.parameter()) for i in range(3)]
    drawer.outputs["decoded"] = decoded
    return sum_of([(d - each) ** 2 for d, each in zip(decoded, x, strict=True)])


@pattern
def ensemble(drawer: Drawer) -> Value:
    """The mean of several networks on the same inputs."""
    x = drawer.input("X", 3)
    n_networks, n_hidden = drawer.random.randint(2, 3), drawer.size()
    outputs = [drawer.layer(drawer.activate(drawer.layer(x, n_hidden), "tanh"), 1)[0] for _ in range(n_networks)]
    return drawer.squared_error([sum_of(outputs) / n_networks])


@pattern
def hinge_and_choices(drawer: Drawer) -> Value:
    """A margin loss, with a choice by the data in front of it."""
    x = drawer.input("X", 3)
    features = [where(each > 0.0, each, each * drawer.parameter()) for each in x]  # `>` is Python's: taken as drawn
    features += [where(each.greater(other), each, other) for each, other in pairwise(x)]
    scores = drawer.layer(features, 2)
    drawer.outputs["scores"] = scores
    labels = drawer.input("T", 2)
    return sum_of([(1.0 - label * score).relu() for label, score in zip(labels, scores, strict=True)])


@pattern
def parameters_everywhere(drawer: Drawer) -> Value:
    """A temperature, a learnt exponent, a learnt threshold, and terms of parameters alone."""
    x = drawer.input("X", 3)
    temperature, exponent, threshold = drawer.vector(3)
    scores = [z / (1.0 + temperature.softplus()) for z in drawer.layer(x, 3)]
    raised = [(each.softplus() + 0.1) ** (1.0 + exponent * exponent) for each in scores]
    kept = [where(each.greater(threshold), each, threshold) for each in raised]
    return drawer.squared_error(drawer.layer(kept, 1)) + 0.1 * l2(drawer.parameters) - (threshold * exponent).cos()
