"""Predictions: the named outputs, and no more than they need."""

import numpy as np
import pytest

from micrograd_bp import Value, compile, dot, l2
from micrograd_bp import sum as sum_of
from tests.problems.line import INPUTS, TARGETS, a_line, errors


def test_predictions_are_arrays_by_name():
    program, _ = a_line()
    predicted = program.predict(INPUTS)
    assert list(predicted) == ["score", "half"]
    assert predicted["score"].shape == (3, 1)
    np.testing.assert_allclose(predicted["score"][:, 0], errors() + TARGETS[:, 0])
    np.testing.assert_allclose(predicted["half"].ravel(), (errors() + TARGETS[:, 0]) / 2)


def test_predict_takes_the_inputs_that_the_outputs_depend_on_and_no_others():
    x, t, u, w = Value(1.0), Value(2.0), Value(3.0), Value(4.0)
    program = compile(
        (w * x + u - t) ** 2, inputs={"T": [t], "X": [x], "U": [u]}, parameters=[w], outputs={"y": [w * x + u]}
    )
    np.testing.assert_allclose(program.predict([[1.0], [2.0]], [[10.0], [20.0]])["y"], [[14.0], [28.0]])
    np.testing.assert_allclose(program.predict(U=[[10.0]], X=[[1.0]])["y"], [[14.0]])
    with pytest.raises((TypeError, ValueError), match="T"):
        program.predict(T=[[1.0]], X=[[1.0]], U=[[1.0]])


def test_predict_runs_only_what_the_outputs_need():
    """The loss takes the logarithm of a target that may be negative, which a prediction does not ask for."""
    x, t, w = Value(1.0), Value(2.0), Value(4.0)
    program = compile(w * x * t.log(), inputs={"X": [x], "T": [t]}, parameters=[w], outputs={"y": [w * x]})
    body = program.source[program.source.index("def predict") :].split("\ndef ")[0]
    assert "log" not in body
    assert "log" in program.source


def test_an_output_that_no_input_moves_has_no_rows():
    x, w = Value(1.0), [Value(2.0), Value(3.0)]
    program = compile(dot(w, [x, x]), inputs={"X": [x]}, parameters=w, outputs={"norms": [l2(w), sum_of(w), w[0]]})
    np.testing.assert_allclose(program.predict()["norms"], [13.0, 5.0, 2.0])


def test_an_output_may_be_a_leaf_and_may_mix_what_depends_on_the_sample_with_what_does_not():
    x, w, c = Value(1.0), Value(2.0), Value(7.0)
    program = compile(w * x, inputs={"X": [x]}, parameters=[w], outputs={"all": [x, w, c, w * x, x]})
    np.testing.assert_allclose(
        program.predict([[3.0], [5.0]])["all"], [[3.0, 2.0, 7.0, 6.0, 3.0], [5.0, 2.0, 7.0, 10.0, 5.0]]
    )


def test_a_program_without_outputs_predicts_nothing():
    w = Value(2.0)
    program = compile(w * w, parameters=[w])
    with pytest.raises(ValueError, match="no outputs"):
        program.predict()
