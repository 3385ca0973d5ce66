"""The suite of compiled graphs: contenders do the same, figures are what they say. Nothing is timed in earnest."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import planted  # noqa: F401  # adds where `benchmarks` is to the path
import pytest
from small import SMALL

from micrograd_bp.engine.graph import topological_order
from tests.problems.jax_precision import in_doubles

command = import_module("benchmarks.__main__")
compile_time = import_module("benchmarks.compiled.compile_time")
first_result = import_module("benchmarks.compiled.first_result")
peers = import_module("benchmarks.peers")
processes = import_module("benchmarks.processes")
report = import_module("benchmarks.report")
suite = import_module("benchmarks.compiled.run")
workload = import_module("benchmarks.workload")


@pytest.mark.parametrize("key", SMALL)
def test_compiled_programs_agree_with_what_is_written_by_hand(key: str) -> None:
    module: Any = suite.WORKS[key].module
    problem = module.problem(**SMALL[key])
    contenders = module.WORKLOAD.contenders
    by_hand = contenders["by hand"](problem)
    expected = [by_hand.outcome(by_hand.run()) for _ in range(3)]
    for name in contenders:
        if name.startswith("micrograd_bp") and name != suite.EAGER:
            with in_doubles():
                prepared = contenders[name](problem)
                outcomes = [prepared.outcome(prepared.run()) for _ in range(3)]
            processes.check_agreement(key, "by hand", expected, name, outcomes)


def test_every_workload_in_every_size_has_a_title_and_the_yardstick() -> None:
    for key, work in suite.WORKS.items():
        contenders = work.module.WORKLOAD.contenders
        assert next(iter(contenders)) == "by hand"
        assert {"micrograd_bp compiled", "micrograd_bp on JAX", "micrograd_bp eager"} <= set(contenders)
        assert {"jax", "torch", "casadi"} <= set(contenders)
        assert set(work.left_out) <= set(contenders)
        assert key.startswith(work.module.WORKLOAD.key)
        assert "{" not in work.module.WORKLOAD.title.format(**work.sizes)


def test_the_two_sizes_of_a_workload_differ_in_the_number_of_samples() -> None:
    for small, large in (("W4-32", "W4-1797"), ("W5-64", "W5-1024")):
        assert suite.WORKS[small].module is suite.WORKS[large].module
        assert [f"{suite.WORKS[key].sizes['n']}" for key in (small, large)] == [small[3:], large[3:]]


def test_w4_makes_do_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = suite.WORKS["W4-32"].module
    monkeypatch.setattr(module, "HAS_DIGITS", False)
    problem = module.problem(n=2)
    assert [len(image) for image in problem["images"]] == [64, 64]
    assert max(max(image) for image in problem["images"]) <= problem["brightest"]


def test_command_measures_and_says_when_compiling_pays_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contenders = ["by hand", "micrograd_bp compiled", "micrograd_bp eager"]
    monkeypatch.setattr(suite, "installed", lambda _: contenders)
    monkeypatch.setattr(processes, "TURN_SECONDS", 0.01)
    path = tmp_path / "figures.json"
    assert command.main(["compiled", "--only", "W1", "--repeats", "1", "--json", str(path)]) == 0
    by_hand, compiled, eager = json.loads(path.read_text(encoding="utf-8"))["measurements"]
    assert [each["contender"] for each in (by_hand, compiled, eager)] == contenders
    assert compiled["preparation"] > 0.0
    assert by_hand["preparation"] == eager["preparation"] == 0.0
    assert compiled["paid_off"] >= 1
    assert by_hand["paid_off"] is eager["paid_off"] is None


def test_contenders_that_take_too_long_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def agreeing_workers(module: str, contenders: list[str], **sizes: int) -> Any:
        asked.extend(contenders)
        raise processes.BenchmarkError("far enough")

    monkeypatch.setattr(suite, "agreeing_workers", agreeing_workers)
    with pytest.raises(processes.BenchmarkError, match="far enough"):
        list(suite.run(["W5-1024"], 1, lambda _: None))
    assert "micrograd_bp compiled" in asked
    assert "micrograd_bp eager" not in asked


@pytest.mark.parametrize(
    ("median", "preparation", "runs"),
    [(1.0, 18.0, 2), (1.0, 18.5, 3), (9.5, 1000.0, 2000), (10.0, 5.0, None), (11.0, 5.0, None), (1.0, 0.0, None)],
)
def test_preparing_has_paid_off_when_it_takes_less_time_in_all(
    median: float, preparation: float, runs: int | None
) -> None:
    eager = report.Measurement("W1", "", "ms", suite.EAGER, [10.0])
    compiled = report.Measurement("W1", "", "ms", "micrograd_bp compiled", [median], preparation)
    assert suite.paid_off(compiled, eager).paid_off == runs


def test_preparing_is_timed_with_the_first_run(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    monkeypatch.setattr(workload.time, "process_time", lambda: happened.append("clock") or float(len(happened)))

    def build() -> Any:
        happened.append("build")
        return lambda: happened.append("run")

    prepared = workload.prepare(build, lambda result: (0.0, []))
    assert happened == ["clock", "build", "run", "clock"]
    assert prepared.seconds == 3.0


def test_what_a_contender_needs_is_in_its_name() -> None:
    assert peers.needed("by hand") == ["numpy"]
    assert peers.needed("jax") == ["jax"]
    assert peers.needed("micrograd_bp compiled unfused") == ["micrograd_bp"]
    assert peers.needed("micrograd_bp on JAX per point") == ["micrograd_bp", "jax"]


@pytest.mark.parametrize("shape", compile_time.SHAPES)
def test_graphs_whose_compilation_is_timed_have_the_size_they_say(shape: str) -> None:
    loss, inputs, parameters = compile_time.SHAPES[shape](1000)
    leaves = len(parameters) + sum(len(group) for group in inputs.values())
    operations = len(topological_order(loss)) - leaves
    assert operations == pytest.approx({"chain": 1000, "network": 61, "network-unfused": 932}[shape], rel=0.02)


def test_compile_times_are_per_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compile_time, "SIZES", (1000,))
    measurements = list(compile_time.run(["chain"], 2, lambda _: None))
    assert [each.contender for each in measurements] == ["1,000 operations: graph", "1,000 operations: program"]
    assert {each.unit for each in measurements} == {"µs per operation"}
    assert all(figure > 0.0 for each in measurements for figure in each.figures)


def test_first_results_are_cold_and_from_disk_where_something_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    takes_part = []
    monkeypatch.setattr(first_result, "installed", lambda names: takes_part.extend(names) or takes_part[:2])
    measurements = list(first_result.run(["W3"], 1, lambda _: None))
    assert takes_part == ["micrograd_bp compiled", "micrograd_bp native", "jax"]
    assert [each.contender for each in measurements] == [*takes_part[:2], "micrograd_bp native, from disk"]
    assert all(each.median > 0.0 for each in measurements)
