"""`micrograd-bp page`, as somebody types it."""

import argparse
import re
import subprocess
import sys
from pathlib import Path

import pytest

from micrograd_bp import MLP
from micrograd_bp.cli import page

NEURON = ["tanh((n := w1*x1 + w2*x2 + b))", "x1=2", "x2=0", "w1=-3", "w2=1", "b=6.88"]


def main(arguments: list[str]) -> int:
    """The command without the others around it."""
    parser = argparse.ArgumentParser()
    page.add_parser(parser.add_subparsers(required=True))
    parsed = parser.parse_args(["page", *arguments])
    return int(parsed.run(parsed))


def test_an_expression(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "neuron.html"
    assert main([*NEURON, "-o", str(target)]) == 0
    assert capsys.readouterr().out == f"wrote {target}\n"
    text = target.read_text(encoding="utf-8")
    assert all(f'data-name="{name}"' in text for name in ("x1", "w1", "n", "tanh"))
    assert '"along":[["1 - tanh(⟨0,0⟩)²","1 - ⟨y,6⟩²"]]' in text
    assert [file.name for file in tmp_path.iterdir()] == ["neuron.html"]


def test_options(tmp_path: Path) -> None:
    target = tmp_path / "neuron.html"
    options = [
        "--forward",
        "--exercise",
        "--local-derivatives",
        "--title",
        "Sheet <1>",
        "--direction",
        "TB",
        "-o",
        str(target),
    ]
    assert main([*NEURON, *options]) == 0
    text = target.read_text(encoding="utf-8")
    assert "<title>Sheet &lt;1&gt;</title>" in text
    assert '"forward":true,"hidden":["gradients","local derivatives"]' in text


def test_a_network(tmp_path: Path) -> None:
    model, target = tmp_path / "model.json", tmp_path / "network.html"
    MLP(2, [3, 1], activation="tanh", rng=0).save(model)
    assert main([str(model), "--input=1,-2", "-o", str(target)]) == 0
    assert 'data-name="layers.0.neurons.2.weights.1"' in target.read_text(encoding="utf-8")


SCRIPT = """
from micrograd_bp import Value
x = Value(2.0)
weights = [Value(3.0), Value(4.0)]
loss = x * weights[0] + weights[1]
other = x.tanh()
if __name__ == "__main__":
    loss.backward()
"""


@pytest.mark.parametrize(("name", "there", "absent"), [("", "weights.0", "tanh"), (":other", "other", "weights.0")])
def test_a_script(name: str, there: str, absent: str, tmp_path: Path) -> None:
    script, target = tmp_path / "train.py", tmp_path / "steps.html"
    script.write_text(SCRIPT)
    assert main([f"{script}{name}", "-o", str(target)]) == 0
    text = target.read_text(encoding="utf-8")
    assert f'data-name="{there}"' in text
    assert f'data-name="{absent}"' not in text
    assert re.search(r'"sources":{.*"train.py:\d"', text)


def test_without_a_name_the_file_is_steps_html(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["tanh(x)", "x=1"]) == 0
    assert [file.name for file in tmp_path.iterdir()] == ["steps.html"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tanh(w*x)"], "no value for w, x"),
        (["tanh(x)", "x=two"], "x needs a number, got 'two'"),
        (["tanh(x", "x=1"], "this is not an expression"),
        (["log(x)", "x=-1"], "log needs x > 0"),
        (["tanh(x)", "x=1", "-o", "steps.pdf"], "ends with .html, got 'steps.pdf'"),
        (["tanh(x)", "x=1", "--input=1"], "--input is for a network"),
        (["absent.json", "--input=1"], "No such file or directory: 'absent.json'"),
        (["absent.py"], "cannot read absent.py"),
        (["absent.py", "x=1"], "numbers are for the names in an expression"),
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
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("micrograd-bp page: ")
    assert words in printed.err
    assert printed.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_in_a_process_of_its_own(tmp_path: Path) -> None:
    target = tmp_path / "neuron.html"
    command = [sys.executable, "-W", "error", "-m", "micrograd_bp", "page", *NEURON, "-o", str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert target.stat().st_size > 10_000
