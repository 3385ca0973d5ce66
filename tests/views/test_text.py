"""Text from outside becomes visible and harmless."""

import pytest

from micrograd_bp.views.colours import Scale
from micrograd_bp.views.number_text import number
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


def test_long_text_is_cut() -> None:
    assert printable("x" * 41) == "x" * 39 + "…"
    assert printable("x" * 40) == "x" * 40
    assert printable("abcdef", 3) == "ab…"


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
