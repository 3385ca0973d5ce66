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


@dataclass(frozen=True)
class Measurement:
    """One contender's figures in one workload.

    Attributes:
        key: the workload, such as W1.
        title: what the work is, in words.
        unit: of the figures.
        contender: whose they are.
        figures: one for each time that it was measured.
    """

    key: str
    title: str
    unit: str
    contender: str
    figures: list[float]

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
    for _, group in groupby(measurements, key=lambda each: each.key):
        rows = list(group)
        medians = {row.contender: row.median for row in rows}
        table = Table(title=f"{rows[0].key}: {rows[0].title}", title_justify="left", title_style="bold", width=80)
        table.add_column(rows[0].unit, ratio=1)
        for heading in ("median", "min-max", "runs", *references):
            table.add_column(heading, justify="right")
        for row in rows:
            figures = row.figures
            extremes = f"{min(figures):.1f}-{max(figures):.1f}" if len(figures) > 1 else ""
            ratios = [
                f"{row.median / medians[reference]:.2f}" if reference in medians and reference != row.contender else ""
                for reference in references.values()
            ]
            table.add_row(row.contender, f"{row.median:.1f}", extremes, str(len(figures)), *ratios)
        console.print(table)
    console.print("ms: processor time; for imports, time on the clock")
    for heading, reference in references.items():
        console.print(f"{heading}: the median divided by that of {reference}", highlight=False)


def write_json(path: Path, measurements: Sequence[Measurement], **about: Any) -> None:
    """All figures, with what is to be known `about` the run."""
    content = about | {"measurements": [asdict(each) | {"median": each.median} for each in measurements]}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
