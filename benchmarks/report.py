"""Measurements as a table for people and as JSON for programs. It knows nothing of how they were made."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

PROCESSOR_TIME, CLOCK_TIME = "ms", "ms on the clock"
SPREAD = ("min-max", "runs")
PREPARATION = {
    "prepare": "building, compiling and the first run, once",
    "pays off": "the number of iterations after which that has taken less time than the eager engine",
}
"""Headings of the columns that a workload has in which something is compiled, and what they mean."""


@dataclass(frozen=True)
class Measurement:
    """One contender's figures in one workload.

    Attributes:
        key: the workload, such as W1.
        title: what the work is, in words.
        unit: of the figures.
        contender: whose they are.
        figures: one for each time that it was measured.
        preparation: what it took to compile, with the first run, in the same unit; 0 where nothing was.
        paid_off: the number of iterations after which preparing has paid off; None where it is not known.
    """

    key: str
    title: str
    unit: str
    contender: str
    figures: list[float]
    preparation: float = 0.0
    paid_off: int | None = None

    @property
    def median(self) -> float:
        """The figure that stands for all of them."""
        return median(self.figures)


def show(console: Console, measurements: Iterable[Measurement], references: Mapping[str, str]) -> None:
    """A table for each workload, and below them what the columns mean.

    Args:
        console: where to.
        measurements: those of a workload stand together.
        references: the contenders whose medians the others' are divided by, by the heading of the column.
    """
    compiled, shown = False, list(measurements)
    for _, group in groupby(shown, key=lambda each: each.key):
        rows = list(group)
        console.print(_table(rows, references))
        compiled = compiled or _is_compiled(rows)
    if any(each.unit == PROCESSOR_TIME for each in shown):
        console.print(f"{PROCESSOR_TIME}: processor time")
    for heading, reference in references.items():
        console.print(f"{heading}: the median divided by that of the row {reference}", highlight=False)
    if compiled:
        for heading, meaning in PREPARATION.items():
            console.print(f"{heading}: {meaning}", highlight=False)


def _table(rows: Sequence[Measurement], references: Mapping[str, str]) -> Table:
    """A row for each contender in one workload."""
    medians = {row.contender: row.median for row in rows}
    compiled = _is_compiled(rows)  # there is no room for both, the spread and these columns
    table = Table(title=f"{rows[0].key}: {rows[0].title}", title_justify="left", title_style="bold", width=80)
    table.add_column(rows[0].unit, ratio=1)
    for heading in ("median", *(() if compiled else SPREAD), *references, *(PREPARATION if compiled else ())):
        table.add_column(heading, justify="right")
    for row in rows:
        ratios = [
            f"{row.median / medians[reference]:.2f}" if reference in medians and reference != row.contender else ""
            for reference in references.values()
        ]
        cells = [*ratios, *_preparation(row)] if compiled else [*_spread(row), *ratios]
        table.add_row(row.contender, _short(row.median), *cells)
    return table


def _is_compiled(rows: Iterable[Measurement]) -> bool:
    return any(row.preparation for row in rows)


def _spread(row: Measurement) -> tuple[str, str]:
    figures = row.figures
    extremes = f"{_short(min(figures))}-{_short(max(figures))}" if len(figures) > 1 else ""
    return extremes, str(len(figures))


def _preparation(row: Measurement) -> tuple[str, str]:
    return _short(row.preparation) if row.preparation else "", f"{row.paid_off:,}" if row.paid_off else ""


def _short(figure: float) -> str:
    """One digit after the point, or three digits that count where the figure is small."""
    return f"{figure:.1f}" if figure >= 10.0 else f"{figure:#.3g}"


def write_json(path: Path, measurements: Sequence[Measurement], **about: Any) -> None:
    """All figures, with what is to be known `about` the run."""
    content = about | {"measurements": [asdict(each) | {"median": each.median} for each in measurements]}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
