"""Which array is claimed to be which one's gradient: by its numbers first, by names and shapes where none has them."""

import ast
import functools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from micrograd_bp.checks.claims import Array, Arrays
from micrograd_bp.checks.naming import GRADIENTS, INPUTS, LR, letters, parts, relation, stems
from micrograd_bp.checks.source import syntax
from micrograd_bp.checks.world import Held, World, arrays_in, arrays_of, follow, is_float


class Candidate(NamedTuple):
    """An array that their backward left behind.

    Attributes:
        place: their own name for it, or that of the call that returned it.
        array: as it is.
        how: returned, stored or moved.
        order: its place among those that were returned; -1 for others.
        words: how the report calls it where it has no name.
        steps: how to get there, from what was returned or from the world that backward left.
        rate: by which the change of an array was divided.
    """

    place: str
    array: Any
    how: str
    order: int = -1
    words: str = ""
    steps: tuple[Any, ...] = ()
    rate: float = 1.0

    def again(self, before: Array, after: World, returned: Any) -> Any:
        """What is there after another call; None for nothing.

        Args:
            before: the array whose gradient it is.
            after: what that call left.
            returned: what it returned.
        """
        try:
            array = follow(returned if self.how == "returned" else after, self.steps)
            return (before - np.asarray(array, dtype=float)) / self.rate if self.how == "moved" else array
        except Exception:  # it is not there, or no number
            return None


class Match(NamedTuple):
    """The gradient that is claimed for an array.

    Attributes:
        candidate: where it was found.
        right: whether its numbers are right.
    """

    candidate: Candidate
    right: bool


def candidates(before: Mapping[str, Held], after: World, returned: Any, backward: Any) -> list[Candidate]:
    """All arrays that are new or changed, or were returned, each once."""
    names = names_returned(backward)
    found: list[Candidate] = []
    seen: dict[int, int] = {}
    call = f"{getattr(backward, '__name__', 'backward')}()"
    several = isinstance(returned, (tuple, list)) and len(arrays_of(returned)) > 1
    for order, (place, (array, steps)) in enumerate(arrays_of(returned).items()):
        start = max((each for each in names if place.startswith(each)), key=len, default=None)
        name = names[start] + place[len(start) :] if start is not None and names[start] else ""
        if not name and place and not (start == place and isinstance(returned, tuple) and "'" not in place):
            inner = re.sub(r"^\[\d+\](?=\[')", "", place)  # of `return loss, {"W": …}` the keys alone are names
            name = f"returned{inner}" if place.startswith("[") else place.lstrip(".")
        words = f"what {call} returns" if not several else f"{call}{place}"
        seen[id(array)] = len(found)
        order = order if not isinstance(returned, Mapping) else -2
        found.append(Candidate(name, array, "returned", order, words, steps))
    for place, held in arrays_in(after).items():
        array = held.array
        if id(array) in seen:
            if not isinstance(array, float):
                known = found[seen[id(array)]]
                if not known.place:  # their own name for what they return
                    found[seen[id(array)]] = known._replace(place=place)
            continue
        old = before.get(place)
        unused = np.ndim(array) and stems(parts(place)[-1]) and is_float(array) and not np.any(array)
        if old is None or not same(old.array, array) or unused:  # zeros that wait for a gradient are a claim too
            found.append(Candidate(place, array, "stored", steps=held.steps))
    return found


def moved(before: Mapping[str, Array], after: Mapping[str, Held], rates: Sequence[float]) -> dict[str, list[Candidate]]:
    """For each array that took a step, what the gradient was, for every number that may be the learning rate."""
    found: dict[str, list[Candidate]] = {}
    for name, array in before.items():
        now = after.get(name)
        if now is None or np.shape(now.array) != array.shape or same(array, now.array):
            continue
        step, words = array - np.asarray(now.array, dtype=float), f"the change of {name}, divided by the learning rate"
        found[name] = [Candidate("", step / rate, "moved", words=words, steps=now.steps, rate=rate) for rate in rates]
    return found


def same(one: Any, other: Any) -> bool:
    """Whether two arrays have the same numbers."""
    a, b = np.asarray(one), np.asarray(other)
    return a.shape == b.shape and a.dtype != object and b.dtype != object and bool(np.array_equal(a, b, equal_nan=True))


def rates_of(world: World, handed: float) -> list[float]:
    """The numbers that may be a learning rate, those called so first."""
    numbers = {place: float(held.array) for place, held in arrays_in(world).items() if np.ndim(held.array) == 0}
    named = [number for place, number in numbers.items() if letters(parts(place)[-1]) in LR]
    return [rate for rate in dict.fromkeys([handed, *named, *numbers.values(), 1.0]) if rate]


@functools.lru_cache(maxsize=256)
def names_returned(function: Any) -> dict[str, str]:
    """What the last `return` of a function calls what it returns, by place: `[1][0]`; nothing for an expression."""
    tree = syntax(function)
    if tree is None:
        return {}
    top = tree.body[0] if tree.body else None
    inner = [node for node in ast.walk(top) if isinstance(node, ast.FunctionDef) and node is not top] if top else []
    hidden = {id(part) for node in inner for part in ast.walk(node)}
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Return) and id(node) not in hidden and node.value]
    if not found:
        return {}
    value = max(found, key=lambda node: node.lineno).value
    assert value is not None
    return dict(_names(value, ""))


def _names(node: ast.expr, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, (ast.Tuple, ast.List)):
        for index, part in enumerate(node.elts):
            yield from _names(part, f"{place}[{index}]")
    elif isinstance(node, ast.Dict):
        for key, part in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant):
                yield from _names(part, f"{place}[{key.value!r}]")
    else:
        yield place, _called(node)


def _called(node: ast.expr) -> str:
    """The name of what an expression takes from; "" where it computes."""
    if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Constant):
        return _called(node.value)
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def fits(found: tuple[int, ...], right: tuple[int, ...]) -> bool:
    """Whether an array of the shape `found` can be subtracted from one of the shape `right` as it should.

    (3,) and (1, 3) are the same for a row of biases; (3,) and (3, 1) are not, since their difference is (3, 3).
    """
    try:
        return int(np.prod(found)) == int(np.prod(right)) == int(np.prod(np.broadcast_shapes(found, right)))
    except ValueError:
        return False


def equal(found: Any, right: Array, tolerance: float) -> bool:
    """Whether the numbers agree, up to a relative error of the whole; where `right` is nan nothing is known."""
    array = as_numbers(found)
    if array is None or not fits(array.shape, right.shape):
        return False
    array = array.reshape(right.shape)
    known = ~np.isnan(right)
    scale = float(np.max(np.abs(right[known]), initial=0.0))
    with np.errstate(invalid="ignore"):
        return bool(np.all(np.abs(array[known] - right[known]) <= tolerance * max(scale, 1e-8)))


def as_numbers(thing: Any) -> Array | None:
    """An array of floating-point numbers, or None."""
    try:
        return np.asarray(thing, dtype=float)
    except (TypeError, ValueError):
        return None


def match(
    right: Arrays,
    found: Sequence[Candidate],
    steps: Mapping[str, list[Candidate]],
    tolerance: float,
    arguments: Sequence[str],
    names: Mapping[str, str],
    data: Collection[str] = (),
) -> dict[str, Match]:
    """The claimed gradient of each array; arrays for which there is none are left out.

    Args:
        right: the right gradients, by the place of their array.
        found: what backward left behind.
        steps: what arrays moved by.
        tolerance: relative.
        arguments: the arrays that were handed over, in order.
        names: places of gradients that the person gave.
        data: arrays whose gradients nobody needs: only a name says that one is meant for them. By numbers alone the
            gradient of a prediction with the wrong sign is that of its target.
    """
    made: dict[str, Match] = {}
    given = {name: next((c for c in found if c.place == place), None) for name, place in names.items()}
    for name, candidate in given.items():
        if candidate is not None and name in right:
            made[name] = Match(candidate, equal(candidate.array, right[name], tolerance))
    used = [m.candidate for m in made.values()]
    for name, array in right.items():
        if name in made:
            continue
        agreeing = [c for c in found if not _is(c, used) and np.any(array) and equal(c.array, array, tolerance)]
        if name in data:
            agreeing = [c for c in agreeing if relation(c.place, name) >= 3]
        agreeing.sort(key=lambda c: (-relation(c.place, name), c.how != "returned"))
        stated = [c for c in found if relation(c.place, name) == 4 and c.place not in right and not _is(c, agreeing)]
        stated = [c for c in stated if fits(np.shape(c.array), array.shape) and np.any(as_numbers(c.array))]
        if agreeing and not (stated and relation(agreeing[0].place, name) < 3 and agreeing[0].how == "stored"):
            made[name] = Match(agreeing[0], True)
            used.append(agreeing[0])
            continue
        for step in steps.get(name, []):
            if equal(step.array, array, 2 * tolerance):
                made[name] = Match(step, True)
                break
    left = [name for name in right if name not in made]
    held = [name for name in right if name not in arguments]
    lists: dict[str, list[Candidate]] = {}
    for c in found:
        if letters(parts(c.place)[0] if c.place else "") in GRADIENTS and c.place.endswith("]") and "'" not in c.place:
            lists.setdefault(c.place.rpartition("[")[0], []).append(c)
    for entries in lists.values():  # grads[0], grads[1] beside parameters: as many, in their order
        if len(entries) == len(held):
            for name, c in zip(held, entries, strict=True):
                if name in left and not _is(c, used):
                    made[name] = Match(c, False)
                    left.remove(name)
    scored: list[tuple[int, int, int, str, Candidate]] = []
    free = [c for c in found if not _is(c, used) and not (c.place in right and c.how == "stored")]
    order = [name for name in right if name in arguments]
    returned = [c for c in found if c.how == "returned" and np.ndim(c.array) + 1]
    for name in left:
        for c in free:
            if name in data and relation(c.place, name) < 3:
                continue
            shape = fits(np.shape(c.array), right[name].shape)
            score = 4 * relation(c.place, name)
            first = next((each for each in order if each not in data), None)
            if not score and name == first and shape and c.place and INPUTS.intersection(stems(parts(c.place)[-1])):
                score = 6  # dinputs of a loss, whose input is called y_pred
            if (
                c.how == "returned"
                and c.order >= 0
                and not any(relation(c.place, other) >= 3 for other in left if other != name)
            ):
                if c.order >= 0 and len(returned) == len(order) and name in order and c is returned[order.index(name)]:
                    score += 5
                elif name in order[:1] and c.order == 0:
                    score += 3
                elif shape and (c.place == "" or stems(parts(c.place)[-1])):
                    score += 1
            if score and (is_float(c.array) or shape):
                # Of a gradient that is kept in a part too, what the object itself holds is meant.
                scored.append((score + 2 * shape, -c.place.count("."), -len(scored), name, c))
    for *_, name, c in sorted(scored, key=lambda entry: entry[:3], reverse=True):
        if name not in made and not _is(c, [m.candidate for m in made.values()]):
            made[name] = Match(c, False)
    rates = [m.candidate.rate for m in made.values() if m.candidate.how == "moved"]
    for name, options in steps.items():
        if name in right and name not in made:
            # All of them take steps of one size.
            made[name] = Match(next(each for each in options if not rates or each.rate == rates[0]), False)
    left = [name for name in right if name not in data]
    shaped = [
        c
        for c in free
        if c.place and stems(parts(c.place)[-1]) and left and fits(np.shape(c.array), right[left[0]].shape)
    ]
    if not made and len(left) == len(shaped) == 1:  # whatever its name is, it is the only one there is
        made[left[0]] = Match(shaped[0], False)
    return made


def _is(candidate: Candidate, others: Sequence[Candidate]) -> bool:
    return any(candidate is other for other in others)
