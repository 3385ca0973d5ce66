"""What to hand over to somebody's forward: guessed from the names of its parameters and the shapes that fit.

A *kind* says what numbers an argument takes, a *shape* is written with letters: `N D` are N samples of D features.
Sizes all differ, so that what runs runs for the right reason. What fits is found by trying, the usual first.
"""

import ast
import heapq
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from micrograd_bp.checks.source import syntax
from micrograd_bp.checks.world import CannotCheck, is_array

SIZES = {"T": 4, "D": 6, "M": 2, "H": 8, "C": 5, "F": 3, "V": 9, "A": 2, "I": 6, "J": 4, "K": 2}
"""Steps of time, features, outputs, hidden units, classes, filters, vocabulary, channels, height, width, kernel."""
BATCHES = (3, 5, 7, 11, 13)


class Spec(NamedTuple):
    """What one argument may be.

    Attributes:
        kind: float, unit (0 to 1), onehot, labels, probability, binary, sign, index, or value.
        shape: in letters and numbers, `N D`; of labels and indices besides, after a colon, how many there are.
        style: rows, columns, images, sequence, single; "" where it fits all of them.
        value: for the kind value.
    """

    kind: str
    shape: str = ""
    style: str = ""
    value: Any = None

    @property
    def known(self) -> int:
        """How many dimensions there are of more than 1."""
        return sum(word != "1" for word in self.shape.partition(":")[0].split())

    @property
    def has_n(self) -> bool:
        """Whether it holds the samples of a batch."""
        return "N" in self.shape.partition(":")[0].split()

    def sizes(self, sizes: Mapping[str, int]) -> tuple[int, ...]:
        """The shape in numbers."""
        return tuple(_size(letter, sizes) for letter in self.shape.partition(":")[0].split())


def _size(word: str, sizes: Mapping[str, int]) -> int:
    total = 0
    for term in word.split("+"):
        factor = term[:-1] if len(term) > 1 and term[-1].isalpha() else ""
        letter = term[len(factor) :]
        total += int(factor or 1) * (sizes[letter] if letter.isalpha() else int(letter))
    return total


def realize(spec: Spec, sizes: Mapping[str, int], rng: np.random.Generator) -> Any:
    """Numbers of the kind, none near zero and no two of the same size."""
    if spec.kind == "value":
        return spec.value
    shape = spec.sizes(sizes)
    if spec.kind in ("labels", "index"):
        n = _size(spec.shape.partition(":")[2], sizes)
        drawn = rng.permutation(np.resize(np.arange(n), max(1, int(np.prod(shape)))))
        return drawn.reshape(shape) if shape else int(drawn[0])
    if spec.kind == "onehot":
        axis = 0 if spec.style in ("columns", "single") else -1
        return np.moveaxis(np.eye(shape[axis])[rng.integers(shape[axis], size=_without(shape, axis))], -1, axis)
    if spec.kind == "probability":
        axis = 0 if spec.style in ("columns", "single") else -1
        drawn = rng.uniform(0.2, 1.0, shape)
        return drawn / drawn.sum(axis=axis, keepdims=True)
    if spec.kind == "unit":
        return rng.uniform(0.15, 0.85, shape)
    if spec.kind == "positive":
        return rng.uniform(0.4, 1.6, shape)
    if spec.kind in ("binary", "sign"):
        drawn = rng.permutation(np.resize([0.0, 1.0], max(1, int(np.prod(shape))))).reshape(shape)
        return drawn if spec.kind == "binary" else 2.0 * drawn - 1.0
    return distinct(rng, shape)


def from_words(name: str, what: str) -> Any:
    """What a person says of an input: `5x4` is a shape, `5:classes=3` are labels, else it is what Python reads.

    Raises:
        CannotCheck: it is neither.
    """
    rng = np.random.default_rng([6, 1])
    match = re.fullmatch(r"(\d+(?:x\d+)*)(?::classes=(\d+))?", what)
    if match and not (what.isdigit() and COUNT.search(name.lower())):
        shape = tuple(map(int, match[1].split("x")))
        return rng.integers(int(match[2]), size=shape) if match[2] else distinct(rng, shape)
    try:
        return ast.literal_eval(what)
    except (ValueError, SyntaxError) as error:
        raise CannotCheck(
            f"{name}={what}: expected a shape such as 5x4, labels such as 5:classes=3, or a value"
        ) from error


COUNT = re.compile(r"size|num|^n_|count|dim|stride|pad|^[kn]$|classes")
"""Arguments whose whole number is a number, and not the shape of an array."""


def like(given: Any, first: tuple[int, ...]) -> list[Spec]:
    """What an argument may be that a person has handed over: other numbers of its kind, in any batch; then itself.

    Args:
        given: by the person.
        first: the shape of the first argument, which holds the samples: in rows, or else in columns.
    """
    itself = Spec("value", value=given)
    if not is_array(given) or not np.ndim(given) or not first:
        return [itself]
    array = np.asarray(given)
    kind, classes = _kind(array), f":{array.max() + 1}" if array.dtype.kind in "iu" else ""
    rest, before = " ".join(map(str, array.shape[1:])), " ".join(map(str, array.shape[:-1]))
    kinds = {kind: classes}
    if array.dtype.kind in "iu" and array.ndim > 1:  # whole numbers may stand where any could
        kinds = {"float": "", **kinds}
    found = []
    for each, count in kinds.items():
        if array.shape[0] == first[0]:
            found.append(Spec(each, f"N {rest}".strip() + count, "rows"))
        if len(first) > 1 and array.shape[-1] == first[-1]:
            found.append(Spec(each, f"{before} N".strip() + count, "columns"))
    return [*found, itself]


def _kind(array: np.ndarray[Any, Any]) -> str:
    """What numbers an array holds: the kind of a `Spec`."""
    if array.dtype.kind in "iu":
        return "index"
    for axis in (-1, 0):
        if array.shape[axis] > 1 and np.all(array >= 0.0) and np.allclose(array.sum(axis=axis), 1.0):
            return "onehot" if np.isin(array, (0.0, 1.0)).all() else "probability"
    if np.isin(array, (0.0, 1.0)).all():
        return "binary"
    if np.isin(array, (-1.0, 1.0)).all():
        return "sign"
    return "float" if np.any(array <= 0.0) else "unit" if np.all(array < 1.0) else "positive"


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return tuple(size for place, size in enumerate(shape) if place != axis % len(shape))


def distinct(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Of both signs, from 0.3 to 1.4, no two of them close to each other: a maximum has no tie nearby."""
    n = max(1, int(np.prod(shape)))
    sizes = 0.3 + 1.1 * (rng.permutation(n) + rng.uniform(0.25, 0.75, n)) / n
    made = sizes.reshape(shape) * rng.choice([-1.0, 1.0], shape)
    return made if shape else float(made)


ROWS = ["rows", "columns", "sequence", "images", "single"]


def constants(functions: Sequence[Any], name: str) -> tuple[list[str], list[str]]:
    """What the source of functions compares an argument with, and the keys that it reads from it."""
    compared: list[str] = []
    keys: list[str] = []
    for function in functions:
        tree = syntax(function)
        for node in ast.walk(tree) if tree is not None else ():
            if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and node.left.id == name:
                compared += [
                    part.value
                    for part in node.comparators
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                ]
            if (
                isinstance(node, ast.Subscript)
                and isinstance(node.ctx, ast.Load)
                and isinstance(node.value, ast.Name)
                and node.value.id == name
            ):
                keys += _keys(node.slice)
    return list(dict.fromkeys(compared)), list(dict.fromkeys(keys))


def _keys(node: ast.expr) -> list[str]:
    """A key that is written out, or for `'W' + str(i)` and `f"W{i}"` the first two."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    stem = ""
    if isinstance(node, ast.BinOp) and isinstance(node.left, ast.Constant):
        stem = str(node.left.value)
    if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
        stem = str(node.values[0].value)
    return [f"{stem}1", f"{stem}2"] if stem else []


def guesses(choices: Mapping[str, list[Spec]], limit: int) -> Iterator[dict[str, Spec]]:
    """Ways to choose one for each argument, the usual first, and first those of one style."""
    ways: list[Iterator[dict[str, Spec]]] = []
    for style in (*ROWS, ""):
        fitting = {}
        for name, specs in choices.items():
            styled = [spec for spec in specs if spec.style == style and style]
            any_style = [spec for spec in specs if not style or spec.style == ""]
            fitting[name] = [*styled[:4], *any_style, *styled[4:]] or specs
        for gates in ("", "4H", "3H"):  # the weights of gates lie side by side in all arrays or in none
            several = {
                name: [spec for spec in specs if gates in spec.shape.split()] or specs
                for name, specs in fitting.items()
            }
            if not gates or several != fitting:
                ways.append(itertools.islice(_cheapest(several), limit))
    seen = set()
    for chunk in (20, 60, limit):
        for way in ways:
            for chosen in itertools.islice(way, chunk):
                key = tuple(map(id, chosen.values()))
                if key not in seen:
                    seen.add(key)
                    yield chosen


def _cheapest(choices: Mapping[str, list[Spec]]) -> Iterator[dict[str, Spec]]:
    names = list(choices)
    heap = [(0, (0,) * len(names))]
    seen = {heap[0][1]}
    while heap:
        cost, places = heapq.heappop(heap)
        yield {name: choices[name][place] for name, place in zip(names, places, strict=True)}
        for index, name in enumerate(names):
            after = (*places[:index], places[index] + 1, *places[index + 1 :])
            if after[index] < len(choices[name]) and after not in seen:
                seen.add(after)
                heapq.heappush(heap, (cost + 1, after))
