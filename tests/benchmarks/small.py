"""Sizes in which the workloads of the suite of compiled graphs take no time."""

from typing import Any

SMALL: dict[str, dict[str, Any]] = {
    "W1": {"n": 6},
    "W2": {"operations": 100},
    "W3": {"n": 10},
    "W4-32": {"n": 3},
    "W5-64": {"n": 2, "sizes": [49, 12, 10]},
    "W6-lstm": {"steps": 4, "n_units": 3, "n_layers": 2},
    "W6-mixture": {"n": 5, "d": 3, "k": 2},
}
