"""Files are written whole or not at all, whatever comes between."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    write_json(tmp_path / "real.json", "thing", {"n": 1})
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    write_json(tmp_path / "link.json", "thing", {"n": 2})
    assert (tmp_path / "link.json").is_symlink()
    assert read_json(tmp_path / "real.json", "thing")["n"] == 2
