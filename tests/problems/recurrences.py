"""Recurrences: what people unroll, and random ones whose first and last rounds differ from the others."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random

import numpy as np

from micrograd_bp import Value, dot, gradients, greater, where
from micrograd_bp import sum as sum_of
from micrograd_bp.engine import topological_order
from micrograd_bp.nn import MLP

from .problem import Problem

Values = list[Value]
State = Sequence[Value | float]
Product = Callable[[Values, State], Value]


class Draw:
    """Draws parameters, and keeps them in order."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.parameters: Values = []

    def vector(self, n: int) -> Values:
        values = [Value(self.rng.uniform(-0.6, 0.6)) for _ in range(n)]
        self.parameters += values
        return values

    def matrix(self, n: int, m: int) -> list[Values]:
        return [self.vector(m) for _ in range(n)]

    def leaves(self, n: int) -> Values:
        return [Value(self.rng.uniform(-1.0, 1.0)) for _ in range(n)]

    def problem(self, loss: Value, samples: int = 2, **inputs: Values) -> Problem:
        """The problem of a loss, with as many samples; parameters and inputs without a part in it are left out."""
        used = set(topological_order(loss))
        parameters = [value for value in self.parameters if value in used]
        inputs = {name: group for name, group in inputs.items() if not used.isdisjoint(group)}
        rng = np.random.default_rng(samples)
        batch = {name: np.tile(rng.uniform(-1.0, 1.0, (2, len(x))), (samples // 2, 1)) for name, x in inputs.items()}
        return Problem(loss, inputs, parameters, {}, batch, np.array([value.data for value in parameters]))


class SharedDraw(Draw):
    """Draws matrices from the same parameters: side by side, over another, transposed, with gaps, repeated."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        super().vector(40)

    def vector(self, n: int) -> Values:
        return self.matrix(1, n)[0]

    def matrix(self, n: int, m: int) -> list[Values]:
        start = self.rng.randrange(len(self.parameters))
        step, row = self.rng.choice([(1, m), (n, 1), (2, 2 * m), (1, 1), (1, 0)])
        if self.rng.random() < 0.1:
            return [self.rng.choices(self.parameters, k=m) for _ in range(n)]
        return [
            [self.parameters[(start + i * row + j * step) % len(self.parameters)] for j in range(m)] for i in range(n)
        ]


def affine(w: list[Values], x: Values, u: list[Values], h: State, b: Values, product: Product = dot) -> Values:
    """W·x + U·h + b."""
    return [product(row, x) + product(column, h) + offset for row, column, offset in zip(w, u, b, strict=True)]


def by_sum(a: Values, b: State) -> Value:
    """Σ aᵢ·bᵢ by Python's `sum`, which starts at 0."""
    return sum(ai * bi for ai, bi in zip(a, b, strict=True))


def recurrent_network(
    steps: int, *, each_step: bool = True, product: Product = dot, begins_as: Callable[[float], Value | float] = Value
) -> Problem:
    """h ← tanh(W·x + U·h + b), from zero; a loss at each step, or at the end."""
    draw, n, width = Draw(1), 2, 3
    w, u, b, v = draw.matrix(width, n), draw.matrix(width, width), draw.vector(width), draw.vector(width)
    x, y = draw.leaves(n * steps), draw.leaves(steps)
    h: State = [begins_as(0.0)] * width
    loss = Value(0.0)
    for t in range(steps):
        h = [z.tanh() for z in affine(w, x[n * t : n * t + n], u, h, b, product)]
        if each_step or t == steps - 1:
            loss = loss + (product(v, h) - y[t]) ** 2
    return draw.problem(loss, X=x, Y=y if each_step else y[-1:])


def long_short_term_memory(steps: int) -> Problem:
    """An LSTM with a loss at each step."""
    draw, n, width = Draw(2), 2, 3
    w, u, b = draw.matrix(4 * width, n), draw.matrix(4 * width, width), draw.vector(4 * width)
    v, x, y = draw.vector(width), draw.leaves(n * steps), draw.leaves(steps)
    h = c = [Value(0.0)] * width
    loss = Value(0.0)
    for t in range(steps):
        z = affine(w, x[n * t : n * t + n], u, h, b)
        add, forget, output = ([gate.sigmoid() for gate in z[k * width : (k + 1) * width]] for k in range(3))
        change = [gate.tanh() for gate in z[3 * width :]]
        c = [f * old + a * new for f, old, a, new in zip(forget, c, add, change, strict=True)]
        h = [o * cell.tanh() for o, cell in zip(output, c, strict=True)]
        loss = loss + (dot(v, h) - y[t]) ** 2
    return draw.problem(loss, X=x, Y=y)


def letters(steps: int, *, are_rows: bool = False) -> Problem:
    """A network that guesses the next letter: a text drawn as ones and zeros, or as rows of a table; -log p at each."""
    draw, width, alphabet = Draw(8), 3, 5
    text = [(3 * t * t + t // 2) % alphabet for t in range(steps + 1)]
    table = draw.matrix(alphabet, alphabet) if are_rows else []
    w, u, b = draw.matrix(width, alphabet), draw.matrix(width, width), draw.vector(width)
    v, h, losses = draw.matrix(alphabet, width), draw.leaves(width), list[Value]()
    for letter, following in pairwise(text):
        x = table[letter] if are_rows else [Value(float(i == letter)) for i in range(alphabet)]
        h = [z.tanh() for z in affine(w, x, u, h, b)]
        scores = [dot(row, h) for row in v]
        powers = [(score - max(each.data for each in scores)).exp() for score in scores]
        losses.append(-(powers[following] / sum(powers)).log())
    return draw.problem(sum(losses) / steps)


def equal_layers(n: int) -> Problem:
    """A network of layers that are equally wide."""
    draw, model = Draw(3), MLP(3, [3] * n + [1])
    draw.parameters = model.parameters()
    x, y = draw.leaves(3), draw.leaves(1)
    output = model(x)
    return draw.problem((output[0] if isinstance(output, list) else output) - y[0], X=x, Y=y)


def runge_kutta(steps: int) -> Problem:
    """The classical method for Van der Pol's oscillator."""
    draw, step = Draw(4), 0.01
    (mu,) = draw.vector(1)
    x, v = position, velocity = draw.leaves(2)

    def slopes(x: Value, v: Value) -> tuple[Value, Value]:
        return v, mu * (1.0 - x * x) * v - x

    for _ in range(steps):
        a = slopes(x, v)
        b = slopes(x + step / 2.0 * a[0], v + step / 2.0 * a[1])
        c = slopes(x + step / 2.0 * b[0], v + step / 2.0 * b[1])
        d = slopes(x + step * c[0], v + step * c[1])
        x = x + step / 6.0 * (a[0] + 2.0 * b[0] + 2.0 * c[0] + d[0])
        v = v + step / 6.0 * (a[1] + 2.0 * b[1] + 2.0 * c[1] + d[1])
    return draw.problem((x - 1.0) ** 2 + v * v, position=[position], velocity=[velocity])


def chain_of_period_five(rounds: int) -> Problem:
    """x ← x·a + b four times, and then tanh(x·a)."""
    draw = Draw(5)
    x, a, b = draw.vector(3)
    for _ in range(rounds):
        for _ in range(4):
            x = x * a + b
        x = (x * a).tanh()
    return draw.problem(x)


def unrolled_descent(steps: int) -> Problem:
    """Steps of gradient descent on a small network, and the loss after them, along the learning rate and the start."""
    draw, width = Draw(6), 3
    (lr,), w, v = draw.vector(1), draw.matrix(width, 2), draw.vector(width)
    x, y = draw.leaves(2), draw.leaves(1)

    def loss_of(w: list[Values], v: Values) -> Value:
        return (dot(v, [dot(row, x).tanh() for row in w]) - y[0]) ** 2

    for _ in range(steps):
        flat = [weight for row in w for weight in row] + v
        slopes = gradients(loss_of(w, v), flat, create_graph=True)
        flat = [weight - lr * slope for weight, slope in zip(flat, slopes, strict=True)]
        w, v = [flat[2 * row : 2 * row + 2] for row in range(width)], flat[2 * width :]
    return draw.problem(loss_of(w, v), X=x, Y=y)


def choices(steps: int) -> Problem:
    """h becomes w·x or u·x, by its sign alone, so that no round hands a gradient back."""
    draw = Draw(1)
    w, u, x = draw.vector(2), draw.vector(2), draw.leaves(steps)
    h = draw.vector(2)
    for t in range(steps):
        h = [where(greater(each, 0.0), a * x[t], b * x[t]) for each, a, b in zip(h, w, u, strict=True)]
    return draw.problem(dot(h, h), X=x)


def features(steps: int) -> Problem:
    """A recurrence along features of one input, which are computed before it."""
    draw = Draw(1)
    w, u, x = draw.matrix(2 * steps, 3), draw.matrix(2, 2), draw.leaves(3)
    given, h = [dot(row, x).tanh() for row in w], draw.vector(2)
    for t in range(steps):
        h = [(each + dot(row, h)).tanh() for each, row in zip(given[2 * t : 2 * t + 2], u, strict=True)]
    return draw.problem(dot(h, h), X=x)


def two_of_the_same(steps: int) -> Problem:
    """Two recurrences along two inputs with the same weights, whose gradients add up over both loops."""
    draw = Draw(1)
    w, u, v = draw.vector(2), draw.matrix(2, 2), draw.vector(2)
    x, y = draw.leaves(steps), draw.leaves(steps)

    def last_state(given: Values) -> State:
        h: State = [Value(0.0)] * 2
        for each in given:
            h = [(a * each + dot(row, h)).tanh() for a, row in zip(w, u, strict=True)]
        return h

    return draw.problem((dot(v, last_state(x)) - dot(v, last_state(y))) ** 2, X=x, Y=y)


def without_weights(steps: int) -> Problem:
    """A recurrence in which no parameter has a part, so that there is no way back through it."""
    draw = Draw(1)
    v, x, h = draw.vector(2), draw.leaves(2 * steps), draw.leaves(2)
    for t in range(steps):
        h = [(0.5 * each + given).tanh() for each, given in zip(h, x[2 * t : 2 * t + 2], strict=True)]
    return draw.problem(dot(v, h) ** 2, X=x)


def one_of_several(steps: int) -> Problem:
    """A recurrence that reads one of several numbers computed before it; the others come after it."""
    draw = Draw(1)
    w, x, h = draw.vector(3), draw.leaves(steps), Value(0.1)
    a = [each.exp() for each in w]
    for t in range(steps):
        h = (a[1] * h + x[t]).tanh()
    return draw.problem(a[0] * a[2] * h, X=x)


def parameters_beside_states(steps: int) -> Problem:
    """One sum of what has no samples and of the states of all steps, which have."""
    draw = Draw(1)
    w, x, h = draw.matrix(2, 2), draw.leaves(2 * steps), draw.leaves(2)
    terms = [each.exp() for each in w[0]]
    for t in range(steps):
        h = [(dot(row, h) + each).tanh() for row, each in zip(w, x[2 * t : 2 * t + 2], strict=True)]
        terms += h
    return draw.problem(sum_of(terms), X=x)


def encoder_and_decoder(steps: int) -> Problem:
    """Two recurrences one after the other, of as many rounds, that look the same letters up in the same table."""
    draw, width = Draw(2), 2
    table, h = draw.matrix(4, width), draw.vector(width)
    for n, cell in ((steps + 1, Value.tanh), (steps, Value.sin)):  # the very first step reads parameters for states
        u = draw.matrix(width, width)
        for left in reversed(range(n)):
            h = [cell(dot(row, h) + x) for row, x in zip(u, table[(3 * left * left + left // 2) % 4], strict=True)]
    return draw.problem(dot(h, h))


def rows_in_any_order(steps: int) -> Problem:
    """A recurrence that reads each row of a table of parameters once."""
    draw, width = Draw(3), 2
    u, table, h = draw.matrix(width, width), draw.matrix(steps, width), [Value(0.0)] * width
    for row in draw.rng.sample(table, steps):
        h = [0.5 + (dot(weights, h) * gain).tanh() for weights, gain in zip(u, row, strict=True)]
    return draw.problem(dot(h, h))


def offset_in_two_layers(steps: int) -> Problem:
    """What comes to one offset in a round is a part of what comes to the other, which both layers have."""
    draw = Draw(1)
    (w, u, v), x, h = [draw.matrix(2, 2) for _ in range(3)], draw.leaves(2 * steps), [Value(0.0)] * 2
    a, b = [each.exp() for each in draw.vector(2)], [each.tanh() for each in draw.vector(2)]
    for t in range(steps):
        inside = [z.tanh() for z in affine(w, x[2 * t : 2 * t + 2], u, h, b)]
        h = [(dot(row, inside) + one + two).sin() for row, one, two in zip(v, a, b, strict=True)]
    return draw.problem(dot(h, h), X=x)


def numbers_of_each_step(steps: int) -> Problem:
    """A parameter times numbers that differ in each round, and in its entries; but for the last round."""
    draw = Draw(1)
    (a,), u, x, h = draw.vector(1), draw.matrix(2, 2), draw.leaves(2 * steps), draw.leaves(2)
    for t in range(steps):
        rates = [0.1 * t, 0.3 * t] if t < steps - 1 else [0.4, 0.4]
        inside = [dot(row, h) + given for row, given in zip(u, x[2 * t : 2 * t + 2], strict=True)]
        h = [(z + rate * a).tanh() for z, rate in zip(inside, rates, strict=True)]
    return draw.problem(dot(h, h), X=x)


def kalman_filter(steps: int) -> Problem:
    """The likelihood of what is observed of a random walk, along the two variances."""
    draw = Draw(7)
    drift, noise = (Value(0.1), Value(0.5))
    draw.parameters = [drift, noise]
    observed = draw.leaves(steps)
    mean, variance, loss = Value(0.0), Value(1.0), Value(0.0)
    for each in observed:
        variance = variance + drift
        spread, error = variance + noise, each - mean
        loss = loss + error * error / spread + spread.log()
        gain = variance / spread
        mean = mean + gain * error
        variance = (1.0 - gain) * variance
    return draw.problem(loss, observed=observed)


def driven_by_parameters(steps: int) -> Problem:
    """h ← tanh(U·h + b + c), with a vector c for each step; the output is no sum of parameters, as the states are."""
    draw, width = Draw(8), 3
    u, b, v, x = draw.matrix(width, width), draw.vector(width), draw.vector(width), draw.matrix(steps, width)
    h, y, losses = draw.vector(width), draw.leaves(steps), []
    for t in range(steps):
        h = [(dot(row, h) + offset + given).tanh() for row, offset, given in zip(u, b, x[t], strict=True)]
        losses.append((dot(v, h) - y[t]) ** 2)
    return draw.problem(sum_of(losses), Y=y)


CELLS: dict[str, Callable[[Values, Values, Values, Values], Values]] = {
    "tanh": lambda z, f, h, before: [each.tanh() for each in z],
    "leaky": lambda z, f, h, before: [0.9 * old + 0.1 * each.tanh() for old, each in zip(h, z, strict=True)],
    "gated": lambda z, f, h, before: [
        gate.sigmoid() * old + (1.0 - gate.sigmoid()) * each.tanh() for gate, old, each in zip(f, h, z, strict=True)
    ],
    "of the second order": lambda z, f, h, before: [
        (each + 0.3 * old).tanh() for each, old in zip(z, before, strict=True)
    ],
    "product": lambda z, f, h, before: [(each * gate).sin() for each, gate in zip(z, f, strict=True)],
    "cubic": lambda z, f, h, before: [each - 0.1 * each * each * each for each in z],
}
"""A step: from W·x + U·h + b, another such sum, the state, and the one before that."""


def held_controls(steps: int) -> Problem:
    """Van der Pol's oscillator by the midpoint rule; a control is held over four steps, and its square costs each time.

    What it does not read, how far it has come, is of interest at the end.
    """
    draw = Draw(14)
    controls = draw.vector(-(-steps // 4))
    x, v, way, cost = *draw.leaves(2), Value(0.0), Value(0.0)
    state: Values = [x, v, way, cost]

    def slope(state: Values, u: Value) -> Values:
        x, v, _, _ = state
        return [v, (1.0 - x**2) * v - x + u, v, x**2 + v**2 + u**2]

    for t in range(steps):
        u = controls[t // 4]
        halfway = [a + 0.05 * b for a, b in zip(state, slope(state, u), strict=True)]
        state = [a + 0.1 * b for a, b in zip(state, slope(halfway, u), strict=True)]
    return draw.problem(state[3] + 10.0 * state[0] ** 2 + (state[2] - 1.0) ** 2)


def heated_rod(steps: int) -> Problem:
    """The heat equation by Euler's method, on a rod whose ends keep their temperatures."""
    draw = Draw(15)
    (rate,), u = draw.vector(1), draw.leaves(10)
    start = u
    for _ in range(steps):
        inner = [b + 0.1 * rate * (a - 2.0 * b + c) for a, b, c in zip(u, u[1:], u[2:], strict=False)]
        u = [u[0], *inner, u[-1]]
    return draw.problem(sum_of([x**2 for x in u]), start=start)


def waves(steps: int) -> Problem:
    """The wave equation on a square, around which all is zero."""
    draw, n = Draw(16), 4
    (speed,), u = draw.vector(1), draw.matrix(n, n)
    v: list[list[Value | float]] = [[0.0] * n for _ in range(n)]
    for _ in range(steps):
        wide = [[0.0] * (n + 2), *[[0.0, *row, 0.0] for row in u], [0.0] * (n + 2)]
        force = [
            [
                wide[i][j + 1] + wide[i + 2][j + 1] + wide[i + 1][j] + wide[i + 1][j + 2] - 4.0 * u[i][j]
                for j in range(n)
            ]
            for i in range(n)
        ]
        v = [[b + speed * f for b, f in zip(*rows, strict=True)] for rows in zip(v, force, strict=True)]
        u = [[a + 0.1 * b for a, b in zip(*rows, strict=True)] for rows in zip(u, v, strict=True)]
    return draw.problem(sum_of([x**2 for row in u for x in row]))


def epidemic(steps: int) -> Problem:
    """How likely counts of new infections are, of which some are one; in the end some people are healthy again."""
    draw = Draw(17)
    spread, recovery, infected = draw.parameters = [Value(0.4), Value(0.1), Value(0.02)]
    healthy, loss = 1.0 - infected, Value(0.0)
    for t in range(steps):
        new = spread * healthy * infected
        healthy, infected = healthy - new, infected + new - recovery * infected
        loss = loss + 100.0 * new - (t * t % 5) * new.log()
    return draw.problem(loss)


BEYOND: dict[str, Callable[[State, Values, int], tuple[Value | float, Value | float]]] = {
    "zeros": lambda u, p, t: (0.0, 0.0),
    "numbers": lambda u, p, t: (0.3, 0.2 * t),
    "parameters": lambda u, p, t: (p[0], p[1] * p[0]),
    "the ends": lambda u, p, t: (u[0], 0.5 * u[-1]),
    "the other end": lambda u, p, t: (u[-1], u[0]),
    "at one end": lambda u, p, t: (u[0], 0.0),
}
"""What stands beside the two ends of a grid."""

MOVES: dict[str, Callable[..., Value]] = {
    "diffusion": lambda p, i, a, b, c: b + 0.1 * p[2] * (a - 2.0 * b + c),
    "transport": lambda p, i, a, b, c: b - 0.1 * b * (c - a) + 0.05 * p[3] * (a + c - 2.0 * b),
    "one side": lambda p, i, a, b, c: b - 0.2 * p[2] * (b - a),
    "of its own": lambda p, i, a, b, c: b + 0.05 * (a * a - c * c) * p[2] + 0.01 * i * p[3],
    "layer": lambda p, i, a, b, c: (p[2] * a + p[3] * b + p[4] * c).tanh(),
}
"""What becomes of a point of a grid, from its number, its neighbours and itself."""


def random_grid(seed: int) -> Problem:
    """Points that move on with their neighbours, for a few steps or many."""
    draw = Draw(seed)
    rng = draw.rng
    n, steps, p = rng.randint(4, 12), rng.choice([1, 2, 5, 10, 14]), draw.vector(5)
    x, own = draw.leaves(n), draw.vector(n)
    u: State = rng.choice([x, own, [rng.choice(pair) for pair in zip(x, own, strict=True)]])
    beyond, move, losses = BEYOND[rng.choice(list(BEYOND))], MOVES[rng.choice(list(MOVES))], []
    keeps = rng.random() < 0.3  # the temperatures of its ends
    for t in range(steps):
        first, last = beyond(u, p, t)
        wide = [first, *u, last]
        new = [move(p, i, *wide[i : i + 3]) for i in range(n)]
        u = [u[0], *new[1:-1], u[-1]] if keeps else new
        losses.append(u[0] * u[-1])
    return draw.problem(sum_of([each * each for each in u]) + sum_of(losses[:: rng.choice([1, steps])]), X=x)


def random_recurrence(seed: int, kind_of_draw: type[Draw] = Draw, fewest: int = 10, most: int = 20) -> Problem:
    """A recurrence with one or two layers of states, odd rounds at its ends, and some kind of loss."""
    draw = kind_of_draw(seed)
    rng = draw.rng
    steps, n, width, n_layers = rng.randint(fewest, most), rng.randint(1, 2), rng.randint(1, 3), rng.choice([1, 1, 2])
    x, y = draw.leaves(n * steps), draw.leaves(steps)
    w, u, b = draw.matrix(width, n), draw.matrix(width, width), draw.vector(width)
    gates = draw.matrix(width, n), draw.matrix(width, width), draw.vector(width)
    above, inside, v = draw.matrix(width, width), draw.matrix(width, width), draw.vector(width)
    of_each_step = draw.matrix(steps, width) if rng.random() < 0.2 else None
    starts = [
        lambda: [Value(0.0)] * width,
        lambda: [Value(0.1 * place) for place in range(width)],
        lambda: draw.vector(width),
        lambda: (x[:n] * width)[:width],
    ]
    h = before = rng.choice(starts)()
    top = [Value(0.0)] * width
    cell, kind = CELLS[rng.choice(list(CELLS))], rng.choice(["end", "step", "both", "every other", "mean"])
    is_first_odd, is_last_odd, is_reversed = rng.random() < 0.3, rng.random() < 0.3, rng.random() < 0.3
    losses = []
    for t in range(steps):
        at = steps - 1 - t if is_reversed else t
        given = x[n * at : n * at + n]
        z = affine(w, given, u, h, b)
        if of_each_step is not None:
            z = [each + offset for each, offset in zip(z, of_each_step[t], strict=True)]
        if is_first_odd and t == 0:
            z = [2.0 * each for each in z]
        before, h = h, cell(z, affine(gates[0], given, gates[1], h, gates[2]), h, before)
        if n_layers == 2:
            top = [dot(row, h).tanh() + dot(column, top) for row, column in zip(above, inside, strict=True)]
        output = top if n_layers == 2 else h
        if is_last_odd and t == steps - 1:
            output = output[:1] * width
        if {"every other": t % 2 == 1, "end": t == steps - 1}.get(kind, True):
            losses.append((dot(v, output) - y[t]) ** 2)
    decay = [0.1 * sum_of([each * each for each in draw.parameters])] if rng.random() < 0.3 else []
    losses = decay + losses if rng.random() < 0.5 else losses + decay
    loss = sum_of(losses) / len(losses) if kind == "mean" else sum(losses[1:], losses[0])
    if kind == "both":
        loss = loss + h[0]
    inputs = {"X": x, "Y": y} if rng.random() < 0.75 else {}
    return draw.problem(loss, samples=rng.choice([2, 2, 70]), **inputs)
