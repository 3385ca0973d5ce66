"""docs/checking.md: its files, its sessions, and the words of its table."""

import re
import shlex
from pathlib import Path

import pytest

from micrograd_bp.cli import check as command
from tests.cli.checking import arguments, run

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs" / "checking.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```python\n# (\S+)\n(.*?)```", DOC, flags=re.DOTALL))
SESSIONS = dict(re.findall(r"```text\n\$ micrograd-bp check (.*?)\n(.*?)```", DOC, flags=re.DOTALL))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name, code in FILES.items():
        (tmp_path / name).write_text(f"# {name}\n{code}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("words", "shown"), SESSIONS.items(), ids=SESSIONS)
def test_a_session_is_what_really_comes(words, shown, capsys):
    code = run(*shlex.split(words))
    captured = capsys.readouterr()
    assert (captured.out + captured.err).strip() == shown.strip()
    assert code == (1 if " wrong" in shown else 2 if "not found" in shown or "hand some over" in shown else 0)


@pytest.mark.usefixtures("folder")
def test_the_line_that_is_proposed_makes_all_right(capsys):
    wrong, right = (SESSIONS["my_layer.py:TanhLayer"].splitlines()[line].partition(": ")[2] for line in (-3, -1))
    Path("my_layer.py").write_text(FILES["my_layer.py"].replace(wrong, right), encoding="utf-8")
    assert run("my_layer.py:TanhLayer") == 0


def test_there_is_one_of_each_kind():
    assert len(SESSIONS) == 8
    assert {name for name in FILES if any(words.startswith(name) for words in SESSIONS)} == set(FILES)


def test_the_options_of_the_table_are_understood():
    table = DOC.split("## What to type")[1].split("\n## ")[0]
    lines = re.findall(r"`((?:micrograd-bp check|…|--).*?)`", table)
    assert len(lines) > 15
    for line in lines:
        words = shlex.split(line.replace("micrograd-bp check", "").replace("…", ""))
        target = [] if words and not words[0].startswith("--") else ["layers.py"]
        assert arguments(*target, *words).run is command.run
