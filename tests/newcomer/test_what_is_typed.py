"""What one types first, or as elsewhere: it works, or the message says what to write."""

import math
import re
from typing import Any

import numpy as np
import pytest

import micrograd_bp
from micrograd_bp import (
    MLP,
    SGD,
    ModelObjective,
    Neuron,
    Value,
    backward,
    between,
    derivative,
    draw,
    gradcheck,
    gradient,
    gradient_report,
    l2,
    mse,
    page,
    tanh,
    write_page,
)
from tests.views.support_drawing import nodes


def test_a_label_in_the_second_place_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Value\(2, label='a'\)"):
        Value(2.0, "a")  # type: ignore[arg-type]  # on purpose


def test_one_input_of_gradcheck_is_refused_with_the_way_to_write_it() -> None:
    with pytest.raises(TypeError, match=r"gradcheck\(function, \[x\]\)"):
        gradcheck(lambda x: x.tanh(), 0.5)  # type: ignore[arg-type]  # on purpose


@pytest.mark.parametrize("whole", [[1.0, 2.0], np.array([1.0, 2.0]), {"a": 1.0, "b": 2.0}])
def test_a_whole_array_in_the_place_of_the_inputs_of_gradcheck_is_answered_too(whole: Any) -> None:
    with pytest.raises(TypeError, match=r"does not take these inputs.*one input, gradcheck\(function, \[x\]\)"):
        gradcheck(lambda x: sum(x.values() if isinstance(x, dict) else x), whole)
    gradcheck(lambda x: sum(x.values() if isinstance(x, dict) else x), [whole])


def test_a_function_that_reads_its_inputs_itself_is_checked() -> None:
    model = MLP(2, [3, 1], activation="tanh", rng=0)

    def loss() -> Value:
        return model([0.5, -1.0]) ** 2

    with pytest.raises(TypeError, match=r"it is lambda \*inputs: function\(\)"):
        gradcheck(loss, model.parameters())
    assert len(gradcheck(lambda *inputs: loss(), model.parameters())) == 13


def test_the_lectures_function_for_drawing_is_another_here() -> None:
    with pytest.raises(AttributeError, match=r"draw_dot': write draw\(output\)"):
        micrograd_bp.draw_dot  # noqa: B018  # asked for, not used
    with pytest.raises(ImportError, match=r"write draw\(output\)"):
        from micrograd_bp import draw_dot  # type: ignore[attr-defined]  # noqa: F401  # on purpose
    assert not hasattr(micrograd_bp, "draw_dot")


def test_gradients_that_nobody_has_set_to_zero_are_noticed() -> None:
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    for _ in range(2):
        loss = model([0.5, -0.5]) ** 2
        loss.backward()
    assert "Note: leaves with gradients from elsewhere too: 13." in str(gradient_report(loss))
    model.zero_grad()
    loss = model([0.5, -0.5]) ** 2
    loss.backward()
    assert "Note" not in str(gradient_report(loss))


def test_a_model_without_zero_grad_is_trained() -> None:
    class Line:
        def __init__(self) -> None:
            self.w = Value(0.0)

        def __call__(self, x: float) -> Value:
            return self.w * x

        def parameters(self) -> list[Value]:
            return [self.w]

    model = Line()
    for _ in range(2):
        _, slopes = ModelObjective(model, mse).value_and_gradient([1.0, 2.0], [3.0, 6.0])
    assert slopes == [model.w.grad] == [-15.0]


A, B = Value(2.0), Value(-3.0)
PRODUCT: Any = A * B


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: draw(PRODUCT, "x.png"), "draw takes 1 argument without a name: draw(output).save('picture.svg')"),
        (lambda: draw(PRODUCT, format="png"), "draw takes no 'format': draw(output).save('picture.svg')"),
        (lambda: draw(PRODUCT, rankdir="TB"), "draw takes no 'rankdir': direction='TB'"),
        (lambda: draw(PRODUCT, detial="values"), "draw takes no 'detial': did you mean detail?"),
        (lambda: between(PRODUCT, A, "x.png"), "between takes 2 arguments without a name: draw(output).save"),
        (lambda: page(PRODUCT, "x.html"), "page takes 1 argument without a name: page(output).save('steps.html')"),
        (lambda: write_page(PRODUCT, "x.html", rankdir="TB"), "page takes no 'rankdir': direction='TB'"),
        (lambda: draw(), "missing 1 required positional argument"),
        (lambda: gradient(lambda x: x * x, 3.0), "gradient takes 1 argument without a name: gradient(f) is a function"),
        (lambda: derivative(lambda x: x * x, 3.0), "derivative(f) is a function, derivative(f)(x)"),
        (lambda: backward(PRODUCT), "for a single one write output.backward()"),
        (lambda: SGD(MLP(2, [1]), lr=0.1), "SGD takes numbers, such as SGD(lr=0.1), and no parameters"),
        (lambda: Neuron(2, "tanh"), "activation='tanh'"),
    ],
)
def test_arguments_of_other_libraries_are_answered_with_what_to_write(call: Any, words: str) -> None:
    with pytest.raises(TypeError, match=re.escape(words)):
        call()


def test_the_function_of_an_activation_is_answered_with_its_name() -> None:
    with pytest.raises(ValueError, match=r"unknown activation .*; did you mean tanh"):
        MLP(2, [1], activation=tanh)  # type: ignore[arg-type]  # on purpose


@pytest.mark.parametrize("wrong", [None, "x", Value(2.0)])
def test_a_gradient_that_is_no_number_is_named(wrong: Any) -> None:
    weight = Value(3.0)
    y = weight * 2.0
    weight.grad = wrong
    with pytest.raises(TypeError, match=r"the \.grad of 'weight' to a \w+, where it needs a number, 0\.0"):
        y.backward()


def test_a_penalty_takes_a_model_as_well_as_its_parameters() -> None:
    model = MLP(2, [3, 1], rng=0)
    assert l2(model).data == l2(p for p in model.parameters()).data == l2(model.parameters()).data > 0.0


def test_a_node_without_derivatives_says_that_it_passes_nothing() -> None:
    x = Value(0.5)
    y = 3.0 * Value(math.tanh(x.data), (x,), "tanh")
    y.backward()
    assert ["tanh", "data", "0.4621", "grad", "3", "no derivatives: passes nothing"] in nodes(draw(y))
    assert repr(y.operands[1]).endswith("op=tanh, without derivatives)")
