"""`micrograd-bp draw`, as somebody types it."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from micrograd_bp import MLP
from micrograd_bp.cli import main
from micrograd_bp.views.drawing import renderer

NEURON = ["tanh(w1*x1 + w2*x2 + b)", "x1=2", "x2=0", "w1=-3", "w2=1", "b=6.88"]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.json"
    MLP(4, [8, 3], activation="tanh", rng=0).save(path)
    return path


def test_an_expression_as_svg(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "neuron.svg"
    assert main(["draw", *NEURON, "-o", str(target)]) == 0
    assert capsys.readouterr().out == f"wrote {target}\n"
    shown = [element.text for element in ElementTree.parse(target).iter("{http://www.w3.org/2000/svg}text")]
    assert {"x1", "w1", "tanh"} <= set(shown)
    assert [file.name for file in tmp_path.iterdir()] == ["neuron.svg"]


def test_a_network_as_png(model: Path, tmp_path: Path) -> None:
    target = tmp_path / "network.png"
    assert main(["draw", str(model), "--input=5.1,-3.5,1.4,0.2", "-o", str(target)]) == 0
    assert target.read_bytes().startswith(b"\x89PNG")


def test_what_a_script_computes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "train.py"
    script.write_text(
        "from micrograd_bp import Value\nwages, hours = Value(2.0), Value(3.0)\npay = wages * hours\n"
        "(pay * 2).backward()\nprint(pay.data)\n",
        encoding="utf-8",
    )
    for what, boxes in ((f"{script}:pay", 3), (str(script), 5)):
        assert main(["draw", what]) == 0
        printed = capsys.readouterr()
        assert printed.err == "6.0\n"
        assert printed.out.count("tooltip=") - printed.out.count("labeltooltip=") == 1 + boxes + (boxes - 1)
        assert {"wages", "hours"} <= set(re.findall("<B>(.*?)</B>", printed.out))
    assert main(["draw", f"{script}:price"]) == 2
    assert "has nothing called price; its Values are wages, hours, pay" in capsys.readouterr().err


def test_the_source_without_a_renderer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(renderer, "programs", lambda output_format: iter(()))
    assert main(["draw", *NEURON]) == 0
    source = capsys.readouterr().out
    assert source.startswith("digraph gradient_flow {")
    assert main(["draw", *NEURON, "-o", str(tmp_path / "neuron.gv")]) == 0
    assert (tmp_path / "neuron.gv").read_text(encoding="utf-8") == source
    assert main(["draw", *NEURON, "-o", str(tmp_path / "neuron.svg")]) == 2
    assert "pip install graphviz-pure" in capsys.readouterr().err
    assert not (tmp_path / "neuron.svg").exists()


def test_detail_and_direction(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["draw", str(model), "--input=1,2,3,4", "--detail", "layers", "--direction", "TB"]) == 0
    source = capsys.readouterr().out
    assert "rankdir=TB" in source
    assert "neurons.0" not in source


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tanh(w*x)"], "no value for w, x: add w=1.0 x=1.0"),
        (["tanh(x)", "x=1", "y=2"], "no y in 'tanh(x)'"),
        (["tanh(x)", "x"], "expected NAME=NUMBER, such as w=-3, got 'x'"),
        (["tanh(x)", "x=two"], "x needs a number, got 'two'"),
        (["tanh(x", "x=1"], "this is not an expression"),
        (["log(x)", "x=-1"], "log needs x > 0; got x = -1 (label 'x')"),
        (["x" * 5000], "too long"),
        (["x", "x=1", "-o", "picture.bmp"], "unknown kind of file 'picture.bmp'"),
        (["x", "x=1", "-o", "no/such/folder/picture.svg"], "No such file or directory"),
        (["x", "x=1", "--input=1"], "--input is for a network"),
        (["absent.json", "--input=1"], "No such file or directory: 'absent.json'"),
    ],
)
def test_one_clear_line(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    place = next((i for i, argument in enumerate(arguments) if argument.startswith("--") and "x" in argument), None)
    if place is not None:
        arguments = ["--", *arguments]
    assert main(["draw", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("micrograd-bp draw: ")
    assert words in printed.err
    assert printed.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "needs numbers to go in: --input="),
        (["--input=1,2"], "takes 4 inputs, got 2"),
        (["--input=1,2,3,a"], "--input needs a number, got 'a'"),
        (["--input="], "--input needs a number, got ''"),
        (["x=1", "--input=1,2,3,4"], "a network takes --input=…, not 'x=1'"),
    ],
)
def test_one_clear_line_for_a_network(
    arguments: list[str], words: str, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["draw", str(model), *arguments]) == 2
    printed = capsys.readouterr()
    assert words in printed.err
    assert printed.err.count("\n") == 1


def test_a_file_that_is_no_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "other.json"
    path.write_text("{}", encoding="utf-8")
    assert main(["draw", str(path), "--input=1"]) == 2
    assert "is not a model file" in capsys.readouterr().err


def test_in_a_process_of_its_own(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "micrograd_bp", "draw", *NEURON, "-o", str(tmp_path / "neuron.svg")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert (tmp_path / "neuron.svg").stat().st_size > 1000
