"""The HTML file: template, style, script and content in one, under a policy that allows nothing else."""

import base64
import hashlib
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from string import Template

from micrograd_bp.views.page.schemes import style_of_colours

SCRIPTS = ("passes", "words", "story", "draw", "walk", "why", "panel", "table", "leaves")


def document(
    *,
    title: str,
    summary: str,
    drawing: str,
    is_high: bool,
    legend: str,
    rules: str,
    data: str,
    hidden: Sequence[str],
    further: Sequence[str],
) -> str:
    """Puts the file together.

    Args:
        title: what stands above it, as text.
        summary: how large it is, as text.
        drawing: as SVG.
        is_high: whether it is higher than wide, which turns the paper.
        legend: as HTML.
        rules: those of the graph's operations, as a script.
        data: what the scripts know of the graph, as JSON.
        hidden: what an exercise asks for; nothing on any other page.
        further: the scripts of what not every page has.
    """
    style = style_of_colours() + _text("page.css")
    script = _text("numbers.js") + rules
    script += "".join([_text(f"{name}.js") for name in (*SCRIPTS, *further, "controls")])
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        f"base-uri 'none'; form-action 'none'"
    )
    kind = ["exercise" if hidden else "lesson"]
    kind += ["high"] * is_high + ["hides-labels"] * ("local derivatives" in hidden)
    return Template(_text("page.html")).substitute(
        policy=policy,
        title=escape(title),
        style=style,
        script=script,
        kind=" ".join(kind),
        summary=escape(summary),
        drawing=drawing,
        legend=legend,
        data=data,
    )


def _text(name: str) -> str:
    """A file without what only its readers need: indentation and lines of comment."""
    lines = (files("micrograd_bp.views.page") / name).read_text(encoding="utf-8").splitlines()
    kept = [line for line in map(str.strip, lines) if line and not line.startswith("//")]
    return "\n".join(kept) + "\n"


def _hash(text: str) -> str:
    """How a content security policy names the one script, or the one style, that may be in the file."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}"
