"""The repair by trial: which small change of one of their lines makes every gradient right?

Their backward runs once for each change. That works where their forward does not run on Values, it points at the line,
and what it says can be tried. A change counts where it makes the gradients right in all calls, and none of them wrong.
"""

import ast
import builtins
import itertools
import linecache
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from micrograd_bp.checks.claims import Array, Claim
from micrograd_bp.checks.diagnosis.edit import AS_IT_WAS, Edit, Simple, text
from micrograd_bp.checks.diagnosis.edits import edits
from micrograd_bp.checks.diagnosis.rewriting import Unit, functions_run
from micrograd_bp.checks.diagnosis.seeing import see, shaken
from micrograd_bp.checks.diagnosis.vocabulary import vocabulary_of
from micrograd_bp.checks.matching import as_numbers, equal
from micrograd_bp.checks.source import SourceLine, line_at
from micrograd_bp.engine import topological_order

MOST_TRIED, MOST_LINES = 2000, 1_000_000
"""Changes, each of which runs a backward, and lines of theirs that run for all of these."""
TIE = 0.02
"""Up to which difference in rank two changes of one place are said together: no number tells them apart."""
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
        arrays: the gradients that it makes right.
    """

    name: str
    words: str
    line: SourceLine
    becomes: str
    arrays: frozenset[str]


@np.errstate(all="ignore")
def repairs(
    claims: Sequence[Claim], right: Sequence[Mapping[str, Array]], wrong: Sequence[str]
) -> tuple[list[Repair], SourceLine | None]:
    """What would make all wrong gradients right, and the line where the numbers seem to go wrong.

    Args:
        claims: of the same subject, in several calls.
        right: the right gradients of each.
        wrong: the names of the arrays whose claimed gradients are wrong.

    Returns:
        The changes, the simplest first; none where no small one does.
        The line; None if their backward cannot be run again.
    """
    if any(claim.backward is None for claim in claims):
        return [], None
    setattr(builtins, SHAKEN, shaken)
    try:
        with warnings.catch_warnings():  # of a change that makes no sense
            warnings.simplefilter("ignore")
            bench = Bench(claims, right, wrong)
            suspects = sorted(_suspects(bench), key=lambda suspect: suspect[0])
            return _search(bench, suspects), _where(bench, suspects)
    except Exception:  # it cannot be run twice
        return [], None
    finally:
        for name in (SHAKEN, AS_IT_WAS):
            vars(builtins).pop(name, None)


class Bench:
    """Somebody's backward, its functions and their expressions, and what a change of one does to the gradients."""

    def __init__(self, claims: Sequence[Claim], right: Sequence[Mapping[str, Array]], wrong: Sequence[str]) -> None:
        self.wrong = set(wrong)
        pairs = list(zip(claims, right, strict=True))
        at_once = [_wrong_in(*pair, pair[0].gradients, set()) for pair in pairs if pair[0].earlier is None]
        self.adds_up = self.wrong.difference(*at_once)
        """What is wrong in a second call alone: that it adds to what is there."""
        calls = [(claim, _wrong_in(claim, each, claim.gradients, self.adds_up), each) for claim, each in pairs]
        calls.sort(key=lambda call: -len(call[1]))
        self.calls = [(claim, each, found) for claim, found, each in calls]
        self.claim = calls[0][0]
        """The one that shows most."""
        self.functions = functions_run(self.gradients)
        lines = see(self.functions, self.gradients)
        self.most_tried = min(MOST_TRIED, MOST_LINES // max(lines, 1))
        self.forward = functions_run(lambda: self.claim.run({}))
        self.in_forward = {each.function for each in self.forward}
        self.outputs = self.claim.outputs()
        self.plain = self.gradients()
        ends = [node for graph in self.claim.graph for nodes in graph.outputs for node in nodes.flat]
        self.known = np.sort([node.grad for node in topological_order(*ends)])
        """The right gradients of all values: a line that has such numbers is not where it goes wrong."""

    def gradients(self, claim: Claim | None = None) -> Mapping[str, Any]:
        """What they claim in a call, run once more."""
        claim = claim or self.claim
        setattr(builtins, AS_IT_WAS, claim.arrays)
        assert claim.backward is not None
        return claim.backward()

    def reaches(self, unit: Unit) -> set[str] | None:
        """The gradients that change when the value of an expression does; None if the output does."""
        with unit.function.with_change(unit.node, f"{SHAKEN}({text(unit.node)})"):
            moved = self.gradients()
            if self._spoils(unit):
                return None
        return {name for name, plain in self.plain.items() if not _same(moved[name], plain)}

    def mended(self, unit: Unit, edit: Edit) -> set[str]:
        """What a change makes right, if it makes nothing wrong."""
        found = self.wrong
        try:
            with unit.function.with_change(edit.old, edit.new):
                for claim, right, before in self.calls:
                    now = _wrong_in(claim, right, self.gradients(claim), self.adds_up)
                    found = found - now if now <= before else set()
                    if not found:
                        return found
                return set() if self._spoils(unit) else found
        except (Exception, SystemExit):
            return set()

    def knows(self, unit: Unit) -> bool:
        """Whether what it gives is right as the gradient of something."""
        return any(_among(value, self.known) for value in unit.function.values.get(id(unit.node), ()))

    def _spoils(self, unit: Unit) -> bool:
        if unit.function.function not in self.in_forward:
            return False
        return not all(np.array_equal(*pair) for pair in zip(self.claim.outputs(), self.outputs, strict=True))


def _wrong_in(claim: Claim, right: Mapping[str, Array], gradients: Mapping[str, Any], adds_up: set[str]) -> set[str]:
    """The names of those that are not right; a second call may add to what is there, where not that is wrong."""
    found = set()
    for name, array in right.items():
        if name in gradients and not equal(gradients[name], array, TOLERANCE):
            now, before = as_numbers(gradients[name]), as_numbers(claim.earlier and claim.earlier.gradients.get(name))
            adds = name not in adds_up and now is not None and before is not None and now.shape == before.shape
            if not adds or not equal(np.subtract(now, before), array, TOLERANCE):  # type: ignore[arg-type]
                found.add(name)
    return found


def _same(one: Any, other: Any) -> bool:
    a, b = as_numbers(one), as_numbers(other)
    return one is other if a is None or b is None else np.array_equal(a, b, equal_nan=True)


def _search(bench: Bench, suspects: Sequence[tuple[float, Unit]]) -> list[Repair]:
    """The change that makes all that is wrong right, and its equals; where none does, two that do so together."""
    vocabulary = vocabulary_of(bench.functions, bench.forward, bench.claim)
    options = [(edit.rank + unlikely, unit, edit) for unlikely, unit in suspects for edit in edits(unit, vocabulary)]
    found: list[Repair] = []
    partly: list[Repair] = []
    best, where = float("inf"), 0
    tried: set[tuple[int, str]] = set()
    for rank, unit, edit in sorted(options, key=lambda option: option[0]):
        if len(tried) >= bench.most_tried or rank > best + TIE:
            break
        if (id(edit.old), edit.new) in tried:
            continue
        tried.add((id(edit.old), edit.new))
        mended = bench.mended(unit, edit)
        if mended and (not found or id(edit.old) == where):
            number, file = getattr(edit.old, "lineno", unit.at), unit.function.file
            becomes = _becomes(edit, linecache.getline(file, number))
            repair = Repair(edit.name, edit.says, line_at(file, number), becomes, frozenset(mended))
            (found if mended == bench.wrong else partly).append(repair)
            best, where = (min(best, rank), id(edit.old)) if found else (best, 0)
    if found:
        return found
    pairs = itertools.combinations(partly, 2)
    return list(next((pair for pair in pairs if pair[0].arrays | pair[1].arrays == bench.wrong), ()))


def _becomes(edit: Edit, line: str) -> str:
    """Their line with the change in it, as they have written the rest of it; "" where it is not one line."""
    node = edit.old
    if AS_IT_WAS in edit.new:
        return ""
    if not isinstance(node, (ast.expr, ast.stmt)) or node.end_lineno != node.lineno or node.end_col_offset is None:
        return ""
    before, after = line.encode()[: node.col_offset].decode(), line.encode()[node.end_col_offset :].decode()
    new = ast.unparse(ast.parse(edit.new)).replace("\n", "; ")
    bare, bracketed = (f"{before}{each}{after}".strip() for each in (new, f"({new})"))
    if isinstance(node, ast.stmt):
        return bare
    try:  # a line that ends with a colon needs something below
        trees = [ast.dump(ast.parse(each + " pass" * each.endswith(":"))) for each in (bare, bracketed)]
    except SyntaxError:
        return bracketed
    return bare if trees[0] == trees[1] else bracketed


def _suspects(bench: Bench) -> Iterator[tuple[float, Unit]]:
    """The expressions that may be wrong, and how unlikely that is."""
    units = [unit for function in bench.functions for unit in function.units]
    units.sort(key=lambda unit: unit.function.done.get(unit.at, float("inf")))
    for place, unit in enumerate(units):
        unlikely = 0.001 * place + 0.5 * (unit.function.function in bench.in_forward)
        unlikely += 0.13 * isinstance(unit.node, Simple)  # what is handed on went wrong before, as a rule
        unlikely += 0.12 * (not isinstance(unit.node, ast.Name) and bench.knows(unit))
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


def _where(bench: Bench, suspects: Sequence[tuple[float, Unit]]) -> SourceLine | None:
    """The line of the first number that is wrong, as it seems: in their backward, rather than in what that calls."""
    own = [getattr(each, "__func__", each) for each in bench.claim.backward_code[:1]]
    units = [unit for _, unit in sorted(suspects, key=lambda each: each[0] + (each[1].function.function not in own))]
    some = [unit for unit in units if any(np.any(value) for value in unit.function.values.get(id(unit.node), ()))]
    return some[0].line if some else None


def _among(array: Array, known: Array) -> bool:
    """Whether all of its numbers are some of these, which are sorted."""
    if not len(known) or not np.any(array):
        return False
    places = np.searchsorted(known, array)
    near = np.minimum(*(np.abs(known[np.clip(places + by, 0, len(known) - 1)] - array) for by in (-1, 0)))
    return bool(np.all(near <= 1e-7 * np.abs(array)))
