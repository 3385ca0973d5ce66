"""What the tests of drawings share: looks into a picture, and programs that pretend to be a renderer."""

import json
import os
import re
import stat
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from micrograd_bp import MLP, Value, mse
from micrograd_bp.views.drawing.digraph import Drawing

SVG = "{http://www.w3.org/2000/svg}"


def svg_of(drawing: Drawing) -> ElementTree.Element:
    return ElementTree.fromstring(drawing.pipe("svg", encoding="utf-8"))


def counts(drawing: Drawing) -> tuple[int, int]:
    """The nodes and edges that are to be seen in the SVG."""
    classes = Counter(group.get("class") for group in svg_of(drawing).iter(f"{SVG}g"))
    return classes["node"], classes["edge"]


def texts(drawing: Drawing) -> list[str]:
    """All pieces of text in the SVG, as a reader sees them."""
    return _texts(svg_of(drawing))


def nodes(drawing: Drawing) -> list[list[str]]:
    """For each node the pieces of text on it."""
    return [_texts(group) for group in svg_of(drawing).iter(f"{SVG}g") if group.get("class") == "node"]


def _texts(element: ElementTree.Element) -> list[str]:
    shown = [(text.text or "").replace("\xa0", " ").strip() for text in element.iter(f"{SVG}text")]
    return [text for text in shown if text]


class Box(NamedTuple):
    left: float
    bottom: float
    right: float
    top: float

    def overlaps(self, other: "Box", tolerance: float = 0.5) -> bool:
        return (
            self.left + tolerance < other.right
            and other.left + tolerance < self.right
            and self.bottom + tolerance < other.top
            and other.bottom + tolerance < self.top
        )

    def inside(self, other: "Box", tolerance: float = 0.5) -> bool:
        return (
            self.left >= other.left - tolerance
            and self.right <= other.right + tolerance
            and self.bottom >= other.bottom - tolerance
            and self.top <= other.top + tolerance
        )


def layout(drawing: Drawing) -> tuple[Box, list[Box]]:
    """The frame of the picture and the boxes of its nodes, in points."""
    content: dict[str, Any] = json.loads(drawing.pipe("json"))
    frame = Box(*map(float, content["bb"].split(",")))
    boxes = []
    for node in content["objects"]:
        if "pos" in node:
            x, y = map(float, node["pos"].split(","))
            width, height = 72.0 * float(node["width"]), 72.0 * float(node["height"])
            boxes.append(Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2))
    return frame, boxes


def neuron() -> Value:
    """The neuron that micrograd's lecture draws."""
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    b = Value(6.8813735870195432, label="b")
    n = x1 * w1 + x2 * w2 + b
    n.label = "n"
    o = n.tanh()
    o.label = "o"
    return o


def micrograd_readme() -> Value:
    """The expression of micrograd's README and second notebook."""
    a, b = Value(-4.0, label="a"), Value(2.0, label="b")
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    return g


def dying_network() -> Value:
    """A loss whose gradient ends in a layer of ReLUs that are all off."""
    network = MLP(2, [6, 6, 1], rng=3)
    for each in network.layers[1].neurons:
        each.bias.data = -20.0
    return mse([network([0.5, 1.0]), network([1.0, -1.0])], [1.0, 0.0])


def network_loss(*sizes: int, **kwargs: Any) -> Value:
    """The squared error of a network on one sample, after backward."""
    network = MLP(sizes[0], sizes[1:], rng=1, **kwargs)
    outputs = network([0.1 * i - 1.0 for i in range(sizes[0])])
    loss = mse([outputs], [0.5 if isinstance(outputs, Value) else [0.5] * len(outputs)])
    loss.backward()
    return loss


def program(folder: Path, name: str, code: str) -> Path:
    """A program that runs some Python; `source` is what it is handed."""
    path = folder / name
    path.write_text(f"#!{sys.executable}\nimport sys, time\nsource = sys.stdin.read()\n{code}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def path_without_programs(folder: Path) -> str:
    """A PATH on which nothing is found."""
    empty = folder / "empty"
    empty.mkdir(exist_ok=True)
    return os.fspath(empty)


def in_rows(drawing: Drawing, text: str, *, sideways: bool) -> list[list[str]]:
    """Titles that hold `text`, rank by rank: from top to bottom in a drawing that goes sideways, else from the left."""
    content: dict[str, Any] = json.loads(drawing.pipe("json"))
    found: dict[float, list[tuple[float, str]]] = {}
    for node in content["objects"]:
        title = re.search(r"<B>(.*?)</B>", node.get("label", ""))
        if "pos" in node and title and text in title[1]:
            x, y = map(float, node["pos"].split(","))
            found.setdefault(round(x if sideways else y), []).append((-y if sideways else x, title[1]))
    return [[title for _, title in sorted(row)] for _, row in sorted(found.items())]
