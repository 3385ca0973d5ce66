"""What the package offers, and what is in the files that are built from the tree."""

import doctest
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

import micrograd_bp
import micrograd_bp.results

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "package",
    ["", ".engine", ".engine.operations", ".nn", ".datasets", ".matrix"],
    ids=lambda name: f"micrograd_bp{name}",
)
def test_the_names_of_all_exist_and_are_listed_once(package: str) -> None:
    module = importlib.import_module(f"micrograd_bp{package}")
    assert module.__all__
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
    assert len(set(module.__all__)) == len(module.__all__)


def test_every_operation_is_a_function_of_the_package_but_a_star_import_spares_pythons_own() -> None:
    assert [name for name in micrograd_bp.engine.operations.__all__ if not callable(getattr(micrograd_bp, name))] == []
    namespace: dict[str, object] = {}
    exec("from micrograd_bp import *", namespace)
    assert not {"sum", "abs", "pow", "compile"} & set(namespace)
    assert {"Value", "MLP", "Training", "operation"} <= set(namespace)


def test_dir_lists_what_people_may_use_and_nothing_else() -> None:
    listed = dir(micrograd_bp)
    assert set(listed) == {*micrograd_bp.__all__, *micrograd_bp.OPERATIONS, "compile", "__version__"}
    assert all(hasattr(micrograd_bp, name) for name in listed)


@pytest.mark.parametrize("name", ["Explanation", "GradientReport", "Page", "Program"])
def test_what_has_moved_is_still_there_and_says_where_it_is(name: str) -> None:
    with pytest.warns(DeprecationWarning, match=rf"micrograd_bp\.{name} is micrograd_bp\.results\.{name} now"):
        moved = getattr(micrograd_bp, name)
    assert moved is getattr(micrograd_bp.results, name)


def test_the_example_in_the_docstring() -> None:
    results = doctest.testmod(micrograd_bp)
    assert results.attempted > 0
    assert results.failed == 0


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert micrograd_bp.__version__ == project["version"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The names in a wheel and in an sdist, built from a copy of the tree in which things lie about."""
    folder = tmp_path_factory.mktemp("build")
    tree, out = folder / "tree", folder / "out"
    tree.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, tree)
    for name in ("micrograd_bp", "tests"):
        shutil.copytree(ROOT / name, tree / name)
    for litter in (
        ".venv/lib/litter.py",
        "tests/.venv/litter.py",
        "micrograd_bp/__pycache__/litter.pyc",
        "dist/litter",
    ):
        (tree / litter).parent.mkdir(parents=True, exist_ok=True)
        (tree / litter).write_text("")
    environment = dict(os.environ)
    if importlib.util.find_spec("hatchling") is None:
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder / "backend"), "hatchling"]
        subprocess.run(install, check=True)
        environment["PYTHONPATH"] = str(folder / "backend")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-t", "sdist", "-d", str(out)]
    done = subprocess.run(build, cwd=tree, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,), (sdist,) = out.glob("*.whl"), out.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = set(archive.namelist())
        (entry_points,) = [name for name in in_wheel if name.endswith("entry_points.txt")]
        assert "micrograd-bp = micrograd_bp.cli:main" in archive.read(entry_points).decode()
    with tarfile.open(sdist) as tar:
        in_sdist = {name.partition("/")[2] for name in tar.getnames()}
    return {"wheel": in_wheel, "sdist": in_sdist}


def test_data_and_types_are_in_what_is_built(built: dict[str, set[str]]) -> None:
    names = {"py.typed", "datasets/iris.csv", "engine/methods.pyi", "engine/operations.pyi"}
    names |= {f"views/adapter/vscode/{name}" for name in ("package.json", "extension.js", "README.md", "icon.png")}
    assert {f"micrograd_bp/{name}" for name in names} <= built["wheel"] & built["sdist"]


def test_every_module_is_in_what_is_built(built: dict[str, set[str]]) -> None:
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "micrograd_bp").rglob("*.py")}
    assert len(modules) > 30
    assert modules - built["wheel"] == set()
    assert modules - built["sdist"] == set()


def test_nothing_that_lies_about_is_in_what_is_built(built: dict[str, set[str]]) -> None:
    names = built["wheel"] | built["sdist"]
    assert [name for name in names if "litter" in name or ".venv" in name or "__pycache__" in name] == []


def test_the_tests_come_with_the_sdist_and_not_with_the_wheel(built: dict[str, set[str]]) -> None:
    assert "tests/test_package.py" in built["sdist"]
    assert {name.partition("/")[0] for name in built["wheel"]} == {
        "micrograd_bp",
        f"micrograd_bp-{micrograd_bp.__version__}.dist-info",
    }
