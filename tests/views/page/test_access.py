"""A page for everybody: checked with axe, without a mouse, in light and dark, wide and narrow, without scripts."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ViewportSize

from micrograd_bp import MLP, Value, mse
from micrograd_bp.views.page.page import page
from micrograd_bp.views.page.schemes import DARK, LIGHT
from tests.counts import count
from tests.robustness.hostile import HOSTILE
from tests.views.page.conftest import NARROW, WIDE, Opened
from tests.views.page.graphs import network, neuron

Open = Callable[..., Opened]


def violations(opened: Opened) -> list[Any]:
    """What axe finds wrong."""
    return [
        (violation["id"], [node["html"][:120] for node in violation["nodes"]])
        for violation in Axe().run(opened.tab).response["violations"]
    ]


@pytest.mark.parametrize(("scheme", "viewport"), list(product(["light", "dark"], [WIDE, NARROW]))[:: count(3, 1)])
def test_axe_finds_nothing_wrong(scheme: str, viewport: ViewportSize, open_page: Open) -> None:
    opened = open_page(page(neuron(), forward=True), color_scheme=scheme, viewport=viewport)
    assert violations(opened) == []
    opened.press("ArrowRight", 9)
    opened.tab.locator("#choose").select_option("1")
    opened.press("b")
    opened.tab.locator("#show-all").click()
    assert violations(opened) == []


def test_axe_finds_what_is_wrong(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    opened.tab.evaluate("document.querySelector('label[for=choose]').remove()")
    opened.tab.evaluate("document.getElementById('summary').style.color = '#ccc'")
    assert {name for name, _ in violations(opened)} >= {"select-name", "color-contrast"}


@pytest.mark.parametrize("scheme", ["dark", "light"][: count(1, 2)])
def test_axe_finds_nothing_wrong_with_an_exercise(scheme: str, open_page: Open) -> None:
    opened = open_page(page(neuron(), hide="gradients"), color_scheme=scheme)
    opened.tab.get_by_label("w1", exact=True).fill("1")
    opened.tab.get_by_label("w2", exact=True).fill("1")
    opened.tab.get_by_role("button", name="Check").click()
    assert violations(opened) == []


@pytest.mark.parametrize(("scheme", "viewport"), [("light", NARROW), ("dark", WIDE)][: count(1, 2)])
def test_axe_finds_nothing_wrong_with_changed_numbers_and_with_learning(
    scheme: str, viewport: dict[str, int], open_page: Open
) -> None:
    data = [[0.0, 1.0], [1.0, 0.5]], [1.0, -1.0]
    loss = mse([MLP(2, [2, 1], activation="tanh", rng=1)(row) for row in data[0]], data[1])
    opened = open_page(page(loss.log(), data=data, detail="values"), color_scheme=scheme, viewport=viewport)
    opened.tab.get_by_role("button", name="One step").click()
    opened.tab.locator("#plot-numbers summary").click()
    opened.tab.locator("#leaf-number").fill("x")
    assert violations(opened) == []
    opened.tab.locator("#leaf").select_option(index=0)
    opened.tab.locator("#leaf-number").fill("inf")
    opened.tab.locator("#leaf-number").blur()
    opened.tab.locator("#compare").click()
    assert violations(opened) == []
    assert opened.tab.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


@pytest.mark.parametrize("viewport", [WIDE, NARROW, {"width": 1200, "height": 800}])
def test_the_output_is_on_the_screen_when_the_page_opens(viewport: dict[str, int], open_page: Open) -> None:
    opened = open_page(page(network()[1]), viewport=viewport)
    box, drawing = (opened.tab.locator(each).bounding_box() for each in ("#graph .box.output", "#drawing"))
    assert box is not None
    assert drawing is not None
    assert drawing["x"] <= box["x"]
    assert box["x"] + box["width"] <= drawing["x"] + drawing["width"] + 1


def contrast(a: str, b: str) -> float:
    """The contrast of two colours, from 1 to 21.

    Source: WCAG 2.2, definition of contrast ratio.
    """

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(a), luminance(b)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_the_drawing_can_be_read(colours: dict[str, str]) -> None:
    assert LIGHT.keys() == DARK.keys()
    fills = [colour for name, colour in colours.items() if name.endswith("-fill")]
    for fill in [*fills, colours["surface"], colours["ground"], colours["raised"]]:
        assert contrast(colours["ink"], fill) >= 7.0
    for fill in fills:
        assert contrast(colours["box-faint"], fill) >= 4.5
    for line in ("positive", "negative", "not-finite", "nothing", "mark"):
        assert contrast(colours[line], colours["surface"]) >= 3.0
    for text in ("positive", "negative-text", "not-finite", "faint", "good", "bad", "frame-name"):
        assert contrast(colours[text], colours["surface"]) >= 4.5


def test_the_theme_can_be_chosen(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    ground = "getComputedStyle(document.body).backgroundColor"
    light = opened.tab.evaluate(ground)
    opened.tab.get_by_role("button", name="Dark").click()
    assert opened.tab.evaluate(ground) != light
    opened.tab.get_by_role("button", name="Light").click()
    assert opened.tab.evaluate(ground) == light


def test_a_reader_of_the_screen_hears_the_step_and_each_box(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    opened.press("ArrowRight")
    assert opened.tab.get_by_role("status").text_content() == (
        "Backward pass, step 1 of 9: o → n. gradient of n: 0 → 0.501"
    )
    assert opened.tab.get_by_role("button", name="n + data 0.88 grad 0.501").count() == 1


def test_nothing_is_wider_than_a_narrow_screen(open_page: Open) -> None:
    opened = open_page(page(neuron()), viewport=NARROW)
    opened.tab.locator("#choose").select_option("1")
    opened.press("End")
    assert opened.tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_drawing_scrolls_to_what_happens(open_page: Open) -> None:
    model = MLP(4, [8, 8, 1], activation="tanh", rng=0)
    loss = mse([model([1.0, 2.0, 3.0, 4.0])], [0.5])
    opened = open_page(page(loss, detail="values"), viewport=NARROW)
    for _ in range(4):
        opened.press("Shift+ArrowRight")
        inside = opened.tab.evaluate("""() => {
            const seen = document.getElementById("drawing").getBoundingClientRect();
            const box = document.querySelector(".receiver").getBoundingClientRect();
            return box.left >= seen.left - 1 && box.right <= seen.right + 1 && box.top >= seen.top - 1
                && box.bottom <= seen.bottom + 1;
        }""")
        assert inside


def test_the_drawing_is_made_larger_and_smaller(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    width = "document.getElementById('graph').getBoundingClientRect().width"
    fitted = opened.tab.evaluate(width)
    opened.tab.get_by_role("button", name="Larger").click()
    assert opened.tab.evaluate(width) > fitted
    opened.tab.get_by_role("button", name="Smaller").click()
    opened.tab.get_by_role("button", name="Smaller").click()
    assert opened.tab.evaluate(width) < fitted
    opened.tab.get_by_role("button", name="Fit").click()
    assert opened.tab.evaluate(width) == fitted


def test_without_scripts_the_end_is_shown(open_page: Open) -> None:
    opened = open_page(page(neuron()), java_script_enabled=False)
    assert opened.box("w1").locator(".gradient").text_content() == "1.002"
    assert opened.tab.get_by_text("Stepping needs scripts").is_visible()
    assert not opened.tab.locator("#controls").is_visible()


def test_in_the_frame_of_a_notebook(open_page: Open) -> None:
    opened = open_page(page(neuron()))
    bundle = page(neuron())._repr_mimebundle_()
    opened.tab.set_content(bundle["text/html"])
    frame = opened.tab.frame_locator("iframe")
    frame.get_by_role("button", name="Step ▸").click()
    assert frame.locator("#names").text_content() == "o → n"
    opened.complaints[:] = [each for each in opened.complaints if "data:image/svg" not in each]


def test_hostile_labels_do_nothing(open_page: Open) -> None:
    """All on one page, as names of leaves and of results, and in its title."""
    root = Value(2.0)
    for label in HOSTILE:
        root = (root * Value(3.0, label=label)).tanh()
        root.label = label + "2"
    for options in ({"forward": True}, {"hide": "gradients"}):
        opened = open_page(page(root, title=" ".join(HOSTILE), detail="values", **options))
        opened.press("End")
        opened.tab.locator("#choose").select_option("0")
        opened.press("b")
        opened.press("Home")
        opened.press("c")
        assert opened.tab.locator("img, iframe, svg:not(#graph):not(#curve):not(.legend svg)").count() == 0
