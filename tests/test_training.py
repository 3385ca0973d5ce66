"""Training: the loss falls, and a run that is saved or interrupted goes on bit for bit."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

import micrograd_bp
from micrograd_bp import MLP, SGD, Adam, Layer, ModelObjective, Neuron, Training, Value, mse
from micrograd_bp.optimizers import Optimizer

OPTIMIZERS: dict[str, Callable[[], Optimizer]] = {
    "SGD": lambda: SGD(0.2),
    "momentum": lambda: SGD(0.05, momentum=0.9, weight_decay=0.01),
    "Adam": lambda: Adam(0.02, weight_decay=0.01),
}
each_optimizer = pytest.mark.parametrize("make_optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)

INPUTS = [[i / 5 - 1, (i * 7 % 10) / 5 - 1] for i in range(10)]
TARGETS = [x * y for x, y in INPUTS]


def new_training(make_optimizer: Callable[[], Optimizer], seed: int = 1) -> Training:
    """A run with batches of 3, 3, 3 and 1 samples."""
    network = MLP(2, [4, 1], activation="tanh", rng=seed)
    return Training(ModelObjective(network, mse), make_optimizer(), INPUTS, TARGETS, batch_size=3, seed=seed)


def result(training: Training) -> tuple[Any, ...]:
    return list(training.objective.parameters), training.optimizer.state_dict(), list(training.history)


# ---- the loop


@each_optimizer
def test_the_loss_falls(make_optimizer: Callable[[], Optimizer]) -> None:
    history = new_training(make_optimizer).run(60)
    assert len(history) == 60
    assert history[-1] < 0.6 * history[0]


def test_steps_by_hand() -> None:
    neuron = Neuron(1, False)
    neuron.weights[0].data = 1.0
    training = Training(ModelObjective(neuron, mse), SGD(0.1), [[1.0], [2.0]], [3.0, 6.0])
    # The errors are -2 and -4: the loss (4 + 16)/2, its slopes (2·-2·1 + 2·-4·2)/2 = -10 and (2·-2 + 2·-4)/2 = -6.
    assert training.step() == 10.0
    assert [neuron.weights[0].grad, neuron.bias.grad] == [-10.0, -6.0]
    assert training.objective.parameters == [2.0, pytest.approx(0.6)]
    assert training.history == [10.0]


class Recorder:
    """An objective without a model, which notes the batches that it is given; its loss is their mean."""

    def __init__(self) -> None:
        self.parameters = [0.0]
        self.batches: list[tuple[list[int], list[int]]] = []

    def value_and_gradient(self, inputs: list[int], targets: list[int]) -> tuple[float, list[float]]:
        self.batches.append((list(inputs), list(targets)))
        return sum(inputs) / len(inputs), [1.0]


@pytest.mark.parametrize("array", [False, True])
def test_each_epoch_sees_each_sample_once_in_a_new_order(array: bool) -> None:
    recorder = Recorder()
    inputs: Any = np.arange(10) if array else list(range(10))
    Training(recorder, SGD(1.0), inputs, inputs * -1 if array else [-i for i in range(10)], batch_size=4).run(3)
    assert [len(batch) for batch, _ in recorder.batches] == [4, 4, 2] * 3
    assert all(targets == [-each for each in batch] for batch, targets in recorder.batches)
    epochs = [[each for batch, _ in recorder.batches[i : i + 3] for each in batch] for i in (0, 3, 6)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3
    again = Recorder()
    Training(again, SGD(1.0), range(10), range(0, -10, -1), batch_size=4).run(3)
    assert again.batches == recorder.batches  # the order is the seed's


def test_history_holds_the_mean_over_samples_also_with_a_small_last_batch() -> None:
    training = Training(Recorder(), SGD(1.0), range(10), range(10), batch_size=4)
    assert training.run(2) == pytest.approx([4.5, 4.5])


def test_after_epoch_is_told_of_each_epoch_and_until_counts_earlier_ones() -> None:
    training = new_training(OPTIMIZERS["Adam"])
    told: list[tuple[int, float]] = []
    training.run(2)
    training.run(until=5, after_epoch=lambda epoch, loss: told.append((epoch, loss)))
    assert told == [(epoch, training.history[epoch - 1]) for epoch in (3, 4, 5)]
    before = result(training)
    assert training.run(until=5) == training.run(until=3) == training.run(0) == training.history
    assert result(training) == before


def test_two_runs_train_twice() -> None:
    training, at_once = new_training(OPTIMIZERS["Adam"]), new_training(OPTIMIZERS["Adam"])
    training.run(3)
    assert len(training.run(3)) == 6
    at_once.run(6)
    assert result(training) == result(at_once)


def test_a_run_finishes_an_epoch_that_was_begun() -> None:
    training, at_once = new_training(OPTIMIZERS["Adam"]), new_training(OPTIMIZERS["Adam"])
    training.step()
    training.run(3)
    at_once.run(3)
    assert result(training) == result(at_once)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, TypeError, "either epochs, how many more there are to be, or until=, how many in all"),
        ({"epochs": 3, "until": 3}, TypeError, "either epochs"),
        ({"epochs": -1}, ValueError, "whole number from 0 up, got -1"),
        ({"until": 2.5}, ValueError, r"whole number from 0 up, got 2\.5"),
        ({"epochs": "3"}, ValueError, "whole number from 0 up, got '3'"),
    ],
)
def test_a_run_says_how_long_it_is(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    training = new_training(OPTIMIZERS["Adam"])
    with pytest.raises(error, match=message):
        training.run(**arguments)
    assert training.history == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1], []), "as many inputs as targets, got 1 and 0"),
        (([], []), "as many inputs as targets, got 0 and 0"),
        (([1], [1], 0), "a batch has at least one sample, got batch_size=0"),
    ],
)
def test_bad_arguments(arguments: tuple[Any, ...], message: str) -> None:
    inputs, targets, *batch_size = arguments
    with pytest.raises(ValueError, match=message):
        Training(Recorder(), SGD(1.0), inputs, targets, batch_size=batch_size[0] if batch_size else None)


class NetworkWithItsLoss(MLP):
    """Has `value_and_gradient`; but its `parameters`, as every module's, are a method."""

    def value_and_gradient(self, inputs: Any, targets: Any) -> tuple[float, list[float]]:
        return 0.0, []


NO_PARAMETERS = type("NoParameters", (), {"value_and_gradient": NetworkWithItsLoss.value_and_gradient})()


@pytest.mark.parametrize("wrong", [MLP(2, [4, 1]), NetworkWithItsLoss(2, [1]), NO_PARAMETERS, mse, "text"])
def test_what_is_no_objective_is_refused_before_the_first_step(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"an objective has `value_and_gradient`.*ModelObjective\(model, loss\)"):
        Training(wrong, SGD(0.1), INPUTS, TARGETS)


# ---- numbers that run away


def test_a_loss_that_is_not_finite_stops_the_run_before_the_parameters_move() -> None:
    training = new_training(lambda: SGD(100.0, momentum=0.9))
    kept = [result(training)]

    def run() -> None:
        while True:
            training.step()
            kept.append(result(training))

    with pytest.raises(FloatingPointError, match=r"^the loss is inf in step 2 of epoch 14, .* a smaller lr than 100 "):
        run()
    assert len(kept) == 1 + 13 * 4 + 1  # epochs of four steps
    assert result(training) == kept[-1]
    assert np.isfinite(training.objective.parameters).all()
    training.optimizer.lr = 1e-300
    with pytest.raises(FloatingPointError, match="the loss is inf in step 2 of epoch 14"):
        training.run(14)  # the same batch again
    assert result(training) == kept[-1]


def test_a_loss_of_nan_stops_the_run() -> None:
    training = Training(ModelObjective(Neuron(1, False, rng=0), mse), SGD(0.1), [1.0, 2.0], [1.0, float("nan")])
    with pytest.raises(FloatingPointError, match="the loss is nan in step 1 of epoch 1"):
        training.run(1)
    assert training.history == []


class Steep(Recorder):
    """A finite loss with a slope that leads far away."""

    def __init__(self, parameters: Any) -> None:
        super().__init__()
        self.parameters = parameters

    def value_and_gradient(self, inputs: Any, targets: Any) -> tuple[float, Any]:
        slopes = [1e300 * each for each in self.parameters]
        return 2.5, np.array(slopes) if hasattr(self.parameters, "shape") else slopes


@pytest.mark.parametrize("parameters", [[1.0, 2.0], [np.array([1.0, 2.0]), np.array(3.0)], np.array([1.0, 2.0])])
def test_parameters_that_would_not_be_finite_stop_the_run_and_stay(parameters: Any) -> None:
    training = Training(Steep(parameters), SGD(1e300), [1.0], [1.0])
    message = r"^parameters would become nan or inf, from a loss of 2\.5, in step 1 "
    with np.errstate(over="ignore"), pytest.raises(FloatingPointError, match=message):
        training.step()
    assert all(np.array_equal(a, b) for a, b in zip(training.objective.parameters, parameters, strict=True))
    assert training.history == []


# ---- arrays: the same loop for an objective that is no model of Values


class Line:
    """Least squares with a matrix and a vector as parameters."""

    def __init__(self) -> None:
        self.parameters = [np.zeros((2, 3)), np.zeros(3)]

    def value_and_gradient(self, inputs: Any, targets: Any) -> tuple[float, list[Any]]:
        errors = inputs @ self.parameters[0] + self.parameters[1] - targets
        return float((errors**2).mean()), [inputs.T @ errors / len(errors), errors.mean(axis=0)]


def new_array_training(make_optimizer: Callable[[], Optimizer]) -> Training:
    rng = np.random.default_rng(0)
    inputs: Any = rng.normal(size=(10, 2))
    targets: Any = inputs @ rng.normal(size=(2, 3)) + 1.0
    return Training(Line(), make_optimizer(), inputs, targets, batch_size=3)


@each_optimizer
def test_arrays_are_trained_by_the_same_loop(make_optimizer: Callable[[], Optimizer]) -> None:
    history = new_array_training(make_optimizer).run(100)
    assert history[-1] < 0.1 * history[0]


@each_optimizer
def test_a_run_of_arrays_is_resumed_bit_for_bit(make_optimizer: Callable[[], Optimizer], tmp_path: Path) -> None:
    training = new_array_training(make_optimizer)
    for _ in range(6):
        training.step()
    training.save(tmp_path / "run.json")
    resumed = new_array_training(make_optimizer)
    resumed.load(tmp_path / "run.json")
    assert resumed.run(until=5) == training.run(until=5)
    for a, b in zip(resumed.objective.parameters, training.objective.parameters, strict=True):
        assert isinstance(a, np.ndarray)
        assert np.array_equal(a, b)


# ---- save and resume


@each_optimizer
@pytest.mark.parametrize("steps", [0, 4, 6])  # before the first, between two epochs, in the middle of one
def test_a_resumed_run_is_the_uninterrupted_one(
    make_optimizer: Callable[[], Optimizer], steps: int, tmp_path: Path
) -> None:
    training = new_training(make_optimizer)
    for _ in range(steps):
        training.step()
    training.save(tmp_path / "run.json")
    resumed = new_training(make_optimizer, seed=2)  # other weights and another order, until the file is loaded
    resumed.run(2)
    resumed.load(tmp_path / "run.json")
    assert result(resumed) == result(training)
    resumed.run(until=5)
    training.run(until=5)  # saving has not disturbed it
    uninterrupted = new_training(make_optimizer)
    uninterrupted.run(until=5)
    assert result(resumed) == result(training) == result(uninterrupted)


RESUME = """
import json, sys
from test_training import OPTIMIZERS, new_training, result
training = new_training(OPTIMIZERS[sys.argv[1]], seed=3)
training.load(sys.argv[2])
training.run(until=5)
print(json.dumps(result(training)))
"""


@pytest.mark.parametrize("name", ["momentum", "Adam"])
def test_a_run_is_resumed_in_another_process(name: str, tmp_path: Path) -> None:
    training = new_training(OPTIMIZERS[name])
    for _ in range(6):
        training.step()
    training.save(tmp_path / "run.json")
    paths = [str(Path(__file__).parent), str(Path(micrograd_bp.__file__).parents[1])]
    code = f"import sys; sys.path[:0] = {paths!r}\n{RESUME}"
    command = [sys.executable, "-c", code, name, str(tmp_path / "run.json")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    training.run(until=5)
    assert tuple(json.loads(done.stdout)) == result(training)


# ---- interrupted


class Interrupted:
    """An objective that is interrupted once, before, in the middle of or after the `at`-th backward pass."""

    def __init__(self, inner: Any, at: int, when: str) -> None:
        self.inner, self.left, self.when = inner, at, when

    @property
    def parameters(self) -> Any:
        return self.inner.parameters

    @parameters.setter
    def parameters(self, numbers: Any) -> None:
        self.inner.parameters = numbers

    def value_and_gradient(self, inputs: Any, targets: Any) -> Any:
        self.left -= 1
        if self.left == 0 and self.when == "before":
            raise KeyboardInterrupt
        if self.left == 0 and self.when == "in the middle":
            loss = self.inner.loss

            def interrupted(*_: Any) -> Value:
                self.inner.loss = loss
                raise KeyboardInterrupt

            self.inner.loss = interrupted
        value = self.inner.value_and_gradient(inputs, targets)
        if self.left == 0 and self.when == "after":
            raise KeyboardInterrupt
        return value


@each_optimizer
@pytest.mark.parametrize("when", ["before", "in the middle", "after"])
@pytest.mark.parametrize("at", [1, 4, 5, 7])
def test_an_interrupted_step_has_not_happened(make_optimizer: Callable[[], Optimizer], when: str, at: int) -> None:
    uninterrupted, training = new_training(make_optimizer), new_training(make_optimizer)
    training.objective = Interrupted(training.objective, at, when)
    for _ in range(at - 1):
        assert uninterrupted.step() == training.step()
    with pytest.raises(KeyboardInterrupt):
        training.run(until=5)
    assert result(training) == result(uninterrupted)
    assert training.run(until=5) == uninterrupted.run(until=5)
    assert result(training) == result(uninterrupted)


@contextmanager
def interrupted_at_line(count: int) -> Iterator[list[int]]:
    """Raises KeyboardInterrupt at the `count`-th line that `training.py` or `optimizers.py` runs in this block."""
    left = [count]

    def on_line(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt
        return on_line

    def on_call(frame: FrameType, event: str, _: Any) -> Any:
        ours = Path(frame.f_code.co_filename).name in ("training.py", "optimizers.py")
        return on_line if ours and left[0] > 0 else None

    before = sys.gettrace()
    sys.settrace(on_call)
    try:
        yield left
    finally:
        sys.settrace(before)


def tiny_training(make_optimizer: Callable[[], Optimizer]) -> Training:
    objective = ModelObjective(Layer(1, 1, activation="tanh", rng=0), mse)
    return Training(objective, make_optimizer(), [1.0, 2.0, 3.0], [1.0, -1.0, 0.5], batch_size=2)


@each_optimizer
@pytest.mark.parametrize("steps", [0, 1, 2])  # the first step, the last of an epoch, the first of the next
def test_a_step_may_be_interrupted_at_any_line(make_optimizer: Callable[[], Optimizer], steps: int) -> None:
    uninterrupted = tiny_training(make_optimizer)
    for _ in range(steps):
        uninterrupted.step()
    before = result(uninterrupted)
    uninterrupted.run(until=4)
    line = 0
    while True:
        line += 1
        training = tiny_training(make_optimizer)
        for _ in range(steps):
            training.step()
        with interrupted_at_line(line) as left:
            try:
                training.step()
            except KeyboardInterrupt:
                pass
            else:  # the step has fewer lines
                assert left[0] > 0
                break
        assert result(training) == before
        training.run(until=4)
        assert result(training) == result(uninterrupted)
    assert line > 25


# ---- files that do not fit


def change_file(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    training = new_training(OPTIMIZERS["Adam"], seed=4)
    for _ in range(6):
        training.step()
    training.save(tmp_path / "run.json")
    return tmp_path / "run.json"


def assert_refused(path: Path, message: str, make_optimizer: Callable[[], Optimizer] = OPTIMIZERS["Adam"]) -> None:
    """`path` is refused with `message`, and the run goes on as if nobody had tried to load it."""
    training, untouched = new_training(make_optimizer), new_training(make_optimizer)
    for each in (training, untouched):
        for _ in range(3):
            each.step()
    with pytest.raises(ValueError, match=message):
        training.load(path)
    assert result(training) == result(untouched)
    training.run(3)
    untouched.run(3)
    assert result(training) == result(untouched)


def test_a_fitting_file_is_loaded(saved: Path) -> None:
    new_training(OPTIMIZERS["Adam"]).load(saved)


def test_the_file_of_another_number_of_samples_is_refused(saved: Path) -> None:
    change_file(saved, samples=9)
    assert_refused(saved, "it is of 9 samples and 17 parameters, this run of 10 and 17")


def test_the_file_of_another_number_of_parameters_is_refused(saved: Path) -> None:
    change_file(saved, parameters=[0.0] * 3)
    assert_refused(saved, "it is of 10 samples and 3 parameters, this run of 10 and 17")


def test_the_file_of_another_optimizer_is_refused(saved: Path) -> None:
    assert_refused(saved, r"run\.json does not fit", OPTIMIZERS["momentum"])


def test_a_model_file_is_refused(tmp_path: Path) -> None:
    MLP(2, [4, 1]).save(tmp_path / "model.json")
    assert_refused(tmp_path / "model.json", r"model\.json is not a training run file")


def test_a_truncated_run_is_refused(saved: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:-20])
    assert_refused(saved, r"run\.json is not a training run file")


@pytest.mark.parametrize("name", ["parameters", "optimizer", "rng", "order", "loss_sum", "history", "samples"])
def test_a_run_that_lacks_an_entry_is_refused(saved: Path, name: str) -> None:
    content = json.loads(saved.read_text())
    del content[name]
    saved.write_text(json.dumps(content))
    assert_refused(saved, r"run\.json does not fit")


WRONG_ENTRIES: list[dict[str, Any]] = [
    {"parameters": 5},
    {"parameters": ["0.5"] * 17},
    {"parameters": [None] * 17},
    {"optimizer": "text"},
    {"optimizer": {"steps": "6", "mean": [0.0] * 17, "square": [0.0] * 17}},
    {"optimizer": {"steps": 6, "mean": [0.0] * 3, "square": [0.0] * 17}},
    {"optimizer": {"steps": 6, "mean": ["a"] * 17, "square": [0.0] * 17}},
    {"rng": 5},
    {"rng": [3, [1, 2, 3], None]},
    {"rng": [3, [-1] * 625, None]},
    {"order": 5},
    {"order": ["text"]},
    {"order": [3, 99]},
    {"loss_sum": "text"},
    {"loss_sum": None},
    {"history": 5},
    {"history": ["0.5"]},
]


@pytest.mark.parametrize("changes", WRONG_ENTRIES, ids=lambda changes: repr(changes)[:32])
def test_a_run_with_something_else_in_an_entry_is_refused(saved: Path, changes: dict[str, Any]) -> None:
    change_file(saved, **changes)
    assert_refused(saved, r"run\.json does not fit")


def test_the_settings_come_back_with_the_run(tmp_path: Path) -> None:
    training = new_training(lambda: SGD(0.05, momentum=0.5), seed=1)
    training.batch_size = 3
    training.step()
    training.save(tmp_path / "run.json")
    resumed = new_training(lambda: SGD(0.9, momentum=0.1), seed=2)
    resumed.load(tmp_path / "run.json")
    assert resumed.optimizer.settings() == {"lr": 0.05, "momentum": 0.5, "weight_decay": 0.0}
    assert resumed.run(until=4) == training.run(until=4)
