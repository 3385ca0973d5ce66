"""The one training loop serves a program as it serves a model of Values, with the same numbers."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

from micrograd_bp import MLP, SGD, Adam, ModelObjective, Training, Value, compile, cross_entropy, mse
from micrograd_bp.optimizers import Optimizer
from tests.problems.problem import cross_entropy_of

OPTIMIZERS: dict[str, Callable[[], Optimizer]] = {
    "SGD": lambda: SGD(0.1),
    "momentum": lambda: SGD(0.05, momentum=0.9, weight_decay=0.01),
    "Adam": lambda: Adam(0.02, weight_decay=0.01),
}
each_optimizer = pytest.mark.parametrize("make_optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)

RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(22, 2))
TARGETS = np.sin(INPUTS[:, :1]) * INPUTS[:, 1:]
LABELS = (INPUTS[:, 0] > INPUTS[:, 1]).astype(int) + (INPUTS[:, 0] > 0.5)


def regression(fused: bool = True) -> tuple[MLP, Any]:
    model, x, t = MLP(2, [6, 1], activation="tanh", rng=1, fused=fused), [Value(0.1), Value(0.2)], [Value(0.3)]
    return model, compile(mse([model(x)], t), inputs={"X": x, "T": t}, parameters=model.parameters())


def classification() -> tuple[MLP, Any]:
    model, x = MLP(2, [5, 3], activation="gelu", rng=1), [Value(0.1), Value(0.2)]
    t = [Value(1.0 / 3.0) for _ in range(3)]
    loss = cross_entropy_of(model(x), t)
    return model, compile(loss, inputs={"X": x, "T": t}, parameters=model.parameters())


def run_of(program: Any, make_optimizer: Callable[[], Optimizer] = OPTIMIZERS["Adam"], seed: int = 3) -> Training:
    """A run of batches of 8, 8 and 6 samples."""
    return Training(program, make_optimizer(), INPUTS, TARGETS, batch_size=8, seed=seed)


def result(training: Training) -> tuple[Any, ...]:
    return list(training.objective.parameters), training.optimizer.state_dict(), list(training.history)


@each_optimizer
@pytest.mark.parametrize("fused", [True, False])
def test_a_run_equals_that_of_the_model(make_optimizer: Callable[[], Optimizer], fused: bool) -> None:
    model, program = regression(fused)
    compiled = run_of(program, make_optimizer)
    eager = Training(
        ModelObjective(model, mse), make_optimizer(), INPUTS.tolist(), TARGETS[:, 0].tolist(), batch_size=8, seed=3
    )
    np.testing.assert_allclose(compiled.run(12), eager.run(12), rtol=1e-10)
    np.testing.assert_allclose(program.parameters, eager.objective.parameters, rtol=1e-10, atol=1e-13)
    assert compiled.history[-1] < compiled.history[0]


@each_optimizer
def test_a_run_on_class_indices_equals_that_of_the_model(make_optimizer: Callable[[], Optimizer]) -> None:
    model, program = classification()
    compiled = Training(program, make_optimizer(), INPUTS, LABELS, batch_size=5, seed=3)
    eager = Training(
        ModelObjective(model, cross_entropy), make_optimizer(), INPUTS.tolist(), LABELS.tolist(), batch_size=5, seed=3
    )
    np.testing.assert_allclose(compiled.run(12), eager.run(12), rtol=1e-10)
    np.testing.assert_allclose(program.parameters, eager.objective.parameters, rtol=1e-10, atol=1e-13)


def test_lists_are_trained_on_as_arrays_are() -> None:
    of_arrays, of_lists = regression()[1], regression()[1]
    run_of(of_arrays).run(3)
    Training(of_lists, OPTIMIZERS["Adam"](), INPUTS.tolist(), TARGETS.tolist(), batch_size=8, seed=3).run(3)
    np.testing.assert_array_equal(of_arrays.parameters, of_lists.parameters)


def test_what_was_learnt_goes_back_into_the_model() -> None:
    model, program = regression()
    before = [parameter.data for parameter in model.parameters()]
    training = run_of(program)
    training.run(3)
    assert [parameter.data for parameter in model.parameters()] == before
    program.store()
    assert [parameter.data for parameter in model.parameters()] == program.parameters.tolist()
    loss, _ = program.value_and_gradient(INPUTS, TARGETS)
    assert mse([model(row) for row in INPUTS.tolist()], TARGETS[:, 0].tolist()).data == pytest.approx(loss, rel=1e-12)


@each_optimizer
@pytest.mark.parametrize("steps", [0, 3, 5])  # before the first, between two epochs, in the middle of one
def test_a_saved_run_goes_on_bit_for_bit(make_optimizer: Callable[[], Optimizer], steps: int, tmp_path: Path) -> None:
    training = run_of(regression()[1], make_optimizer)
    for _ in range(steps):
        training.step()
    training.save(tmp_path / "run.json")
    resumed = run_of(regression()[1], make_optimizer, seed=8)
    resumed.run(1)
    resumed.load(tmp_path / "run.json")
    assert result(resumed) == result(training)
    resumed.run(until=5)
    training.run(until=5)
    uninterrupted = run_of(regression()[1], make_optimizer)
    uninterrupted.run(until=5)
    assert result(resumed) == result(training) == result(uninterrupted)


def test_the_run_of_another_program_is_refused(tmp_path: Path) -> None:
    run_of(regression()[1]).save(tmp_path / "run.json")
    x, w = [Value(0.1), Value(0.2)], Value(0.3)
    t = Value(0.4)
    other = compile((w * x[0] + x[1] - t) ** 2, inputs={"X": x, "T": [t]}, parameters=[w])
    training = run_of(other)
    with pytest.raises(ValueError, match="25 parameters, this run of 22 and 1"):
        training.load(tmp_path / "run.json")
    assert other.parameters.tolist() == [0.3]


def interrupt_at_line(count: int, step: Callable[[], Any]) -> bool:
    """Raises KeyboardInterrupt at the `count`-th line of this package that a step runs; whether it came so far."""
    left = count

    def on_line(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if event == "line":
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return on_line

    def on_call(frame: FrameType, event: str, _: Any) -> Any:
        name = frame.f_code.co_filename
        # The saving before a step and the restoring after it are tested in tests/test_training.py.
        return on_line if "micrograd_bp" in name and frame.f_code.co_name not in ("_state", "_set_state") else None

    before = sys.gettrace()
    sys.settrace(on_call)
    try:
        step()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


@pytest.mark.parametrize("make_optimizer", [OPTIMIZERS["momentum"], OPTIMIZERS["Adam"]], ids=["momentum", "Adam"])
def test_a_step_that_is_interrupted_anywhere_in_the_program_has_not_happened(
    make_optimizer: Callable[[], Optimizer],
) -> None:
    _, program = regression()
    assert program.source  # what runs under a tracer: to write it takes far more lines than a step
    start = program.parameters
    uninterrupted = run_of(program, make_optimizer)
    uninterrupted.run(2)
    expected = result(uninterrupted)
    lines = range(1, 10_000)
    for line in lines:
        program.parameters = start
        training = run_of(program, make_optimizer)
        training.step()
        before = result(training)
        if not interrupt_at_line(line, training.step):
            break
        assert result(training) == before
        if line % 7 == 0:  # going on takes longer
            training.run(until=2)
            assert result(training) == expected
    assert line > 30


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_what_was_learnt() -> None:
    x, t, w = Value(1.0, label="x"), Value(1.0), Value(0.5, label="w")
    program = compile((w * x - t) ** 2, inputs={"X": [x], "T": [t]}, parameters=[w])
    training = Training(program, SGD(1.0), np.full((4, 1), 1e3), np.ones((4, 1)))
    kept = [program.parameters]

    def run():
        while True:
            training.step()
            kept.append(program.parameters)

    with pytest.raises(FloatingPointError):
        run()
    np.testing.assert_array_equal(program.parameters, kept[-1])
    assert np.isfinite(kept).all()
    assert 1 < len(kept) < 200
