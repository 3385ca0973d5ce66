"""Labels, titles and names are text wherever they go: into a page, a drawing, or the source of a program."""

import ast
import builtins
import keyword
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_bp import OPERATIONS, Value, compile, explain, gradient_report, steps
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


LABELS = HOSTILE_TEXTS.filter(bool)  # without one a value has no name of its own
PLAIN = {forward: outline_of_page("w", "x", "Title", forward=forward).elements for forward in (False, True)}


@cases(25)
@given(LABELS, LABELS, HOSTILE_TEXTS, st.booleans())
def test_a_page_has_the_elements_that_it_has_with_plain_names(
    label: str, other: str, title: str, forward: bool
) -> None:
    html = page(neuron(label, other), title=title, forward=forward).html
    assert not NEVER_SHOWN.search(html)
    assert Outline(html).elements == PLAIN[forward]


@pytest.mark.parametrize("options", [{"forward": True}, {"hide": "gradients"}], ids=str)
def test_a_page_of_all_texts_has_the_elements_that_it_has_with_plain_names(options: dict[str, Any]) -> None:
    texts = list(filter(None, HOSTILE))
    hostile = page(sum(neuron(text, text) for text in texts), title=" ".join(texts), detail="values", **options).html
    plain = page(sum(neuron("w", "x") for _ in texts), title="Title", detail="values", **options).html
    assert not NEVER_SHOWN.search(hostile)
    assert Outline(hostile).elements == Outline(plain).elements
    ElementTree.fromstring(hostile[hostile.index("<svg") : hostile.index("</svg>") + len("</svg>")])


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
    "value",
    "X",
    "ﬁ",
    "ℌ",
    "é",
    "变量",
    "__debug__",
]
NAMES += [*HOSTILE]


@pytest.mark.parametrize("form", FORMS)
def test_inputs_and_outputs_of_any_name_work_or_are_refused(form: str) -> None:
    wrong, refused = [], {}
    for name in dict.fromkeys(NAMES):
        root = neuron("w")
        w, x = root.operands[0].operands[0].operands
        try:
            program = compile(root, inputs={name: x}, parameters=[w], form=form)
        except ValueError as error:
            refused[name] = str(error)
        else:
            losses = program.value_and_gradient([[2.0]])[0], program.value_and_gradient(**{name: [[2.0]]})[0]
            wrong += [name] if losses != pytest.approx((root.data, root.data)) else []
        predict = compile(root, inputs={"X": x}, parameters=[w], outputs={name: root}, form=form).predict
        wrong += [name] if predict([[2.0]])[name].ravel().tolist() != pytest.approx([root.data]) else []
    assert wrong == []
    assert all(f"cannot be called {name!r}" in message for name, message in refused.items())
    assert {*keyword.kwlist, "__debug__", "ﬁ", "", "parameters"} <= set(refused)
    taken = {"x", "w", "é", "变量", "sum", "tanh", "self", "match", "np", "batch", "loss", "gradient", "value"}
    assert taken.isdisjoint(refused)
