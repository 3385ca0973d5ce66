"""The README and docs/ say what is there: what they name is in its file, and their code does what it shows."""

import ast
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
"""What they say, by their paths. The files and sessions of docs/checking.md are in `tests/cli/test_check_doc.py`."""


def test_the_readme_can_be_read_in_one_sitting() -> None:
    assert len(PAGES["README.md"].splitlines()) <= 250


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
    links = [
        (name, (ROOT / page).parent / path)
        for page, text in PAGES.items()
        for name, path in re.findall(r"\[`([^\]]+)`\]\((?!https?:)([^)#]+\.py)\)", text)
    ]
    links = [(name, path) for name, path in links if not path.as_posix().endswith(name)]
    assert len(links) > 30
    assert [(name, path) for name, path in links if name not in definitions(path)] == []


def test_every_row_of_the_lessons_names_code_and_a_test() -> None:
    rows = [line.split(" | ") for line in PAGES["docs/lessons.md"].splitlines() if line.startswith("| ")][1:]
    rows = [row for row in rows if not row[0].startswith("| *")]
    assert len(rows) >= 14
    for _, code, shown_by in rows:
        assert re.search(r"\(\.\./(micrograd_bp|examples)/", code)
        assert re.search(r"\(\.\./tests/", shown_by)


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


def blocks(page: str) -> list[tuple[str, str]]:
    """The Python of a page, each block with the text that follows it; files to be checked are no such blocks."""
    found = re.findall(r"```python\n(.*?)```(?:\s*```text\n(.*?)```)?", PAGES[page], flags=re.DOTALL)
    return [(code, shown) for code, shown in found if not re.match(r"# \w+\.py\n", code)]


RUN_EACH = """
import os, runpy, sys, traceback
for file in sys.argv[1:]:
    os.chdir(os.path.dirname(file))
    try:
        runpy.run_path(file, run_name="__main__")
    except Exception:
        traceback.print_exc(file=sys.stdout)
    print(end="\\f")
"""


def test_code_does_what_it_shows(tmp_path: Path) -> None:
    """What stands in a comment behind a print, or in the block below, is what it prints; all blocks in one process."""
    files = {}
    for page in PAGES:
        folder = tmp_path / page
        folder.mkdir(parents=True)
        for number, block in enumerate(blocks(page)):
            files[folder / f"block_{number}.py"] = block
    for file, (code, _) in files.items():
        file.write_text(code, encoding="utf-8")
    done = python("-W", "error", "-c", RUN_EACH, *map(str, files), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    *printed, after = done.stdout.split("\f")
    assert after == ""
    for (file, (code, shown)), output in zip(files.items(), printed, strict=True):
        assert ("Traceback" in output) == ("GradientError" in shown), output
        in_comments = re.findall(r"print\(.*?\)\s+# ([^:\n]+)", code)
        for expected in [*in_comments, *shown.splitlines()]:
            assert expected.strip() in output, file


def test_what_the_readme_quotes_is_replayed_on_a_page() -> None:
    readme = PAGES["README.md"]
    alone = re.findall(r"(?<!```)\n\n```text\n((?!\$).*?)```", readme, flags=re.DOTALL)
    assert len(alone) == 1
    assert [quoted for quoted in alone if quoted not in PAGES["docs/checking.md"]] == []


COMMANDS = [
    command
    for text in PAGES.values()
    for block in re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    for command in block.splitlines()
    if re.match(r"micrograd-bp .* -o ", command)
]


def test_the_commands_write_what_they_say(tmp_path: Path) -> None:
    """One after the other, in one process, after the block that saves a model."""
    (saves,) = [code for code, _ in blocks("docs/networks.md") if 'model.save("xor.json")' in code]
    commands = [shlex.split(command.replace("examples/", f"{ROOT.as_posix()}/examples/"))[1:] for command in COMMANDS]
    assert len(commands) == 7
    run = f"from micrograd_bp.cli import main\nfor words in {commands}:\n    assert main(words) == 0, words\n"
    done = python("-W", "error", "-c", saves + run, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for words in commands:
        assert (tmp_path / words[words.index("-o") + 1]).stat().st_size > 1000


SESSIONS = [
    block
    for text in PAGES.values()
    for block in re.findall(r"```text\n(\$ .*?)```", text, flags=re.DOTALL)
    if block.startswith(("$ micrograd-bp debug", "$ python -m pdb"))
]


def test_there_are_sessions_to_replay() -> None:
    assert len(SESSIONS) == 4


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
