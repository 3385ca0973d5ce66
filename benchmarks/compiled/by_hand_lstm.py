"""By hand: the unrolled LSTM of `lstm.py` and its gradient, in plain NumPy."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def lstm(main: Array, extra: Array, sequence: Array) -> tuple[float, tuple[Array, Array]]:
    """The mean loss of predicting each entry of the sequence from those before it, and its gradient.

    Args:
        main: weights and biases of the gates, (layers, 2, 4, units).
        extra: the factors of the input, the factors and the offsets of the output, (3, units).
        sequence: (steps + 1, units).

    Returns:
        the loss, and its gradient with respect to `main` and `extra`.
    """
    hidden = [np.zeros(sequence.shape[1]) for _ in main]
    cells = [np.zeros(sequence.shape[1]) for _ in main]
    total = 0.0
    steps = []
    for given, wanted in pairwise(sequence):
        x = given * extra[0]
        records = []
        for layer, (weights, biases) in enumerate(main):
            operands = np.array((x, hidden[layer], x, hidden[layer]))
            gates = operands * weights + biases
            forget, add, output = 1.0 / (1.0 + np.exp(-gates[:3]))
            change = np.tanh(gates[3])
            old_cell = cells[layer]
            cells[layer] = old_cell * forget + add * change
            squashed = np.tanh(cells[layer])
            hidden[layer] = x = output * squashed
            records.append((operands, forget, add, output, change, old_cell, squashed))
        predicted = x * extra[1] + extra[2]
        exponentials = np.exp(predicted)
        normalizer = 2.0 + exponentials.sum()
        total -= (wanted * (predicted - np.log(normalizer))).sum()
        steps.append((given, wanted, x, exponentials / normalizer, records))

    d_main, d_extra = np.zeros_like(main), np.zeros_like(extra)
    d_hidden = [np.zeros(sequence.shape[1]) for _ in main]
    d_cells = [np.zeros(sequence.shape[1]) for _ in main]
    for given, wanted, last, shares, records in reversed(steps):
        d_predicted = (wanted.sum() * shares - wanted) / sequence[1:].size
        d_extra[1] += d_predicted * last
        d_extra[2] += d_predicted
        d_x = d_predicted * extra[1]
        for layer in reversed(range(len(main))):
            operands, forget, add, output, change, old_cell, squashed = records[layer]
            d_output = d_hidden[layer] + d_x
            d_cell = d_cells[layer] + d_output * output * (1.0 - squashed**2)
            d_gates = np.array(
                (
                    d_cell * old_cell * forget * (1.0 - forget),
                    d_cell * change * add * (1.0 - add),
                    d_output * squashed * output * (1.0 - output),
                    d_cell * add * (1.0 - change**2),
                )
            )
            d_main[layer, 0] += d_gates * operands
            d_main[layer, 1] += d_gates
            d_operands = d_gates * main[layer, 0]
            d_x = d_operands[0] + d_operands[2]
            d_hidden[layer] = d_operands[1] + d_operands[3]
            d_cells[layer] = d_cell * forget
        d_extra[0] += d_x * given
    return float(total / sequence[1:].size), (d_main, d_extra)
