"""The diagnosis by trial: which one thing done wrong gives exactly the numbers that somebody claims?

What explains the claim in one call must explain it in all. The simplest explanation comes first, and two things at once
only where one explains nothing. Where nothing does, nothing is said.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from micrograd_bp.checks.claims import Array, Claim
from micrograd_bp.checks.diagnosis.arrays import factor_named, named_factors, ratio, whole_factor
from micrograd_bp.checks.diagnosis.lines import first_with, watched
from micrograd_bp.checks.diagnosis.repairs import repairs
from micrograd_bp.checks.diagnosis.trials import Guess, Trial
from micrograd_bp.checks.diagnosis.ways import LEFT_OUT
from micrograd_bp.checks.source import SourceLine

WEAKER = {"zero", "order", "passed_over"}
"""What says less than the change of a line that makes the gradients right."""


class Explanation(NamedTuple):
    """One wrong thing that gives the numbers that somebody claims.

    Attributes:
        name: for machines.
        words: what is wrong.
        arrays: those whose claimed gradients it explains, by name.
        also: other things that would give the same numbers.
        line: the line of forward that it is about; None if it is about a whole array.
        backward: the line of backward where the numbers go wrong, if it can be told.
        becomes: that line as it would be right, if a small change makes it so.
    """

    name: str
    words: str
    arrays: tuple[str, ...]
    also: tuple[str, ...] = ()
    line: SourceLine | None = None
    backward: SourceLine | None = None
    becomes: str = ""


@np.errstate(all="ignore")  # what a wrong backward pass would give may be anything
def diagnose(
    claims: Sequence[Claim],
    right: Sequence[Mapping[str, Array]],
    wrong: Sequence[str],
    tolerance: float = 1e-6,
) -> list[Explanation]:
    """What explains the gradients that are wrong, as few things as possible.

    Args:
        claims: of the same subject, in several calls.
        right: the right gradients of each.
        wrong: the names of the arrays whose claimed gradients are wrong in one of them.
        tolerance: the relative error that the right ones may have.

    Returns:
        The explanations, those that explain most first; none where some of what is wrong is explained by nothing.
    """
    trials: list[Trial] = []
    for claim, gradients in zip(claims, right, strict=True):
        before = next((trial for trial in trials if trial.claim is claim.earlier), None)
        trials.append(Trial(claim, gradients, tolerance, before))
    if not wrong:
        return []
    explanations = _from_graph(trials, wrong)
    lead = max(trials, key=lambda trial: sum(map(trial.is_wrong, wrong)))
    order = [lead, *(trial for trial in trials if trial is not lead)]
    mends = repairs([t.claim for t in order], [t.right for t in order], wrong, lead.upstream)
    if not mends:
        if {name for each, _ in explanations for name in each.arrays} != set(wrong):
            return []  # what explains a part of it alone is another thing, as a rule
        return [each._replace(backward=line_of_backward(lead, each.arrays, fit)) for each, fit in explanations]
    best = mends[0]
    for each, fit in explanations:
        if set(each.arrays) == set(wrong) and fit.one_thing and each.name not in WEAKER:
            line = line_of_backward(lead, each.arrays, fit)  # where changes of two lines do as well, it decides
            best = next((mend for mend in mends if mend.line == line), best)
            return [each._replace(backward=best.line, becomes=best.becomes)]
    also = tuple(dict.fromkeys(each.words for each in mends[1:] if each.line == best.line and each.words != best.words))
    return [Explanation(best.name, best.words, tuple(wrong), also[:2], None, best.line, best.becomes)]


class Fit(NamedTuple):
    """Guesses, one or two at once, that give what is claimed.

    Attributes:
        guesses: what is wrong.
        factor: the name of a factor besides: "" for none.
        words: of the factor.
        rank: how far-fetched it is.
        arrays: those that it explains.
    """

    guesses: tuple[Guess, ...]
    factor: str
    words: str
    rank: float
    arrays: tuple[str, ...]

    @property
    def one_thing(self) -> bool:
        """Whether no two mistakes have to come together."""
        return len(self.guesses) == 1 and not self.words.startswith("besides")

    def predicted(self, trial: Trial, guesses: Sequence[Guess], name: str) -> Array:
        """What the claim should be in a call, where `guesses` are the same as they are there."""
        right = trial.right[name]
        factor = factor_named(self.factor, trial.sizes)
        if not guesses:
            return right
        if len(guesses) == 2:
            first, second = (np.asarray(guess.gradients.get(name, right)) for guess in guesses)
            return first + second - right
        made = np.asarray(guesses[0].gradients.get(name, right))
        if self.factor and self.words.startswith("there"):
            return right + (1.0 - factor) * (made - right)
        return factor * made


def _from_graph(trials: Sequence[Trial], wrong: Sequence[str]) -> list[tuple[Explanation, Fit]]:
    explanations: list[tuple[Explanation, Fit]] = []
    left = list(wrong)
    guesses: dict[int, list[Guess]] = {}
    for fitting in (_alone, _with_factor, _two):
        while left:
            # The call that shows most of what is wrong, and of those the largest, tells most explanations apart.
            lead = max(trials, key=lambda t: (sum(map(t.is_wrong, left)), sum(a.size for a in t.right.values())))
            names = [name for name in left if lead.is_wrong(name)]
            if not names:
                break
            if id(lead) not in guesses:
                guesses[id(lead)] = lead.guesses()
            fits = fitting(lead, guesses[id(lead)], names)
            fits = _verified(fits, [trial for trial in trials if trial is not lead])
            if not fits:
                break
            explanations.append((_explanation(fits, lead), fits[0]))
            left = [name for name in left if name not in explanations[-1][0].arrays]
    return explanations


def _alone(trial: Trial, guesses: Sequence[Guess], names: Sequence[str]) -> list[Fit]:
    """One thing, and one path with a wrong factor."""
    fits = [Fit((guess,), "", "", guess.rank, ()) for guess in guesses]
    for name, (words, _) in named_factors(trial.sizes).items():
        fits += [Fit((g,), name, f"there: {words}", g.rank + 0.5, ()) for g in guesses if g.scalable]
    for guess in guesses:
        for name in names if guess.scalable else ():
            if trial.claimed[name].shape != trial.right[name].shape:
                continue
            # 1 - c times what leaving the path out changes
            factor = 1.0 - ratio(trial.claimed[name] - trial.right[name], guess.gradients[name] - trial.right[name])
            if whole := whole_factor(factor):
                fits.append(Fit((guess,), whole, f"there: {whole}", guess.rank + 0.6, ()))
    return _covering(trial, fits, names)


def _with_factor(trial: Trial, guesses: Sequence[Guess], names: Sequence[str]) -> list[Fit]:
    """One thing, and a wrong factor besides."""
    factors = named_factors(trial.sizes)
    found: dict[tuple[object, ...], Fit] = {}
    for guess in guesses:
        for name in names if guess.name not in (*factors, "itself", "zero") else ():
            times = ratio(trial.claimed[name], np.asarray(guess.gradients.get(name, trial.right[name])))
            for factor, (words, number) in factors.items():
                if abs(times - number) <= 1e-4 * abs(number):
                    found[guess.key, factor] = Fit((guess,), factor, f"besides, {words}", guess.rank + 1.0, ())
    return _covering(trial, list(found.values()), names)


MOST_PAIRS = 60


def _two(trial: Trial, guesses: Sequence[Guess], names: Sequence[str]) -> list[Fit]:
    """Two things at once, on different paths: what they change adds up to what is wrong."""
    found: list[Fit] = []
    for name in names:
        right, claimed = trial.right[name], trial.claimed[name]
        if right.shape != claimed.shape or right.size < 4 or not np.all(np.isfinite(claimed)):
            continue
        # Each change is seen from three random directions, which tells almost all pairs apart at once.
        look = np.random.default_rng(0).normal(size=(right.size, 3))
        wrong = (claimed - right).ravel() @ look
        close = 1e-5 * float(np.max(np.abs(wrong)))
        seen: dict[tuple[float, ...], tuple[Guess, Array]] = {}
        for guess in sorted(guesses, key=lambda guess: guess.rank):
            array = guess.gradients.get(name)
            if guess.sources and guess.rank < 2.0 and array is not None and np.all(np.isfinite(array)):
                change = (array - right).ravel() @ look
                if np.max(np.abs(change)) > close:
                    seen.setdefault(tuple(np.round(change / close)), (guess, change))
        if len(seen) < 2:
            continue
        usable = [guess for guess, _ in seen.values()]
        changes = np.array([change for _, change in seen.values()])
        fits_well = np.all(np.abs(wrong - changes[:, None, :] - changes[None, :, :]) <= close, axis=-1)
        pairs = [(usable[i], usable[j]) for i, j in zip(*np.nonzero(np.triu(fits_well, 1)), strict=True)]
        pairs.sort(key=lambda pair: pair[0].rank + pair[1].rank)
        found += [Fit(pair, "", "", pair[0].rank + pair[1].rank, ()) for pair in pairs[:MOST_PAIRS]]
    return _covering(trial, found, names)


def _covering(trial: Trial, fits: Sequence[Fit], names: Sequence[str]) -> list[Fit]:
    """Those fits that give the claim for one of `names`; what makes no difference gives none."""
    made = []
    for fit in fits:
        covered = []
        for name in names:
            if any(name in guess.gradients for guess in fit.guesses):
                predicted = fit.predicted(trial, fit.guesses, name)
                if trial.close(predicted, trial.claimed[name]) and not trial.close(predicted, trial.right[name]):
                    covered.append(name)
        if covered:
            # In code that shares a line among gradients, what is wrong there is wrong in all of them.
            spoils = any(
                not trial.is_wrong(name)
                and not trial.close(np.asarray(fit.predicted(trial, fit.guesses, name)), trial.right[name])
                for name in trial.claimed
            )
            made.append(fit._replace(arrays=tuple(covered), rank=fit.rank + 0.25 * spoils))
    return sorted(made, key=lambda fit: (-len(fit.arrays), fit.rank))


def _verified(fits: Sequence[Fit], trials: Sequence[Trial]) -> list[Fit]:
    """Those that explain what they explain in all other calls too."""
    fits = fits[:60]
    keys = {guess.key for fit in fits for guess in fit.guesses}
    for trial in trials:
        if not any(fit.arrays for fit in fits):
            return []
        there = {guess.key: guess for guess in trial.guesses(keys)}
        kept = []
        for fit in fits:
            guesses = [there[guess.key] for guess in fit.guesses if guess.key in there]
            arrays = tuple(
                name
                for name in fit.arrays
                if name not in trial.claimed or trial.gives(fit.predicted(trial, guesses, name), name)
            )
            if arrays:
                kept.append(fit._replace(arrays=arrays))
        fits = kept
    return sorted(fits, key=lambda fit: (-len(fit.arrays), fit.rank))


def _explanation(fits: Sequence[Fit], lead: Trial) -> Explanation:
    """The simplest of those that explain most, and those that are as good."""
    best = fits[0]
    words = lead.words()

    def text(fit: Fit) -> str:
        said = "; besides, ".join(words.write(guess.words, guess.sources) for guess in fit.guesses)
        if fit.words.startswith("there"):  # on a path, which is not left out then
            return said.removesuffix(LEFT_OUT) + fit.words.removeprefix("there")
        if said.endswith(LEFT_OUT) and len(sources := fit.guesses[-1].sources) == 2 and lead.wiring is not None:
            groups = [
                group for group in lead.wiring.group if group.source == sources[0] and sources[1] in group.operands
            ]
            term = words.term(sources[0], sources[1], groups[0].operands) if groups else ""
            said += f": {term} is missing in d({words(sources[1]).name})" if term and "a part of" not in term else ""
        return said + (f"; {fit.words}" if fit.words else "")

    also = [
        text(fit)
        for fit in fits[1:]
        if fit.arrays == best.arrays and fit.rank <= best.rank + 0.4 and fit.guesses[0].name != best.guesses[0].name
    ]
    lines = [*(words(source).line for guess in best.guesses for source in guess.sources[:1]), None]
    name = "+".join([guess.name for guess in best.guesses] + ([best.factor] if best.factor else []))
    return Explanation(name, text(best), best.arrays, tuple(dict.fromkeys(also))[:3], lines[0] if lines else None)


def line_of_backward(trial: Trial, arrays: Sequence[str], fit: Fit | None = None) -> SourceLine | None:
    """The first line of theirs that has numbers which only a wrong backward has.

    Args:
        trial: the claim.
        arrays: those that are wrong.
        fit: what is wrong with them, if it is known.
    """
    if trial.claim.backward is None:
        return None
    assigned = watched(trial.claim.backward)
    claimed = [trial.claimed[name] for name in arrays if name in trial.claimed]
    if fit is None:
        return first_with(assigned, claimed, trial.gradients)
    factor = factor_named(fit.factor, trial.sizes)
    on_path, besides = (factor, 1.0) if fit.words.startswith("there") else (None, factor)
    return first_with(assigned, [*trial.on_the_way(fit.guesses, on_path, besides), *claimed], trial.gradients)
