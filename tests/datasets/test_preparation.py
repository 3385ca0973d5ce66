"""Held-out samples and columns of one scale."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_bp.datasets import load_iris, standardize, stratified_split

classes = st.lists(st.integers(0, 4), min_size=1, max_size=80)
shares = st.floats(0.0, 1.0)
seeds = st.integers(0, 2**32)


@settings(deadline=None)
@given(classes, shares, seeds)
def test_each_sample_is_on_one_side_and_each_class_has_its_share(targets: list[int], share: float, seed: int) -> None:
    train, test = stratified_split(targets, share, seed)
    assert sorted(train + test) == list(range(len(targets)))
    assert train == sorted(train)
    assert test == sorted(test)
    held_out = Counter(targets[place] for place in test)
    for each_class, count in Counter(targets).items():
        assert abs(held_out[each_class] - share * count) <= 0.5 + 1e-9


@settings(deadline=None)
@given(classes, shares, seeds)
def test_a_split_is_that_of_its_seed(targets: list[int], share: float, seed: int) -> None:
    assert stratified_split(targets, share, seed) == stratified_split(targets, share, seed)


def test_other_seeds_give_other_splits_and_every_sample_has_its_turn() -> None:
    targets = load_iris().targets
    splits = [stratified_split(targets, 1 / 3, seed)[1] for seed in range(40)]
    assert len({tuple(split) for split in splits}) == 40
    assert {place for split in splits for place in split} == set(range(150))
    assert Counter(targets[place] for place in splits[0]) == {0: 17, 1: 17, 2: 17}


def test_standardize_goes_by_the_training_samples() -> None:
    rng = np.random.default_rng(0)
    train, test = rng.normal(5.0, [1.0, 20.0, 0.01], size=(30, 3)), rng.normal(size=(7, 3))
    scaled_train, scaled_test = standardize(train.tolist(), test.tolist())
    np.testing.assert_allclose(np.mean(scaled_train, axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(np.std(scaled_train, axis=0), 1.0, rtol=1e-12)
    np.testing.assert_allclose(scaled_test, (test - train.mean(axis=0)) / train.std(axis=0), rtol=1e-9)


def test_standardize_by_hand() -> None:
    assert standardize([[1.0], [3.0]], [[2.0]], [[5.0], [1.0]]) == ([[-1.0], [1.0]], [[0.0]], [[3.0], [-1.0]])


@pytest.mark.parametrize("constant", [2.0, 0.0, -1e300])
def test_a_column_without_variance_is_only_shifted(constant: float) -> None:
    train, test = standardize([[constant, 0.0], [constant, 2.0]], [[constant + 1.0, 1.0]])
    assert train == [[0.0, -1.0], [0.0, 1.0]]
    assert test == [[constant + 1.0 - constant, 0.0]]


@settings(deadline=None)
@given(st.floats(-1e6, 1e6), st.integers(2, 50))
def test_a_constant_column_stays_small_whatever_rounding_does_to_its_mean(constant: float, n: int) -> None:
    train, test = standardize([[constant]] * n, [[constant + 1.0]])
    assert all(abs(x) <= 1e-6 for (x,) in train)
    assert abs(test[0][0] - 1.0) <= 1e-6
