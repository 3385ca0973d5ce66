"""Training: mini-batch stochastic gradient descent, by hand."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import ArrayLike

from micrograd_bp.matrix.checked import checked_count
from micrograd_bp.matrix.losses import LOSSES
from micrograd_bp.matrix.mlp import MLP


def train(
    network: MLP,
    x: ArrayLike,
    y: ArrayLike,
    *,
    loss: str = "mse",
    epochs: int,
    lr: float,
    batch_size: int,
    rng: int | np.random.Generator | None = None,
    progress: bool = False,
) -> list[float]:
    """Train `network` to predict `y` from `x`; returns the history, the mean loss of each epoch.

    x: the inputs, (samples, inputs).
    y: the targets, (samples, outputs); for "softmax_cross_entropy" also class indices, (samples,).
    loss: "mse" or "softmax_cross_entropy".
    epochs: how many times to go through all samples, each time in a new random order.
    lr: the learning rate: how far to move against the gradient.
    batch_size: samples a step. The last batch of an epoch takes what is left.
    rng: a seed or a `numpy.random.Generator`, for the order of the samples.
    progress: show a progress bar.

    The loss of a batch is taken before its step, so an epoch's mean is over a network that moves.

    Ctrl-C leaves the network as it was after some complete step: never with half a step taken.

    Raises what the network and the loss raise about x and y, before any parameter changes;
    ValueError for an unknown loss, counts below 1, and when training diverges.
    """
    if loss not in LOSSES:
        raise ValueError(f"train: the loss is {loss!r}, expected one of {', '.join(LOSSES)}")
    loss_function, loss_gradient = LOSSES[loss]
    checked_count(epochs, "train: epochs")
    checked_count(batch_size, "train: batch_size")
    x, y = np.asarray(x), np.asarray(y)
    # One pass over everything: what is wrong with the data comes to light here, not in mid-epoch.
    loss_function(network.forward(x), y)

    rng = np.random.default_rng(rng)
    history: list[float] = []
    # Overflow needs no warning: it ends in an error below, or in that of a layer.
    with _progress_bar(epochs, progress) as report, np.errstate(over="ignore", invalid="ignore"):
        for epoch in range(epochs):
            order = rng.permutation(len(x))
            total = 0.0
            for start in range(0, len(x), batch_size):
                batch = order[start : start + batch_size]
                prediction = network.forward(x[batch])
                total += loss_function(prediction, y[batch]) * len(batch)
                if not math.isfinite(total):
                    raise ValueError(f"train: the loss overflows in epoch {epoch + 1}; lower lr={lr}")
                network.backward(loss_gradient(prediction, y[batch]))
                network.gradient_descent_step(lr)
            history.append(total / len(x))
            report(history[-1])
    return history


@contextmanager
def _progress_bar(epochs: int, shown: bool) -> Iterator[Callable[[float], None]]:
    """Gives a function to call with the loss of each epoch."""
    if not shown:
        yield lambda loss: None
        return
    from rich.progress import Progress  # here, since most who train never see a bar

    with Progress() as bar:
        task = bar.add_task("training", total=epochs)
        yield lambda loss: bar.update(task, advance=1, description=f"loss {loss:.4g}")
