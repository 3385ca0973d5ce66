"""The page in a real browser: whatever one does, the drawing shows the backward pass at that step."""

from collections.abc import Callable

import pytest

from micrograd_bp import Recording, Value, backward, mse
from micrograd_bp.nn import MLP
from micrograd_bp.views.number_text import number
from micrograd_bp.views.page.page import page
from tests.views.page.conftest import Opened
from tests.views.page.graphs import network, neuron

Open = Callable[..., Opened]


def gradients_of(root: Value) -> dict[str, str]:
    """The gradients that `backward` leaves, as the page writes them, by name; those of constants stand nowhere."""
    recording = Recording(root)
    for value in recording.graph.order:
        value.grad = 0.0
    root.backward()
    return {recording.names[value]: number(value.grad) for value in recording.graph.order}


def test_the_page_starts_before_the_first_step(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    assert opened.position() == "0 / 9"
    assert opened.gradient("o") == "1"
    assert {text for name, text in opened.gradients().items() if name != "o"} == {"0"}
    assert opened.tab.locator(".line.waiting").count() == 9


def test_stepping_to_the_end_gives_the_gradients_of_backward(open_page: Open) -> None:
    root = neuron()
    opened = open_page(page(root))
    step = opened.tab.get_by_role("button", name="Step ▸")
    for _ in range(9):
        step.click()
    assert step.is_disabled()
    assert opened.gradients() == gradients_of(root)
    assert opened.tab.locator(".line.waiting").count() == 0


def test_the_end_of_a_network_is_what_backward_gives(open_page: Open) -> None:
    _, root = network()
    opened = open_page(page(root))
    opened.press("End")
    expected = gradients_of(root)
    shown = opened.gradients()
    assert len(shown) > 25
    assert shown == {name: expected[name] for name in shown}


def test_every_position_is_that_of_the_recording(open_page: Open) -> None:
    root = neuron()
    opened = open_page(page(root))
    recording = Recording(root)
    for position in range(1, 10):
        recording.forward()
        opened.press("ArrowRight")
        assert opened.gradients() == {
            recording.names[value]: number(gradient) for value, gradient in recording.gradients().items()
        }
        assert opened.tab.locator(".line.waiting").count() == 9 - position


def test_back_from_the_end_restores_the_start(open_page: Open) -> None:
    opened = open_page(page(network()[1], forward=True))
    start = opened.state()
    opened.press("End")
    assert opened.state() != start
    back = opened.tab.get_by_role("button", name="Back")
    back.evaluate("button => { for (let i = 0; i < 999 && !button.disabled; i++) button.click(); }")
    assert opened.state() == start


def test_the_slider_goes_anywhere(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    slider = opened.tab.get_by_role("slider", name="Step")
    slider.fill("4")
    assert opened.position() == "4 / 9"
    fourth = opened.state()
    slider.fill("9")
    slider.fill("4")
    assert opened.state() == fourth
    assert slider.get_attribute("aria-valuetext") == "Backward pass, step 4 of 9"
    slider.press("ArrowRight")
    assert opened.position() == "5 / 9"


def test_the_keys_that_step(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    positions = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "Shift+ArrowRight", "Shift+ArrowLeft", "End", "Home", "c"):
        opened.press(key)
        positions.append(int(opened.position().split()[0]))
    assert positions == [1, 2, 1, 3, 1, 9, 0, 9]


def test_keys_belong_to_fields_that_have_the_focus_and_to_the_browser(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    opened.tab.get_by_label("Look at a value").focus()
    opened.press("c")
    opened.tab.locator("body").press("Control+p")
    assert opened.position() == "0 / 9"


def test_menus_and_buttons_leave_the_stepping_to_the_keys(open_page: Open) -> None:
    """Whatever was used last, arrows step; what is left to a menu are its own keys."""
    opened = open_page(page(neuron()))
    for used in ("#speed", "#choose", "#slider"):
        opened.tab.locator(used).focus()
        chosen = opened.tab.locator(used).input_value()
        for key, position in (("ArrowRight", 1), ("PageDown", 2), ("PageUp", 1), ("ArrowLeft", 0)):
            opened.press(key)
            assert opened.position() == f"{position} / 9"
        assert opened.tab.locator(used).input_value() == chosen
    opened.tab.locator("#speed").focus()
    opened.press("ArrowDown")
    assert opened.tab.locator("#speed").input_value() == "250"
    opened.press("Home")
    assert (opened.tab.locator("#speed").input_value(), opened.position()) == ("2000", "0 / 9")


@pytest.mark.parametrize("pressed", ["#theme", "#larger", "#step"])
def test_a_presenters_remote_steps_whatever_was_clicked_before(open_page: Open, pressed: str) -> None:
    opened = open_page(page(neuron()))
    opened.tab.locator(pressed).click()
    opened.press("Home")
    look = opened.tab.locator("html").get_attribute("data-theme"), opened.tab.locator("#graph").get_attribute("width")
    for key, position in (("Space", 1), ("Space", 2), ("Shift+Space", 1), ("PageDown", 2), ("PageUp", 1)):
        opened.press(key)
        assert opened.position() == f"{position} / 9"
    now = opened.tab.locator("html").get_attribute("data-theme"), opened.tab.locator("#graph").get_attribute("width")
    assert now == look


def test_a_value_that_was_chosen_with_the_mouse_may_be_broken_at_by_its_key(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    opened.tab.locator("#choose").dispatch_event("pointerdown")
    opened.tab.locator("#choose").focus()
    opened.tab.locator("#choose").select_option("n")
    opened.press("b")
    assert opened.tab.locator(".box .breakpoint").count() == 1


def test_a_button_that_has_the_focus_by_the_keyboard_is_pressed_by_the_space_bar(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    opened.press("ArrowRight")
    opened.tab.get_by_role("button", name="Back").focus()
    opened.press("Space")
    assert opened.position() == "0 / 9"


def test_the_panel_says_what_the_step_does(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    assert "its gradient is given. o has 1; all others begin with 0" in opened.text("#note")
    opened.press("ArrowRight")
    assert opened.text("#names") == "o → n"
    assert opened.text("#formula") == "∂tanh(n)/∂n= 1 - tanh(n)²= 1 - 0.7064²= 0.501"
    assert [opened.text(f"#{part}") for part in ("upstream", "local", "contribution")] == ["1", "0.501", "0.501"]
    assert opened.text("#change") == "gradient of n: 0 → 0.501"
    assert opened.text("#status") == "Backward pass, step 1 of 9: o → n. gradient of n: 0 → 0.501"


def test_the_panel_leaves_out_the_path_of_the_module(open_page: Open) -> None:
    model, root = network()
    opened = open_page(page(root, names=model))
    opened.tab.get_by_role("slider", name="Step").fill("4")
    assert opened.text("#layer") == "layers.1.neurons.0"
    assert opened.text("#names") == "dot → weights.0"
    assert opened.text("#change").startswith("gradient of weights.0: 0 → ")


def test_the_giver_the_receiver_and_the_line_are_marked(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    opened.press("ArrowRight")
    assert opened.tab.locator(".giver").get_attribute("data-name") == "o"
    assert opened.tab.locator(".receiver").get_attribute("data-name") == "n"
    lit = opened.tab.locator("#graph .line:not(.waiting)")
    assert lit.count() == 1
    assert opened.tab.locator("#halo").get_attribute("d") == lit.locator("path").first.get_attribute("d")
    opened.press("Home")
    assert opened.tab.locator(".giver, .receiver").count() == 0


@pytest.mark.parametrize(("value", "sign"), [(2.0, "positive"), (-2.0, "negative"), (0.0, "nothing")])
def test_lines_take_the_colours_of_the_drawing(value: float, sign: str, open_page: Open) -> None:
    opened = open_page(page(Value(value, label="factor") * Value(1.0, label="x")))
    colour = opened.tab.locator(f".legend .{sign} path").first.evaluate("path => getComputedStyle(path).stroke")
    line = opened.tab.locator(".line", has_text=f"×{number(value)}").locator("path").first
    assert line.evaluate("path => getComputedStyle(path).stroke") != colour
    opened.press("End")
    assert line.evaluate("path => getComputedStyle(path).stroke") == colour


def test_inf_and_nan_arrive(open_page: Open) -> None:
    x = Value(0.0, label="x")
    opened = open_page(page(x.sqrt() * 0.0))
    opened.press("End")
    assert opened.gradient("x") == "nan"
    assert opened.tab.locator("#graph .not-finite").count() == 1


def test_a_gradient_that_arrives_in_parts(open_page: Open) -> None:
    x = Value(3.0, label="x")
    opened = open_page(page(x * x))
    seen = [opened.gradient("x")]
    for _ in range(2):
        opened.press("ArrowRight")
        seen.append(opened.gradient("x"))
    assert seen == ["0", "3", "6"]
    assert opened.text("#names") == "multiply → x (operand 2 of 2)"


def test_upstream_gradients_of_several_outputs(open_page: Open) -> None:
    x = Value(3.0, label="x")
    opened = open_page(page([x * 2.0, x * x], gradients=[10.0, 100.0]))
    assert "multiply has 10, multiply_2 has 100" in opened.text("#note")
    opened.press("End")
    assert opened.gradient("x") == "620"


def test_data_that_was_changed_after_the_forward_pass_is_computed_again(open_page: Open) -> None:
    x = Value(2.0, label="x")
    y = x.tanh()
    x.data = 5.0
    opened = open_page(page(y))
    assert "Data was changed after the forward pass: here all of it is computed again." in opened.text("#note")
    opened.press("End")
    (derivative,) = Value(5.0).tanh().local_derivatives
    assert opened.gradient("x") == number(derivative)
    assert "1 - 0.9999²" in opened.text("#formula")


# ---- breakpoints, playing


def test_continue_stops_at_breakpoints_as_the_debugger_does(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    for name in ("n", "x1"):
        opened.tab.get_by_label("Look at a value").select_option(name)
        opened.tab.get_by_role("button", name="Break here").click()
    assert opened.tab.locator(".breakpoint").count() == 2
    stops = []
    for _ in range(3):
        opened.tab.get_by_role("button", name="Continue").click()
        stops.append(opened.text("#names"))
    assert stops[0].startswith("n → ")  # an operation: when it begins to pass its gradient on
    assert stops[1].endswith(" → x1")  # a leaf: when it receives something
    assert opened.position() == "9 / 9"


def test_a_breakpoint_is_set_and_removed_with_a_key(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    opened.box("n").click()
    opened.press("b")
    assert opened.tab.get_by_role("button", name="Do not break here").get_attribute("aria-pressed") == "true"
    opened.press("c")
    assert opened.text("#names").startswith("n → ")
    opened.press("b")
    assert opened.tab.locator(".breakpoint").count() == 0


def test_playing_goes_to_the_end_and_stops_at_breakpoints(open_page: Open) -> None:
    opened = open_page(page(neuron()), alone=True)
    opened.tab.clock.install()
    opened.box("b").click()
    opened.press("b")
    opened.tab.get_by_role("button", name="Play").click()
    assert opened.tab.get_by_role("button", name="Pause").get_attribute("aria-pressed") == "true"
    opened.tab.clock.run_for(20_000)
    assert opened.text("#names") == "n → b"
    opened.press("p")
    opened.tab.clock.run_for(20_000)
    assert opened.position() == "9 / 9"
    assert opened.tab.get_by_role("button", name="Play").is_disabled()


def test_a_step_by_hand_ends_the_playing(open_page: Open) -> None:
    opened = open_page(page(neuron()), alone=True)
    opened.tab.clock.install()
    opened.press("p")
    opened.tab.clock.run_for(1_000)
    opened.press("ArrowRight")
    opened.tab.clock.run_for(20_000)
    assert opened.position() == "2 / 9"


# ---- one value


def test_a_click_shows_a_value(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    opened.box("n").click()
    assert opened.text("#value-name") == "n"
    assert opened.text("#value-data") == "0.88"
    assert opened.text("#value-formula") == "n= x1·w1 + x2·w2 + b= -6 + 6.88= 0.88"
    assert opened.text("#value-gradient") == "0"
    opened.press("ArrowRight")
    assert opened.text("#value-gradient") == "0.501"


def test_the_contributions_to_a_value_lead_to_their_steps(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    opened.box("w1").click()
    opened.tab.get_by_role("button", name="step 9").click()
    assert opened.position() == "9 / 9"
    assert "from multiply: 0.501 × 2 = 1.002" in opened.text("#value-steps")


def test_why_a_gradient_is_what_it_is(open_page: Open) -> None:
    x = Value(2.0, label="x")
    opened = open_page(page(x * 3.0 - x * 1.0))
    opened.box("x").click()
    assert "2 paths lead here from the output." in opened.text("#value-why")
    assert "add up to 2, their magnitudes to 4: 50 % cancels out." in opened.text("#value-why")
    opened.tab.get_by_role("button", name="Show the heaviest path").click()
    assert (opened.tab.locator("#halo").get_attribute("d") or "").count("M") == 2
    assert opened.text("#value-why caption") == "The heaviest path, product 3"
    assert opened.tab.locator("#value-why tbody tr").last.inner_text().split("\t") == ["x", "× 3", "3"]


def test_a_constant_has_a_gradient_too(open_page: Open) -> None:
    opened = open_page(page(Value(2.0, label="x") * 5.0))
    opened.tab.locator("#graph .constant").click()
    opened.press("End")
    assert (opened.text("#value-data"), opened.text("#value-gradient")) == ("5", "2")


def test_boxes_can_be_reached_with_the_keyboard_alone(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    assert opened.tab.locator('.box[tabindex="0"]').count() == 1
    opened.tab.locator('.box[tabindex="0"]').focus()
    opened.press("ArrowDown", 2)
    opened.press("Enter")
    assert opened.text("#value-name") == "multiply"
    opened.press("ArrowUp")
    opened.press(" ")
    assert opened.text("#value-name") == "w1"
    assert opened.tab.locator('.box[tabindex="0"]').count() == 1


def test_a_click_on_a_line_goes_to_its_step(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    opened.tab.locator(".line text", has_text="×-3").click()
    assert opened.text("#names").endswith("→ x1")


def test_a_click_on_a_row_goes_to_its_step(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    opened.tab.get_by_role("button", name="All steps").click()
    opened.tab.get_by_role("row", name="3 n → b").click()
    assert opened.position() == "3 / 9"


# ---- the forward pass, parts, boxes of many


def test_the_forward_pass_comes_first(open_page: Open) -> None:
    root = neuron()
    opened = open_page(page(root, forward=True))
    data = opened.box("n").locator(".data")
    assert (opened.position(), data.text_content()) == ("0 / 14", "–")
    opened.press("ArrowRight", 4)
    assert data.text_content() == "0.88"
    assert opened.text("#names") == "n"
    assert opened.text("#formula").startswith("n= x1·w1 + x2·w2 + b")
    assert opened.text("#place") == "Forward pass, step 4 of 5"
    opened.press("End")
    assert opened.gradients() == gradients_of(root)


def test_a_part_has_the_gradients_of_the_whole(open_page: Open) -> None:
    a = Value(2.0, label="a")
    b, c = a * 3.0, a * a
    b.label, c.label = "b", "c"
    root = b + c
    opened = open_page(page(root, around=b, hops=1))
    opened.press("End")
    assert opened.gradient("a") == number(7.0)
    assert opened.tab.locator(".box[data-name=c]").count() == 0
    assert opened.position() == "5 / 5"
    assert "(number " in opened.text("#place")


def test_many_values_are_shown_as_modules(open_page: Open) -> None:
    model = MLP(20, [30, 30, 30, 1], activation="tanh", rng=0)
    root = mse([model([0.1 * i for i in range(20)])], [1.0])
    opened = open_page(page(root, names=model, detail="layers"))
    opened.press("End")
    backward([root])
    weights = [weight.grad for weight in model.layers[0].parameters()]
    mean = sum(map(abs, weights)) / len(weights)
    assert opened.gradient("layers.0 Layer") == number(mean)
    assert opened.tab.locator(".line.waiting").count() == 0
    opened.press("Home")
    assert opened.gradient("layers.0 Layer") == "0"


def test_a_module_passes_its_gradient_on_after_all_that_give_to_it(open_page: Open) -> None:
    model = MLP(3, [3, 3, 1], activation="tanh", rng=1, fused=False)
    opened = open_page(page(model([2.0, 3.0, -1.0]), names=model, detail="neurons"))
    layers = []
    for _ in range(7):
        opened.press("ArrowRight")
        layers.append(opened.text("#names")[: len("layers.2")])
        assert not opened.text("#change").endswith(": 0 → 0")  # what is told has changed
    assert layers == ["layers.2", *["layers.1"] * 3, *["layers.0"] * 3]


def test_of_many_values_only_those_in_sight_are_written_out(open_page: Open) -> None:
    x = Value(0.5, label="x")
    y = x
    for i in range(320):
        y = y * 1.001
        y.label = f"y{i}"
    opened = open_page(page(y, forward=True, detail="values"))
    first, last = opened.box("y0"), opened.box("y319")
    assert first.locator("text").is_visible()
    assert not last.locator("text").is_visible()
    assert opened.tab.get_by_role("button", name="y319", exact=True).count() == 1
    assert opened.tab.locator(".box.waiting").count() == 320
    opened.press("End")
    opened.tab.get_by_label("Look at a value").select_option("y319")
    last.locator("text").wait_for()
    backward([y])
    assert opened.gradient("x") == number(x.grad)


def test_a_value_that_was_computed_from_nothing(open_page: Open) -> None:
    opened = open_page(page(Value(3.0, label="x")))
    opened.press("ArrowRight")
    opened.press("c")
    assert opened.position() == "0 / 0"
    assert opened.text("#note") == "Nothing was computed from anything."
