"""The HTML file: template, style, script and content in one, under a policy that allows nothing else."""

import base64
import hashlib
from html import escape
from importlib.resources import files
from string import Template

from micrograd_bp.views.page.schemes import style_of_colours

SCRIPTS = ("walk.js", "why.js", "panel.js", "controls.js", "exercise.js")


def document(
    *,
    title: str,
    summary: str,
    start: str,
    drawing: str,
    is_high: bool,
    legend: str,
    tables: str,
    n_forward: int,
    n_steps: int,
    worksheet: str = "",
    hides_labels: bool = False,
) -> str:
    """Puts the file together.

    Args:
        title: what stands above it, as text.
        summary: how large it is, as text.
        start: what there is to say before the first step, as text.
        drawing: as SVG.
        is_high: whether it is higher than wide, which turns the paper.
        legend: as HTML, like all that follows.
        tables: the steps.
        n_forward: how many of the steps belong to the forward pass.
        n_steps: how many there are.
        worksheet: the exercise, if it is one.
        hides_labels: whether what stands beside the lines is part of it.
    """
    style = style_of_colours() + _text("page.css")
    script = "".join(map(_text, SCRIPTS))
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        f"base-uri 'none'; form-action 'none'"
    )
    return Template(_text("page.html")).substitute(
        policy=policy,
        title=escape(title),
        style=style,
        script=script,
        kind=f"{'exercise' if worksheet else 'lesson'}{' high' * is_high}{' hides-labels' * hides_labels}",
        summary=escape(summary),
        start=escape(start),
        passes=f'<option value="{n_forward}"></option>' if n_forward else "",
        drawing=drawing,
        legend=legend,
        tables=tables,
        n_steps=n_steps,
        worksheet=worksheet,
    )


def _text(name: str) -> str:
    return (files("micrograd_bp.views.page") / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """How a content security policy names the one script, or the one style, that may be in the file."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}"
