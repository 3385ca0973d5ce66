"""The repair by trial: which small change of one of their lines makes every gradient right?

Their backward runs once for each change. That works where their forward does not run on Values, it points at the line,
and what it says can be tried. A change counts where it makes the gradients right in all calls, and none of them wrong.
"""

import ast
import builtins
import linecache
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from micrograd_bp.checks.claims import Array, Claim
from micrograd_bp.checks.diagnosis.edits import Edit, edits, text
from micrograd_bp.checks.diagnosis.rewriting import Unit, functions_run
from micrograd_bp.checks.diagnosis.seeing import see, shaken
from micrograd_bp.checks.diagnosis.vocabulary import vocabulary_of
from micrograd_bp.checks.matching import as_numbers, equal
from micrograd_bp.checks.source import SourceLine

MOST_TRIED, MOST_LINES = 2000, 1_000_000
"""Changes, each of which runs a backward, and lines of theirs that run for all of these."""
TOLERANCE = 1e-4
"""Relative: up to which a gradient is called right, for an epsilon in somebody's formula."""
SHAKEN = "__shaken_by_micrograd_bp__"


class Repair(NamedTuple):
    """A change that makes gradients right.

    Attributes:
        name: of what is wrong, for machines.
        words: what is wrong.
        line: where.
        becomes: that line as it would be right.
    """

    name: str
    words: str
    line: SourceLine
    becomes: str


@np.errstate(all="ignore")
def repairs(
    claims: Sequence[Claim],
    right: Sequence[Mapping[str, Array]],
    wrong: Sequence[str],
    known: Array,
) -> list[Repair]:
    """What would make all wrong gradients right, the simplest first; nothing where no small change does.

    Args:
        claims: of the same subject, in several calls; the first has all that is wrong.
        right: the right gradients of each.
        wrong: the names of the arrays whose claimed gradients are wrong.
        known: right gradients of all values in the first call: a line that has such numbers is not where it goes wrong.
    """
    if not wrong or any(claim.backward is None for claim in claims):
        return []
    setattr(builtins, SHAKEN, shaken)
    try:
        with warnings.catch_warnings():  # of a change that makes no sense
            warnings.simplefilter("ignore")
            return list(_search(Bench(claims, right, wrong), known))
    except Exception:  # it cannot be run twice
        return []
    finally:
        delattr(builtins, SHAKEN)


class Bench:
    """Somebody's backward, its functions and their expressions, and what a change of one does to the gradients."""

    def __init__(self, claims: Sequence[Claim], right: Sequence[Mapping[str, Array]], wrong: Sequence[str]) -> None:
        self.claims, self.right, self.wrong = claims, right, set(wrong)
        self.besides = [self.wrong_in(number, claim.gradients) - self.wrong for number, claim in enumerate(claims)]
        self.functions = functions_run(lambda: self.gradients(0))
        lines = see(self.functions, lambda: self.gradients(0))
        self.most_tried = min(MOST_TRIED, MOST_LINES // max(lines, 1))
        self.forward = functions_run(lambda: claims[0].run({}))
        self.in_forward = {each.function for each in self.forward}
        self.outputs = claims[0].outputs()
        self.plain = self.gradients(0)

    def gradients(self, number: int) -> Mapping[str, Any]:
        """What they claim in a call, run once more."""
        backward = self.claims[number].backward
        assert backward is not None
        return backward()

    def wrong_in(self, number: int, gradients: Mapping[str, Any]) -> set[str]:
        """The names of those that are not right; a second call may add to what is there."""
        earlier = self.claims[number].earlier
        found = set()
        for name, right in self.right[number].items():
            if name in gradients and not equal(gradients[name], right, TOLERANCE):
                now, before = as_numbers(gradients[name]), as_numbers(earlier.gradients.get(name) if earlier else None)
                adds = now is not None and before is not None and now.shape == before.shape
                if not adds or not equal(np.subtract(now, before), right, TOLERANCE):  # type: ignore[arg-type]
                    found.add(name)
        return found

    def reaches(self, unit: Unit) -> set[str] | None:
        """The gradients that change when the value of an expression does; None if the output does."""
        with unit.function.with_change(unit.node, f"{SHAKEN}({text(unit.node)})"):
            moved = self.gradients(0)
            if self._spoils(unit):
                return None
        return {name for name, plain in self.plain.items() if not _same(moved[name], plain)}

    def mends(self, unit: Unit, edit: Edit) -> bool:
        """Whether a change makes all that is wrong right, and nothing else wrong."""
        try:
            with unit.function.with_change(edit.old, edit.new):
                for number in range(len(self.claims)):
                    if self.wrong_in(number, self.gradients(number)) - self.besides[number]:
                        return False
                return not self._spoils(unit)
        except (Exception, SystemExit):
            return False

    def _spoils(self, unit: Unit) -> bool:
        if unit.function.function not in self.in_forward:
            return False
        return not all(np.array_equal(*pair) for pair in zip(self.claims[0].outputs(), self.outputs, strict=True))


def _same(one: Any, other: Any) -> bool:
    a, b = as_numbers(one), as_numbers(other)
    return one is other if a is None or b is None else np.array_equal(a, b, equal_nan=True)


def _search(bench: Bench, known: Array) -> Iterator[Repair]:
    suspects = sorted(_suspects(bench, known), key=lambda suspect: suspect[0])
    vocabulary = vocabulary_of(bench.functions, bench.forward)
    options = [(edit.rank + unlikely, unit, edit) for unlikely, unit in suspects for edit in edits(unit, vocabulary)]
    best = None
    tried: set[tuple[int, str]] = set()
    for rank, unit, edit in sorted(options, key=lambda option: option[0]):
        if len(tried) >= bench.most_tried or (best is not None and rank > best + 0.15):
            return
        if (id(edit.old), edit.new) in tried:
            continue
        tried.add((id(edit.old), edit.new))
        if bench.mends(unit, edit):
            best = rank if best is None else best
            number, file = getattr(edit.old, "lineno", unit.at), unit.function.file
            line = SourceLine(Path(file).name, number, linecache.getline(file, number).strip())
            yield Repair(edit.name, edit.says, line, _becomes(edit, linecache.getline(file, number)))


def _becomes(edit: Edit, line: str) -> str:
    """Their line with the change in it, as they have written the rest of it; "" where it is not one line."""
    node = edit.old
    if not isinstance(node, (ast.expr, ast.stmt)) or node.end_lineno != node.lineno or node.end_col_offset is None:
        return ""
    before, after = line.encode()[: node.col_offset].decode(), line.encode()[node.end_col_offset :].decode()
    new = ast.unparse(ast.parse(edit.new))
    bare, bracketed = (f"{before}{each}{after}".strip() for each in (new, f"({new})"))
    if isinstance(node, ast.stmt):
        return bare
    try:  # a line that ends with a colon needs something below
        trees = [ast.dump(ast.parse(each + " pass" * each.endswith(":"))) for each in (bare, bracketed)]
    except SyntaxError:
        return bracketed
    return bare if trees[0] == trees[1] else bracketed


def _suspects(bench: Bench, known: Array) -> Iterator[tuple[float, Unit]]:
    """The expressions that may be wrong, and how unlikely that is."""
    units = [unit for function in bench.functions for unit in function.units]
    units.sort(key=lambda unit: unit.function.done.get(unit.at, float("inf")))
    known = np.sort(known)
    for place, unit in enumerate(units):
        unlikely = 0.001 * place + 0.5 * (unit.function.function in bench.in_forward)
        computed = not isinstance(unit.node, ast.Name)  # `da = dout` may be all that is wrong
        if computed and any(_among(value, known) for value in unit.function.values.get(id(unit.node), ())):
            unlikely += 0.12
        try:
            reached = bench.reaches(unit)
        except (Exception, SystemExit):
            reached = set()
        if reached is None:
            continue
        if not reached:  # what is counted, chosen or asked for
            yield unlikely + 0.1, unit
        elif reached & bench.wrong:
            missed, besides = bench.wrong - reached, reached - bench.wrong
            yield unlikely + 2.0 * len(missed) / len(bench.wrong) + 0.2 * min(len(besides), 2), unit


def _among(array: Array, known: Array) -> bool:
    """Whether all of its numbers are some of these, which are sorted."""
    if not len(known) or not np.any(array):
        return False
    places = np.searchsorted(known, array)
    near = np.minimum(*(np.abs(known[np.clip(places + by, 0, len(known) - 1)] - array) for by in (-1, 0)))
    return bool(np.all(near <= 1e-7 * np.abs(array)))
