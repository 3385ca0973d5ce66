"""The colours of a page: the palette of every view on a light ground, and its sisters on a dark one.

The dark blue and orange are Okabe and Ito's lighter ones. What marks the current step is violet, which is no sign of a
gradient.
"""

from micrograd_bp.views.colours import FAINT, FRAME, INK, NEGATIVE, NEGATIVE_TEXT, NOT_FINITE, NOTHING, POSITIVE
from micrograd_bp.views.drawing.box_styles import BROKEN, DEAD_END, ROLES

LIGHT = {
    "ground": "#F6F5F1",
    "surface": "#FFFFFF",
    "raised": "#EFEDE6",
    "ink": INK,
    "faint": "#5F5F5F",
    "rule": "#D5D2C8",
    "frame": FRAME,
    "frame-name": FAINT,
    "positive": POSITIVE,
    "negative": NEGATIVE,
    "negative-text": NEGATIVE_TEXT,
    "nothing": NOTHING,
    "not-finite": NOT_FINITE,
    "waiting": "#C4C4C4",
    "mark": "#5B3FBF",
    "mark-ink": "#FFFFFF",
    "halo": "#CFC3F7",
    "good": "#1F6B45",
    "bad": "#A3262A",
    **{f"{role.value}-fill": style["fillcolor"] for role, style in ROLES.items()},
    **{f"{role.value}-edge": style["color"] for role, style in ROLES.items()},
    "dead-end-fill": DEAD_END["fillcolor"],
    "dead-end-edge": DEAD_END["color"],
    "broken-fill": BROKEN["fillcolor"],
    "box-faint": "#565656",
}

DARK = {
    "ground": "#15171C",
    "surface": "#1D2027",
    "raised": "#2A2E38",
    "ink": "#ECECEC",
    "faint": "#A9ADB8",
    "rule": "#3A3F4B",
    "frame": "#4A505E",
    "frame-name": "#A9ADB8",
    "positive": "#56B4E9",
    "negative": "#F29544",
    "negative-text": "#F29544",
    "nothing": "#9A9A9A",
    "not-finite": "#F07CC0",
    "waiting": "#4A4F5A",
    "mark": "#B9A5FF",
    "mark-ink": "#17122B",
    "halo": "#4A3C86",
    "good": "#6FCF97",
    "bad": "#FF8A80",
    "input-fill": "#1F3B30",
    "input-edge": "#7DB79C",
    "parameter-fill": "#3D361B",
    "parameter-edge": "#C9B25B",
    "constant-fill": "#2F323A",
    "constant-edge": "#2F323A",
    "operation-fill": "#262A33",
    "operation-edge": "#9AA0AC",
    "output-fill": "#262A33",
    "output-edge": "#ECECEC",
    "dead-end-fill": "#3E4149",
    "dead-end-edge": "#B4B8C0",
    "broken-fill": "#4A2339",
    "box-faint": "#B4B8C2",
}


def style_of_colours() -> str:
    """The colours as variables of CSS: dark where the system or the reader wants it, light on paper."""
    light, dark = ("".join(f"--{name}:{colour};" for name, colour in colours.items()) for colours in (LIGHT, DARK))
    dark = f"{{color-scheme:dark;{dark}}}"
    return (
        f":root{{color-scheme:light;{light}}}\n"
        f'@media screen and (prefers-color-scheme:dark){{:root:not([data-theme="light"]){dark}}}\n'
        f'@media screen{{:root[data-theme="dark"]{dark}}}\n'
    )
