"""The pictures as they are laid out: nothing overlaps, nothing sticks out, nothing takes long."""

import json
import re
import xml.etree.ElementTree as ElementTree
from random import Random

import pytest

from micrograd_bp import MLP, Neuron, Value, cross_entropy, draw
from micrograd_bp.engine import size, topological_order
from micrograd_bp.views.text import printable
from tests.counts import count
from tests.robustness.hostile import HOSTILE

from .support_drawing import SVG, dying_network, layout, micrograd_readme, network_loss, neuron, svg_of


def mnist_network() -> Value:
    network = MLP(784, [128, 10], rng=0, activation="tanh", init="xavier")
    loss = cross_entropy(network([(i % 28) / 28.0 for i in range(784)]), 3)
    loss.backward()
    return loss


def single_neuron() -> Value:
    output = Neuron(2, activation="tanh", rng=1)([1.0, -2.0])
    output.backward()
    return output


PICTURES = {
    "a neuron": (single_neuron, "auto", 40),
    "micrograd's neuron": (neuron, "auto", 40),
    "micrograd's expression": (micrograd_readme, "auto", 40),
    "values": (lambda: network_loss(2, 16, 16, 1), "values", 410),
    "neurons": (lambda: network_loss(2, 16, 16, 1), "neurons", 40),
    "layers": (lambda: network_loss(2, 16, 16, 1), "layers", 9),
    "784 inputs": (mnist_network, "auto", 9),
    "a dying network": (dying_network, "auto", 40),
    "a dying network's neurons": (dying_network, "neurons", 40),
}
"""What is drawn, in which detail, and how many boxes are few enough to look at."""


@pytest.mark.parametrize("name", PICTURES)
def test_boxes_do_not_overlap_and_stay_inside_the_frame(name: str) -> None:
    make, detail, most = PICTURES[name]
    frame, boxes = layout(draw(make(), detail=detail))
    assert 2 < len(boxes) <= most
    assert all(box.inside(frame) for box in boxes)
    boxes.sort()
    for i, box in enumerate(boxes):
        for other in boxes[i + 1 :]:
            if other.left >= box.right:
                break
            assert not box.overlaps(other)


@pytest.mark.parametrize("sizes", [(6, 4, 1), (4, 12, 11, 1), (60, 40, 10), (784, 36, 10)])
def test_a_picture_of_any_size_stays_one_to_look_at(sizes: tuple[int, ...]) -> None:
    """From 38 to 29,519 values: more are collapsed to neurons and to layers, so boxes stay countable."""
    _, boxes = layout(draw(network_loss(*sizes)))
    assert 2 < len(boxes) <= 310


OPERATIONS = [
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: a.tanh(),
    lambda a, b: a.relu(),
    lambda a, b: a * a,
    lambda a, b: a.maximum(b),
    lambda a, b: a - 3.0,
    lambda a, b: a**2,
]


def hostile_graph(random: Random) -> Value:
    values = [Value(random.uniform(-2.0, 2.0)) for _ in range(random.randint(1, 3))]
    for _ in range(random.randint(1, 8)):
        values.append(random.choice(OPERATIONS)(random.choice(values), random.choice(values)))
    for value in values:
        if random.random() < 0.7:
            value.label = "".join(random.choices(HOSTILE, k=random.randint(1, 2)))
    if random.random() < 0.8:
        values[-1].backward()
    return values[-1]


HARMLESS = {f"{SVG}{tag}" for tag in ("svg", "g", "a", "title", "text", "path", "polygon", "polyline")}


@pytest.mark.parametrize("seed", range(count(10, 50)))
def test_hostile_labels_do_nothing(seed: int) -> None:
    """Twenty graphs in each picture, a thousand in all."""
    random = Random(seed)
    roots = [hostile_graph(random) for _ in range(20)]
    svg = draw(roots, detail="values").pipe("svg", encoding="utf-8")
    picture = ElementTree.fromstring(svg)
    classes = [group.get("class") for group in picture.iter(f"{SVG}g")]
    assert (classes.count("node"), classes.count("edge")) == size(*roots)
    assert {element.tag for element in picture.iter()} <= HARMLESS
    assert not {
        name for element in picture.iter() for name in element.attrib if name.startswith("on") or "href" in name
    }
    shown = {element.text.replace("\xa0", " ") for element in picture.iter(f"{SVG}text") if element.text}
    tooltips = {value for element in picture.iter() for name, value in element.attrib.items() if "title" in name}
    for node in topological_order(*roots):
        if node.label:
            assert printable(node.label) in shown
            assert printable(node.label, 400) in tooltips


def test_a_label_keeps_its_distance_from_its_line() -> None:
    output = neuron()
    output.backward()
    content = json.loads(draw(output).pipe("json"))
    (edge,) = [edge for edge in content["edges"] if edge.get("label", "").count("×0.5<")]
    (label_y,) = {float(edge["lp"].split(",")[1])}
    heights = [float(word.split(",")[-1]) for word in edge["pos"].split()]
    half_a_letter = 4.5
    assert min(abs(label_y - y) for y in heights) >= half_a_letter + 3.0


def test_a_sample_in_the_legend_keeps_its_width_where_there_are_few() -> None:
    output = Value(1.0, label="x").tanh()
    output.backward()
    (legend,) = [group for group in svg_of(draw(output)).iter(f"{SVG}g") if group.get("id") == "a_graph0"]
    (sample,) = [path.get("d", "") for path in legend.iter(f"{SVG}path") if path.get("stroke") == "#4f7f6a"]
    xs = [float(x) for x in re.findall(r"(-?[\d.]+),", sample)]
    assert max(xs) - min(xs) < 24.0
