"""Text from outside becomes visible and harmless."""

import pytest

from micrograd_bp.views.colours import Scale
from micrograd_bp.views.number_text import number
from micrograd_bp.views.short_names import short_names
from micrograd_bp.views.text import as_html, as_quoted, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("weights.1", "weights.1"),
        ("a b", "a b"),
        ("\0\x1b\n\t", "␀␛␊␉"),
        ("\x7f", "␡"),
        ("\x9b31m", "⟨009B⟩31m"),
        ("\u202eabc", "⟨202E⟩abc"),
        ("\u2028", "⟨2028⟩"),
        ("\ud800", "⟨D800⟩"),
        ("\uffff", "⟨FFFF⟩"),
        ("\ufeff", "⟨FEFF⟩"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("naïve 中文 ∂L", "naïve 中文 ∂L"),
    ],
)
def test_what_cannot_be_seen_is_shown(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_long_text_loses_its_middle() -> None:
    assert printable("x" * 40 + "y") == "x" * 20 + "…" + "x" * 18 + "y"
    assert printable("x" * 40) == "x" * 40
    assert [printable("abcdef", limit) for limit in (1, 2, 3, 4, 5)] == ["…", "a…", "a…f", "ab…f", "ab…ef"]


def test_names_in_a_narrow_table_lose_what_they_have_in_common() -> None:
    neurons = [f"layers.{i}.neurons.{j}" for i in range(3) for j in range(12)]
    names = [f"{neuron}.{part}" for neuron in neurons for part in ("weights.100", "bias", "tanh", *MANY)]
    names += ["rate", "rate_of_the_first_half_of_it", "rate_of_the_other_half_of_it", "x" * 30, "x" * 31, "y" * 13]
    short = short_names(names, 13)
    assert short_names(["model.layers.0.bias", "model.layers.1.bias"], 14)["model.layers.1.bias"] == "…layers.1.bias"
    assert short["layers.2.neurons.0.tanh"] == "l…2.n…0.tanh"
    assert short["rate"] == "rate"
    assert short["y" * 13] == "y" * 13
    assert all(len(each) <= 13 for each in short.values())
    told_apart = [each for name, each in short.items() if "x" not in name]
    assert len(set(told_apart)) == len(told_apart)
    assert "first" in short["rate_of_the_first_half_of_it"]


MANY = [f"multiply_{i}" for i in range(3, 15)]


def test_markup_is_written_as_text() -> None:
    assert as_html("<b>&\"'") == "&lt;b&gt;&amp;&quot;&#x27;"
    assert as_html("\\N") == "\\\\N"
    assert as_quoted('a\\N"b&amp;') == '"a\\\\N\\"b&amp;amp;"'


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (0.0, "0"),
        (-0.0, "0"),
        (1.25e-7, "1.25e-07"),
        (float("nan"), "nan"),
        (-1.0, "-1"),
        (2 / 3, "0.6667"),
    ],
)
def test_numbers(value: float | None, shown: str) -> None:
    assert number(value) == shown


def test_strokes_stay_in_bounds_for_any_magnitude() -> None:
    scale = Scale([1e300, None, float("inf"), 5e-324])
    assert scale.largest == 1e300
    assert scale.stroke(5e-324).width < scale.stroke(-1e297).width < scale.stroke(1e300).width
    assert Scale([]).stroke(0.0).style == "dotted"
    assert Scale([None]).largest == 0.0
