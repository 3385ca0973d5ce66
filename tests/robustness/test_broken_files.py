"""A file that is not what it should be is refused with its name, and nothing has changed; or it is what it says."""

import contextlib
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_bp import MLP, SGD, Adam, ModelObjective, Training, mse
from micrograd_bp.optimizers import Optimizer
from tests.counts import count
from tests.robustness.hostile import HOSTILE_TEXTS, cases

SMALL = st.none() | st.booleans() | st.integers(-3, 9) | st.floats() | HOSTILE_TEXTS
ANYTHING = st.recursive(
    SMALL | st.sampled_from([10**400, -(10**30), 1e308, "nan", "1"]),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(HOSTILE_TEXTS, parts, max_size=3),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("broken")


def places(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to every part of a JSON document, as far as the first entries of long lists."""
    parts = (
        content.items() if isinstance(content, dict) else enumerate(content[:4]) if isinstance(content, list) else ()
    )
    return [path, *(place for key, part in parts for place in places(part, (*path, key)))]


@st.composite
def changed(draw: st.DrawFn, original: Any) -> Any:
    """A JSON document of which one to three parts are other things, gone, or doubled."""
    content = json.loads(json.dumps(original))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(places(content)))
        if not path:
            continue
        around = content
        for key in path[:-1]:
            around = around[key]
        match draw(st.sampled_from(["other", "other", "gone", "doubled"])):
            case "other":
                around[path[-1]] = draw(ANYTHING)
            case "gone":
                del around[path[-1]]
            case "doubled" if isinstance(around, list):
                around.append(around[path[-1]])
            case "doubled":
                around[draw(HOSTILE_TEXTS)] = around[path[-1]]
    return content


def written(original: Any) -> st.SearchStrategy[bytes]:
    """The bytes of a file that was one of ours before something happened to it."""
    whole = json.dumps(original).encode()
    documents = (changed(original) | ANYTHING).map(lambda content: json.dumps(content).encode())
    ends = st.integers(0, len(whole)).map(lambda end: whole[:end])
    flips = st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)).map(
        lambda flip: whole[: flip[0]] + bytes([flip[1]]) + whole[flip[0] + 1 :]
    )
    return st.one_of(documents, documents, ends, flips, st.binary(max_size=50))


def network() -> MLP:
    return MLP(2, [2, 1], activation="tanh", rng=0)


def run(optimizer: Optimizer, steps: int) -> Training:
    """A training run, a few steps of which are done."""
    inputs, targets = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 2.0]
    training = Training(ModelObjective(network(), mse), optimizer, inputs, targets, batch_size=2, seed=1)
    for _ in range(steps):
        training.step()
    return training


def saved(save: Callable[[Path], None], path: Path) -> Any:
    save(path)
    return json.loads(path.read_text())


def state_of(training: Training) -> str:
    """All that the rest of the run depends on."""
    return repr((training._state(), training.batch_size, vars(training.optimizer)))


OPTIMIZERS = {
    "sgd": lambda: SGD(0.1),
    "momentum": lambda: SGD(0.1, momentum=0.9, weight_decay=0.01),
    "adam": lambda: Adam(0.1),
}


def refusal(load: Callable[[Path], Any], path: Path) -> str:
    """Why a file is refused; "" if it is taken."""
    try:
        load(path)
    except ValueError as error:
        return str(error)
    return ""


@cases(count(40, 100))
@given(st.data())
def test_a_model_file(folder: Path, data: st.DataObject) -> None:
    path = folder / "model.json"
    path.write_bytes(data.draw(written(saved(network().save, folder / "whole.json"))))
    model = network()
    before = repr(model.state_dict())
    reason = refusal(model.load, path)
    assert len(reason) < 1_000
    assert repr(model.state_dict()) == before or not reason
    assert all(type(number) is float for number in model.state_dict().values())
    with contextlib.suppress(ValueError, ArithmeticError):  # refused; or another activation, with another domain
        again = MLP.from_file(path)
        again([0.5] * again.layers[0].nin)


@pytest.mark.parametrize("name", OPTIMIZERS)
@cases(60)
@given(st.data())
def test_a_training_run(folder: Path, name: str, data: st.DataObject) -> None:
    path = folder / "run.json"
    path.write_bytes(data.draw(written(saved(run(OPTIMIZERS[name](), 3).save, folder / "whole_run.json"))))
    training = run(OPTIMIZERS[name](), 1)
    before = state_of(training)
    reason = refusal(training.load, path)
    assert len(reason) < 1_000
    if reason:
        assert str(path) in reason
        assert state_of(training) == before
    else:  # what was taken over can be gone on with
        with contextlib.suppress(ArithmeticError):  # numbers that are too large are none of the file's business
            training.run(len(training.history) + 1)


SETTINGS = {"batch_size": 2, "lr": 0.1, "weight_decay": 0.0, "momentum": 0.0}


@pytest.mark.parametrize(
    "settings",
    [
        *({**SETTINGS, "batch_size": size} for size in (0, -1, 2.5, True, None, "2", [1])),
        *({**SETTINGS, "lr": rate} for rate in (-1.0, 0.0, math.nan, [0.1], "0.1", None)),
        {**SETTINGS, "momentum": 1.0},
        {**SETTINGS, "unknown": 1.0},
        {"batch_size": 2, "lr": 0.1},
        list(SETTINGS),
        None,
        {},
    ],
    ids=repr,
)
def test_settings_that_would_break_the_next_step_are_refused_at_once(folder: Path, settings: Any) -> None:
    path = folder / "run.json"
    run(SGD(0.1), 3).save(path)
    path.write_text(json.dumps({**json.loads(path.read_text()), "settings": settings}))
    training = run(SGD(0.1), 1)
    before = state_of(training)
    with pytest.raises(ValueError, match=r"run\.json does not fit this training run"):
        training.load(path)
    assert state_of(training) == before


@pytest.mark.parametrize(
    "architecture",
    [
        {"nin": 10**12, "nouts": [1]},
        {"nin": 2, "nouts": [10**12, 1]},
        {"nin": -(10**12), "nouts": [-(10**12), 1]},
        {"nin": 10**12, "nouts": ["x", 1]},
        {"nin": 10**12, "nouts": [[1], 1]},
    ],
    ids=repr,
)
def test_a_small_file_cannot_ask_for_a_huge_network(folder: Path, architecture: Any) -> None:
    path = folder / "huge.json"
    network().save(path)
    path.write_text(json.dumps({**json.loads(path.read_text()), "architecture": architecture}))
    with pytest.raises(ValueError, match=r"huge\.json does not describe an MLP"):
        MLP.from_file(path)
