"""What is done to data before training: held-out samples, and columns of one scale."""

import random
from collections.abc import Sequence


def stratified_split(targets: Sequence[int], held_out: float, seed: int) -> tuple[list[int], list[int]]:
    """Draws samples to hold out, the same share of each class.

    Args:
        targets: the class of each sample.
        held_out: the share to hold out, between 0 and 1.
        seed: for the draw.

    Returns:
        The places of the samples to train on, and of those held out, both in ascending order.
    """
    rng = random.Random(seed)
    test: list[int] = []
    for each_class in sorted(set(targets)):
        members = [place for place, target in enumerate(targets) if target == each_class]
        test += rng.sample(members, round(len(members) * held_out))
    chosen = set(test)
    return [place for place in range(len(targets)) if place not in chosen], sorted(test)


def standardize(train: Sequence[Sequence[float]], *others: Sequence[Sequence[float]]) -> tuple[list[list[float]], ...]:
    """Shifts and scales each column to mean 0 and variance 1 on `train`, and the others' columns likewise.

    Only the training samples decide, so that nothing of the held-out ones leaks into training. A column without
    variance is only shifted.
    """
    columns = list(zip(*train, strict=True))
    # The mean of equal numbers may differ from them by rounding, which must not become the scale.
    means = [column[0] if min(column) == max(column) else sum(column) / len(train) for column in columns]
    scales = [
        (sum((x - mean) ** 2 for x in column) / len(train)) ** 0.5 or 1.0
        for column, mean in zip(columns, means, strict=True)
    ]
    return tuple(
        [[(x - mean) / scale for x, mean, scale in zip(row, means, scales, strict=True)] for row in rows]
        for rows in (train, *others)
    )
