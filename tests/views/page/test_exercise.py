"""The exercise sheet, in a browser: nothing is given away before it is asked for."""

from collections.abc import Callable

import pytest

from micrograd_bp import Value
from micrograd_bp.views.page.page import page
from tests.views.page.conftest import Opened
from tests.views.page.graphs import neuron

Open = Callable[..., Opened]


def sheet(open_page: Open) -> Opened:
    return open_page(page(neuron(), hide="gradients"))


def answers(opened: Opened) -> dict[str, str]:
    """What stands beside each field."""
    rows = opened.tab.locator("#worksheet tbody tr").all()
    return {row.locator("label").text_content() or "": row.locator("output").text_content() or "" for row in rows}


def test_it_shows_no_gradient_but_that_of_the_output(open_page: Open) -> None:
    opened = sheet(open_page)
    gradients = opened.gradients()
    assert gradients.pop("o") == "1"
    assert set(gradients.values()) == {"?"}
    assert opened.tab.locator("#graph .line:not(.waiting)").count() == 0
    assert set(answers(opened).values()) == {""}
    assert not opened.tab.locator("#all").is_visible()
    assert "0.501" not in opened.tab.locator("body").inner_text().replace("×0.501", "")


def test_each_value_is_asked_for(open_page: Open) -> None:
    assert set(answers(sheet(open_page))) == {"n", "b", "add", "multiply", "multiply_2", "w1", "w2", "x1", "x2"}


@pytest.mark.parametrize(
    ("value", "written", "result"),
    [
        ("w1", "1.002", "right"),
        ("w1", "1", "right"),
        ("w1", " 1,0 ", "right"),
        ("x1", "−1.5", "right"),
        ("x1", "1.5", "not yet"),
        ("w1", "1.1", "not yet"),
        ("w2", "0", "right"),
        ("w2", "0.01", "not yet"),
        ("w1", "one", "not yet"),
        ("w1", "  ", ""),
    ],
)
def test_an_answer_is_judged(value: str, written: str, result: str, open_page: Open) -> None:
    opened = sheet(open_page)
    field = opened.tab.get_by_label(value, exact=True)
    field.fill(written)
    field.blur()
    assert answers(opened)[value] == result


def test_inf_and_nan_are_answers_too(open_page: Open) -> None:
    x = Value(0.0, label="x")
    opened = open_page(page(x.sqrt() * 1.0, hide="gradients"))
    opened.tab.get_by_label("x", exact=True).fill("inf")
    opened.tab.get_by_role("button", name="Check").click()
    assert answers(opened)["x"] == "right"
    assert opened.text("#score") == "1 of 2 right"


def test_a_field_shows_which_box_it_is_about(open_page: Open) -> None:
    opened = sheet(open_page)
    opened.tab.get_by_label("multiply_2", exact=True).focus()
    assert opened.tab.locator(".box.chosen").get_attribute("data-name") == "multiply_2"
    assert "Why" not in opened.text("#panel")


def test_answers_are_revealed(open_page: Open) -> None:
    opened = sheet(open_page)
    opened.tab.get_by_role("button", name="Reveal the answers").click()
    gradients = opened.gradients()
    assert gradients["w1"] == answers(opened)["w1"] == "1.002"
    assert "?" not in gradients.values()
    assert opened.tab.locator("#all").is_visible()


def test_stepping_shows_one_contribution_after_the_other(open_page: Open) -> None:
    opened = sheet(open_page)
    start = opened.state()
    opened.press("ArrowRight")
    assert (opened.gradient("n"), opened.gradient("b")) == ("0.501", "?")
    opened.press("End")
    opened.press("Home")
    assert opened.state() == start


def test_the_forward_pass_of_an_exercise_is_done(open_page: Open) -> None:
    opened = open_page(page(neuron(), hide="gradients", forward=True))
    assert opened.position() == "5 / 14"
    assert opened.box("o").locator(".data").text_content() == "0.7064"
