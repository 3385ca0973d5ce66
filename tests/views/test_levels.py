"""Graphs too large to be read value by value: neurons and layers as boxes."""

import json
import re
import shutil

import pytest

from micrograd_bp import MLP, Layer, Neuron, Value, backward, cross_entropy, draw, hinge, mse
from micrograd_bp.engine import size
from micrograd_bp.views.drawing.readability import LEGIBLE, PIXELS_PER_POINT, SCREEN_WIDTH, SMALLEST_TEXT
from micrograd_bp.views.drawing.renderer import VARIABLE

from .support_drawing import counts, dying_network, in_rows, network_loss, nodes, svg_of, texts


def test_auto_takes_the_first_level_that_can_be_read() -> None:
    smallest, small, medium, large = (
        network_loss(*sizes) for sizes in ((2, 1), (2, 4, 1), (2, 16, 16, 1), (30, 40, 1))
    )
    assert draw(smallest).source == draw(smallest, detail="values").source
    assert draw(small).source == draw(small, detail="tables").source
    assert draw(medium).source == draw(medium, detail="neurons").source
    assert draw(large).source == draw(large, detail="layers").source


def test_each_level_of_a_network() -> None:
    loss = network_loss(2, 16, 16, 1)
    # x0, x1, the target, the difference and its square are no neuron's.
    outside = 5
    assert counts(draw(loss, detail="values")) == (size(loss).nodes, size(loss).edges)
    assert counts(draw(loss, detail="neurons"))[0] == 33 + outside
    assert counts(draw(loss, detail="layers"))[0] == 3 + outside


def test_a_layer_shows_the_sums_that_matter() -> None:
    model = MLP(2, [16, 16, 1], rng=1)
    loss = mse([model([1.0, -2.0])], [0.5])
    loss.backward()
    (layer,) = [shown for shown in nodes(draw(loss, detail="layers")) if shown[0] == "layers.1"]
    parameters = model.layers[1].parameters()
    mean = sum(abs(parameter.grad) for parameter in parameters) / len(parameters)
    off = sum(neuron_is_off(loss, f"layers.1.neurons.{i}") for i in range(16))
    assert layer[1] == "Layer ReLU"
    rows = dict(zip(layer[2::2], layer[3::2], strict=True))
    assert rows == {"neurons": "16", "values": "304", "mean |p.grad|": f"{mean:.4g}", "off": f"{off} of 16"}
    assert "mean |p.grad|: of the parameters p in a box" in texts(draw(loss, detail="layers"))


def neuron_is_off(loss: Value, scope: str) -> bool:
    from micrograd_bp.engine import topological_order

    (activation,) = [
        node for node in topological_order(loss) if node.origin and node.origin.scope == scope and node._op == "ReLU"
    ]
    return activation.data == 0.0


def test_a_neuron_shows_its_output_and_whether_it_is_off() -> None:
    loss = dying_network()
    loss.backward()
    shown = nodes(draw(loss, detail="neurons"))
    dead = [text for text in shown if "passes nothing" in text]
    assert sum(text[0].startswith("neurons.") for text in dead) >= 6
    layers = nodes(draw(loss, detail="layers"))
    assert [text for text in next(each for each in layers if each[0] == "layers.1") if text != "passes nothing"] == [
        "layers.1",
        "Layer ReLU",
        "neurons",
        "6",
        "values",
        "66",
        "mean |p.grad|",
        "0",
        "off",
        "12 of 12",
    ]


def test_many_inputs_are_one_box() -> None:
    shown = texts(draw(network_loss(784, 20, 10)))
    assert {"784 inputs", "mean |grad|"} <= set(shown)
    assert "layers.0" in shown
    assert "15,680 edges" in shown


def test_a_loss_over_many_samples_does_not_swamp_the_network() -> None:
    model = MLP(4, [8, 3], rng=0)
    samples = [[0.1 * i, 1.0, -0.1 * i, 0.5] for i in range(100)]
    loss = cross_entropy([model(sample) for sample in samples], [i % 3 for i in range(100)])
    loss.backward()
    n_nodes, _ = counts(draw(loss))
    assert n_nodes < 12


def test_two_networks_with_the_same_names_stay_apart() -> None:
    generator, critic = MLP(2, [4, 2], rng=0), MLP(2, [4, 1], rng=1)
    shown = [text[0] for text in nodes(draw(critic(generator([1.0, 2.0])), detail="layers"))]
    assert shown.count("layers.0") == shown.count("layers.1") == 2


def test_modules_that_run_on_their_own() -> None:
    assert [text[0] for text in nodes(draw(Neuron(2, rng=0)([1.0, 2.0]), detail="layers"))].count("Neuron") == 1
    layer = Layer(2, 3, rng=0)
    assert "Layer" in [text[0] for text in nodes(draw(layer([1.0, 2.0]), detail="layers"))]


def test_the_same_picture_when_source_lines_are_tracked() -> None:
    from micrograd_bp.engine.origin import track_source

    def levels() -> list[tuple[int, int]]:
        model = MLP(2, [3, 1], rng=0)
        first = model([1.0, 2.0])
        second = model([2.0, 1.0])
        return [counts(draw(first * second, detail=detail)) for detail in ("values", "neurons", "layers")]

    untracked = levels()
    with track_source():
        assert levels() == untracked


def test_of_a_large_graph_without_modules_the_end_is_drawn() -> None:
    total = sum((Value(float(i)) * 2.0 for i in range(200)), Value(0.0))
    note = r"the (\d+) values nearest to the output, of 801; .* derive them from micrograd_bp.Module"
    shown = re.search(note, draw(total).source)
    assert shown is not None
    assert 20 < int(shown[1]) <= 60
    assert counts(draw(total, detail="values"))[0] == size(total).nodes


def test_of_more_modules_than_can_be_read_the_end_is_drawn() -> None:
    total = sum((Neuron(4, rng=i)([1.0, 2.0, 3.0, 4.0]) for i in range(450)), Value(0.0))
    assert "boxes of modules are too many: show a part, with around=node" in draw(total).source
    assert counts(draw(total))[0] <= 60


@pytest.mark.parametrize("direction", ["LR", "RL", "TB", "BT"])
@pytest.mark.parametrize("dot", [None, shutil.which("dot")], ids=["graphviz-pure", "dot"])
def test_neurons_and_inputs_stand_in_their_order(direction: str, dot: str | None, monkeypatch) -> None:
    if dot:
        monkeypatch.setenv(VARIABLE, dot)
    model = MLP(4, [12, 3], rng=0)
    outputs = model([Value(0.5, label=f"x{i}") for i in range(4)])
    # The last output is used first, and its neuron is met first on a walk over the graph.
    drawing = draw(outputs[2] * cross_entropy(outputs, 1), detail="neurons", direction=direction)
    sideways = direction in ("LR", "RL")
    assert sorted(in_rows(drawing, "neurons", sideways=sideways), key=len) == [
        [f"neurons.{i}" for i in range(3)],
        [f"neurons.{i}" for i in range(12)],
    ]
    assert in_rows(drawing, "x", sideways=sideways)[:: 1 if direction in ("LR", "BT") else -1][0] == [
        "x0", "x1", "x2", "x3",
    ]  # fmt: skip


def test_the_frames_of_neurons_stand_in_their_order() -> None:
    content = json.loads(draw(network_loss(3, 4, 4, 1), detail="values").pipe("json"))
    frames = [frame for frame in content["objects"] if "neurons" in frame.get("label", "") and "bb" in frame]
    frames.sort(key=lambda frame: (float(frame["bb"].split(",")[0]) // 100, -float(frame["lp"].split(",")[1])))
    layer = ["neurons.0 Neuron", "neurons.1 Neuron", "neurons.2 Neuron", "neurons.3 Neuron"]
    assert [frame["label"] for frame in frames] == [*layer, *layer, "neurons.0 Neuron"]


@pytest.mark.parametrize("detail", ["neurons", "layers"])
def test_a_module_that_makes_the_output_is_drawn_as_one_and_shows_its_name(detail: str) -> None:
    y = Neuron(2, rng=0)([1.0, 2.0])
    y.label = "y"
    drawing = draw(y, detail=detail)
    (shown,) = [text for text in nodes(drawing) if text[0] == "Neuron"]
    assert shown[shown.index("output") + 1] == "y"
    assert "peripheries=2" in drawing.source
    (shown,) = [text for text in nodes(draw(y + 1.0, detail=detail)) if text[0] == "Neuron"]
    assert "output" not in shown


def test_tables_are_values_where_no_value_has_several_parameters_of_its_own() -> None:
    output = MLP(2, [3, 1], rng=1, fused=False)([1.0, -2.0])
    output.backward()
    assert nodes(draw(output, detail="tables")) == nodes(draw(output, detail="values"))
    assert "no value has several parameters of its own: there are no tables" in texts(draw(output, detail="tables"))
    fused = MLP(2, [3, 1], rng=1)([1.0, -2.0])
    assert draw(fused, detail="tables").source != draw(fused, detail="values").source


def test_the_neurons_of_a_loss_over_many_samples_can_be_read() -> None:
    network = MLP(2, [16, 16, 1], rng=1)
    loss = hinge([network([i / 2.0 - 4.0, 1.0]) for i in range(16)], [1.0, -1.0] * 8)
    backward([loss])
    svg = svg_of(draw(loss, detail="neurons"))
    scale = SCREEN_WIDTH / (float(svg.get("width", "")[:-2]) * PIXELS_PER_POINT)
    assert SMALLEST_TEXT * PIXELS_PER_POINT * scale >= LEGIBLE


def test_layers_show_no_more_of_a_loss_than_neurons_do() -> None:
    network = MLP(3, [4, 4, 1], activation="tanh", rng=1)
    loss = sum((network([float(i), 1.0, -1.0]) - 1.0) ** 2 for i in range(4))
    backward([loss])
    shown = nodes(draw(loss, detail="layers"))
    assert {text[0] for text in shown if "layers." not in text[0]} == {"12 inputs", "11 operations", "+"}
