"""What a check found: as text, as a table for a terminal, and as JSON."""

import math
import sys
import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from micrograd_bp.checks.source import SourceLine

WIDTH = 79


class ArrayResult(NamedTuple):
    """One gradient, compared entry by entry.

    Attributes:
        role: what it is: `d_weights`, `d_inputs`, `d_biases 1`.
        place: where it was found, "" if nowhere.
        ok: whether all entries agree in all probes.
        n_wrong: how many entries differ, in the probe shown.
        n_entries: of how many.
        where: the entry that differs most, None if the shape is wrong or nothing was found.
        found: their number there.
        right: the right number there.
        message: what is wrong, if it is no entry.
        probe: the probe shown, in words.
        array: what it is the gradient of.
    """

    role: str
    place: str
    ok: bool
    n_wrong: int = 0
    n_entries: int = 0
    where: tuple[int, ...] | None = None
    found: float = math.nan
    right: float = math.nan
    message: str = ""
    probe: str = ""
    array: str = ""

    @property
    def ratio(self) -> float:
        """Their number over the right one."""
        return self.found / self.right + 0.0 if self.right else math.nan  # no -0

    @property
    def entry(self) -> str:
        """The entry as one writes it: `dW[2, 0]`."""
        name = self.place if self.place.isidentifier() else self.role.replace(" ", "_")
        return f"{name}[{', '.join(map(str, self.where))}]" if self.where else name


class Finding(NamedTuple):
    """A mistake and its place.

    Attributes:
        name: of the mistake, for machines; "" if it is none of the usual ones.
        roles: the arrays that it explains.
        words: what is wrong.
        also: mistakes that would give the same numbers.
        line: where to look, if the source is at hand.
        becomes: that line as it would be right, if a small change makes it so.
    """

    name: str
    roles: tuple[str, ...]
    words: str
    also: tuple[str, ...] = ()
    line: SourceLine | None = None
    becomes: str = ""


class Report(NamedTuple):
    """The answer.

    Attributes:
        subject: what was checked.
        ok: whether every gradient is right; None where what was compared is, and something was not.
        arrays: one result for each gradient.
        findings: the mistakes, the first the most telling.
        notes: how it was checked: the names recognized, where the right gradients come from, the probes.
        remarks: what is no mistake, but worth knowing.
        hints: if asked for; the text then keeps the findings back that would give the answer away.
        parts: the reports of a network's layers, each alone.
        missing: arrays that the output depends on, and whose gradient was not found.
    """

    subject: str
    ok: bool | None
    arrays: tuple[ArrayResult, ...]
    findings: tuple[Finding, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    parts: tuple["Report", ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def wrong(self) -> bool:
        """Whether a gradient is wrong."""
        return self.ok is False

    def __str__(self) -> str:
        lines = [self.headline, ""]
        for name, text in self.notes:
            lines += wrapped(f"{name:<12}{text}", 12)
        if self.arrays:
            rows = self.rows()
            width = max(12, *(len(array) for array, *_ in rows))
            lines += ["", *(_row(width, *cells) for cells in [("array", "entry", "yours", "right", "ratio"), *rows])]
        lines += self.ending()
        return "\n".join(lines)

    @property
    def headline(self) -> str:
        """The answer in a line."""
        if self.ok:
            return f"{self.subject}: every gradient is right."
        if self.ok is None:
            n, missing = len(self.arrays), ", ".join(self.missing)
            right = {0: "", 1: ", it is right", 2: ", both right"}.get(n, ", all right")
            lost = "its gradient was" if len(self.missing) == 1 else "their gradients were"
            return f"{self.subject}: {n} of {n + len(self.missing)} compared{right}; {missing}: {lost} not found."
        wrong = [result.role for result in self.arrays if not result.ok]
        if not wrong and self.parts:
            return f"{self.subject}: {', '.join(part.subject for part in self.parts)}, is wrong."
        return f"{self.subject}: {self.named(wrong)} wrong." if wrong else f"{self.subject}: backward does not run."

    def named(self, roles: Sequence[str]) -> str:
        """The names of arrays, or `every gradient` where that says the same in fewer words."""
        return "every gradient" if len(roles) > 3 and len(roles) == len(self.arrays) else ", ".join(roles)

    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """The cells of the table: array, entry, yours, right, ratio."""
        rows = []
        for result in self.arrays:
            if result.ok:
                rows.append((result.role, f"all {result.n_entries} right", "", "", ""))
            elif result.where is None:
                rows.append((result.role, result.message, "", "", ""))
            else:
                ratio = f"{result.ratio:.4g}" if math.isfinite(result.ratio) else "-"
                entry = f"{result.n_wrong} of {result.n_entries}: {result.entry}"
                rows.append((result.role, entry, f"{result.found:.4g}", f"{result.right:.4g}", ratio))
        return rows

    def ending(self) -> list[str]:
        """What stands below the table; in a report of something wrong, the line to look at comes last."""
        lines: list[str] = []
        for remark in self.remarks:
            lines += ["", *wrapped(f"Note: {remark}")]
        findings = [finding for finding in self.findings if not (self.hints and finding.roles)]
        for finding in findings:
            where = f"{self.named(finding.roles)}: " if finding.roles else ""
            lines += ["", *wrapped(f"{where}{finding.words}.", 2)]
            for other in finding.also:
                lines += wrapped(f"  or: {other}.", 6)
        for number, hint in enumerate(self.hints, start=1):
            lines += ["", *wrapped(f"Hint {number}: {hint}", 2)]
        if len(findings) < len(self.findings):
            lines += ["", "The mistake itself is named in a report without hints."]
        shown = dict.fromkeys(finding.line for finding in findings if finding.line)
        if shown:
            lines += ["", "Look at" + (" this line:" if len(shown) == 1 else " these lines:")]
            lines += [f"  {line.file}:{line.number}: {line.text}" for line in shown]
        mended = dict.fromkeys((f.line, f.becomes) for f in findings if f.line and f.becomes)
        if mended:
            lines += ["All is right with:"]
            lines += [f"  {line.file}:{line.number}: {text}" for line, text in mended]
        return lines

    def print(self) -> None:
        """Prints it: with a table drawn by rich in a terminal, as plain text anywhere else."""
        from micrograd_bp.engine.numbers.notation import in_encoding

        encoding = sys.stdout.encoding
        if not sys.stdout.isatty():
            print(in_encoding(str(self), encoding))
            return
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        console = Console()
        table = Table("array", "entry", "yours", "right", "ratio")
        for column in table.columns[2:]:
            column.justify = "right"
        for cells, result in zip(self.rows(), self.arrays, strict=True):
            # The palette of every picture of this package: blue for good, orange for what is against it.
            table.add_row(*[Text(cell) for cell in cells], style="#0072B2" if result.ok else "#D55E00")
        console.print(Text(self.headline, style="bold"))
        for name, text in self.notes:
            print(in_encoding("\n".join(wrapped(f"{name:<12}{text}", 12)), encoding))
        console.print(table)
        print(in_encoding("\n".join(self.ending()).lstrip("\n"), encoding))

    def to_json(self) -> dict[str, Any]:
        """Numbers, strings and lists, for machines. Numbers that JSON does not have are null."""
        return {
            "subject": self.subject,
            "ok": self.ok,
            "arrays": [
                {
                    "role": result.role,
                    "place": result.place,
                    "ok": result.ok,
                    "wrong_entries": result.n_wrong,
                    "entries": result.n_entries,
                    "entry": list(result.where) if result.where is not None else None,
                    "yours": _finite(result.found),
                    "right": _finite(result.right),
                    "ratio": _finite(result.ratio),
                    "message": result.message,
                }
                for result in self.arrays
            ],
            "findings": [
                {
                    "mistake": finding.name,
                    "arrays": list(finding.roles),
                    "words": finding.words,
                    "or": list(finding.also),
                    "line": finding.line._asdict() if finding.line else None,
                    "becomes": finding.becomes,
                }
                for finding in self.findings
            ],
            "notes": dict(self.notes),
            "remarks": list(self.remarks),
            "not_compared": list(self.missing),
            "hints": list(self.hints),
            "layers": [part.to_json() for part in self.parts],
        }


def _row(width: int, array: str, entry: str, yours: str, right: str, ratio: str) -> str:
    first = f"{array:<{width}} "
    return f"{first}{entry:<{max(44 - width, 1)}}{yours:>11}{right:>11}{ratio:>11}".rstrip() if yours else first + entry


def wrapped(text: str, indent: int = 0) -> list[str]:
    """A text in lines of the report's width, the second one and the others indented."""
    start = text[: len(text) - len(text.lstrip())]
    return textwrap.wrap(
        text.strip(), WIDTH, initial_indent=start, subsequent_indent=" " * indent, break_on_hyphens=False
    )


def _finite(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None
