"""What is printed: the drawing as it is in the end, and all steps; of an exercise only what was revealed."""

import re
from collections.abc import Callable
from pathlib import Path

from micrograd_bp import MLP, mse
from micrograd_bp.views.page.page import page
from tests.views.page.conftest import Opened
from tests.views.page.graphs import neuron

Open = Callable[..., Opened]


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


def test_a_lesson_is_printed_as_it_is_in_the_end_and_goes_on_where_it_was(open_page: Open) -> None:
    opened = open_page(page(neuron(), forward=True))
    opened.tab.evaluate("addEventListener('beforeprint', () => { globalThis.printed = document.body.innerText; })")
    opened.press("ArrowRight", 7)
    opened.tab.emulate_media(media="print")
    pdf = opened.tab.pdf(prefer_css_page_size=True)
    printed = opened.tab.evaluate("printed")
    assert "1.002" in printed
    assert "∂tanh(n)/∂n = 1 - tanh(n)²" in printed
    assert "Break here" not in printed
    assert pages_of(pdf) == 2  # the drawing, the steps
    assert opened.position() == "7 / 14"


def test_layers_share_a_sheet_as_long_as_they_fit_on_it(open_page: Open) -> None:
    loss = mse([MLP(1, [1, 1, 1], activation="tanh", rng=0)([2.0])], [0.5])
    opened = open_page(page(loss, forward=True, detail="values"))
    assert (
        pages_of(opened.tab.pdf(prefer_css_page_size=True)) == 3
    )  # the drawing, and the tables of all layers in two sheets


def test_a_question_stands_on_the_sheet_of_its_table(open_page: Open) -> None:
    opened = open_page(page(neuron(), hide="gradients"))
    opened.tab.emulate_media(media="print")
    assert opened.tab.locator("#worksheet table").evaluate("table => getComputedStyle(table).breakInside") == "avoid"
    parts = opened.tab.locator("#worksheet h2, #worksheet p:not(.answer-tools)")
    assert parts.evaluate_all("parts => parts.map(part => getComputedStyle(part).breakAfter)") == ["avoid"] * 3
    assert pages_of(opened.tab.pdf(prefer_css_page_size=True)) == 2


def test_an_exercise_is_printed_without_its_answers(open_page: Open, tmp_path: Path) -> None:
    opened = open_page(page(neuron(), hide="gradients"))
    opened.tab.emulate_media(media="print")
    blank = opened.tab.locator("body").inner_text()
    assert "computed as" in blank
    assert "1.002" not in blank
    assert "local derivative" not in blank.replace("the local derivative", "")
    assert opened.tab.locator("#graph .line:not(.waiting)").count() == 0
    opened.tab.evaluate("revealAll(); dispatchEvent(new Event('beforeprint'))")
    assert "1.002" in opened.tab.locator("body").inner_text()
    assert opened.tab.locator("#all-steps").is_visible()


def test_dark_stays_off_paper(open_page: Open) -> None:
    opened = open_page(page(neuron()), color_scheme="dark")
    colour = "getComputedStyle(document.body).color"
    dark = opened.tab.evaluate(colour)
    opened.tab.emulate_media(media="print", color_scheme="dark")
    assert opened.tab.evaluate(colour) != dark
