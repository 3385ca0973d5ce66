"""Another number in a leaf: everything on the page is as on a page that was written with that number."""

from collections.abc import Callable

import pytest

from micrograd_bp import MLP, Recording, Value, mse
from micrograd_bp.views.number_text import number
from micrograd_bp.views.page.page import page
from tests.views.page.conftest import Opened
from tests.views.page.graphs import network, neuron

Open = Callable[..., Opened]


def change(opened: Opened, name: str, text: str) -> None:
    opened.tab.locator("#leaf").select_option(name)
    opened.tab.locator("#leaf-number").fill(text)
    opened.tab.locator("#leaf-number").blur()


def leaf_of(root: Value, label: str) -> Value:
    return next(value for value in Recording(root).graph.order if value.label == label)


def neuron_with(name: str, x: float) -> Value:
    """The neuron of the other tests with another number in one leaf."""
    numbers = {"x1": 2.0, "x2": 0.0, "w1": -3.0, "w2": 1.0, "b": 6.88, name: x}
    v = {each: Value(number, label=each) for each, number in numbers.items()}
    n = v["x1"] * v["w1"] + v["x2"] * v["w2"] + v["b"]
    n.label = "n"
    o = n.tanh()
    o.label = "o"
    return o


def everything(opened: Opened) -> list[str]:
    """What the page says, but for what it says of the change."""
    drawing = opened.tab.locator("#graph .box text, #graph .line text").all_inner_texts()
    strokes = opened.tab.locator("#graph .line").evaluate_all(
        "lines => lines.map(line => line.getAttribute('class') + line.getAttribute('stroke-width'))"
    )
    words = [opened.text(f"#{part}") for part in ("formula", "product", "change", "note", "position", "value-why")]
    return [*[text for text in drawing if text], *strokes, *words, opened.text("#all-steps")]


@pytest.mark.parametrize("position", [2, 14])
def test_everything_follows_at_whatever_step_one_stands(position: int, open_page: Open) -> None:
    def opened_there(root: Value) -> Opened:
        opened = open_page(page(root, forward=True))
        opened.tab.get_by_role("button", name="All steps").click()
        opened.press("ArrowRight", position)
        opened.tab.locator("#choose").select_option("x1")
        return opened

    expected = everything(opened_there(neuron_with("x1", 1.5)))
    changed = opened_there(neuron())
    start = everything(changed)
    change(changed, "x1", "1.5")
    assert everything(changed) == expected != start
    assert changed.tab.locator(".box.changed").get_attribute("data-name") == "x1"
    changed.tab.get_by_role("button", name="Reset").click()
    assert everything(changed) == start


def test_the_gradients_of_a_network_follow(open_page: Open) -> None:
    model, root = network()
    opened = open_page(page(root))
    opened.press("End")
    change(opened, "layers.0.neurons.1.weights.0", "-1.25")
    model.layers[0].neurons[1].w[0].data = -1.25
    again = mse([model([Value(1.0, label="x1"), Value(-2.0, label="x2")])], [0.5])
    again.label = "loss"
    recording = Recording(again)
    recording.goto(len(recording.steps))
    expected = {recording.names[value]: number(gradient) for value, gradient in recording.gradients().items()}
    shown = opened.gradients()
    assert shown == {name: expected[name] for name in shown}


def test_boxes_of_many_values_follow(open_page: Open) -> None:
    def written(x: float) -> Opened:
        model = MLP(2, [3, 1], activation="tanh", rng=0)
        return open_page(page(mse([model([Value(x, label="x"), 1.0])], [1.0]), detail="layers"))

    opened = written(2.5)
    opened.press("End")
    expected = everything(opened)
    opened = written(0.5)
    opened.press("End")
    assert everything(opened) != expected
    change(opened, "x", "2.5")
    assert everything(opened) == expected


def test_inputs_come_first_constants_last_and_units_that_are_saturated_for_some_samples_have_room(
    open_page: Open,
) -> None:
    model = MLP(2, [2, 1], activation="tanh", rng=1, fused=False)
    losses = [(model([x, 1.0]) - 0.5) ** 2 for x in (0.5, 9.0)]
    opened = open_page(page(sum(losses), names=model, detail="neurons"))
    options = opened.tab.locator("#leaf option").all_text_contents()
    assert options[0] == "inputs.0"
    assert options[-1].endswith("constant")
    assert opened.tab.locator("#leaf").input_value() == opened.tab.locator("#leaf option").first.get_attribute("value")
    assert opened.tab.locator(".box .remark").first.text_content() == "1 of 2 saturated"
    assert opened.tab.locator(".remark.below").count() == 0


def test_keys_and_the_slider_change_a_number(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    opened.box("w1").click()
    field, slider = opened.tab.locator("#leaf-number"), opened.tab.locator("#leaf-slider")
    field.press("ArrowUp")
    assert (field.input_value(), opened.box("w1").locator(".data").text_content()) == ("-2.9", "-2.9")
    field.press("Shift+ArrowDown")
    assert field.input_value() == "-3.9"
    slider.fill("5")
    assert opened.box("w1").locator(".data").text_content() == "5"
    slider.press("ArrowRight")
    assert (field.input_value(), opened.position()) == ("5.1", "0 / 9")
    slider.fill(slider.get_attribute("max") or "")
    assert float(slider.get_attribute("max") or "") > 10.0  # at the end its range grows


def test_what_is_no_number_changes_nothing(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    for text in ("", "1e", "--1", "0x10", "<b>"):
        opened.tab.locator("#leaf").select_option("x1")
        opened.tab.locator("#leaf-number").fill(text)
        assert opened.tab.locator("#leaf-number").get_attribute("aria-invalid") == "true"
        assert opened.box("x1").locator(".data").text_content() == "2"
    change(opened, "x1", "−1,5")
    assert opened.box("x1").locator(".data").text_content() == "-1.5"


def test_both_numbers_can_be_seen(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    opened.press("End")
    opened.box("x1").click()
    change(opened, "x1", "1.5")
    after = neuron_with("x1", 1.5)
    assert opened.text("#outcome") == f"o: 0.7064 → {number(after.data)}"
    assert opened.text("#value-data") == "1.5, before 2"
    assert opened.text("#leaf-before") == "was 2"
    now = opened.gradient("x1")
    compare = opened.tab.locator("#compare")
    compare.click()
    assert (opened.gradient("x1"), compare.get_attribute("aria-pressed")) == ("-1.503", "true")
    assert opened.text("#value-gradient") == f"-1.503, now {now}"
    compare.click()
    assert opened.gradient("x1") == now


def test_a_value_outside_of_a_domain_says_so_at_its_node_and_the_rest_goes_on(open_page: Open) -> None:
    x, y = Value(2.0, label="x"), Value(3.0, label="y")
    z = x.log()
    z.label = "z"
    opened = open_page(page(z * 1.0 + y))
    change(opened, "x", "-1")
    assert opened.text("#trouble") == "z: log needs x > 0; got x = -1"
    assert opened.box("z").locator(".remark").text_content() == "needs x > 0"
    assert opened.box("z").locator(".data").text_content() == "nan"
    opened.press("End")
    assert opened.gradient("y") == "1"
    change(opened, "x", "1")
    assert opened.text("#trouble") == ""
    assert opened.box("z").locator(".remark").text_content() == ""


def test_a_link_keeps_what_was_changed(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    change(opened, "x1", "1.5")
    change(opened, "w1", "-1")
    opened.tab.wait_for_url(lambda url: url.endswith("#x1=1.5&w1=-1"))  # it is written when what one types rests
    opened.tab.reload()
    assert opened.box("x1").locator(".data").text_content() == "1.5"
    opened.tab.evaluate("location.hash = '#w1=inf'")
    opened.tab.locator(".box[data-name=w1] .data", has_text="inf").wait_for()
    assert opened.box("x1").locator(".data").text_content() == "2"
    opened.tab.locator("#reset").click()
    opened.tab.wait_for_url(lambda url: "=" not in url)


def test_a_hostile_link_does_nothing(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    start = opened.state()
    for link in (
        "#x1=<script>alert(1)</script>",
        "#__proto__=3&constructor=2",
        "#x1=&x1=0x3",
        "#%",
        "#=&&=3",
        "#n=7&o=1",
    ):
        opened.tab.evaluate("link => { location.hash = link; readLink(); }", link)
        assert opened.state() == start, link


def test_labels_that_are_links_themselves(open_page: Open) -> None:
    x = Value(2.0, label="a&b=c#%")
    opened = open_page(page(x * 3.0))
    change(opened, "a&b=c#%", "5")
    opened.tab.reload()
    assert opened.tab.locator(".box .data").first.text_content() == "5"


def test_a_link_opens_at_the_number_that_it_changes_and_keeps_the_sign_of_zero(open_page: Open) -> None:
    x, w = Value(2.0, label="x"), Value(3.0, label="w")
    opened = open_page(page(1.0 / (x * w)))
    change(opened, "w", "-0")
    assert opened.tab.evaluate("location.hash") == "#w=-0"
    opened.tab.reload()
    assert opened.tab.locator("#leaf option:checked").text_content() == "w"
    assert opened.tab.locator("#leaf-number").input_value() == "-0"
    assert opened.text("#outcome").endswith("→ -inf")


def test_a_link_has_all_that_was_changed_or_nothing(open_page: Open) -> None:
    opened = open_page(page(sum([Value(float(i)) for i in range(220)], Value(0.0)), detail="layers"))
    opened.tab.evaluate("setLeaves(live.leaves.map((x, value) => x + (value < 200)))")
    assert opened.tab.evaluate("new URLSearchParams(location.hash.slice(1)).size") > 60
    opened.tab.evaluate("setLeaves(live.leaves.map((x) => x + 1)); writeLink()")
    assert opened.tab.evaluate("location.hash") == ""


def test_the_link_has_the_last_of_many_numbers_and_is_not_written_for_each(open_page: Open) -> None:
    """Browsers refuse hundreds of them in some seconds, which would leave an old number in the link."""
    opened = open_page(page(neuron()))
    opened.tab.evaluate(
        "window.writes = 0; const write = history.replaceState.bind(history);"
        "history.replaceState = (...given) => { window.writes++; write(...given); };"
        "for (let i = 1; i <= 100; i++) setLeaf(i / 8);"
    )
    opened.tab.wait_for_url(lambda url: url.endswith("#x1=12.5"))
    assert opened.tab.evaluate("window.writes") < 10


def test_a_node_that_is_called_as_its_operation_is_named_once(open_page: Open) -> None:
    opened = open_page(page(Value(2.0, label="x").log() * 3.0))
    change(opened, "x", "-1")
    assert opened.text("#trouble") == "log needs x > 0; got x = -1"
