"""The corpus itself: what is right agrees with differences of its own forward, a mistake changes what it says."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cases import each_case

from .corpus import MISTAKES, RIGHT, Mistake, Right, load
from .corpus.adapters import ADAPTERS, Case


def prepared(entry: Right | Mistake, people: Path | None = None) -> tuple[Case, np.random.Generator]:
    """The entry's case, with a run on other numbers behind it, so that what is kept from an earlier call shows."""
    rng = np.random.default_rng(7)
    module = load(entry.path) if people is None else load(entry.path, people)
    case = ADAPTERS[f"{entry.path}:{entry.name}"](module, rng)
    kept = {name: array.copy() for name, array in case.arrays.items()}
    for array in case.arrays.values():
        array += array.dtype.type(0.03)
    case.backward(upstream_of(case.forward(), np.random.default_rng(8)))
    for name, array in case.arrays.items():
        array[...] = kept[name]
    return case, rng


def upstream_of(output: Any, rng: np.random.Generator) -> Any:
    if isinstance(output, tuple):
        return tuple(upstream_of(part, rng) for part in output)
    return rng.normal(size=np.shape(output)) if np.ndim(output) else 1.0


def weighted(output: Any, upstream: Any) -> float:
    if isinstance(output, tuple):
        return sum(weighted(*parts) for parts in zip(output, upstream, strict=True))
    return float(np.sum(np.asarray(output, dtype=float) * upstream))


def gradients(case: Case, upstream: Any) -> dict[str, np.ndarray]:
    handed = tuple(map(np.copy, upstream)) if isinstance(upstream, tuple) else np.copy(upstream)
    claimed = case.backward(handed)
    return {name: np.array(claimed[name], dtype=float) for name in case.arrays}


@each_case("entry", RIGHT)
def test_what_is_called_right_is_right(entry: Right) -> None:
    case, rng = prepared(entry)
    upstream = upstream_of(case.forward(), rng)
    claimed = gradients(case, upstream)
    assert claimed
    for name, array in case.arrays.items():
        assert claimed[name].shape == array.shape
        width, tolerance = (1e-2, 1e-2) if array.dtype == np.float32 else (1e-5, 1e-6)
        for _ in range(2):
            direction, kept = rng.normal(size=array.shape), array.copy()
            along = []
            for step in (width, -width):
                array[...] = kept + step * direction
                along.append(weighted(case.forward(), upstream))
            array[...] = kept
            slope = (along[0] - along[1]) / (2 * width)
            assert np.sum(claimed[name] * direction) == pytest.approx(slope, rel=tolerance, abs=tolerance), name


@pytest.fixture(scope="module")
def baseline() -> dict[str, tuple[Any, Any, dict[str, np.ndarray]]]:
    """What each right entry gives, for an upstream gradient."""
    known = {}
    for entry in RIGHT:
        case, rng = prepared(entry)
        output = case.forward()
        upstream = upstream_of(output, rng)
        known[f"{entry.path}:{entry.name}"] = output, upstream, gradients(case, upstream)
    return known


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake.path}:{mistake.name}")
def test_a_mistake_changes_the_gradients_that_it_names_and_nothing_else(
    mistake: Mistake, baseline: dict[str, Any], tmp_path: Path
) -> None:
    output, upstream, right = baseline[f"{mistake.path}:{mistake.name}"]
    mistake.plant(tmp_path)
    case, _ = prepared(mistake, tmp_path)
    assert weighted(case.forward(), upstream) == weighted(output, upstream)
    wrong = gradients(case, upstream)
    changed = set()
    for name, array in right.items():
        if np.abs(wrong[name] - array).max() > 1e-4 * np.abs(array).max():
            changed.add(name)
        else:
            assert wrong[name] == pytest.approx(array, rel=1e-12, abs=1e-12)
    assert changed == set(mistake.gradients)
    assert mistake.line in mistake.edited


def test_every_entry_has_an_adapter_and_a_mistake() -> None:
    named = [f"{entry.path}:{entry.name}" for entry in RIGHT]
    assert sorted(named) == sorted(ADAPTERS)
    assert {f"{mistake.path}:{mistake.name}" for mistake in MISTAKES} == set(named)
    assert sum(bool(entry.inputs) for entry in RIGHT) <= 8
