"""Regular problems with something odd in them: what a search for matrices may stumble over."""

from micrograd_bp import Value, dot, gradients, l2
from micrograd_bp import sum as sum_of

from .drawer import Drawer, pattern


@pattern
def weights_from_inputs(drawer: Drawer) -> Value:
    """One network computes the weights of another: both sides of the product depend on the sample."""
    x, y = drawer.input("X", 2), drawer.input("Y", 3)
    rows = [drawer.layer(x, 3) for _ in range(drawer.size())]
    hidden = drawer.activate([dot(row, y, drawer.parameter()) for row in rows])
    return drawer.squared_error(drawer.layer(hidden, 2))


@pattern
def one_parameter_in_many_entries(drawer: Drawer) -> Value:
    """Symmetric, Toeplitz and random sharing inside of one matrix."""
    x, pool = drawer.input("X", 4), drawer.vector(7)
    kind = drawer.random.randrange(3)
    places = {
        0: lambda i, j: min(i, j) + max(i, j) % 4,
        1: lambda i, j: i - j + 3,
        2: lambda _, __: drawer.random.randrange(7),
    }[kind]
    hidden = drawer.activate([dot([pool[places(i, j)] for j in range(4)], x, pool[i]) for i in range(4)])
    loss = drawer.squared_error(drawer.layer(hidden, 2))
    used = {operand for z in hidden for operand in z.operands[0].operands}
    drawer.parameters[:] = [each for each in drawer.parameters if each not in pool or each in used]
    return loss


@pattern
def squares_of_neurons(drawer: Drawer) -> Value:
    """Layers multiplied by themselves, by their inputs and by their own weights."""
    x = drawer.input("X", 3)
    z = drawer.layer(x, 3)
    weights = [each for neuron in z for each in neuron.operands[:3]]
    values = [a * a for a in z] + [a * b for a, b in zip(z, x, strict=True)]
    values += [a * w for a, w in zip(z, weights, strict=False)]
    return drawer.squared_error([dot(z, x), dot(z, z), *drawer.layer(values, 2)])


@pattern
def inputs_among_parameters_in_a_dot(drawer: Drawer) -> Value:
    """Each side of a product mixes inputs, parameters, constants and results."""
    x, w = drawer.input("X", 4), drawer.vector(4)
    sides = [*x, *w, Value(drawer.number()), Value(drawer.number())]
    hidden = [dot(drawer.random.choices(sides, k=3), drawer.random.choices(sides, k=3), sides[i]) for i in range(4)]
    hidden += [dot([a, b], [b, a]) for a, b in zip(x, w, strict=True)]
    return drawer.squared_error(drawer.layer(drawer.activate(hidden), 2)) + l2(w)


@pattern
def neurons_alike_but_for_one(drawer: Drawer) -> Value:
    """In each layer one neuron has another activation, another input, or no bias."""
    values = drawer.input("X", 3)
    for _ in range(3):
        z = drawer.layer(values, 4)
        a = drawer.activate(z, "tanh")
        odd = drawer.random.randrange(4)
        a[odd] = [
            lambda z=z, odd=odd: z[odd].sigmoid(),
            lambda z=z, odd=odd: z[odd],
            lambda values=values: dot(drawer.vector(len(values)), values).tanh(),
            lambda a=a, odd=odd: a[odd] * a[odd - 1],
            lambda a=a, odd=odd: a[odd - 1],
        ][drawer.random.randrange(5)]()
        values = a
    used = _below(outputs := drawer.layer(values, 2))
    drawer.parameters[:] = [each for each in drawer.parameters if each in used]
    return drawer.squared_error(outputs)


def _below(values: list[Value]) -> set[Value]:
    seen, stack = set(), list(values)
    while stack:
        if (value := stack.pop()) not in seen:
            seen.add(value)
            stack.extend(value.operands)
    return seen


@pattern
def layers_of_different_depth(drawer: Drawer) -> Value:
    """A neuron's inputs lie at different depths, some of them inputs of the network."""
    x = drawer.input("X", 3)
    deep = x
    for _ in range(drawer.random.randint(1, 3)):
        deep = drawer.activate(drawer.layer(deep, 3), "tanh")
    mixed = [drawer.random.choice(pair) for pair in zip(x, deep, strict=True)]
    joined = drawer.activate(drawer.layer([*mixed, *deep, x[0]], 4), "sigmoid")
    return drawer.squared_error(drawer.layer([*joined, *mixed], 2))


@pattern
def strided_and_reversed(drawer: Drawer) -> Value:
    """Every second input, inputs backwards, and rotated: operands that are slices, or nearly."""
    values = drawer.layer(drawer.input("X", 3), 6)
    views = [values[::2], values[::-1], values[3:] + values[:3], values[1:5], values[4:] * 2, values[:1]]
    hidden = []
    for view in drawer.random.sample(views, 4):
        hidden += drawer.activate(drawer.layer(view, drawer.random.randint(1, 2)))
        hidden += [a * b for a, b in zip(view, view[::-1], strict=True)]
    return drawer.squared_error(drawer.layer(hidden, 2))


@pattern
def derivative_of_a_network(drawer: Drawer) -> Value:
    """A loss on the network's own derivatives, as for a differential equation: layers in a derivative graph."""
    x = drawer.input("X", 2)
    hidden = drawer.activate(drawer.layer(x, drawer.size()), "tanh")
    (y,) = drawer.layer(drawer.activate(drawer.layer(hidden, drawer.size()), "sigmoid"), 1)
    slopes = gradients(y, x, create_graph=True)
    drawer.outputs["slopes"] = [y, *slopes]
    loss = sum_of([(slope + y) ** 2 for slope in slopes])
    used = _below([loss])  # the last bias drops out where only derivatives remain
    drawer.parameters[:] = [each for each in drawer.parameters if each in used]
    return loss


@pattern
def gradient_step_inside(drawer: Drawer) -> Value:
    """The loss after one step of gradient descent: the weights of the second pass are made from the first."""
    x, t, w = drawer.input("X", 2), drawer.input("T", 1), drawer.vector(2)
    rate = drawer.parameter()
    first = (dot(w, x) - t[0]) ** 2
    moved = [a - rate * g for a, g in zip(w, gradients(first, w, create_graph=True), strict=True)]
    drawer.outputs["moved"] = moved
    return (dot(moved, x).tanh() - t[0]) ** 2


@pattern
def sums_of_sums(drawer: Drawer) -> Value:
    """Sums within sums, shared and repeated, with signs and constants between them."""
    x, w = drawer.input("X", 3), drawer.vector(3)
    parts = [a * b for a, b in zip(x, w, strict=True)]
    inner = sum(parts[1:], parts[0])
    shared = inner + w[0]
    outer = shared - (2.0 * inner - parts[1]) + sum_of([shared, shared, -parts[2], Value(0.5), w[1]])
    return drawer.squared_error([outer, shared * 3.0 - outer, (inner - inner * 1.0) + outer / 4])


@pattern
def the_same_layer_twice(drawer: Drawer) -> Value:
    """Two neurons with the same weights, and a layer that runs twice on the same inputs."""
    x = drawer.input("X", 3)
    weights = [(drawer.vector(3), drawer.parameter()) for _ in range(3)]
    weights.append(weights[0])
    once, again = ([dot(w, x, b).tanh() for w, b in weights] for _ in range(2))
    return drawer.squared_error(drawer.layer([*once, *again, *once[:1]], 2))


@pattern
def mean_over_samples_inside(drawer: Drawer) -> Value:
    """Several samples as groups of one program, each with targets of its own, under a batch of such lists."""
    hidden = [(drawer.vector(2), drawer.parameter()) for _ in range(3)]
    last = (drawer.vector(3), drawer.parameter())
    errors = []
    for i in range(drawer.random.randint(2, 3)):
        x, t = drawer.input(f"X{i}", 2), drawer.input(f"T{i}", 1)
        a = [dot(w, x, b).tanh() for w, b in hidden]
        errors.append((dot(last[0], a, last[1]) - t[0]) ** 2)
    drawer.outputs["errors"] = errors
    return sum_of(errors) / len(errors)


@pattern
def gaps(drawer: Drawer) -> Value:
    """A layer in which weights and biases are parameters, shared, made from others, constants, or missing."""
    x, shared = drawer.input("X", 3), drawer.parameter()
    made = shared * 0.9
    kinds = [drawer.parameter, lambda: shared, lambda: made, lambda: Value(drawer.number()), lambda: None]
    allowed = [drawer.parameter, *drawer.random.sample(kinds, drawer.random.randint(1, 4))]
    layer = []
    for _ in range(drawer.random.randint(2, 4)):
        row = [drawer.random.choice(allowed)() for _ in x]
        bias = drawer.random.choice(allowed)()
        pairs = [(weight, each) for weight, each in zip(row, x, strict=True) if weight is not None] or [(shared, x[0])]
        weights, inputs = zip(*pairs, strict=True)
        layer.append(dot(weights, inputs) if bias is None else dot(weights, inputs, bias))
    outputs = drawer.layer(drawer.activate(layer, "tanh"), 1)
    used = _below(outputs)
    drawer.parameters[:] = [each for each in drawer.parameters if each in used]
    return drawer.squared_error(outputs)


@pattern
def windows(drawer: Drawer) -> Value:
    """The same weights on parts of a layer that lie apart: rows of it, but no view to which something can be added."""
    width = drawer.random.randint(2, 4)
    hidden = drawer.activate(drawer.layer(drawer.input("X", 3), 2 * width + 3), "tanh")
    rows = hidden[1 : 1 + width], hidden[2 + width : 2 + 2 * width]
    kernels = drawer.matrix(2, width)
    scores = [dot(kernel, row) for row in rows for kernel in kernels]
    return drawer.squared_error(drawer.layer([*drawer.activate(scores, "tanh"), *hidden[:: 1 + width]], 1))
