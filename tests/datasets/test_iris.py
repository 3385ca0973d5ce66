"""The data that ships with the package."""

from statistics import fmean

import pytest
from sklearn.datasets import load_iris as sklearns_load_iris

from micrograd_bp.datasets import load_iris


def test_the_means_are_those_of_fishers_table() -> None:
    data = load_iris()
    rows = [[row for row, target in zip(data.inputs, data.targets, strict=True) if target == i] for i in range(3)]
    means = [[fmean(column) for column in zip(*of_species, strict=True)] for of_species in rows]
    assert means == [
        pytest.approx([5.006, 3.428, 1.462, 0.246]),
        pytest.approx([5.936, 2.770, 4.260, 1.326]),
        pytest.approx([6.588, 2.974, 5.552, 2.026]),
    ]


def test_every_number_is_that_of_scikit_learn() -> None:
    data, witness = load_iris(), sklearns_load_iris()
    assert data.inputs == witness.data.tolist()
    assert data.targets == witness.target.tolist()
    assert data.species == list(witness.target_names)
