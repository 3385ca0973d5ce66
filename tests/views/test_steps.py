"""Steps and recordings: the backward pass to the last bit, formulas read off the rules, and nobody's grad touched."""

import io
import math
import re
import sys
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_bp import MLP, Neuron, Value, backward, dot, draw, gradients, logsumexp, maximum, mse
from micrograd_bp import sum as sum_of
from micrograd_bp.engine import OPERATIONS, topological_order
from micrograd_bp.views.steps.step import Step
from micrograd_bp.views.steps.steps import Recording, steps
from tests.cases import each_case

MAKE = [
    lambda a, b, c: a + b,
    lambda a, b, c: a * b,
    lambda a, b, c: a - b,
    lambda a, b, c: a * a,
    lambda a, b, c: a.tanh(),
    lambda a, b, c: a.relu(),
    lambda a, b, c: a.sigmoid(),
    lambda a, b, c: maximum(a, b),
    lambda a, b, c: dot([a, b], [b, c], c),
    lambda a, b, c: sum_of([a, b, a, c]),
    lambda a, b, c: logsumexp([a, b]),
]


def bits(numbers):
    """Numbers for an exact comparison: -0.0 is not 0.0, and nan is nan."""
    return [float(number).hex() for number in numbers]


def random_graph(seed, size=40):
    """A graph with shared nodes, squares, groups, dead units, and now and then something infinite."""
    random = Random(seed)
    values = [Value(random.uniform(-3, 3), label=f"x{i}") for i in range(4)]
    values.append(Value(random.choice([0.0, -0.0, 1e200, math.inf, math.nan, 2.0])))
    for _ in range(size):
        try:
            values.append(random.choice(MAKE)(*random.choices(values, k=3)))
        except (ValueError, ArithmeticError):  # such as inf - inf, which has no result: this node is left out
            continue
    return values


seeds = st.integers(0, 2**32)
on_random_graphs = settings(max_examples=150, deadline=None)


class TestSteps:
    @on_random_graphs
    @given(seeds, st.integers(1, 3))
    def test_end_with_the_gradients_of_backward_bit_for_bit(self, seed, n_outputs):
        values = random_graph(seed)
        outputs = values[-n_outputs:]
        upstream = [1.0, -2.5, 0.3][:n_outputs]
        found = list(steps(outputs, upstream))
        ends = {step.operand: step.after for step in found}
        backward(outputs, upstream)
        assert all(bits([end]) == bits([node.grad]) for node, end in ends.items())
        assert {node for node in topological_order(*outputs) if node not in ends} <= set(outputs)
        for step in found:
            assert bits([step.upstream_gradient]) == bits([step.node.grad])
            assert bits([step.contribution]) == bits([step.node.grad * step.local_derivative])
            assert bits([step.after]) == bits([step.before + step.contribution])

    @on_random_graphs
    @given(seeds)
    def test_come_in_the_order_of_backward(self, seed):
        root = random_graph(seed)[-1]
        expected = [
            (node, operand, position)
            for node in reversed(topological_order(root))
            for position, operand in enumerate(node.operands)
        ]
        listed = steps(root)
        assert [(step.node, step.operand, step.position) for step in listed] == expected
        assert [step.number for step in listed] == list(range(1, len(listed) + 1))

    @on_random_graphs
    @given(seeds)
    def test_touch_no_gradient(self, seed):
        values = random_graph(seed)
        for place, value in enumerate(values):
            value.grad = place + 0.25
        recording = Recording(values[-1])
        recording.goto(len(recording.steps))
        recording.goto(0)
        assert [value.grad for value in values] == [place + 0.25 for place in range(len(values))]

    def test_both_operands_of_a_square_are_listed(self):
        x = Value(3.0, label="x")
        first, second = steps(x * x)
        assert (first.position, second.position) == (0, 1)
        assert (first.after, second.before, second.after) == (3.0, 3.0, 6.0)
        assert second.target == "x (operand 2 of 2)"

    def test_a_leaf_has_none(self):
        leaf = Value(2.0, label="x")
        assert list(steps(leaf)) == []
        assert "no steps" in str(steps(leaf))
        assert Recording(leaf).gradient(leaf) == 1.0

    @pytest.mark.parametrize("wrong", [3.0, "x", None, [1.0], [Value(1.0), None]])
    def test_refuse_what_is_no_value(self, wrong):
        with pytest.raises(TypeError, match="a Value or a list of Values"):
            steps(wrong)

    def test_refuse_gradients_that_do_not_fit(self):
        with pytest.raises(ValueError, match="1 outputs, 2 gradients"):
            steps(Value(1.0), [1.0, 2.0])
        with pytest.raises(TypeError):
            steps(Value(1.0), ["1"])

    def test_a_node_made_by_hand_says_so(self):
        (step,) = steps(Value(2.0, (Value(1.0),), "+"))
        assert step.contribution == 0.0
        assert "made by hand" in str(step)
        assert r"\text{" in step.formula.latex


class TestFormulas:
    def test_in_names_and_with_numbers(self):
        n = Value(math.atanh(math.sqrt(0.5)), label="n")
        (step,) = steps(n.tanh())
        assert step.formula.text == "∂tanh(n)/∂n = 1 - tanh(n)² = 1 - 0.7071² = 0.5"
        assert step.formula.latex == (
            r"\frac{\partial \tanh\left(n\right)}{\partial n} = 1 - \tanh\left(n\right)^{2} = 1 - 0.7071^{2} = 0.5"
        )

    @pytest.mark.parametrize(
        ("make", "expected"),
        [
            (lambda w, x: w * x, ["∂(w·x)/∂w = x = 2", "∂(w·x)/∂x = w = -3"]),
            (lambda w, x: w + x, ["∂(w + x)/∂w = 1", "∂(w + x)/∂x = 1"]),
            (lambda w, x: x * x, ["∂(x·x)/∂x = x = 2", "∂(x·x)/∂x = x = 2"]),
            (lambda w, x: x**3, ["∂x³/∂x = 3·x² = 3·2² = 12"]),
            (lambda w, x: x / w, ["∂(x / w)/∂x = 1 / w = 1 / (-3) = -0.3333", "∂(x / w)/∂w = -x / w / w = -0.2222"]),
            (lambda w, x: w.relu(), ["∂relu(w)/∂w = w > 0 = -3 > 0 = 0"]),
            (lambda w, x: dot([w], [x]), ["∂(w·x)/∂w = x = 2", "∂(w·x)/∂x = w = -3"]),
            (lambda w, x: sum_of([w, x]), ["∂(w + x)/∂w = 1", "∂(w + x)/∂x = 1"]),
        ],
    )
    def test_of_an_operation(self, make, expected):
        texts = [step.formula.text for step in steps(make(Value(-3.0, label="w"), Value(2.0, label="x")))]
        for text, wanted in zip(texts, expected, strict=True):
            sides = text.split(" = ")
            assert [side for side in sides if side in wanted.split(" = ")] == wanted.split(" = ")

    @each_case("name", list(OPERATIONS))
    def test_of_every_operation_ends_with_the_recorded_derivative(self, name):
        operation = OPERATIONS[name]
        if operation.trace.constants:
            numbers = {each: operation.samples[each][0][1] for each in operation.trace.constants}
            operands = [Value(0.7, label=each) for each in operation.operand_names]
            node = getattr(operands[0], name)(*operands[1:], **numbers)
        else:
            groups = 3 if operation.many else 1
            count = sum(groups if each in operation.many else 1 for each in operation.operand_names)
            start = 1.2 if name == "acosh" else 0.3
            node = Value.apply(operation, [Value(start + 0.1 * i, label=f"x{i}") for i in range(count)])
        assert len(steps(node)) == len(node.operands)
        for step in steps(node):
            assert not step.changed
            text, latex = step.formula
            assert text.startswith("∂")
            shown = float(text.split("=")[-1])
            assert math.isclose(shown, step.local_derivative, rel_tol=1e-3, abs_tol=1e-12)
            assert latex.startswith(r"\frac{\partial")
            assert "recorded" not in text

    def test_long_names_give_way_to_the_letters_of_the_rule(self):
        (step,) = steps(Value(0.5, label="a name that is far too long for a formula").tanh())
        assert step.formula.text.startswith("∂tanh(x)/∂x = 1 - tanh(x)²")

    def test_a_large_group_is_written_with_an_index(self):
        w = [Value(0.1 * i, label=f"w{i}") for i in range(20)]
        found = list(steps(dot(w, [2.0] * 20, 1.0)))
        assert found[3].formula.text == "∂(Σᵢ wᵢ·xᵢ + b)/∂w₃ = x₃ = 2"
        assert r"\partial w_{3}" in found[3].formula.latex

    def test_a_rule_that_sums_over_its_group_shows_a_few_terms(self, table):
        from micrograd_bp import operation

        @operation("squared_total", many=("x",))
        def squared_total(xp, x):
            total = xp.sum(x)
            return total * total, (2.0 * total,)

        (first, *_) = steps(squared_total([Value(float(i), label=f"x{i}") for i in range(6)]))
        assert first.formula.text.endswith("= 2·(x0 + x1 + … + x5) = 2·(0 + 1 + … + 5) = 30")

    def test_short_parts_without_a_name_are_written_out(self):
        w, x, b = (Value(1.0, label=name) for name in "wxb")
        assert next(iter(steps((w * x + b).tanh()))).formula.text.startswith("∂tanh(w·x + b)/∂(w·x + b) = ")


class TestChangedData:
    def test_the_step_says_so_and_shows_the_recorded_derivative(self):
        a, b = Value(2.0, label="a"), Value(5.0, label="b")
        product = a * b
        b.data = 7.0
        along_a, along_b = steps(product)
        assert along_a.changed
        assert along_a.local_derivative == 5.0
        assert along_a.formula.text == "∂(a·b)/∂a = b, recorded as 5"
        assert "data was changed after the forward pass" in str(along_a)
        # Along b the number that the formula mentions is still there.
        assert along_b.formula.text == "∂(a·b)/∂b = a = 2"
        assert along_b.changed

    def test_a_change_of_the_result_is_noticed(self):
        y = Value(0.5, label="x").tanh()
        y.data = 0.0
        (step,) = steps(y)
        assert step.changed
        assert step.formula.text.endswith("recorded as 0.7864")

    def test_a_change_out_of_the_domain_is_noticed(self):
        x = Value(2.0, label="x")
        y = x.log()
        x.data = -1.0
        (step,) = steps(y)
        assert step.changed
        assert step.contribution == 0.5

    def test_nan_that_was_there_before_is_no_change(self):
        assert not any(step.changed for step in steps(Value(math.nan) * Value(math.inf)))

    def test_it_is_seen_by_a_recording_that_was_made_before(self):
        a = Value(2.0)
        recording = Recording(a * a)
        assert not recording.steps[0].changed
        a.data = 3.0
        assert recording.steps[0].changed
        a.data = 2.0
        assert not recording.steps[0].changed


class TestRecording:
    @on_random_graphs
    @given(seeds, st.lists(st.integers(0, 1000), max_size=12))
    def test_is_exact_at_every_position(self, seed, places):
        root = random_graph(seed)[-1]
        recording = Recording(root)
        states = [bits(recording.gradients().values())]
        while recording.forward() is not None:
            states.append(bits(recording.gradients().values()))
        for place in [*places, 0, len(recording.steps)]:
            position = place % len(states)
            recording.goto(position)
            assert recording.position == position
            assert bits(recording.gradients().values()) == states[position]
        while recording.back() is not None:
            assert bits(recording.gradients().values()) == states[recording.position]
        assert recording.position == 0
        assert recording.latest is None

    def test_stays_where_it_is_at_either_end(self):
        recording = Recording(Value(1.0) * 2.0)
        assert recording.back() is None
        recording.goto(2)
        assert recording.forward() is None
        assert recording.position == 2

    @pytest.mark.parametrize("position", [-1, 3, 1.0, "1", None, True])
    def test_refuses_a_position_that_is_not_there(self, position):
        recording = Recording(Value(1.0) * 2.0)
        with pytest.raises(ValueError, match="from 0 to 2"):
            recording.goto(position)

    def test_of_something_outside_of_the_graph_is_zero(self):
        assert Recording(Value(1.0)).gradient(Value(1.0)) == 0.0


class TestTable:
    def test_fits_on_80_characters(self):
        loss = mse([MLP(2, [3, 1], rng=1)([0.5, -1e-7])], [1e9])
        lines = str(steps(loss)).splitlines()
        assert len(lines) == len(steps(loss)) + 1 <= 41
        assert max(map(len, lines)) <= 80

    def test_of_many_steps_is_cut_in_the_middle(self):
        total = sum_of([Value(float(i)) for i in range(500)])
        lines = str(steps(total)).splitlines()
        assert len(lines) == 42
        assert "460 more" in lines[31]
        assert lines[-1].split()[0] == "500"

    @pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
    def test_is_ascii_where_the_output_can_write_no_more(self, monkeypatch, encoding):
        table = steps(sum_of([Value(1.0, label="größe Σ") for i in range(60)]))
        out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr(sys, "stdout", out)
        print(table)
        out.flush()
        assert "20 more" in out.buffer.getvalue().decode(encoding)

    def test_of_a_notebook_escapes_labels(self):
        html = steps(Value(1.0, label="<script>alert(1)</script>") * 2.0)._repr_html_()
        assert "<script" not in html
        assert "&lt;script" in html
        assert html.count("<tr>") == 3
        assert re.search(r"∂\(.*\)/∂", html)


class TestNames:
    def test_values_of_a_module_are_called_after_it(self):
        network = MLP(2, [2, 1], activation="tanh", rng=0)
        names = {step.operand_name for step in steps(network([1.0, 2.0]))}
        assert {
            "layers.0.neurons.1.weights.0",
            "layers.0.neurons.1.bias",
            "layers.0.neurons.0.tanh",
            "inputs.0",
        } <= names

    def test_are_unique(self):
        outputs = [Neuron(2, rng=1)([1.0, 2.0]) for _ in range(3)]
        recording = Recording(sum_of([*outputs, Value(1.0, label="w0"), Value(2.0, label="w0")]))
        names = list(recording.names.values())
        assert len(set(names)) == len(names) == len(recording.graph.order)
        assert all(recording.names.value(name) is value for value, name in recording.names.items())

    def test_given_ones_are_used_where_there_is_no_label(self):
        a, b = Value(1.0), Value(2.0, label="b")
        first, second = steps(a * b, names={"weight": a, "other": b})
        assert (first.operand_name, second.operand_name) == ("weight", "b")

    def test_hostile_labels_are_made_visible(self):
        hostile = "\x1b[2J\r\n\x07\x9b31m\u202edrawkcab\ud800"
        (step,) = steps(Value(0.5, label=hostile).tanh())
        assert all(character.isprintable() or character == "\n" for character in str(step))
        assert len(str(step).splitlines()) == 4


class TestSize:
    def test_ten_thousand_values_are_stepped_through(self):
        total = Value(0.3, label="x")
        for _ in range(3_400):
            total = (total + 0.01).tanh()
        recording = Recording(total)
        assert len(recording.graph.order) > 10_000
        for _ in recording.steps:
            step = recording.forward()
            assert isinstance(step, Step)
            assert str(step)

    def test_a_long_chain_is_no_problem(self):
        total = Value(1.0)
        for _ in range(100_000):
            total = -total
        recording = Recording(total)
        recording.goto(100_000)
        assert recording.gradient(topological_order(total)[0]) == 1.0


def test_a_second_derivative_can_be_stepped_through_and_drawn_with_its_names() -> None:
    x, w = Value(0.5, label="x"), Value(2.0, label="w")
    y = (w * x).tanh()
    y.label = "y"
    (first,) = gradients(y, [x], create_graph=True)
    (second,) = gradients(first, [x], create_graph=True)
    recording = Recording(second)
    recording.goto(len(recording.steps))
    second.backward()
    assert recording.gradient(x) == x.grad
    assert "∂²y/∂x²" in str(steps(second))
    assert "∂²y/∂x²" in draw(second).source


def test_a_step_is_found_by_its_place() -> None:
    y = (Value(2.0) * Value(3.0)).tanh()
    every = list(steps(y))
    assert [str(steps(y)[place]) for place in range(len(every))] == [str(step) for step in every]
    assert str(steps(y)[-1]) == str(every[-1])
    with pytest.raises(IndexError, match="3 steps, and none at 3"):
        steps(y)[3]
