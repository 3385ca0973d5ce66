"""The sizes that arrays may have: those that an object knows, and those that go with what a person handed over."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from micrograd_bp.checks.inputs.specs import SIZES, Spec
from micrograd_bp.checks.naming import letters
from micrograd_bp.checks.world import World, arrays_in, attributes, is_array, is_float


def dims_of(thing: Any, others: Mapping[str, Any] | None = None) -> list[str]:
    """The sizes that an object knows, or a module: of its arrays, then its whole numbers."""
    world = World(thing, {}, dict(others or {}), {})
    arrays = [held.array for held in arrays_in(world).values() if is_float(held.array)]
    found = [size for array in arrays for size in np.shape(array) if size > 1]
    found += [
        one - other for array in arrays for one in np.shape(array) for other in np.shape(array) if one - other > 1
    ]
    found += [size - 1 for array in arrays for size in np.shape(array)[:1] if np.ndim(array) == 2 and size > 2]
    numbers = [getattr(thing, name, None) for name in attributes(thing)]
    found += [n for n in numbers if isinstance(n, int) and not isinstance(n, bool) and 1 < n < 65]
    found = list(dict.fromkeys(found))[:6] + [1 for array in arrays if np.ndim(array) == 2 and 1 in np.shape(array)][:1]
    return [str(size) for size in found]


def shapes_of(thing: Any) -> list[Spec]:
    """The shapes of inputs that an object knows: tuples of whole numbers whose name says so."""
    found = []
    for name in attributes(thing):
        value = getattr(thing, name, None)
        if "in" not in letters(name) or "shape" not in letters(name) or not isinstance(value, (tuple, list)):
            continue
        if all(isinstance(size, int) for size in value):
            words = " ".join(map(str, value))
            found += [Spec("float", f"N {words}"), Spec("float", words, "single")]
    return found


def sizes_beside(fixed: Mapping[str, Any]) -> dict[str, int]:
    """Sizes that go with what the person handed over: its number of features, and no other letter has that."""
    given = next((np.shape(array) for array in fixed.values() if is_array(array) and np.ndim(array) == 2), None)
    if given is None:
        return SIZES
    features = given[1] if given[1] > 1 else given[0]
    taken = {letter: size + 7 if size == features else size for letter, size in SIZES.items()}
    return {**taken, "D": features}


def shape_words(spec: Spec, sizes: Mapping[str, int]) -> str:
    """`(N, 4)`."""
    shown = [
        "N" if word == "N" else str(Spec("", word).sizes(sizes)[0]) for word in spec.shape.partition(":")[0].split()
    ]
    words = f"({', '.join(shown)}{',' if len(shown) == 1 else ''})" if shown else "a number"
    return words if spec.kind == "float" else f"{words} {spec.kind}"
