"""The first hour of somebody who has seen a lecture on micrograd: no `label=`, no `names=`, classes of their own."""

import copy
import math
import os
import pickle
import random
import re
import runpy
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from micrograd_bp import MLP, Module, Value, draw, gradient_report, mse, page, steps
from micrograd_bp.engine import topological_order
from micrograd_bp.engine.origin import Leaf
from micrograd_bp.views.names import Names, Role
from tests.views.test_first_drawings import check_readable


def names_of(root: Value) -> Names:
    return Names(None, [root], topological_order(root))


def roles_of(root: Value) -> dict[str, Role]:
    names = names_of(root)
    return {names[node]: names.role(node) for node in topological_order(root) if not node.operands}


class Lecture(dict[str, Any]):
    """The variables of the script when it has run.

    Attributes:
        folder: where its drawings and pages are.
    """

    folder: Path

    def drawing(self, name: str) -> str:
        return (self.folder / f"{name}.svg").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def lecture(tmp_path_factory: pytest.TempPathFactory) -> Lecture:
    folder, before = tmp_path_factory.mktemp("lecture"), Path.cwd()
    os.chdir(folder)
    try:
        made = Lecture(runpy.run_path(str(Path(__file__).with_name("first_hour.py"))))
    finally:
        os.chdir(before)
    made.folder = folder
    return made


def bold(svg: str) -> list[str]:
    """The titles of the boxes."""
    return re.findall(r'<text [^>]*font-weight="bold"[^>]*>([^<]*)</text>', svg)


class TestTheLecturesOwnSequence:
    def test_its_numbers(self, lecture: Lecture) -> None:
        assert lecture["L_grads"] == [6.0, -4.0, -2.0, -2.0, -2.0, 4.0]
        assert lecture["nudged"] == pytest.approx(-7.286496)
        assert lecture["twice"] == 2.0
        assert lecture["o_grads"] == pytest.approx([-1.5, 1.0, 0.5, 0.0])
        assert lecture["o2_grads"] == pytest.approx([-1.5, 1.0, 0.5, 0.0])
        assert lecture["losses"][-1] < lecture["losses"][0] / 10.0

    def test_values_have_their_variables_names(self, lecture: Lecture) -> None:
        assert roles_of(lecture["L"]) == dict.fromkeys("abcf", Role.INPUT)
        assert sorted(bold(lecture.drawing("expression"))) == ["*", "*", "+", "a", "b", "c", "f"]
        assert {"x1", "x2", "w1", "w2", "bias", "tanh"} <= set(bold(lecture.drawing("neuron")))
        assert Counter(roles_of(lecture["o2"]).values()) == {Role.INPUT: 5, Role.CONSTANT: 3}

    def test_its_classes_are_drawn_as_neurons_and_layers(self, lecture: Lecture) -> None:
        names = names_of(lecture["answer"])
        assert [names[p] for p in lecture["net"].parameters()] == [
            f"layers.{i}.neurons.{j}.{part}"
            for i, (inputs, neurons) in enumerate([(3, 4), (4, 4), (4, 1)])
            for j in range(neurons)
            for part in (*(f"w.{k}" for k in range(inputs)), "b")
        ]
        outside = [node for node in topological_order(lecture["answer"]) if names.module(node) is None]
        assert [(names[node], names.role(node)) for node in outside] == [(f"x.{i}", Role.INPUT) for i in range(3)]
        assert names[lecture["answer"]] == "layers.2.neurons.0.tanh"
        frames = ("MLP", *(f"layers.{i} Layer" for i in range(3)))
        assert all(frame in lecture.drawing(name) for frame in frames for name in ("network", "loss"))
        neurons = {"neurons.0": 3, **{f"neurons.{i}": 2 for i in (1, 2, 3)}}
        assert Counter(bold(lecture.drawing("network"))) == {**neurons, **dict.fromkeys(("x.0", "x.1", "x.2"), 1)}

    def test_the_loss_is_not_a_part_of_the_network(self, lecture: Lecture) -> None:
        names = names_of(lecture["loss"])
        outside = [node for node in topological_order(lecture["loss"]) if node.operands and names.module(node) is None]
        assert Counter(node.operation.name for node in outside if node.operation) == dict.fromkeys(
            ("subtract", "constant_power", "add"), 4
        )

    def test_names_say_which_sample(self, lecture: Lecture) -> None:
        names = names_of(lecture["loss"])
        targets = {f"subtract{f'_{i}' * (i > 1)}.constant": lecture["ys"][i - 1] for i in range(1, 5)}
        assert {names[node]: node.data for node in names if names.role(node) is Role.CONSTANT} == {
            "add.constant": 0.0,
            **targets,
        }
        third = [names.value(f"x.{i}_3") for i in range(3)]
        assert [x.data for x in third if x is not None] == lecture["xs"][2]

    @pytest.mark.parametrize(
        "name", ["expression_before", "expression", "neuron", "neuron_of_exp", "unit", "network", "loss"]
    )
    def test_its_drawings_can_be_read(self, lecture: Lecture, name: str) -> None:
        check_readable(ElementTree.fromstring(lecture.drawing(name)))

    @pytest.mark.parametrize(
        ("name", "boxes"), [("expression", 7), ("neuron", 10), ("neuron_of_exp", 17), ("network", 12), ("loss", 12)]
    )
    def test_its_pages_show_as_much_as_its_drawings(self, lecture: Lecture, name: str, boxes: int) -> None:
        html = (lecture.folder / f"{name}.html").read_text(encoding="utf-8")
        assert html.count('data-box="') == boxes
        assert lecture.drawing(name).count('class="node"') == boxes

    def test_a_page_without_frames_has_whole_names(self, lecture: Lecture) -> None:
        html = page(lecture["answer"], detail="values").html
        names = re.findall(r'data-name="([^"]*)"', html)
        assert len(set(names)) == len(names) == len(topological_order(lecture["answer"]))
        assert {f"layers.{i}.neurons.{j}.b" for i, size in enumerate((4, 4, 1)) for j in range(size)} <= set(names)

    def test_the_report_compares_its_layers(self, lecture: Lecture) -> None:
        report = gradient_report(lecture["loss"])
        assert [(layer.name, layer.n_samples) for layer in report.layers] == [(f"layers.{i}", 4) for i in range(3)]
        for layer, row in zip(lecture["net"].layers, report.layers, strict=True):
            assert row.parameter_gradient_norm == pytest.approx(math.hypot(*(p.grad for p in layer.parameters())))


class TestNames:
    def test_numbers_are_constants(self) -> None:
        price = Value(2.0)
        fee, rebate = Value(-3.0), Value(10.0)
        total = price * fee + rebate * 2
        assert roles_of(total) == {
            **dict.fromkeys(("price", "fee", "rebate"), Role.INPUT),
            "multiply_2.constant": Role.CONSTANT,
        }
        assert [step.operand_name for step in steps(total)] == [
            *("multiply", "multiply_2", "rebate", "multiply_2.constant", "price", "fee")
        ]

    def test_places_in_lists_dictionaries_and_attributes(self) -> None:
        xs = [Value(1.0), Value(2.0)]
        ws = [Value(i) for i in range(2)]
        by_key = {"left": Value(4.0)}
        either = Value(5.0) if xs else None
        product = xs[0] * xs[1] * ws[0] * ws[1] * by_key["left"] * (walrus := Value(1.0)) * either
        assert set(roles_of(product)) == {"xs.0", "xs.1", "ws.0", "ws.1", "by_key.left", "walrus", "either"}
        assert walrus.origin is not None

    def test_where_the_source_tells_nothing_a_value_is_v1_everywhere(self) -> None:
        total = Value(1.0) * 3.0 + Value(2.0)
        assert set(roles_of(total)) == {"v1", "v2", "multiply.constant"}
        assert "<B>v1</B>" in str(draw(total))
        assert {"v1", "v2"} <= {step.operand_name for step in steps(total)}

    def test_what_is_made_of_a_value_does_not_get_its_name(self) -> None:
        y = Value(2.0) * 3.0
        pair = max(Value(4.0), Value(3.0))
        assert set(roles_of(y + pair)) == {"v1", "v2", "multiply.constant"}

    @pytest.mark.parametrize("again", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
    def test_names_survive_copies(self, again: Any) -> None:
        height = Value(2.0)
        assert set(roles_of(again(height * 2.0))) == {"height", "multiply.constant"}

    def test_code_without_source_has_no_names(self) -> None:
        space: dict[str, Any] = {"Value": Value}
        exec("a = Value(1.0)", space)
        assert set(roles_of(space["a"] * 2.0)) == {"v1", "multiply.constant"}


class Unit(Module):
    """A neuron as in the lecture, with the base class: it defines `__call__` itself."""

    def __init__(self, size: int) -> None:
        self.w = [Value(random.uniform(-1, 1)) for _ in range(size)]
        self.b = Value(random.uniform(-1, 1))

    def __call__(self, x: Any) -> Value:
        return sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b).tanh()


class Row(Module):
    """A layer of them."""

    def __init__(self, size: int, count: int) -> None:
        self.units = [Unit(size) for _ in range(count)]

    def __call__(self, x: Any) -> Any:
        return [unit(x) for unit in self.units]


class TestClassesOfModule:
    def test_parameters_belong_to_their_modules_and_inputs_to_the_call(self) -> None:
        outputs = Row(3, 4)([0.5, 1.0, 1.0])
        roles = roles_of(sum(outputs))
        assert Counter(roles.values()) == {Role.PARAMETER: 16, Role.INPUT: 3, Role.CONSTANT: 1}
        assert {"units.3.w.2", "units.0.b", "x.0", "x.1", "x.2"} <= set(roles)

    def test_a_parameter_appended_later_belongs_to_the_module_at_the_next_call(self) -> None:
        unit = Unit(1)
        extra = Value(2.0)
        unit.w.append(extra)
        unit([1.0, 2.0])
        assert extra.origin is not None
        assert (extra.origin.leaf, extra.origin.scope) == (Leaf.PARAMETER, "w.1")

    def test_an_equal_literal_inside_a_module_stays_a_constant(self) -> None:
        class Logistic(Module):
            def __init__(self) -> None:
                self.w = Value(0.5)

            def __call__(self, x: float) -> Value:
                return 1.0 / (1.0 + (-(self.w * x)).exp())

        assert Counter(roles_of(Logistic()(1.0)).values()) == {Role.PARAMETER: 1, Role.INPUT: 1, Role.CONSTANT: 2}


def test_what_no_class_holds_is_drawn_in_part_and_says_why() -> None:
    values = [Value(float(i)) for i in range(200)]
    assert "derive them from micrograd_bp.Module" in str(draw(sum(value * value for value in values)))


@pytest.mark.parametrize("penalty", ["l2", "sum"])
def test_a_penalty_on_the_weights_leaves_them_in_their_layers(penalty: str) -> None:
    from micrograd_bp.nn.losses import l2

    model = MLP(2, [8, 1], activation="tanh", rng=3)
    inputs, targets = [[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0]], [1.0, -1.0, 0.5]
    weights = model.parameters()
    amount = l2(weights) if penalty == "l2" else sum(p * p for p in weights)
    loss = mse([model(x) for x in inputs], targets) + 1e-4 * amount
    loss.backward()
    for layer, row in zip(model.layers, gradient_report(loss).layers, strict=True):
        expected = sum(p.grad**2 for p in layer.parameters()) ** 0.5
        assert expected > 0.01
        assert row.parameter_gradient_norm == pytest.approx(expected, rel=1e-12)
    assert Counter(roles_of(loss).values())[Role.PARAMETER] == len(weights)
