"""The benchmarks' own tests: contenders do the same, and one that does not is caught. Nothing is timed in earnest."""

import json
import math
import sys
from importlib import import_module
from pathlib import Path
from runpy import run_path
from typing import Any

import planted
import pytest

command = import_module("benchmarks.__main__")  # found by way of `planted`
peers = import_module("benchmarks.peers")
processes = import_module("benchmarks.processes")
suite = import_module("benchmarks.eager.run")

SMALL = {"W1": {"n": 6}, "W2": {"operations": 100}, "W3": {"n": 10}, "W4": {"n": 2}}


@pytest.mark.parametrize("key", SMALL)
def test_fused_and_unfused_agree(key: str) -> None:
    module: Any = suite.WORKLOADS[key]
    problem = module.problem(**SMALL[key])
    ours = [make for name, make in module.WORKLOAD.contenders.items() if peers.needed(name) == ["micrograd_bp"]]
    first, *others = [[iteration() for _ in range(3)] for iteration in (make(problem) for make in ours)]
    for other in others:
        processes.check_agreement(key, "fused", first, "unfused", other)


def test_training_iterations_of_w1_move_the_parameters() -> None:
    module: Any = suite.WORKLOADS["W1"]
    iteration = module.fused(module.problem(n=6))
    assert iteration()[0] != iteration()[0]


def test_the_gradient_of_w2_reaches_the_far_end() -> None:
    module: Any = suite.WORKLOADS["W2"]
    _, gradient = module.this_package(module.problem())()
    assert all(1e-12 < abs(each) < 1e6 for each in gradient)


def test_w4_makes_do_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = suite.WORKLOADS["W4"]
    monkeypatch.setattr(module, "HAS_DIGITS", False)
    problem = module.problem(n=2)
    assert [len(image) for image in problem["images"]] == [64, 64]
    value, gradient = module.fused(problem)()
    assert value > 0.0
    assert len(gradient) == len(problem["parameters"])


def test_command_measures_whoever_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "figures.json"
    monkeypatch.setattr(processes, "TURN_SECONDS", 0.01)
    words = ["benchmarks", "eager", "--only", "W3", "--repeats", "1", "--json", str(path)]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as ended:
        run_path(command.__file__, run_name="__main__")
    assert ended.value.code == 0
    measurements = json.loads(path.read_text(encoding="utf-8"))["measurements"]
    contenders = list(suite.WORKLOADS["W3"].WORKLOAD.contenders)
    assert [each["contender"] for each in measurements] == peers.installed(contenders)
    assert all(0.0 < figure < math.inf for each in measurements for figure in each["figures"])


def test_absent_peers_are_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(peers, "find_spec", lambda name: None if name in ("micrograd", "xad") else object())
    assert command.main(["eager", "--only", "memory"]) == 0
    output = capsys.readouterr().out
    assert "micrograd is not installed and takes no part\nxad is not installed and takes no part" in output
    assert "│ xad" not in output


def test_a_wrong_gradient_ends_the_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))  # where the workers find `planted`
    monkeypatch.setitem(suite.WORKLOADS, "W1", planted)
    assert command.main(["eager", "--only", "W1"]) == 1
    captured = capsys.readouterr()
    message = "W1: gradient 1 disagrees in iteration 1: micrograd_bp 4.0, micrograd_bp wrong 6.0"
    assert message in captured.err
    assert "median" not in captured.out


def test_a_contender_that_fails_ends_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setitem(suite.WORKLOADS, "W1", planted)
    monkeypatch.setattr(suite, "installed", lambda _: ["micrograd_bp failing"])
    assert command.main(["eager", "--only", "W1"]) == 1
    assert "the process of micrograd_bp failing ended with exit code 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        ((1.0, [math.nan]), "gradient 0 disagrees in iteration 1: a 2.0, b nan"),
        ((1.1, [2.0]), "the value disagrees in iteration 1: a 1.0, b 1.1"),
        ((1.0, []), "a has 1 gradients, b has 0"),
    ],
)
def test_disagreement(outcome: tuple[float, list[float]], message: str) -> None:
    with pytest.raises(processes.BenchmarkError, match=message):
        processes.check_agreement("W1", "a", [(1.0, [2.0])], "b", [outcome])
    processes.check_agreement("W1", "a", [(1.0, [2.0])], "b", [(1.0, [2.0 + 1e-12])])
