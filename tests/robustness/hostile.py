"""Texts, numbers and expressions that somebody might type by accident or on purpose."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

MARKUP = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</title></style></svg></table><b>",
    "\"' onmouseover='alert(1)' x=\"",
    "<!-- ",
    "--> ]]>",
    "<![CDATA[",
    "&lt;b&gt; &amp;amp; &#0; &nosuch;",
    "&",
    "&#60;",
    "]]>",
    "-->",
    ">",
    "'",
    "</TD>",
    "<<b>x</b>>",
    "\"'><svg onload=alert(1)>",
    "javascript:alert(1)",
    "${title} $title $$ {0} %s %(x)s {{x}}",
]
CONTROLS = [
    "\0",
    "a\0b",
    "\x1b[31mred\x1b[0m",
    "\x07\x08\x7f\x9b",
    "a\nb",
    "a\r\nb",
    "\t",
    "\u2028\u2029",
    "\ufeff",
    "\ufffe",
    "\x85",
    "\r\n",
]
DIRECTIONS = ["\u202eright to left", "\u2066\u2067\u2068\u2069", "שלום", "مرحبا (w)", "\u200f-1\u200e"]
SCRIPTS = [
    "∂L/∂w₀",
    "naïve",
    "重み",
    "👩‍👩‍👧",
    "Z\u0335\u0321\u0322\u0300\u0301",
    "\u0301" * 50,
    "\U000e0041",
    "😀" * 300,
    "ﬁ",
    "𝐰",
    "\ud800",
    "\udcff",
    "\U0010ffff",
]
DOT = ["\\N", "\\", "a\\", '"', 'a"];b->c[label="', "}", "<", "<B>", "n0:e", "\\l\\r\\G\\E", "//", "/*", "#", ";"]
DOT += [
    "{a|b}",
    '"]; x [label="evil',
    ";}",
    "-->n1",
    "\\G\\E\\T\\H",
    "\\l\\r\\n",
    '\\"',
    "$title $policy",
    "1|2;3 → = × x",
]
PYTHON = [
    "np",
    "parameters",
    "self",
    "lambda",
    "None",
    "__class__",
    "a.b",
    "layers.0",
    "1",
    "x y",
    "",
    " ",
    "_",
    "'''",
    '"""',
]
PYTHON += ["__import__('os').abort()", "\\\n", "#", "f'{1}'", "w" * 500]

HOSTILE = [*MARKUP, *CONTROLS, *DIRECTIONS, *SCRIPTS, *DOT, *PYTHON]

HOSTILE_TEXTS = st.sampled_from(HOSTILE) | st.text(max_size=30) | st.text(st.characters(), max_size=5)

NUMBERS = st.one_of(
    st.floats().map(repr),
    st.sampled_from(["0", "-0.0", "1e400", "1e-400", "nan", "-inf", "1_0", "0x10", "1,5", "", "one", "１", "9" * 400]),
)

_LEAVES = st.sampled_from(
    ["w", "x", "b", "pi", "nan", "inf", "1", "2.5", "0", "1e308", "1j", "'a'", "None", "...", "1if x else 2"]
)


def _larger(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds(
            "({} {} {})".format, parts, st.sampled_from(["+", "-", "*", "/", "**", "<", "==", "%", "@", "and"]), parts
        ),
        st.builds("{}({})".format, st.sampled_from(["tanh", "log", "exp", "sqrt", "relu", "nothing", "print"]), parts),
        st.builds("{}({}, {})".format, st.sampled_from(["max", "pow", "atan2", "dot", "hypot"]), parts, parts),
        st.builds("{}([{}, {}])".format, st.sampled_from(["sum", "logsumexp", "dot", ""]), parts, parts),
        st.builds("({} := {})".format, st.sampled_from(["n", "w", "x", "tanh"]), parts),
        st.builds("-{}".format, parts),
        st.builds(
            "{}{}".format, parts, st.sampled_from([".data", "[0]", "()", "(", " if", ",", "\n", "#", "\0", ";w"])
        ),
    )


EXPRESSIONS = st.recursive(_LEAVES, _larger, max_leaves=6) | st.just("tanh((n := w*x + b))")
"""Many of them have a value for `w`, `x` and `b`, others are refused."""


def cases(number: int) -> Callable[[Any], Any]:
    """So many examples, the same ones each time."""
    return settings(derandomize=True, deadline=None, max_examples=number, suppress_health_check=[HealthCheck.too_slow])
