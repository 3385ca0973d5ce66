"""Files are written whole or not at all, whatever comes between."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

import micrograd_bp
from micrograd_bp import MLP, SGD, ModelObjective, Neuron, Training, mse
from micrograd_bp.files import read_json, write_json


def test_round_trip(tmp_path: Path) -> None:
    content = {"text": "Σ wᵢxᵢ", "numbers": [0.1, -0.0, 1e300], "nothing": None}
    write_json(tmp_path / "a.json", "thing", content)
    assert read_json(tmp_path / "a.json", "thing") == {"format": "micrograd_bp thing", "version": 1, **content}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_new_file_replaces_the_old_one_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, "thing", {"n": 1})
    assert path.stat().st_mode & 0o777 == 0o666 & ~current_umask()
    path.chmod(0o640)
    write_json(str(path), "thing", {"n": 2})
    assert read_json(path, "thing")["n"] == 2
    assert path.stat().st_mode & 0o777 == 0o640


def current_umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


def save_network(path: Path) -> None:
    MLP(2, [3, 1], rng=1).save(path)


def save_run(path: Path) -> None:
    Training(ModelObjective(Neuron(1, rng=1), mse), SGD(0.1), [1.0], [2.0]).save(path)


def save_thing(path: Path) -> None:
    write_json(path, "thing", {"n": 2})


@pytest.mark.parametrize("save", [save_network, save_run, save_thing])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize(
    ("function", "old"),
    [
        ("fsync", True),
        ("fsync", False),
        ("replace", True),
        ("replace", False),
        ("chmod", True),
    ],  # a new file has no mode to keep
)
def test_an_interrupted_write_leaves_the_old_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    save: Callable[[Path], None],
    error: BaseException,
    function: str,
    old: bool,
) -> None:
    path = tmp_path / "a.json"
    if old:
        path.write_text("old")

    def fail(*_: Any, **__: Any) -> Any:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(os, function, fail)
        with pytest.raises(type(error)):
            save(path)
    assert [each.read_text() for each in tmp_path.iterdir()] == ["old"] * old  # and nothing half-written beside it
    save(path)
    assert json.loads(path.read_text())["version"] == 1


def test_content_that_is_no_json_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, "thing", {"n": 1})
    with pytest.raises(TypeError, match="not JSON serializable"):
        write_json(path, "thing", {"n": object()})
    assert read_json(path, "thing")["n"] == 1
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


SAVE_FOR_EVER = """
import sys
from micrograd_bp import MLP
network = MLP(30, [100, 1], rng=0)
parameters = network.parameters()
number = 0.0
while True:
    number += 1.0
    for parameter in parameters:
        parameter.data = number
    network.save(sys.argv[1])
    if number == 3.0:
        print("saving", flush=True)
"""


def test_a_file_loads_after_kill_9_in_the_middle_of_saving(tmp_path: Path) -> None:
    path, rng = tmp_path / "model.json", Random(0)
    command = [sys.executable, "-c", SAVE_FOR_EVER, str(path)]
    for _ in range(6):
        with subprocess.Popen(command, cwd=Path(micrograd_bp.__file__).parents[1], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"saving\n"
            try:
                child.wait(rng.uniform(0.02, 0.2))
            except subprocess.TimeoutExpired:
                child.kill()
        assert child.returncode == -signal.SIGKILL
        network = MLP.from_file(path)
        numbers = set(network.state_dict().values())
        assert len(numbers) == 1  # all of one save


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    write_json(tmp_path / "real.json", "thing", {"n": 1})
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    write_json(tmp_path / "link.json", "thing", {"n": 2})
    assert (tmp_path / "link.json").is_symlink()
    assert read_json(tmp_path / "real.json", "thing")["n"] == 2
