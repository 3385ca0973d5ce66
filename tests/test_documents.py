"""The documents: their links lead somewhere, and what they name is there. More on the README is in `test_readme.py`."""

import re
from pathlib import Path

import pytest

import micrograd_bp.results

ROOT = Path(__file__).parent.parent

DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))),
    "examples/README.md",
    "examples/exercises/README.md",
]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    path = ROOT / document
    text = path.read_text(encoding="utf-8")
    links = re.findall(r'\]\((?!https?:)([^)#]+)|src="([^"]+)"', text)
    assert links
    for link in links:
        assert (path.parent / "".join(link)).exists(), link


def test_the_index_of_examples_names_each_one() -> None:
    index = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    scripts = [*(ROOT / "examples").glob("*.py"), *(ROOT / "examples").glob("*.ipynb")]
    assert [path.name for path in scripts if f"[{path.name}]({path.name})" not in index] == []


def test_the_reference_has_every_public_name() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "reference").glob("*.md"))
    named = re.findall(r"^\.\. auto\w+:: (?:\w+\.)*(\w+)$", text, flags=re.MULTILINE)
    assert sorted({*micrograd_bp.__all__, *micrograd_bp.results.__all__, "compile"} - set(named)) == []
    assert len(named) == len(set(named))


def test_the_map_of_the_code_names_files_that_there_are() -> None:
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("docs/architecture.md", "CONTRIBUTING.md"))
    named = set(re.findall(r"`((?:\w+/)*\w+\.(?:py|js|css|html))`", text)) - {"y.html", "build/site/index.html"}
    files = [path.as_posix() for folder in ("micrograd_bp", "tests") for path in (ROOT / folder).rglob("*.*")]
    assert len(named) > 50
    assert [name for name in named if not any(path.endswith(f"/{name}") for path in files)] == []
