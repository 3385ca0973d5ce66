"""A gradient report as a table, for a terminal and as plain text."""

import io
import math
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from micrograd_bp.views.colours import NEGATIVE
from micrograd_bp.views.number_text import number, share

if TYPE_CHECKING:
    from micrograd_bp.views.gradient_report import GradientReport
    from micrograd_bp.views.layer_health import LayerHealth

WIDTH = 100
COLUMNS = ("values", "|values|", "|grad|", "× next layer", "|parameter grad|", "let through", "dead", "saturated")


def report_table(report: "GradientReport") -> Group:
    """The layers as a table, and below it the problems in words."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("layer", overflow="fold")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for layer in report.layers:
        table.add_row(Text(layer.name), *_cells(layer))
    parts: list[Table | Text] = [table] if report.layers else []
    parts += [Text(f"! {problem}", style=f"bold {NEGATIVE}") for problem in report.problems]
    if not report.layers and not report.problems:
        parts.append(Text("Every value and every gradient is finite."))
    elif not report.problems:
        of = "what was compared" if report.not_compared else "this gradient"
        parts.append(Text(f"Nothing is wrong with {of}."))
    parts += [Text(f"Not compared: {what}.") for what in report.not_compared]
    if report.note:
        parts.append(Text(f"Note: {report.note}."))
    return Group(*parts)


def _cells(layer: "LayerHealth") -> list[Text]:
    bad = layer.ratio is not None and not 0.1 <= layer.ratio <= 10.0
    units = layer.n_units > 0
    return [
        Text(f"{layer.n_values:,}"),
        _number(layer.value_norm),
        _number(layer.gradient_norm),
        Text(number(layer.ratio), style=NEGATIVE if bad else ""),
        _number(layer.parameter_gradient_norm),
        Text("" if layer.passed is None else share(layer.passed)),
        Text(share(layer.dead) if units else "", style=NEGATIVE if layer.dead >= 0.5 else ""),
        Text(share(layer.saturated) if units else "", style=NEGATIVE if layer.saturated >= 0.5 else ""),
    ]


def _number(value: float) -> Text:
    return Text(number(value), style="" if math.isfinite(value) else NEGATIVE)


def as_text(report: "GradientReport") -> str:
    """The same without colours."""
    buffer = io.StringIO()
    console = Console(file=buffer, width=WIDTH, color_system=None, legacy_windows=False)
    console.print(report_table(report))
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines())
