"""Why a claim is wrong: which one thing, done otherwise, makes it right, or which one left out gives its numbers?

What explains the claim in one call must explain it in all. The simplest explanation comes first. Where nothing does,
nothing is said but the line where the numbers go wrong.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from micrograd_bp.checks.claims import Array, Claim
from micrograd_bp.checks.diagnosis.paths import paths_left_out
from micrograd_bp.checks.diagnosis.repairs import repairs
from micrograd_bp.checks.matching import as_numbers
from micrograd_bp.checks.source import SourceLine


class Explanation(NamedTuple):
    """One wrong thing that gives the numbers that somebody claims.

    Attributes:
        name: for machines; "" where nothing explains them.
        words: what is wrong.
        arrays: those whose gradients it explains.
        also: other things that would give the same numbers.
        line: the line of backward where the numbers go wrong, if it can be told.
        becomes: that line as it would be right, if a small change makes it so.
    """

    name: str
    words: str
    arrays: tuple[str, ...]
    also: tuple[str, ...] = ()
    line: SourceLine | None = None
    becomes: str = ""


@np.errstate(all="ignore")  # what a wrong backward pass would give may be anything
def diagnose(
    claims: Sequence[Claim], right: Sequence[Mapping[str, Array]], wrong: Sequence[str], tolerance: float = 1e-6
) -> list[Explanation]:
    """What explains the gradients that are wrong: one thing, or two where one does not.

    Args:
        claims: of the same subject, in several calls.
        right: the right gradients of each.
        wrong: the names of the arrays whose claimed gradients are wrong in one of them.
        tolerance: the relative error that the right ones may have.

    Returns:
        The explanations. Where there is none, what has no name says where to look, if that can be told.
    """
    every = tuple(wrong)
    mends, line = repairs(claims, right, wrong)
    whole = [mend for mend in mends if mend.arrays == set(wrong)]
    if whole:
        best = whole[0]
        also = tuple(each.words for each in whole[1:3])
        return [Explanation(best.name, best.words, every, also, best.line, best.becomes)]
    numbers = [as_numbers(claim.gradients.get(name)) for claim in claims for name in wrong]
    if all(array is not None and array.size and not np.any(array) for array in numbers):
        return [
            Explanation("zero", "it stays 0: nothing is computed, or what is computed is not kept", every, (), line)
        ]
    try:
        paths = paths_left_out(claims, right, wrong, 10 * tolerance)
    except Exception:  # not every forward runs on Values
        paths = []
    if paths:
        return [Explanation("path_left_out", str(paths[0]), every, (), line)]
    if mends:
        first_of = {name: next(mend for mend in mends if name in mend.arrays) for name in wrong}
        arrays = [tuple(name for name in wrong if first_of[name] is each) for each in mends]
        return [Explanation(m.name, m.words, own, (), m.line, m.becomes) for m, own in zip(mends, arrays, strict=True)]
    return [Explanation("", "", every, (), line)] if line is not None else []
