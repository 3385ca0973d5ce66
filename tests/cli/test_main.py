"""The command line itself."""

import subprocess
import sys
from pathlib import Path

import pytest

import micrograd_bp
from micrograd_bp.cli import demo, main


@pytest.mark.parametrize("arguments", [["fly"], [], ["demo", "--seed", "one"], ["demo", "more"], ["--unknown"]])
def test_what_is_not_understood_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "usage: micrograd-bp" in printed.err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"micrograd-bp {micrograd_bp.__version__}\n"


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "demo" in capsys.readouterr().out


def test_a_command_gives_the_exit_code(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(demo, "EPOCHS", 2)
    assert main(["demo", "--seed", "4"]) == 0
    first = capsys.readouterr().out
    assert "epoch 2/2" in " ".join(first.split())
    assert main(["demo", "--seed", "5"]) == 0
    assert capsys.readouterr().out != first


@pytest.mark.parametrize(("arguments", "code"), [(["--version"], 0), (["fly"], 2)])
def test_the_package_runs_as_a_module(arguments: list[str], code: int) -> None:
    command = [sys.executable, "-m", "micrograd_bp", *arguments]
    done = subprocess.run(command, cwd=Path(micrograd_bp.__file__).parents[1], capture_output=True, text=True)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
