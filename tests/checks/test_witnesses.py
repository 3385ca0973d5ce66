"""Layers that are too large for a graph of scalars, and for differences of every entry: all entries are compared."""

import numpy as np
import pytest

from micrograd_bp.checks import check_layer

SHAPE = (40, 25)


class Large:
    def __init__(self):
        self.W, self.b = np.random.default_rng(0).normal(size=SHAPE) / 6.0, np.zeros(SHAPE[1])

    def forward(self, x):
        self.x, self.a = x, np.maximum(x @ self.W + self.b, 0.0)
        return self.a

    def backward(self, d):
        d = d * (self.a > 0)
        self.dW, self.db = self.x.T @ d, d.sum(axis=0)
        return d @ self.W.T


class OneEntry(Large):
    def backward(self, d):
        d_inputs = super().backward(d)
        self.dW[31, 7] += 1.0
        return d_inputs


class NotANumber(Large):
    def backward(self, d):
        d_inputs = super().backward(d)
        self.dW[31, 7] = np.nan
        return d_inputs


class Mean(Large):
    def backward(self, d):
        d_inputs = super().backward(d)
        self.dW /= len(d)
        return d_inputs


@pytest.fixture(autouse=True)
def little_time(monkeypatch):
    monkeypatch.setattr("micrograd_bp.checks.claims.MOST_VALUES", 100)
    monkeypatch.setattr("micrograd_bp.checks.witnesses.MOST_ENTRIES", 60)


def test_a_large_layer_is_right():
    report = check_layer(Large())
    assert report.ok
    assert [result.n_entries for result in report.arrays][1:] == [1000, 25]


@pytest.mark.parametrize("layer", [OneEntry, NotANumber])
def test_one_wrong_entry_among_a_thousand_is_found(layer):
    (wrong,) = [result for result in check_layer(layer()).arrays if not result.ok]
    assert wrong.entry == "dW[31, 7]"


def test_a_mistake_is_named_from_the_entries_that_are_known():
    (finding,) = check_layer(Mean()).findings
    assert finding.name == "factor_too_much"
    assert finding.line.text == "self.dW /= len(d)"
