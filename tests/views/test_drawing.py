"""What stands in a drawing, and where it refuses."""

import math
import re

import pytest

from micrograd_bp import MLP, Module, Value, backward, between, draw, gradients
from micrograd_bp.engine import size, topological_order
from micrograd_bp.views.colours import NEGATIVE, NOT_FINITE, NOTHING, POSITIVE
from micrograd_bp.views.drawing.box_styles import DEAD_END
from micrograd_bp.views.page.page import page
from tests.counts import count

from .support_drawing import counts, layout, micrograd_readme, network_loss, neuron, nodes, texts


def edge(drawing, tail, head):
    """The attributes of the first edge between two boxes, by their places."""
    return re.search(rf"\tn{tail} -> n{head} \[(.*)\]", drawing.source)[1]


def test_a_node_shows_label_operation_data_and_grad() -> None:
    o = neuron()
    o.backward()
    assert ["o", "tanh", "data", "0.7071", "grad", "1"] in nodes(draw(o))
    assert ["x1", "data", "2", "grad", "-1.5"] in nodes(draw(o))


def test_a_small_gradient_is_not_rounded_to_nothing() -> None:
    x = Value(1.0, label="x")
    y = x * 1.25e-7
    y.backward()
    assert ["x", "data", "1", "grad", "1.25e-07"] in nodes(draw(y))


def test_before_backward_no_gradient_is_shown() -> None:
    o = neuron()
    shown = draw(o)
    assert ["x1", "data", "2", "grad", "–"] in nodes(shown)
    assert POSITIVE not in shown.source
    assert any("backward() has not run" in text for text in texts(shown))
    o.backward()
    assert "–" not in texts(draw(o))


def test_the_gradient_of_a_leaf_from_another_loss_is_not_shown_in_this_one() -> None:
    x = Value(3.0, label="x")
    (x * 2.0).backward()
    other = x * x
    assert ["x", "data", "3", "grad", "–"] in nodes(draw(other))
    assert ["*", "multiply", "data", "9", "grad", "–"] in nodes(draw(other))


def test_edges_carry_the_local_derivative_and_the_sign_of_the_contribution() -> None:
    o = neuron()
    o.backward()
    drawing = draw(o)
    order = [node.label for node in topological_order(o)]
    assert {"×-3", "×2", "×0.5", "×0"} <= set(texts(drawing))
    x1, w1, w2 = (order.index(name) for name in ("x1", "w1", "w2"))
    negative, positive, nothing = edge(drawing, x1, w1 + 1), edge(drawing, w1, w1 + 1), edge(drawing, w2, w2 + 1)
    assert NEGATIVE in negative
    assert "dashed" in negative
    assert POSITIVE in positive
    assert "solid" in positive
    assert NOTHING in nothing
    assert "dotted" in nothing


def test_the_width_shows_six_orders_of_magnitude() -> None:
    xs = [Value(1.0) for _ in range(9)]
    y = sum(x * 10.0**-i for i, x in enumerate(xs))
    y.backward()
    widths = {
        place: float(re.search(r"penwidth=([\d.]+)", attributes)[1])
        for place, attributes in (
            (round(-math.log10(float(match[1]))), match[0])
            for match in re.finditer(r"\[.*contribution 1×(\S+) = .*\]", draw(y).source)
            if float(match[1]) not in (0.0, 1.0)
        )
    }
    assert widths[1] > widths[2] > widths[3] > widths[4] > widths[5] > widths[6] == widths[7] == widths[8]


def test_x_times_x_has_two_edges() -> None:
    x = Value(3.0, label="x")
    y = x * x
    y.backward()
    assert counts(draw(y)) == (2, 2)
    assert texts(draw(y)).count("×3") == 2


def test_drawing_twice_gives_the_same_text() -> None:
    assert draw(network_loss(2, 4, 1)).source == draw(network_loss(2, 4, 1)).source


@pytest.mark.parametrize(
    ("node", "remark", "kind"),
    [
        (Value(-1.0).relu(), "passes nothing", "dead end"),
        (Value(0.0) * Value(0.0), "passes nothing", "dead end"),
        (Value(4.0).tanh(), "saturated: passes 0.134 %", "saturated"),
        (Value(-6.0).sigmoid(), "saturated: passes 0.247 %", "saturated"),
        (Value(50.0).tanh(), "saturated: passes nothing", "dead end"),
    ],
)
def test_dead_ends_and_what_is_saturated_are_visible_and_look_different(node: Value, remark: str, kind: str) -> None:
    assert remark in texts(draw(node))
    assert [each for each in ("dead end", "saturated") if each in texts(draw(node))] == [kind]
    drawn = [line for line in draw(node).source.splitlines() if remark in line]
    assert all((DEAD_END["fillcolor"] in line) == (kind == "dead end") for line in drawn)
    assert f'class="box output {kind.replace(" ", "-")}"' in page(node).html


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_visible(value: float) -> None:
    y = Value(value, label="x") * 1.0
    y.backward()
    assert f"{value:.4g}" in texts(draw(y))
    assert NOT_FINITE in draw(y).source
    assert "nan or inf" in texts(draw(y))


def test_gradients_of_leaves_that_come_from_elsewhere_are_said_to_do_so() -> None:
    x, w = Value(3.0), Value(2.0)

    def said(y: Value) -> list[str]:
        return [text for text in texts(draw(y)) if text.startswith(("leaves", "no gradients"))]

    (x * w).backward()
    y = x * w
    assert said(y) == ["no gradients yet: backward() has not run", "leaves hold the gradients of another graph"]
    y.backward()
    add_up = "They add up, over graphs and passes, until they are set to 0, as zero_grad does"
    assert said(y) == [f"leaves with gradients from elsewhere too: 2. {add_up}"]
    w.grad /= 2.0
    assert said(y) == [f"leaves with gradients from elsewhere too: 1. {add_up}"]
    x.grad = 0.0  # after the pass
    assert said(y) == []
    z = y * 2.0  # whose constant has the gradient of two passes
    z.backward()
    z.backward()
    assert said(z) == [f"leaves with gradients from elsewhere too: 2. {add_up}"]


def test_without_gradients_there_is_only_the_computation() -> None:
    o = neuron()
    o.backward()
    drawing = draw(o, show_gradients=False)
    assert "grad" not in texts(drawing)
    assert POSITIVE not in drawing.source


def test_given_gradients_are_shown_in_place_of_grad() -> None:
    o = neuron()
    n = o.operands[0]
    drawing = draw(o, gradients={o: 1.0, n: gradients(o, [n])[0]})
    assert ["n", "+", "data", "0.8814", "grad", "0.5"] in nodes(drawing)
    assert ["x1", "data", "2", "grad", "–"] in nodes(drawing)
    assert o.grad == n.grad == 0.0


def test_drawing_changes_nothing() -> None:
    o = micrograd_readme()
    o.backward()
    before = [(node.data, node.grad, node.label) for node in topological_order(o)]
    draw(o).pipe("svg")
    assert [(node.data, node.grad, node.label) for node in topological_order(o)] == before


def test_names_come_from_mappings_lists_and_modules() -> None:
    model = MLP(2, [2, 1], rng=0)
    inputs = [Value(1.0), Value(2.0)]
    loss = model(inputs) ** 2
    shown = texts(draw(loss, names={"inputs": inputs, "model": model, "other": "not a Value"}))
    assert {"inputs.0", "inputs.1", "weights.1"} <= set(shown)
    assert "weights.1" in texts(draw(loss, names=model))
    inputs.append(inputs)
    assert "inputs.0" in texts(draw(loss, names=locals()))
    with pytest.raises(TypeError, match="names is a module or a mapping"):
        draw(loss, names=[model])


def test_leaves_of_modules_are_told_apart() -> None:
    shown = nodes(draw(network_loss(2, 2, 1)))
    names = [texts[0] for texts in shown]
    assert names.count("weights.0") == names.count("weights.1") == names.count("bias") == 3
    assert {"inputs.0", "inputs.1"} <= set(names)
    assert ["0.5"] in shown


class Scaled(Module):
    """A module of somebody's own, with a constant inside."""

    def __init__(self) -> None:
        self.factor = Value(3.0)

    def forward(self, x: Value) -> Value:
        return self.factor * x + 1.0


def test_parameters_are_known_from_the_module() -> None:
    model, x = Scaled(), Value(2.0, label="x")
    shown = nodes(draw(model(x), names={"model": model, "x": x}))
    assert ["factor", "data", "3", "grad", "–"] in shown


def test_modules_have_frames() -> None:
    shown = texts(draw(network_loss(2, 2, 1)))
    assert {"MLP", "layers.0 Layer", "layers.1 Layer", "neurons.0 Neuron", "neurons.1 Neuron"} <= set(shown)


def test_a_part_around_a_node() -> None:
    values = [Value(float(i), label=f"v{i}") for i in range(2)]
    for i in range(2, 12):
        values.append(values[-1] + values[-2])
        values[-1].label = f"v{i}"
    drawing = draw(values[-1], around=values[6], hops=1)
    assert {text[0] for text in nodes(drawing)} == {"v4", "v5", "v6", "v7", "v8"}
    assert any("more edges" in text for text in texts(drawing))
    assert counts(draw(values[-1], around=values[6], hops=0)) == (1, 0)


def test_a_part_between_a_root_and_a_leaf() -> None:
    o = neuron()
    x1 = next(node for node in topological_order(o) if node.label == "x1")
    assert counts(between(o, x1)) == (5, 4)


def test_several_roots() -> None:
    outputs = MLP(2, [3], rng=0)([1.0, 2.0])
    backward(outputs)
    assert counts(draw(outputs, detail="values"))[0] == size(*outputs).nodes


def test_a_long_chain() -> None:
    n = count(10_000, 100_000)
    x = Value(1.0, label="x")
    node = middle = x
    for i in range(n):
        node = node + 0.0 if i % 2 else node.tanh()
        middle = node if i == n // 2 else middle
    node.backward()
    assert counts(draw(node, around=middle, hops=2))[0] == 7
    assert f"values nearest to the output, of {3 * n // 2 + 1:,}" in draw(node).source


@pytest.mark.parametrize("direction", ["LR", "RL", "TB", "BT"])
def test_directions(direction: str) -> None:
    _, boxes = layout(draw(Value(1.0).tanh(), direction=direction))
    (leaf, node) = boxes
    moved = {
        "LR": node.left - leaf.right,
        "RL": leaf.left - node.right,
        "TB": leaf.bottom - node.top,
        "BT": node.bottom - leaf.top,
    }
    assert moved[direction] > 0.0


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (
            {"detail": "everything"},
            ValueError,
            "unknown detail 'everything'; there are: auto, values, tables, neurons, layers",
        ),
        ({"direction": "up"}, ValueError, "unknown direction 'up'; there are: LR, RL, TB, BT"),
        ({"around": Value(1.0)}, ValueError, "is not in the graph"),
        ({"around": "x"}, TypeError, "around is a Value, got str"),
        ({"around": None, "hops": 2, "names": 3}, TypeError, "names is a module"),
    ],
)
def test_refusals(arguments, error, words) -> None:
    with pytest.raises(error, match=words):
        draw(neuron(), **arguments)


@pytest.mark.parametrize("root", [1.0, "x", None, [1.0], {}])
def test_a_root_is_a_value(root: object) -> None:
    with pytest.raises(TypeError, match="expected a Value or a list of Values"):
        draw(root)


def test_a_value_of_another_class_of_that_name_is_told_apart() -> None:
    with pytest.raises(
        TypeError, match=r"got Value of tests.*another class of this name: import Value from micrograd_bp"
    ):
        draw(type("Value", (), {"__module__": "tests"})())


def test_what_one_tries_first_says_what_there_is(tmp_path) -> None:
    o = neuron()
    for call, words in (
        (lambda: o.draw(), r"micrograd_bp.draw\(v\)"),
        (lambda: draw(o).show(), r"drawing.save\('name.svg'\)"),
        (lambda: page(o).show(), r"page.save\('name.html'\)"),
    ):
        with pytest.raises(AttributeError, match=words):
            call()
    draw(o).save(tmp_path / "o.svg")
    assert (tmp_path / "o.svg").read_text(encoding="utf-8").startswith("<?xml")
    draw(o).save("o.gv", directory=tmp_path)
    assert (tmp_path / "o.gv").read_text(encoding="utf-8").startswith("digraph")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["o.gv", "o.svg"]


def test_hops_is_a_whole_number() -> None:
    o = neuron()
    for hops in (-1, 1.5):
        with pytest.raises(ValueError, match="hops is a whole number"):
            draw(o, around=o, hops=hops)


def test_a_module_is_not_drawn_but_what_it_gives() -> None:
    with pytest.raises(TypeError, match=r"got MLP, a module: give what it computes, model\(inputs\)"):
        draw(MLP(2, [1]))
    with pytest.raises(TypeError) as caught:
        draw(1.0)
    assert "model" not in str(caught.value)


def test_the_legend_shows_the_thinnest_line_only_where_there_is_one() -> None:
    x, z = Value(1.0, label="x"), Value(1.0, label="z")
    usual, thin = x * 2.0 + z, x * 2.0 + z * 1e-7
    backward([usual, thin])
    assert not any("and less" in text for text in texts(draw(usual)))
    assert "2e-06 and less" in texts(draw(thin))
