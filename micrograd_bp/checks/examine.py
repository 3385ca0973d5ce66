"""One call of a subject, examined: what moves the output, what is claimed for it, and whether that is right."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from micrograd_bp.checks.claims import Array, Claim
from micrograd_bp.checks.inputs.specs import distinct
from micrograd_bp.checks.matching import Candidate, Match, as_numbers, candidates, fits, match, moved, rates_of
from micrograd_bp.checks.naming import HYPER, LR, TARGETS, letters, parts, relation
from micrograd_bp.checks.readers.subject import STEP, Subject, is_number, parameters_of
from micrograd_bp.checks.report.report import ArrayResult
from micrograd_bp.checks.source import SourceLine, line_of_error
from micrograd_bp.checks.witnesses import Right, along, contradicted, contradicts, right_gradients, slope
from micrograd_bp.checks.world import CannotCheck, Held, World, arrays_in, copied, described, is_float, running

SLIGHT = 1e-4
"""A relative error up to which an epsilon in somebody's formula explains a difference."""


class BackwardFailed(Exception):  # noqa: N818  # it says what happened, which is no error of the program
    """Somebody's backward raised: the message names the exception, `line` is the line of theirs that did it."""

    def __init__(self, message: str, line: SourceLine | None) -> None:
        super().__init__(message)
        self.line = line


class Examined(NamedTuple):
    """What one call showed.

    Attributes:
        claim: with the gradients that were found.
        right: the right ones, of all arrays that move the output.
        matches: where each was found.
        results: one for each array that a gradient was found for.
        missing: arrays that move the output, and for which nothing was found.
        argument_changed: whether backward wrote into the gradient that it was handed.
        nothing: whether backward returned None.
        after: the world that backward left.
        found: all that it left behind.
    """

    claim: Claim
    right: Right
    matches: dict[str, Match]
    results: dict[str, ArrayResult]
    missing: tuple[str, ...]
    argument_changed: bool
    nothing: bool
    after: World
    found: tuple[Candidate, ...]

    @property
    def identity(self) -> bool:
        """Whether an input came out as it went in, as from a layer that folds what is flat already."""
        outputs = self.claim.outputs()
        return any(np.array_equal(outputs[0], array) for array in self.claim.arrays.values())

    @property
    def ok(self) -> bool:
        """Whether everything that was found is right."""
        return all(result.ok for result in self.results.values())


def examine(
    subject: Subject,
    world: World,
    seed: int,
    n_samples: int,
    *,
    words: str = "",
    names: Mapping[str, str] | None = None,
    given: Any = None,
    earlier: Claim | None = None,
) -> Examined:
    """Runs forward and backward on copies of a world and compares every gradient that is found.

    Args:
        subject: what to call.
        world: on what.
        seed: for the upstream gradient.
        n_samples: the size of the batch, 0 if it is not known.
        words: what the report calls this call.
        names: places of gradients, by the place of their array, that the person gave.
        given: an upstream gradient instead of our own.
        earlier: the claim of the call before.

    Raises:
        CannotCheck: forward raises, gives nothing that can be differentiated, or something else each time.
        BackwardFailed: backward raises.
    """
    held = arrays_in(world)
    floats = {place: h for place, h in held.items() if is_float(h.array)}
    outputs = _outputs(subject, world)
    again = _outputs(subject, world)
    if not all(np.array_equal(one, other) for one, other in zip(outputs, again, strict=True)):
        raise CannotCheck("forward gives another output each time it is called: fix its random numbers, then check")
    upstream = _upstream(subject, outputs, seed, given)
    alive = [place for place in floats if _moves(subject, world, floats[place], place, outputs)]

    def run(changed: Mapping[str, Any]) -> tuple[Any, ...]:
        inside = copied(world, changed)
        with running(inside):
            return subject.forward(inside)

    after = copied(world)
    lists = any(isinstance(h.array, list) for h in floats.values())
    handed = tuple(_like(upstream, lists))
    try:
        with running(after):
            returned = subject.backward(after, handed)
    except CannotCheck:
        raise
    except (Exception, SystemExit) as error:
        raise BackwardFailed(f"{_name(subject.code[1:2])} raises {described(error)}", line_of_error(error)) from error

    def claimed_again() -> dict[str, Any]:
        inside = copied(world)
        with running(inside):
            returned = subject.backward(inside, tuple(_like(upstream, lists)))
        return {name: m.candidate.again(arrays[name], inside, returned) for name, m in matches.items()}

    left = arrays_in(after)
    backward = subject.code[min(1, len(subject.code) - 1)]
    found = candidates(held, after, returned, backward)
    # One number is a setting, such as a slope, unless something is called its gradient.
    constants = [
        place
        for place in alive
        if isinstance(floats[place].array, (float, np.floating))
        and (letters(parts(place)[-1]) in HYPER or not any(relation(c.place, place) >= 3 for c in found))
    ]
    arrays = {place: np.array(floats[place].array, dtype=float) for place in alive if place not in constants}
    handed_one = any(letters(p) in LR for p in parameters_of(backward))
    rates = rates_of(world, STEP if handed_one else 1.0)
    moves = moved(arrays, left, rates)
    claim = Claim(
        subject.name,
        arrays,
        run,
        upstream,
        {},
        {},
        {place: np.asarray(left[place].array, dtype=float) for place in arrays if place in left},
        n_samples,
        earlier,
        subject.code[1:] or subject.code,
        claimed_again,
    )
    single = any(np.asarray(output).dtype in (np.float32, np.float16) for output in run({}))
    right = right_gradients(claim, single=single)
    order = [place for place in arrays if floats[place].steps[0] == "arguments"]
    targets = [name for name in subject.data if letters(name) in TARGETS]
    matches = match(right.gradients, found, moves, right.tolerance, order, names or {}, targets)
    claim = replace(
        claim,
        gradients={name: m.candidate.array for name, m in matches.items()},
        places={name: _gradient_name(name, matches) for name in matches},
    )
    results = {name: _compare(claim, right, name, m, words, single) for name, m in matches.items()}
    missing = tuple(name for name in arrays if name not in matches)
    changed = any(not np.array_equal(np.asarray(a, dtype=float), b) for a, b in zip(handed, upstream, strict=True))
    return Examined(claim, right, matches, results, missing, changed, returned is None, after, tuple(found))


def _name(code: Sequence[Any]) -> str:
    return getattr(code[0], "__name__", "backward") if code else "backward"


def _outputs(subject: Subject, world: World) -> tuple[Array, ...]:
    inside = copied(world)
    try:
        with running(inside):
            outputs = subject.forward(inside)
    except CannotCheck:
        raise
    except (Exception, SystemExit) as error:
        raise CannotCheck(f"{_name(subject.code[:1])} raises {described(error)}") from error
    made = []
    for output in outputs:
        array = as_numbers(output)
        if array is None or output is None:
            raise CannotCheck(f"{_name(subject.code[:1])} returns {type(output).__name__}, expected an array")
        if not np.all(np.isfinite(array)):
            raise CannotCheck(f"{_name(subject.code[:1])} gives nan or inf for inputs of ordinary size")
        made.append(array)
    return tuple(made)


def _upstream(subject: Subject, outputs: tuple[Array, ...], seed: int, given: Any) -> tuple[Array, ...]:
    if given is not None:
        array = np.array(given, dtype=float)
        if array.shape != outputs[0].shape:
            raise CannotCheck(f"d_output has the shape {array.shape}, and the output has {outputs[0].shape}")
        return (array, *outputs[1:])
    if subject.upstream == "given" or (subject.upstream == "arrays" and not is_number(outputs[0])):
        rng = np.random.default_rng([66, seed + 100])
        return tuple(np.asarray(distinct(rng, output.shape)) for output in outputs)
    return tuple(np.ones(output.shape) for output in outputs)


def _like(upstream: Sequence[Array], lists: bool) -> Iterator[Any]:
    """Copies of the upstream gradients in the form that the code works with: as lists where its arrays are lists."""
    for array in upstream:
        yield array.tolist() if lists else array.copy() if array.ndim else float(array)


def _moves(subject: Subject, world: World, held: Held, place: str, outputs: tuple[Array, ...]) -> bool:
    array = np.asarray(held.array, dtype=float)
    rng = np.random.default_rng(5)
    for size in (1e-3, -3e-2):
        changed = array * (1.0 + size * rng.uniform(0.5, 1.0, array.shape))
        changed += size * 1e-2 * (array == 0.0) * rng.uniform(0.5, 1.0, array.shape)  # a softmax sees no common shift
        try:
            moved_outputs = _outputs(subject, copied(world, {place: changed}))
        except CannotCheck:
            continue
        if any(not np.array_equal(a, b) for a, b in zip(moved_outputs, outputs, strict=True)):
            return True
    return False


def _gradient_name(name: str, matches: Mapping[str, Match]) -> str:
    """Their name for a gradient; what they return under another one is called as the others are."""
    own = matches[name].candidate
    if own.place and (own.how != "returned" or relation(own.place, name)):
        return own.place
    for other, m in matches.items():
        place, bare = m.candidate.place, other.removeprefix("self.")
        if place.endswith(bare) and bare.isidentifier() and place[: -len(bare)].isidentifier():
            return f"{place[: -len(bare)]}{name}" if name.isidentifier() else f"d_{name}"
    return f"d_{name}"


def _compare(claim: Claim, found: Right, name: str, m: Match, words: str, single: bool) -> ArrayResult:
    right = found.gradients[name]
    call = m.candidate.place or m.candidate.words
    result = ArrayResult(claim.places[name], call, False, n_entries=right.size, probe=words, array=name)
    known = ~np.isnan(right)
    if m.right and np.all(known):
        return result._replace(ok=True)
    numbers = as_numbers(m.candidate.array)
    if numbers is None:
        return result._replace(message=f"no numbers: {m.candidate.array!s:.40}")
    if not fits(numbers.shape, right.shape):
        return result._replace(message=f"shape {numbers.shape}, expected {right.shape}")
    numbers = numbers.reshape(right.shape)
    scale = max(float(np.max(np.abs(right[known]), initial=0.0)), 1e-8)
    errors = np.where(np.isfinite(numbers), np.abs(numbers - right), np.inf)
    errors[~known & np.isfinite(numbers)] = 0.0
    worst = float(np.max(errors))
    order = [np.unravel_index(place, right.shape) for place in np.argsort(-errors, axis=None)]
    suspects = [tuple(int(i) for i in index) for index in order if errors[index] > found.tolerance * scale]
    if worst <= SLIGHT * scale and suspects:
        return result._replace(ok=True, message="" if single else f"{scale / worst:.0e}")
    for place, index in enumerate(suspects[:40]):
        value = float(numbers[index])
        if not np.isfinite(value) or contradicts(claim, name, index, value, scale, single=single):
            return result._replace(n_wrong=len(suspects) - place, where=index, found=value, right=float(right[index]))
    if not np.all(known):
        entry = contradicted(claim, name, numbers, scale, single=single)
        if entry is not None:
            there = slope(along(claim, name, entry), float(claim.arrays[name][entry]), 0.0, single)[0]
            return result._replace(n_wrong=1, where=entry, found=float(numbers[entry]), right=there)
    return result._replace(ok=True)
