"""A claim, and what each way of being wrong makes of it.

Their forward on Values is a graph whose nodes know their lines. Its backward pass is repeated with one thing wrong, for
every thing and every line.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from micrograd_bp.checks.claims import Array, Arrays, Claim
from micrograd_bp.checks.diagnosis.arrays import Sizes, Uses, whole_arrays
from micrograd_bp.checks.diagnosis.factors import factor_ways
from micrograd_bp.checks.diagnosis.functions import derivatives_too_many, function_ways, functions
from micrograd_bp.checks.diagnosis.ways import Way, ways
from micrograd_bp.checks.diagnosis.wiring import Change, Places, Source, Wiring
from micrograd_bp.checks.diagnosis.words import Words, described

MOST_EDGES = 400_000


Key = tuple[object, ...]


class Guess(NamedTuple):
    """A wrong thing, and what it makes of the gradients.

    Attributes:
        key: what tells it from others, in whichever call.
        name: for machines.
        words: for people.
        sources: what the words are about.
        rank: how far-fetched it is.
        gradients: by name; those that are left out are right.
        scalable: whether the same with another factor than 0 is a mistake too.
    """

    key: Key
    name: str
    words: str
    sources: tuple[Source, ...]
    rank: float
    gradients: Mapping[str, Array]
    scalable: bool = False


class Trial:
    """One claim, and all that may be wrong with it.

    Attributes:
        claim: the claim.
        right: the right gradients.
        claimed: theirs, as numbers; what are none, or not finite, is left out.
        before: the claim of the call before, if there was one.
    """

    def __init__(self, claim: Claim, right: Mapping[str, Array], tolerance: float, before: "Trial | None") -> None:
        self.claim = claim
        self.right = dict(right)
        self.partly = any(np.any(np.isnan(array)) for array in right.values())  # of large arrays some entries are known
        self.tolerance = tolerance
        self.before = before
        self.earlier = before.right if before is not None else {}
        self.claimed: Arrays = {}
        for name, gradient in claim.gradients.items():
            with contextlib.suppress(TypeError, ValueError):
                numbers = np.asarray(gradient, dtype=float)
                if np.all(np.isfinite(numbers)):
                    self.claimed[name] = numbers
        shape = max((upstream.shape for upstream in claim.upstream), key=len)
        outputs = int(np.prod(shape[1:])) if len(shape) > 1 else 1
        self.sizes = Sizes(claim.n_samples or (shape[0] if shape else 1), outputs, 1)
        self.wiring, self.upstream = self._wired()

    def _wired(self) -> tuple[Wiring | None, Array]:
        try:
            plain = Wiring(self.claim.on_values(), self.claim.upstream)
            if len(plain.parent) > MOST_EDGES:
                return None, np.empty(0)
            found = functions(plain)
            tops = [np.concatenate([f.tops for f in found]), np.concatenate([f.bases for f in found])] if found else []
            wiring = plain.extended(*tops) if tops else plain
        except Exception:  # not every forward runs on Values
            return None, np.empty(0)
        shifts = wiring.shifts()
        changes = [Change(np.empty(0, dtype=int), np.empty(0)), *(Change(each, np.zeros(len(each))) for each in shifts)]
        upstream, *unshifted = wiring.backward(changes).T
        for edges, without in zip(shifts, unshifted, strict=True):
            if all(self.close(without[places], upstream[places]) for places in wiring.leaves.values()):
                wiring.slope[edges] = 0.0  # nobody writes down a path that changes nothing
        upstream = wiring.backward(changes[:1])[:, 0]
        for name, places in wiring.leaves.items():
            found = upstream[places].reshape(self.right[name].shape)
            if not self.close(found, self.right[name]):
                return None, np.empty(0)
            self.right[name] = found  # all of it, where differences know a part
        return wiring, upstream

    def close(self, one: Array, other: Array) -> bool:
        """Whether two arrays have the same numbers and, but for dimensions of size 1, the same shape."""
        one, other = np.squeeze(one), np.squeeze(other)
        if one.shape != other.shape:
            return False
        known = ~np.isnan(other)
        if self.partly:
            known &= ~np.isnan(one)
        if not np.all(np.isfinite(one[known])) or (self.partly and np.sum(known) < 3):
            return False
        scale = min(float(np.max(np.abs(array[known]), initial=0.0)) for array in (one, other))
        with np.errstate(invalid="ignore"):
            return bool(np.all(np.abs(one[known] - other[known]) <= 4.0 * self.tolerance * max(scale, 1e-8)))

    def gives(self, array: Array, name: str) -> bool:
        """Whether an array is what they claim, or what they add to their claim of the call before."""
        if self.close(array, self.claimed[name]):
            return True
        before = self.before.claimed.get(name) if self.before is not None else None
        if before is None or before.shape != self.claimed[name].shape:
            return False
        return self.close(array, self.claimed[name] - before)

    def is_wrong(self, name: str) -> bool:
        """Whether what they claim for an array is not right."""
        return name in self.claimed and not self.close(self.claimed[name], self.right[name])

    def words(self) -> Words:
        """What the lines are called."""
        return described(self.wiring) if self.wiring is not None else Words({})

    def guesses(self, keys: set[Key] | None = None) -> list[Guess]:
        """All that may be wrong, or only that with these keys."""
        whole: dict[Key, Guess] = {}
        for name, right in self.right.items():
            if name not in self.claimed:
                continue
            seen: dict[str, int] = {}
            for each in whole_arrays(
                right, self.claimed[name], self._uses(name), self.sizes, self.claim.arrays[name], self.earlier.get(name)
            ):
                seen[each.name] = seen.get(each.name, 0) + 1
                key: Key = (each.name, each.detail or seen[each.name])
                if keys is None or key in keys:
                    gradients = {**(whole[key].gradients if key in whole else {}), name: each.array}
                    whole[key] = Guess(key, each.name, each.words, (), each.rank, gradients)
        made = [guess for guess in self._in_place_of_gradients() if keys is None or guess.key in keys]
        if self.wiring is None:
            return [*whole.values(), *made]
        found = [way for way in self._ways() if keys is None or way.key in keys]
        for way, flat in zip(found, self.wiring.gradients([way.change for way in found]), strict=True):
            gradients = {name: array.reshape(self.right[name].shape) for name, array in flat.items()}
            made.append(Guess(way.key, way.name, way.words, way.sources, way.rank, gradients, way.scalable))
        return [*whole.values(), *made]

    def _in_place_of_gradients(self) -> Iterator[Guess]:
        """The gradient of another value, or a value itself, handed on as if it were the gradient of an array."""
        for upstream in self.claim.upstream:
            for name, claimed in self.claimed.items():
                if upstream.size == claimed.size > 1:
                    array, right = upstream.reshape(claimed.shape), self.right[name]
                    words = "dL/d(output) is handed on as it came: a step of the chain rule is missing"
                    yield Guess(("upstream", name), "gradient_handed_on", words, (), 1.35, {name: array})
                    if array.shape == right.shape and np.all((right == 0.0) | (right == array)):
                        words = "the mask is inverted: what should be 0 is not, and the other way round"
                        yield Guess(("mask", name), "mask_inverted", words, (), 1.15, {name: array - right})
        if self.wiring is None:
            return
        for way, source, factors in derivatives_too_many(self.wiring):
            if not source.line and source.name in self.claimed:
                right = self.right[source.name]
                array = right * factors.reshape(right.shape)
                yield Guess(("too much", *way.key), way.name, way.words, way.sources, way.rank, {source.name: array})
        for source, places in self.wiring.members.items():
            for name, claimed in self.claimed.items():
                if len(places) != claimed.size or source == Source("", 0, name) or claimed.size < 2:
                    continue
                for kind, words, numbers, rank in (
                    (
                        "gradient_of_another",
                        "the gradient of {0.name} is handed on as it is: a step of the chain rule is missing",
                        self.upstream,
                        1.3,
                    ),
                    ("value_for_gradient", "{0.name} itself stands where a gradient belongs", self.wiring.data, 1.7),
                ):
                    array = numbers[places].reshape(claimed.shape)
                    yield Guess((kind, name, source), kind, words, (source,), rank, {name: array})

    @property
    def gradients(self) -> list[Array]:
        """The right gradients of all values, those of one place together, and those of a time step."""
        if self.wiring is None:
            return list(self.right.values())
        return [self.upstream[part] for part in self._parts()]

    def on_the_way(self, guesses: Sequence[Guess], on_path: float | None = None, besides: float = 1.0) -> list[Array]:
        """The wrong gradients of inner values that a backward pass with these things wrong computes on its way.

        Args:
            guesses: what is wrong.
            on_path: the factor of a path that is not left out.
            besides: a factor of everything.
        """
        keys = {guess.key for guess in guesses}
        if self.wiring is None or not keys:
            return []
        changes = [way.change for way in self._ways() if way.key in keys]
        if on_path is not None:
            changes = [change._replace(slopes=on_path * self.wiring.slope[change.edges]) for change in changes]
        found = []
        for wrong in besides * self.wiring.backward(changes).T if changes else ():
            for part in self._parts():
                differs = np.abs(wrong[part] - self.upstream[part]) > 1e-6 * np.abs(wrong[part])
                if np.any(differs):
                    found += [wrong[part]] if np.all(differs) else [wrong[part], wrong[part][differs]]
        return [array for array in found if len(array) > 1 and np.any(array)]

    def _parts(self) -> Iterator[Places]:
        """Nodes whose gradients may stand in one array: those of one place, and of one time step of it."""
        assert self.wiring is not None
        for places in self.wiring.members.values():
            yield places
            depths = np.unique(self.wiring.depth[places])
            if 1 < len(depths) < 60:
                yield from (places[self.wiring.depth[places] == depth] for depth in depths)

    def _ways(self) -> Iterator[Way]:
        assert self.wiring is not None
        others = {}
        if self.claim.earlier is not None:
            others.update(
                {f"{name}|as it was in the call before": array for name, array in self.claim.earlier.arrays.items()}
            )
        for name, array in self.claim.after.items():
            if name in self.claim.arrays and not np.array_equal(array, self.claim.arrays[name]):
                others[f"{name}|as it is after the step"] = array
        before = self.before.wiring if self.before is not None else None
        if before is not None and [*before.parent, *before.child] != [*self.wiring.parent, *self.wiring.child]:
            before = None
        yield from ways(self.wiring, self.upstream, before)
        yield from factor_ways(self.wiring, others, before)
        yield from (way for way, *_ in derivatives_too_many(self.wiring) if len(way.change.edges))
        yield from function_ways(self.wiring, self.upstream, self.wiring.leaves, before)

    def _uses(self, name: str) -> Uses | None:
        if self.wiring is None:
            return None
        wiring, places = self.wiring, self.wiring.leaves[name]
        edges = np.flatnonzero(np.isin(wiring.child, places) & ~wiring.added)
        users = {wiring.group[parent].source for parent in np.unique(wiring.parent[edges])}
        if len(users) != 1 or len(edges) % len(places):
            return None
        order = edges[np.lexsort((wiring.parent[edges], wiring.time[wiring.parent[edges]], wiring.child[edges]))]
        children, counts = np.unique(wiring.child[order], return_counts=True)
        if len(children) != len(places) or np.any(counts != counts[0]):
            return None
        parts = (self.upstream[wiring.parent[order]] * wiring.slope[order]).reshape(len(places), -1)
        return Uses(self.right[name].shape, parts[np.searchsorted(children, places)])
