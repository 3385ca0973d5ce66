"""The drawings that people make first, without options: all of them can be read, in whatever font they turn up."""

import re
from collections.abc import Callable
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import matplotlib
import pytest
from PIL import ImageFont

from micrograd_bp import MLP, Layer, Neuron, Value, backward, draw, mse, operation
from micrograd_bp.views.drawing.box_styles import ROLES
from micrograd_bp.views.drawing.readability import (
    HIGHEST_IN_COLUMNS,
    LEGIBLE,
    PIXELS_PER_POINT,
    SCREEN_WIDTH,
    SMALLEST_TEXT,
)
from micrograd_bp.views.names import Role

from .support_drawing import SVG, Box, layout, micrograd_readme, network_loss, neuron, svg_of

SAMPLES = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
WANTED = [1.0, -1.0, -1.0, 1.0]


def unlabelled() -> Value:
    a, b, c = Value(2.0), Value(-3.0), Value(10.0)
    return a * b + c


def loss_over_four_samples() -> Value:
    network = MLP(3, [4, 4, 1], rng=1, activation="tanh")
    return sum((network(x) - y) ** 2 for x, y in zip(SAMPLES, WANTED, strict=True))


def mse_over_four_samples() -> Value:
    network = MLP(3, [4, 4, 1], rng=1, activation="tanh")
    return mse([network(x) for x in SAMPLES], WANTED)


def network_by_hand() -> Value:
    random, inputs = Random(1), [Value(1.0), Value(-2.0)]
    rows = [[Value(random.uniform(-1, 1)) for _ in range(3)] for _ in range(3)]
    hidden = [(w0 * inputs[0] + w1 * inputs[1] + b).tanh() for w0, w1, b in rows]
    return (sum(Value(random.uniform(-1, 1)) * h for h in hidden) - 1.0) ** 2


def chain() -> Value:
    x = Value(1.5)
    for _ in range(15):
        x = (x * 1.1).tanh()
    return x


def saved_network(folder: Path) -> Value:
    MLP(2, [4, 1], activation="tanh", rng=1).save(folder / "xor.json")
    return MLP.from_file(folder / "xor.json")([Value(1.0, label="x0"), Value(0.0, label="x1")])


def operation_of_ones_own() -> Value:
    @operation("softsign_first")
    def softsign_first(xp, x):
        d = 1.0 + abs(x)
        return x / d, (1.0 / (d * d),)

    w, x = Value(-3.0), Value(0.5)
    return (3 * w * x).softsign_first() + x**2


FIRST: dict[str, Callable[[], Any]] = {
    "the lecture's neuron": neuron,
    "the expression of micrograd's README": micrograd_readme,
    "a neuron": lambda: Neuron(2, rng=1)([Value(1.0), Value(2.0)]),
    "a layer": lambda: Layer(3, 4, rng=1)(SAMPLES[0]),
    "a network for one sample": lambda: MLP(3, [4, 4, 1], rng=1)(SAMPLES[0]),
    "a loss over four samples": loss_over_four_samples,
    "mse over four samples": mse_over_four_samples,
    "an unlabelled expression": unlabelled,
    "a network by hand": network_by_hand,
    "a chain": chain,
    "an operation of one's own": operation_of_ones_own,
    "the network of the moons": lambda: MLP(2, [16, 16, 1], rng=1)([1.0, -1.0]),
    "a deep network": lambda: mse([MLP(2, [4] * 6 + [1], rng=1, activation="sigmoid")([1.0, -1.0])], [1.0]),
    "products and sums": lambda: MLP(2, [3, 1], rng=1, fused=False)([1.0, -2.0]),
}


def drawn(made: Any) -> Any:
    backward(made if isinstance(made, list) else [made])
    return draw(made)


# ---- how wide a text is in two fonts


@cache
def helvetica(style: str) -> dict[str, float]:
    """The widths of Helvetica and its likes, for a size of 1, from the metrics that come with matplotlib."""
    file = Path(matplotlib.get_data_path(), "fonts", "pdfcorefonts", f"Helvetica{style}.afm")
    found = re.findall(r"^C (\d+) ; WX (\d+)", file.read_text(encoding="latin-1"), re.MULTILINE)
    return {chr(int(code)): int(width) / 1000 for code, width in found}


@cache
def dejavu(style: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", f"DejaVuSans{style}.ttf"), 100)


class Text(NamedTuple):
    """A text where it stands in an SVG."""

    words: str
    place: Box


def texts_in(element: Any, font: str) -> list[Text]:
    found = []
    for text in element.iter(f"{SVG}text"):
        words = (text.text or "").replace("\xa0", " ").rstrip()
        size = float(text.get("font-size"))
        style = "-Bold" if text.get("font-weight") == "bold" else "-Oblique" if text.get("font-style") else ""
        if font == "Helvetica":
            width = sum(helvetica(style).get(letter, 0.6) for letter in words) * size
        else:
            width = dejavu(style).getlength(words) / 100 * size
        x = float(text.get("x")) - (width / 2 if text.get("text-anchor") == "middle" else 0.0)
        y = float(text.get("y"))
        found.append(Text(words, Box(x, y - 0.7 * size, x + width, y)))
    return [text for text in found if text.words]


def outline(group: Any) -> Box:
    """What a box takes up."""
    shapes = [shape.get("points") or shape.get("d") for shape in group.iter() if shape.tag != f"{SVG}text"]
    numbers = [
        tuple(map(float, pair)) for shape in shapes if shape for pair in re.findall(r"(-?[\d.]+),(-?[\d.]+)", shape)
    ]
    xs, ys = zip(*numbers, strict=True)
    return Box(min(xs), min(ys), max(xs), max(ys))


def check_readable(svg: Any) -> None:
    """A drawing can be read at the width of a screen, in both fonts."""
    width, height = float(svg.get("width", "")[:-2]), float(svg.get("height", "")[:-2])
    scale = min(SCREEN_WIDTH / (width * PIXELS_PER_POINT), 1.0) * PIXELS_PER_POINT
    assert SMALLEST_TEXT * scale >= LEGIBLE - 0.5  # the margin around it
    assert height * scale <= HIGHEST_IN_COLUMNS + 100.0  # the legend
    assert height <= 2.0 * width
    groups = [group for group in svg.iter(f"{SVG}g") if group.get("class") == "node"]
    boxes = [outline(group) for group in groups]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    for font in ("Helvetica", "DejaVu Sans"):
        for group, box in zip(groups, boxes, strict=True):
            assert [text for text in texts_in(group, font) if not text.place.inside(box, tolerance=0.0)] == []
        for one, other in combinations(texts_in(svg, font), 2):
            assert not one.place.overlaps(other.place, tolerance=0.3), (font, one, other)


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("name", FIRST)
def test_it_can_be_read_at_the_width_of_a_screen_in_both_fonts(name: str) -> None:
    check_readable(svg_of(drawn(FIRST[name]())))


def test_a_saved_network_on_the_command_line_has_inputs_first_and_layers_in_columns(tmp_path: Path) -> None:
    output = saved_network(tmp_path)
    content = layout(drawn(output))[1]
    lefts = sorted({round(box.left / 40) for box in content})
    assert len(content) == 11
    assert len(lefts) == 4


def test_inputs_stand_first() -> None:
    for made in (FIRST["a neuron"](), FIRST["a layer"](), FIRST["a network for one sample"](), network_loss(2, 4, 1)):
        groups = [group for group in svg_of(drawn(made)).iter(f"{SVG}g") if group.get("class") == "node"]
        fills = [{shape.get("fill") for shape in group.iter()} for group in groups]
        inputs, constants = (ROLES[role]["fillcolor"].lower() for role in (Role.INPUT, Role.CONSTANT))
        firsts = [outline(group) for group, colours in zip(groups, fills, strict=True) if inputs in colours]
        others = [
            outline(group) for group, colours in zip(groups, fills, strict=True) if not {inputs, constants} & colours
        ]
        assert len(firsts) > 1
        assert max(box.right for box in firsts) <= min(box.left for box in others)


def test_rows_of_a_folded_drawing_follow_each_other() -> None:
    svg = svg_of(drawn(chain()))
    places = {text.words: text.place for text in texts_in(svg, "Helvetica")}
    letters = [letter for letter in "ABCD" if letter in places]
    assert len(letters) >= 2
    for letter in letters:
        assert places[f"goes on at {letter}"].top < places[letter].bottom
    assert all(places[one].top < places[other].bottom for one, other in pairwise(letters))
