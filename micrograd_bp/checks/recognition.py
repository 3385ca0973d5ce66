"""Which mistake explains what is wrong: every entry of the tables is tried on every probe.

An explanation must give somebody's numbers in all probes. One that explains several arrays at once is preferred to
several that explain one each; where two explain the same, both are named.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.checks.plain_mistakes import FACTORS, PLAIN_MISTAKES, Factor

Array = NDArray[np.float64]
Arrays = dict[str, Array]


class Case(NamedTuple):
    """One backward pass on one probe.

    Attributes:
        right: the right gradients by role, `d_weights`, …
        found: theirs. What is not there is missing.
        n_samples: the size of the batch.
        n_outputs: the number of outputs for each sample.
        tolerance: the relative error that `right` may have.
        earlier: the right gradients of the call before this one, if there was one.
        context: what candidates need to know besides.
    """

    right: Arrays
    found: dict[str, Any]
    n_samples: int
    n_outputs: int
    tolerance: float
    earlier: Arrays | None = None
    context: Any = None


class Candidate(NamedTuple):
    """A mistake that might be it.

    Attributes:
        name: of the mistake.
        words: for the report.
        line: which line to look at: `d_z`, or the role of an array; "" for that of each wrong array.
        predict: what it gives in a case; roles left out are right.
    """

    name: str
    words: str
    line: str
    predict: Callable[[Case], Arrays]


class Explanation(NamedTuple):
    """A mistake that gives somebody's numbers.

    Attributes:
        name: of the mistake, and of a wrong factor beside it.
        words: what it is.
        line: which line to look at.
        roles: the arrays that it explains.
        also: other mistakes, in words, that give the same numbers.
    """

    name: str
    words: str
    line: str
    roles: tuple[str, ...]
    also: tuple[str, ...] = ()


def plain_candidates(roles: Sequence[str]) -> Iterator[Candidate]:
    """The right gradient, which a factor may have gone wrong with, and the plain mistakes."""

    def of(wrong: Callable[[Array, Array | None], Array | None]) -> Callable[[Case], Arrays]:
        def predict(case: Case) -> Arrays:
            made = {}
            for role in roles:
                if role in case.right:
                    array = wrong(case.right[role], case.earlier.get(role) if case.earlier else None)
                    if array is not None:
                        made[role] = array
            return made

        return predict

    yield Candidate("", "", "", lambda case: {role: case.right[role] for role in roles if role in case.right})
    for mistake in PLAIN_MISTAKES:
        yield Candidate(mistake.name, mistake.words, "", of(mistake.wrong))


def explain(cases: Sequence[Case], wrong: Sequence[str], candidates: Sequence[Candidate]) -> list[Explanation]:
    """The mistakes that explain the arrays that are wrong, as few as possible.

    Args:
        cases: all backward passes.
        wrong: the roles of the arrays that are wrong in one of them.
        candidates: the mistakes to try.
    """
    if not wrong:
        return []
    predictions = [(candidate, [_predict(candidate, case) for case in cases]) for candidate in candidates]
    # With one output, a factor that has to do with the number of outputs is another one under a false name.
    several = any(case.n_outputs > 1 for case in cases)
    factors = [factor for factor in FACTORS if several or factor.number(2, 2) == factor.number(2, 3)]
    explanations: list[Explanation] = []
    left = list(wrong)
    # A mistake alone, or the right gradient with a factor, before a mistake that has a wrong factor as well.
    for with_factor in (False, True):
        while left:
            covering: list[tuple[tuple[str, ...], Candidate, Factor]] = []
            for candidate, predicted in predictions:
                for factor in factors:
                    if bool(candidate.name and factor.name) == with_factor and (candidate.name or factor.name):
                        roles = tuple(role for role in left if _explains(role, cases, predicted, factor))
                        if roles:
                            covering.append((roles, candidate, factor))
            if not covering:
                break
            most = max(len(roles) for roles, _, _ in covering)
            best = [entry for entry in covering if len(entry[0]) == most]
            roles = best[0][0]
            named = dict.fromkeys((_words(c, f), _name(c, f), c.line) for its_roles, c, f in best if its_roles == roles)
            by_name = {name: (words, line) for words, name, line in reversed(named)}
            names = list(reversed(by_name))
            words, line = by_name[names[0]]
            also = tuple(by_name[name][0] for name in names[1:4])
            explanations.append(Explanation(names[0], words, line, roles, also))
            left = [role for role in left if role not in roles]
    return explanations


def unseen(cases: Sequence[Case], candidates: Sequence[Candidate]) -> list[Candidate]:
    """The mistakes that change no number in any probe: they could be there and would not show."""
    hidden = []
    for candidate in candidates:
        if not candidate.name:
            continue
        changes = [
            not matches(array, case.right[role], case.tolerance)
            for case in cases
            for role, array in _predict(candidate, case).items()
            if role in case.right
        ]
        if changes and not any(changes):
            hidden.append(candidate)
    return hidden


def matches(one: Any, other: Array, tolerance: float) -> bool:
    """Whether two arrays are equal, up to a relative error of the whole and to dimensions of size 1."""
    try:
        one = np.squeeze(np.asarray(one, dtype=float))
    except (TypeError, ValueError):
        return False
    other = np.squeeze(other)
    if one.shape != other.shape:
        return False
    scale = float(np.max(np.abs(other), initial=0.0))
    with np.errstate(invalid="ignore"):  # inf - inf: theirs may be anything
        return bool(np.all(np.abs(one - other) <= tolerance * max(scale, 1e-8)))


def _predict(candidate: Candidate, case: Case) -> Arrays:
    try:
        with np.errstate(all="ignore"):
            return candidate.predict(case)
    except (ValueError, IndexError, TypeError):  # shapes that do not fit: the code would have raised
        return {}


def _explains(role: str, cases: Sequence[Case], predicted: Sequence[Arrays], factor: Factor) -> bool:
    seen = False
    for case, arrays in zip(cases, predicted, strict=True):
        if role not in case.found:
            return False
        seen = seen or role in arrays
        expected = arrays.get(role, case.right[role]) * factor.number(case.n_samples, case.n_outputs)
        if not matches(case.found[role], expected, 4 * case.tolerance):
            return False
    return seen


def _words(candidate: Candidate, factor: Factor) -> str:
    return "; besides, ".join(words for words in (candidate.words, factor.words) if words)


def _name(candidate: Candidate, factor: Factor) -> str:
    return "+".join(name for name in (candidate.name, factor.name) if name)
