"""The exercise sheet, in a browser: nothing is given away before it is asked for."""

import math
from collections.abc import Callable

from micrograd_bp import Value, dot
from micrograd_bp.views.page.page import page
from tests.views.page.conftest import Opened
from tests.views.page.graphs import neuron

Open = Callable[..., Opened]


def sheet(open_page: Open) -> Opened:
    return open_page(page(neuron(), hide="gradients"))


def answers(opened: Opened) -> dict[str, str]:
    """What stands beside each field."""
    text = "row => ['label', 'output'].map(name => row.querySelector(name).textContent)"
    found: dict[str, str] = opened.tab.locator("#worksheet tbody tr").evaluate_all(
        f"rows => Object.fromEntries(rows.map({text}))"
    )
    return found


def told(opened: Opened, label: str, written: str) -> str:
    """What stands beside a field that has been filled in."""
    field = opened.tab.get_by_label(label, exact=True)
    field.fill(written)
    field.blur()
    return answers(opened)[label]


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


def test_an_answer_is_judged(open_page: Open) -> None:
    opened = sheet(open_page)
    for value, written, result in [
        ("w1", "1.002", "right"),
        ("w1", "1", "right"),
        ("w1", " 1,0 ", "right"),
        ("x1", "−1.5", "right"),
        ("x1", "1.5", "not yet: the size is right, the sign is not"),
        ("w1", "1.1", "not yet"),
        ("n", "0.5", "right"),  # 0.501
        ("n", "0.49", "not yet"),
        ("n", "-0.5", "not yet: the size is right, the sign is not"),
        ("n", ".", "not yet"),
        ("w2", "0", "right"),
        ("w2", "0.01", "not yet"),
        ("w1", "one", "not yet"),
        ("w1", "  ", ""),
    ]:
        assert told(opened, value, written) == result, written


def test_inf_and_nan_are_answers_too(open_page: Open) -> None:
    x = Value(0.0, label="x")
    opened = open_page(page(x.sqrt() * 1.0, hide="gradients"))
    opened.tab.get_by_label("x", exact=True).fill("inf")
    opened.tab.get_by_role("button", name="Check").click()
    assert answers(opened)["x"] == "right"
    assert opened.text("#score") == "1 of 2 right"


def test_two_or_three_digits_are_enough(open_page: Open) -> None:
    questions: list[tuple[float, list[str], list[str]]] = [
        (1.118, ["1.1", "1.12", "1.118", "1.11", "+1.1", "0.11e1"], ["1.2", "1.0", "1", "1.15", "1.13", "11", "-1.1"]),
        (0.0005591, ["0.00056", "5.6e-4", "0.000559", "5.6E-04"], ["0.0006", "0.00055", "0.00053", "5e-4", "0"]),
        (-1234.0, ["-1200", "-1230", "−1234", "-1.2e3"], ["-1300", "-1000", "1200", "-1190"]),
        (0.096, ["0.096", "0.0955", ".096"], ["0.1", "0.09", "0.098"]),
        (2.0, ["2", "2.0", "2,00", "1.99"], ["1.9", "2.1", "20"]),
    ]
    factors = [Value(3.0, label=f"x{i}") for i in range(len(questions))]
    opened = open_page(page(dot(factors, [answer for answer, _, _ in questions]), hide="gradients"))
    for factor, (_, right, wrong) in zip(factors, questions, strict=True):
        judged = {written: told(opened, factor.label, written).partition(":")[0] for written in (*right, *wrong)}
        assert judged == {**dict.fromkeys(right, "right"), **dict.fromkeys(wrong, "not yet")}


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


def test_answers_stand_behind_the_marks_of_what_was_written(open_page: Open) -> None:
    opened = sheet(open_page)
    for value, written in (("w1", "1.0"), ("x1", "7")):
        opened.tab.get_by_label(value, exact=True).fill(written)
    opened.tab.get_by_role("button", name="Reveal the answers").click()
    shown = answers(opened)
    assert (shown["w1"], shown["x1"], shown["n"]) == ("right: 1.002", "not yet: -1.503", "0.501")
    assert opened.text("#score") == "1 of 9 right"
    assert [opened.tab.locator(f"#worksheet tr.{mark}").count() for mark in ("right", "wrong")] == [1, 1]
    assert told(opened, "x1", "-1.5") == "right: -1.503"


def test_a_usual_mistake_is_called_by_its_name(open_page: Open) -> None:
    """x·x·w: the two paths to x, and what comes from above."""
    x, w = Value(3.0, label="x"), Value(-2.0, label="w")
    y = x * x
    y.label = "y"
    opened = open_page(page((y * w) * 0.5, hide="gradients"))  # y: -1, w: 4.5, x: -6, in two parts
    missing = "more than one path leads here, and their contributions add up"
    for value, written, said in [
        ("x", "-6", "right"),
        ("x", "6", "not yet"),  # the wrong sign, or without what comes from above: both give 6
        ("x", "-3", f"not yet: this is one path only: {missing}"),
        ("w", "9", "not yet: this is the local derivative alone: the upstream gradient is missing"),
        ("w", "0.5", "not yet: this is the upstream gradient alone: the local derivative is missing"),
        ("w", "-4.5", "not yet: the size is right, the sign is not"),
        ("w", "7", "not yet"),
    ]:
        assert told(opened, value, written) == said, (value, written)


def test_new_numbers_make_another_sheet(open_page: Open) -> None:
    opened = sheet(open_page)
    opened.tab.get_by_label("w1", exact=True).fill("1.002")
    opened.tab.get_by_role("button", name="Check").click()
    opened.tab.get_by_role("button", name="New numbers").click()
    assert set(answers(opened).values()) == {""}
    assert set(opened.gradients().values()) == {"1", "?"}
    numbers = {
        name: float(opened.box(name).locator(".data").text_content() or "") for name in ("x1", "x2", "w1", "w2", "b")
    }
    x1, x2, w1, w2, b = numbers.values()
    expected = x1 * (1.0 - math.tanh(x1 * w1 + x2 * w2 + b) ** 2)
    assert told(opened, "w1", f"{expected:.3g}") == "right"
    assert opened.tab.locator("#worksheet tr", has_text="n = x1·w1 + x2·w2 + b").count() == 1


def test_new_numbers_are_found_where_many_have_to_be_positive(open_page: Open) -> None:
    values = [Value(1.5 + place, label=f"x{place}") for place in range(12)]
    opened = open_page(page(sum([value.log() for value in values[1:]], values[0].log()), hide="gradients"))
    opened.tab.get_by_role("button", name="New numbers").click()
    assert opened.text("#score") == ""
    assert opened.tab.locator(".box.changed").count() > 6  # some may have drawn the number that they had


# ---- local derivatives


def visible_labels(opened: Opened) -> list[str]:
    seen = (
        "texts => texts.filter(text => getComputedStyle(text).visibility === 'visible').map(text => text.textContent)"
    )
    found: list[str] = opened.tab.locator("#graph .line text").evaluate_all(seen)
    return found


def test_local_derivatives_can_be_asked_for(open_page: Open) -> None:
    opened = open_page(page(neuron(), hide="local derivatives"))
    assert list(answers(opened))[:2] == ["∂tanh(n)/∂n", "∂(x1·w1 + x2·w2 + b)/∂(x1·w1 + x2·w2)"]
    assert len(answers(opened)) == 9
    assert visible_labels(opened) == []
    assert set(opened.gradients().values()) == {"1", "?"}
    opened.tab.get_by_label("∂tanh(n)/∂n").fill("0.50")
    opened.tab.get_by_label("∂(x1·w1)/∂x1").fill("2")
    assert opened.tab.locator(".box.chosen").get_attribute("data-name") == "multiply"
    opened.tab.get_by_role("button", name="Check").click()
    assert (answers(opened)["∂tanh(n)/∂n"], answers(opened)["∂(x1·w1)/∂x1"]) == ("right", "not yet")
    opened.tab.locator("#step").click()
    assert visible_labels(opened) == ["×0.501"]
    opened.tab.get_by_role("button", name="Reveal the answers").click()
    assert len(visible_labels(opened)) == 9
    assert answers(opened)["∂(x1·w1)/∂x1"] == "not yet: -3"


def test_both_can_be_asked_for(open_page: Open) -> None:
    opened = open_page(page(neuron(), hide=["local derivatives", "gradients"]))
    assert opened.tab.locator("#worksheet table").count() == 2
    assert {"∂tanh(n)/∂n", "w1"} <= set(answers(opened))
    assert opened.text("h1") == "Find the local derivatives and gradients of o"
    assert visible_labels(opened) == []


def test_what_is_off_does_not_give_its_derivative_away(open_page: Open) -> None:
    y = Value(-3.0, label="x").relu()
    opened = open_page(page(y, hide="local derivatives"))
    assert "passes nothing" not in opened.tab.locator("#graph").inner_html()
    assert "passes nothing" in page(y, hide="gradients").html


def test_keys_that_scroll_do_not_give_answers_away(open_page: Open) -> None:
    opened = sheet(open_page)
    opened.press("PageDown")
    opened.press("Space")
    assert opened.position() == "0 / 9"


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
