"""An unknown name is answered with the one that was probably meant."""

import pytest

from micrograd_bp.engine import OPERATIONS
from micrograd_bp.engine.suggestions import did_you_mean


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("tnah", "tanh"),
        ("tahn", "tanh"),
        ("ReLU", "relu"),
        ("LeakyReLU", "leaky_relu"),
        ("sigmod", "sigmoid"),
        ("devide", "divide"),
    ],
)
def test_the_closest_name_is_offered(name, meant):
    assert did_you_mean(name, OPERATIONS) == f"did you mean {meant}?"


def test_capitals_of_the_known_name_are_kept():
    assert did_you_mean("adam", ["SGD", "Adam"]) == "did you mean Adam?"


@pytest.mark.parametrize("name", ["nonsense", "", 5, None])
def test_where_nothing_is_close_all_names_are_listed_or_what_is_asked_for_is_said(name):
    assert did_you_mean(name, iter(["step", "back"])) == "there are: step, back"
    assert did_you_mean(name, ["step", "back"], "`help` lists them") == "`help` lists them"
