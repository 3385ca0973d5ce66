"""Steps as a table: for the terminal in 80 characters, and for a notebook with the formulas."""

import sys
from collections.abc import Collection
from html import escape

from micrograd_bp.engine.numbers.notation import in_encoding
from micrograd_bp.views.number_text import number
from micrograd_bp.views.steps.step import Step

ROWS_FIRST, ROWS_LAST = 30, 10
"""How many rows of a long table are shown."""

NAME_WIDTH = 13


def _line(step: str, node: str, operand: str, *numbers: str) -> str:
    names = f"{node:<{NAME_WIDTH}} {operand:<{NAME_WIDTH}}"
    return f"{step:>6} {names}" + "".join(f" {each:>10}" for each in numbers)


HEAD = _line("step", "node", "operand", "upstream", "local", "contrib.", "gradient")


def row(step: Step) -> str:
    """A step as a line below `HEAD`; the gradient is the operand's, after the step."""
    numbers = (step.upstream_gradient, step.local_derivative, step.contribution, step.after)
    return _line(str(step.number), *step.short_names(NAME_WIDTH), *map(number, numbers))


def _is_shown(step: Step, count: int) -> bool:
    return step.number <= ROWS_FIRST or step.number > count - ROWS_LAST


def as_text(steps: Collection[Step]) -> str:
    """The first and the last steps as lines of text."""
    lines = [HEAD]
    for step in steps:
        if _is_shown(step, len(steps)):
            lines.append(row(step))
        elif step.number == ROWS_FIRST + 1:
            lines.append(f"{'…':>6} {len(steps) - ROWS_FIRST - ROWS_LAST} more")
    if not steps:
        lines.append("  no steps: nothing was computed from anything")
    return in_encoding("\n".join(lines), sys.stdout.encoding)


def as_html(steps: Collection[Step]) -> str:
    """The first and the last steps as a table of HTML."""
    heads = ("step", "node", "operand", "upstream gradient", "local derivative", "contribution", "before", "after")
    rows = [
        (
            str(step.number),
            step.node_name,
            step.target,
            number(step.upstream_gradient),
            step.formula.text,
            number(step.contribution),
            number(step.before),
            number(step.after),
        )
        for step in steps
        if _is_shown(step, len(steps))
    ]
    left_out = len(steps) - len(rows)
    caption = f"<caption>{left_out} of {len(steps)} steps are not shown</caption>" if left_out else ""
    head = "".join(f"<th>{each}</th>" for each in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>" for cells in rows)
    return f"<table>{caption}<tr>{head}</tr>{body}</table>"
