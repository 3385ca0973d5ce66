"""Labels, titles and names are text wherever they go: into a page, a drawing, or the source of a program."""

import ast
import builtins
import keyword
import re
import warnings
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_bp import OPERATIONS, Value, compile, draw, explain, gradient_report, steps
from micrograd_bp.views.page.page import page
from tests.robustness.hostile import HOSTILE, HOSTILE_TEXTS, cases

VOID = {"meta", "input", "br", "hr", "img", "link", "wbr"}
NEVER_SHOWN = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff\\ufffe\\uffff]"
)


class Outline(HTMLParser):
    """The elements of a page with the names of their attributes; an end without its start fails."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, ...]] = []
        self.title = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, *(name for name, _ in attributes)))
        assert not any(name.startswith("on") for name, _ in attributes)
        assert not any(
            (value or "").lower().lstrip().startswith("javascript:") for name, value in attributes if name == "href"
        )
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, *(name for name, _ in attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "title":
            self.title += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data!r}")


def neuron(label: str, other: str = "x") -> Value:
    """tanh(w·x + b), two of the values with labels from outside."""
    w, x, b = Value(-3.0, label=label), Value(2.0, label=other), Value(6.8)
    n = w * x + b
    n.label = label
    return n.tanh()


def outline_of_page(label: str, other: str, title: str, **options: Any) -> Outline:
    return Outline(page(neuron(label, other), title=title, **options).html)


PLAIN = {forward: outline_of_page("w", "x", "Title", forward=forward).elements for forward in (False, True)}


@cases(60)
@given(HOSTILE_TEXTS, HOSTILE_TEXTS, HOSTILE_TEXTS, st.booleans())
def test_a_page_is_as_with_plain_names(label: str, other: str, title: str, forward: bool) -> None:
    html = page(neuron(label, other), title=title, forward=forward).html
    html.encode("utf-8")
    assert not NEVER_SHOWN.search(html)
    outline = Outline(html)
    counted = [
        element for element in outline.elements if element[0] in ("script", "style", "meta", "svg", "title", "g")
    ]
    plain = [element for element in PLAIN[forward] if element[0] in ("script", "style", "meta", "svg", "title", "g")]
    assert [element[0] for element in counted] == [element[0] for element in plain]
    assert {name for element in outline.elements for name in element[1:]} <= {
        *(name for element in PLAIN[forward] for name in element[1:]),
        "data-source",
        "data-note",
        "data-remark",
    }
    assert set(element[0] for element in outline.elements) <= set(element[0] for element in PLAIN[forward])


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_the_drawing_on_a_page_is_well_formed(text: str) -> None:
    html = page(neuron(text), title=text).html
    ElementTree.fromstring(html[html.index("<svg") : html.index("</svg>") + len("</svg>")])


@cases(40)
@given(HOSTILE_TEXTS, HOSTILE_TEXTS)
def test_a_drawing_is_well_formed_and_inert(label: str, other: str) -> None:
    root = neuron(label, other)
    root.backward()
    svg = draw(root).pipe("svg").decode("utf-8")
    elements = list(ElementTree.fromstring(svg).iter())
    assert {element.tag.partition("}")[2] for element in elements} <= {
        "svg",
        "g",
        "title",
        "polygon",
        "path",
        "text",
        "a",
        "polyline",
        "ellipse",
        "defs",
        "linearGradient",
        "stop",
    }
    names = {name.rpartition("}")[2] for element in elements for name in element.attrib}
    assert not any(name.startswith("on") or name == "href" for name in names)


@cases(100)
@given(HOSTILE_TEXTS, HOSTILE_TEXTS)
def test_what_is_printed_steers_no_terminal(label: str, other: str) -> None:
    root = neuron(label, other)
    root.backward()
    (w, *_) = root.operands[0].operands[0].operands
    for printed in (steps(root), next(iter(steps(root))), explain(root, w), gradient_report(root)):
        assert not NEVER_SHOWN.search(str(printed).replace("\n", ""))
    assert not NEVER_SHOWN.search(repr(root.operands[0]))


FORMS = ["matrices", "straight line"]


def statements(source: str) -> list[str]:
    """What a source does, whatever things are called."""
    return [type(node).__name__ for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt | ast.Call)]


@pytest.mark.parametrize("form", FORMS)
@cases(100)
@given(HOSTILE_TEXTS, HOSTILE_TEXTS)
def test_labels_never_become_code(form: str, label: str, other: str) -> None:
    def program(label: str, other: str) -> Any:
        root = neuron(label, other)
        w, x = root.operands[0].operands[0].operands
        return compile(root, inputs={"x": x}, parameters=[w], form=form)

    hostile, plain = program(label, other), program("w", "x")
    assert statements(hostile.source) == statements(plain.source)
    assert hostile.value_and_gradient([[2.0]])[0] == plain.value_and_gradient([[2.0]])[0]


NAMES = [
    *OPERATIONS,
    *dir(builtins),
    *keyword.kwlist,
    *keyword.softkwlist,
    "np",
    "math",
    "self",
    "cls",
    "x",
    "erf",
    "inputs",
]
NAMES += [
    "w",
    "b",
    "n",
    "z0",
    "W0",
    "c0",
    "i0",
    "t",
    "t0",
    "x0",
    "v0",
    "samples",
    "sample",
    "i",
    "g",
    "out",
    "result",
    "total",
]
NAMES += [
    "predict",
    "value_and_gradient",
    "gradient",
    "parameters",
    "batch",
    "loss",
    "with_respect_to",
    "ﬁ",
    "ℌ",
    "é",
    "变量",
]
NAMES += [*HOSTILE]


@pytest.mark.parametrize("form", FORMS)
def test_an_input_of_any_name_works_or_is_refused(form: str) -> None:
    wrong, refused = [], []
    for name in dict.fromkeys(NAMES):
        root = neuron("w").exp().log() + Value(2.0).sqrt()
        w, x = root.operands[0].operands[0].operands[0].operands[0].operands[0].operands
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                program = compile(root, inputs={name: x}, parameters=[w], outputs={name: root}, form=form)
        except ValueError as error:
            assert repr(name)[:50] in str(error) or "_output_" in str(error), error
            refused.append(name)
            continue
        try:
            by_place = program.value_and_gradient([[2.0]])
            by_name = program.value_and_gradient(**{name: np.array([[2.0]])})
            assert by_place[0] == by_name[0] == pytest.approx(root.data)
            (predicted,) = (
                program.predict([[2.0]]).values() if isinstance(program.predict([[2.0]]), dict) else [root.data]
            )
            assert float(np.ravel(predicted)[0]) == pytest.approx(root.data)
        except Exception as error:
            wrong.append((name, repr(error)))
    assert wrong == []
    assert set(keyword.kwlist) <= set(refused)
