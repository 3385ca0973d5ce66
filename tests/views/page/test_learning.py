"""Gradient descent on the page is that of the engine, loss by loss; and what it shows of it."""

import json
import math
import re
from collections.abc import Callable, Sequence
from random import Random

import pytest

from micrograd_bp import MLP, SGD, Value, mse
from micrograd_bp.engine import topological_order
from micrograd_bp.views.number_text import number
from micrograd_bp.views.page.page import page
from tests.counts import count
from tests.views.page.conftest import Opened

Open = Callable[..., Opened]
XOR = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0]

LEARN = """([count, rate]) => {
    document.getElementById("rate").value = rate;
    const told = [];
    for (let i = 0; i < count; i++) {
        learn(1);
        told.push([live.values[lossValue], DATA.parameters.map((value) => live.leaves[value])]);
    }
    return JSON.stringify(told);
}"""


def moons(n: int) -> tuple[list[list[float]], list[float]]:
    """Two half circles, one hanging in the other."""
    random = Random(0)
    angles = [math.pi * random.random() for _ in range(n)]
    inputs = [
        [math.cos(angle) + random.gauss(0.0, 0.1), math.sin(angle) + random.gauss(0.0, 0.1)]
        if place % 2
        else [1.0 - math.cos(angle) + random.gauss(0.0, 0.1), 0.5 - math.sin(angle) + random.gauss(0.0, 0.1)]
        for place, angle in enumerate(angles)
    ]
    return inputs, [1.0 if place % 2 else -1.0 for place in range(n)]


def loss_on(model: MLP, data: tuple[Sequence[Sequence[float]], Sequence[float]]) -> Value:
    inputs, targets = data
    loss = mse([model(row) for row in inputs], targets)
    loss.label = "loss"
    return loss


def relative(a: float, b: float) -> float:
    return abs(a - b) / max(abs(a), abs(b), 1e-300)


@pytest.mark.parametrize("name", ["xor", "two moons"])
def test_steps_of_gradient_descent_are_the_engines(name: str, open_page: Open) -> None:
    """From the page's own numbers each step, and from the start all of them."""
    data, hidden = (XOR, 4) if name == "xor" else (moons(count(8, 100)), 8)
    n_steps, rate = count(20, 100), 0.2
    model = MLP(2, [hidden, 1], activation="tanh", rng=3)
    loss = loss_on(model, data)
    opened = open_page(page(loss, detail="layers"))
    order = topological_order(loss)
    places: list[int] = opened.tab.evaluate("DATA.parameters")
    parameters = [order[place] for place in places]
    assert set(parameters) == set(model.parameters())
    told = json.loads(opened.tab.evaluate(LEARN, [n_steps, rate]))
    by_the_engine, update = [], SGD(lr=rate)
    start = [parameter.data for parameter in parameters]
    for step, (loss_there, numbers) in enumerate(told):
        before = told[step - 1][1] if step else start
        for parameter, x in zip(parameters, before, strict=True):
            parameter.data = x
        model.zero_grad()
        loss_on(model, data).backward()
        moved = update.update(before, [parameter.grad for parameter in parameters])
        assert max(map(relative, numbers, moved)) < 1e-12
        for parameter, x in zip(parameters, numbers, strict=True):
            parameter.data = x
        assert relative(loss_there, loss_on(model, data).data) < 1e-12
    numbers = start
    for loss_there, _ in told:
        for parameter, x in zip(parameters, numbers, strict=True):
            parameter.data = x
        model.zero_grad()
        loss_on(model, data).backward()
        numbers = update.update(numbers, [parameter.grad for parameter in parameters])
        for parameter, x in zip(parameters, numbers, strict=True):
            parameter.data = x
        by_the_engine.append(relative(loss_there, loss_on(model, data).data))
    assert max(by_the_engine) < 1e-12
    assert told[-1][0] < 0.5 * loss.data


def small(open_page: Open) -> tuple[Opened, Value]:
    loss = loss_on(MLP(2, [2, 1], activation="tanh", rng=3), XOR)
    return open_page(page(loss, detail="values")), loss


def test_one_step_and_its_loss(open_page: Open) -> None:
    opened, _ = small(open_page)
    opened.tab.get_by_role("button", name="One step").click()
    assert opened.text("#learned").startswith("1 step, loss 0.")
    assert opened.position().split(" / ")[0] == opened.position().split(" / ")[1]  # its gradients are seen
    assert opened.tab.locator(".box.parameter.changed").count() == 9
    opened.press("Home")
    opened.press("ArrowRight")  # through the chain rule of exactly that moment
    assert opened.text("#names").startswith("loss → ")
    opened.tab.locator("#reset").click()
    assert (opened.text("#learned"), opened.tab.locator(".box.changed").count()) == ("", 0)


def test_it_runs_until_it_is_stopped(open_page: Open) -> None:
    opened, loss = small(open_page)
    opened.tab.locator("#learn-play").click()
    opened.tab.locator("#learned", has_text=re.compile(r"^[2-9]\d steps")).wait_for()
    opened.tab.get_by_role("button", name="Stop").click()
    losses: list[float] = opened.tab.evaluate("losses")
    assert losses[0] == loss.data
    assert losses[-1] < losses[0]
    assert opened.tab.locator("#curve").get_attribute("aria-label") == (
        f"Loss: {number(losses[0])} at first, {number(losses[-1])} after {len(losses) - 1} steps"
    )
    opened.tab.wait_for_timeout(600)
    assert opened.tab.evaluate("losses.length") == len(losses)


def test_a_learning_rate_that_is_none_and_one_that_is_too_large(open_page: Open) -> None:
    opened, _ = small(open_page)
    for text in ("", "-1", "0", "fast", "nan"):
        opened.tab.locator("#rate").fill(text)
        opened.tab.get_by_role("button", name="One step").click()
        assert opened.text("#learn-note") == "the learning rate is a number above 0"
        assert opened.tab.evaluate("losses.length") == 0
    opened.tab.locator("#rate").fill("1e300")
    for _ in range(4):
        opened.tab.get_by_role("button", name="One step").click()
    assert "not finite" in opened.text("#learn-note")


def test_without_parameters_or_with_several_outputs_there_is_nothing_to_learn(open_page: Open) -> None:
    model = MLP(1, [1], rng=0)
    for root in (Value(1.0).tanh(), [model([1.0]), model([2.0])]):
        assert not open_page(page(root)).tab.locator("#learning").is_visible()


# ---- what has been learnt


def test_a_plot_of_what_has_been_learnt(open_page: Open) -> None:
    model = MLP(2, [3, 1], activation="tanh", rng=3)
    opened = open_page(page(loss_on(model, XOR), data=XOR))
    predicted = [model(row).data for row in XOR[0]]
    right = sum((each > 0.5) == (target > 0.5) for each, target in zip(predicted, XOR[1], strict=True))
    off = sum(abs(each - target) for each, target in zip(predicted, XOR[1], strict=True)) / 4
    assert opened.text("#plot-words") == f"4 points, {right} on the right side of 0.5, off by {number(off)} on average"
    opened.tab.locator("#plot-numbers summary").click()
    cells = opened.tab.locator("#plot-rows td:nth-child(3)").all_inner_texts()
    assert cells == list(map(number, predicted))
    assert opened.tab.locator("#graph .box canvas").count() == 3
    words = opened.tab.locator("#neuron-words li").all_inner_texts()
    assert [each.partition(":")[0] for each in words] == [f"layers.0.neurons.{i}" for i in range(3)]
    pixels = "document.getElementById('plot').toDataURL()"
    before = opened.tab.evaluate(pixels)
    opened.tab.get_by_role("button", name="One step").click()
    assert opened.tab.evaluate(pixels) != before


def test_the_plot_follows_the_network_between_the_points(open_page: Open) -> None:
    model = MLP(1, [3, 1], activation="tanh", rng=3)
    inputs, targets = [-1.0, 0.0, 0.5, 2.0], [1.0, 0.0, 0.25, 4.0]
    opened = open_page(page(mse([model([x]) for x in inputs], targets), data=(inputs, targets)))
    for x in (-3.0, 0.1, 1.7):
        assert (
            relative(
                opened.tab.evaluate("x => { scratch.set(now.values); return valuesFor(x)[prediction]; }", x),
                model([x]).data,
            )
            < 1e-12
        )


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (3, TypeError, "a pair, the inputs and their targets"),
        (([[1.0, 2.0]], ["a"]), TypeError, "expected a real number, got str"),
        (([[0.0, 0.0]], [0.0, 1.0]), ValueError, "got 1 inputs and 2 targets"),
        (([[0.0, 0.0, 1.0]], [0.0]), ValueError, "inputs of one or of two numbers, got 3"),
        (([[5.0, 6.0]], [0.0]), ValueError, "none in this graph makes a prediction of one of these inputs"),
    ],
)
def test_data_that_does_not_fit_is_refused(data: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        page(loss_on(MLP(2, [2, 1], rng=0), XOR), data=data)


@pytest.mark.parametrize("hand", ["field", "slider", "step back", "compare", "link"])
def test_learning_stops_where_a_hand_takes_over(hand: str, open_page: Open) -> None:
    """Else the next step of descent would write over what is typed, and walk to the end again."""
    opened, _ = small(open_page)
    opened.tab.locator("#learn-step").click()
    opened.tab.locator("#learn-play").click()
    assert opened.text("#learn-play") == "Stop"
    match hand:
        case "field":
            opened.tab.locator("#leaf-number").click()
        case "slider":
            opened.tab.locator("#leaf-slider").press("ArrowRight")
        case "step back":
            opened.press("ArrowLeft")
        case "compare":
            opened.tab.locator("#compare").click()
        case _:
            opened.tab.evaluate("location.hash = '#x=3'; readLink()")
    assert opened.text("#learn-play") == "Learn"
    assert opened.tab.evaluate("learner") == 0


def test_a_descent_that_ends_among_several_steps_shows_the_last_one(open_page: Open) -> None:
    opened, _ = small(open_page)
    opened.tab.evaluate("byId('rate').value = '1e200'; for (let i = 0; i < 50 && !learn(10); i++); showLearned()")
    assert opened.tab.evaluate("Object.is(losses.at(-1), live.values[lossValue])")
    assert opened.text("#learned") == opened.tab.evaluate(
        "`${plural(losses.length - 1, 'step')}, loss ${number(losses.at(-1))}`"
    )


def test_the_curve_of_a_loss_below_zero_is_seen(open_page: Open) -> None:
    model = MLP(1, [1], rng=0)
    opened = open_page(page(model([Value(1.0)]) * 3.0 - 5.0))
    opened.tab.evaluate("for (let i = 0; i < 5; i++) learn(1)")
    points = (opened.tab.locator("#curve-line").get_attribute("points") or "").split()
    heights = [float(point.split(",")[1]) for point in points]
    assert len(heights) == 6
    assert heights == sorted(heights)
    assert 0.0 <= heights[0] < heights[-1] <= 90.0
