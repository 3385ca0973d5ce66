"""The README says what is there: its links name what is in the file, and its code does what it shows."""

import ast
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINKS = re.findall(r"\[([^\]]+)\]\((?!https?:)([^)#]+)\)", README)
NAMED_LINKS = [(name.strip("`"), path) for name, path in LINKS if name.startswith("`") and path.endswith(".py")]


def definitions(path: Path) -> set[str]:
    """The functions and classes of a file, and the methods as `Class.method`."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)}
    return found


def test_named_code_is_in_the_file() -> None:
    assert len(NAMED_LINKS) > 30
    assert [(name, path) for name, path in NAMED_LINKS if name not in {path, *definitions(ROOT / path)}] == []


def test_every_row_of_the_lessons_names_code_and_a_test() -> None:
    table = README.split("## The two lessons, in code")[1].split("\n## ")[0]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    rows = [row for row in rows if not row[0].startswith("| *")]
    assert len(rows) >= 14
    for _, code, shown_by in rows:
        assert re.search(r"\((micrograd_bp|examples)/", code)
        assert re.search(r"\(tests/", shown_by)


def python(*arguments: str, cwd: Path, typed: str | None = None) -> "subprocess.CompletedProcess[str]":
    """Python in a fresh process, with this package; `typed` is what it reads."""
    return subprocess.run(
        [sys.executable, *arguments],
        input=typed,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        check=False,
    )


BLOCKS = re.findall(r"```python\n(.*?)```(?:\s*```text\n(.*?)```)?", README, flags=re.DOTALL)


@pytest.mark.parametrize(("code", "shown"), BLOCKS)
def test_code_does_what_it_shows(code: str, shown: str, tmp_path: Path) -> None:
    """In a fresh process. What stands in a comment behind a print, or in the block below, is what it prints."""
    done = python("-W", "error", "-c", code, cwd=tmp_path)
    if "GradientError" in shown:
        assert done.returncode == 1
        assert shown.strip() in done.stderr
        return
    assert done.returncode == 0, done.stderr
    in_comments = re.findall(r"print\(.*?\)\s+# ([^:\n]+)", code)
    for expected in [*in_comments, *shown.splitlines()]:
        assert expected.strip() in done.stdout


COMMANDS = [
    command
    for block in re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    for command in block.splitlines()
    if command.startswith("micrograd-bp ")
]


def test_the_commands_write_what_they_say(tmp_path: Path) -> None:
    """One after the other, from the clone, after the block that saves a model."""
    (saves,) = [code for code, _ in BLOCKS if 'model.save("xor.json")' in code]
    assert python("-c", saves, cwd=tmp_path).returncode == 0
    assert len(COMMANDS) == 7
    for command in COMMANDS:
        words = shlex.split(command.replace("examples/", f"{ROOT.as_posix()}/examples/"))
        done = python("-W", "error", "-m", "micrograd_bp", *words[1:], cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / words[words.index("-o") + 1]).stat().st_size > 1000


def checked(heading: str, target: str, tmp_path: Path) -> tuple[Path, str]:
    """Checks the file that stands below a heading, and holds the answer against what stands there; gives both."""
    section = re.split(r"\n##+ ", README.split(f"### {heading}")[1])[0]
    code, answer = re.findall(r"```(?:python|text)\n(.*?)```", section, flags=re.DOTALL)
    file = tmp_path / target.partition(":")[0]
    file.write_text(code, encoding="utf-8")
    done = python("-W", "error", "-m", "micrograd_bp", "check", target, cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert done.stdout.strip() == answer.strip()
    return file, answer


def test_the_answers_on_a_file(tmp_path: Path) -> None:
    """Are what the command prints for the file above them."""
    checked("A file of your own", "my_layers.py", tmp_path)


def test_the_report_on_a_hand_written_layer(tmp_path: Path) -> None:
    """Is what the command prints for the file above it, and its advice makes all right."""
    file, report = checked("A backward of your own", "my_layer.py:TanhLayer", tmp_path)
    wrong, right = (report.splitlines()[line].partition(": ")[2] for line in (-3, -1))
    file.write_text(file.read_text(encoding="utf-8").replace(wrong, right), encoding="utf-8")
    assert python("-m", "micrograd_bp", "check", "my_layer.py:TanhLayer", cwd=tmp_path).returncode == 0


DEBUGGING = (ROOT / "docs" / "debugging.md").read_text(encoding="utf-8")
SESSIONS = [
    block
    for block in re.findall(r"```text\n(\$ .*?)```", README + DEBUGGING, flags=re.DOTALL)
    if block.startswith(("$ micrograd-bp debug", "$ python -m pdb"))
]


def test_there_are_sessions_to_replay() -> None:
    assert len(SESSIONS) == 3


@pytest.mark.parametrize("session", SESSIONS)
def test_a_session_is_what_really_comes(session: str) -> None:
    first, _, shown = session.partition("\n")
    prompt = "(Pdb) " if "pdb" in first else "(chain) "
    prompted = [line for line in shown.splitlines() if line.startswith(("(Pdb) ", "(chain) "))]
    commands = [line.removeprefix(prompt) for line in prompted if line.startswith(prompt)]
    words = shlex.split(first.removeprefix("$ "))
    arguments = words[1:] if words[0] == "python" else ["-m", "micrograd_bp", *words[1:]]
    done = python(*arguments, cwd=ROOT, typed="".join(f"{line.partition(' ')[2]}\n" for line in prompted))
    really = done.stdout.replace(f"{ROOT}{os.sep}", "…/")
    if prompt == "(Pdb) ":  # pdb does not show what it reads from a pipe
        before, *answers = really.split(prompt)
        pairs = zip(commands, answers, strict=True)
        really = before + "".join(f"{prompt}{command}\n{answer}" for command, answer in pairs)
    assert really.rstrip() == shown.rstrip()
