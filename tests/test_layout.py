"""How the package is laid out: imports point one way, folders keep to their budgets, importing is light."""

import ast
import graphlib
import json
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

import micrograd_bp

PACKAGE = Path(micrograd_bp.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path for path in sorted(PACKAGE.rglob("*.py"))
}

KNOWS: dict[str, set[str]] = {
    "engine": set(),
    "optimizers": set(),
    "files": set(),
    "datasets": set(),
    "nn": {"engine", "files", "optimizers", "training"},
    "training": {"engine", "files", "optimizers"},
    "views": {"engine", "expressions", "files", "optimizers", "training"},  # conditions of breakpoints are expressions
    "compiler": {"engine", "files", "optimizers", "training"},
    "expressions": {"engine"},
    "matrix": set(),  # the independent witness
    "checks": {"engine", "nn", "matrix"},
}
"""The parts that each part may import besides itself, except those that see everything."""

SEE_EVERYTHING = {"cli", "results", "__main__", "__init__"}


def part_of(module: str) -> str:
    """The folder or file directly in the package: `nn` for `micrograd_bp.nn.losses`."""
    return [*module.split("."), "__init__"][1]


def imports(source: str, module: str, *, is_package: bool = False) -> set[str]:
    """The full names of what `source` imports anywhere in it, also inside functions: modules, and names in modules."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            around = module.split(".")[: len(module.split(".")) - node.level + is_package] if node.level else []
            base = ".".join([*around, *([node.module] if node.module else [])])
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


@cache
def imports_of(module: str) -> set[str]:
    path = MODULES[module]
    is_package = path.name == "__init__.py"
    return imports(path.read_text(encoding="utf-8"), module.removesuffix(".__init__"), is_package=is_package)


def parts_imported(names: set[str]) -> set[str]:
    """The parts of this package among imported names; "__init__" for a name that is no part."""
    parts = {part_of(name) for name in names if name.split(".")[0] == "micrograd_bp"}
    return {part if part in KNOWS or part in SEE_EVERYTHING else "__init__" for part in parts}


def test_imports_point_one_way() -> None:
    for module in MODULES:
        part = part_of(module)
        if part not in SEE_EVERYTHING:
            assert part in KNOWS, f"a new part of the package: say in KNOWS what {part} may import"
            assert parts_imported(imports_of(module)) <= KNOWS[part] | {part}, module


def test_the_engine_needs_the_standard_library_and_numpy_only_where_it_is_used() -> None:
    for module in (module for module in MODULES if part_of(module) == "engine"):
        outside = {name.split(".")[0] for name in imports_of(module)} - sys.stdlib_module_names
        assert outside <= {"micrograd_bp", "numpy"}, module
        body = ast.parse(MODULES[module].read_text(encoding="utf-8")).body
        at_the_top = [ast.unparse(node) for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
        assert not any("numpy" in name for name in imports("\n".join(at_the_top), module)), module


def test_parts_do_not_import_each_other_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for module in MODULES:
        graph.setdefault(part_of(module), set()).update(parts_imported(imports_of(module)) - {part_of(module)})
    for part in SEE_EVERYTHING:
        graph.pop(part, None)
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError


def test_the_compiler_imports_in_the_order_in_which_things_happen() -> None:
    names = [f"micrograd_bp.compiler.{folder}." for folder in ("find", "arrays", "write", "run")]
    for module in MODULES:
        for place, name in enumerate(names):
            if module.startswith(name):
                assert not any(each.startswith(tuple(names[place + 1 :])) for each in imports_of(module)), module


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    """Not within functions, and not for types alone: two that know of each other are one idea."""
    names = {module.removesuffix(".__init__") for module in MODULES}
    graph = {
        module.removesuffix(".__init__"): {
            name if name in names else name.rpartition(".")[0] for name in imports_of(module)
        }
        & names
        for module in MODULES
    }
    assert sum(map(len, graph.values())) > 500
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError


@pytest.mark.parametrize(
    ("source", "module", "expected"),
    [
        ("import micrograd_bp.nn.losses", "micrograd_bp.engine.value", {"nn"}),
        ("from micrograd_bp.nn import mse", "micrograd_bp.engine.value", {"nn"}),
        ("from micrograd_bp import nn, Value", "micrograd_bp.matrix.mlp", {"nn", "__init__"}),
        ("def f():\n    from ..engine.value import Value", "micrograd_bp.matrix.mlp", {"engine"}),
        ("from . import losses", "micrograd_bp.matrix.mlp", {"matrix"}),
        ("from .. import engine", "micrograd_bp.matrix.mlp", {"engine"}),
        ("import numpy, micrograd_bp", "micrograd_bp.matrix.mlp", {"__init__"}),
    ],
)
def test_the_reader_of_imports_sees_them(source: str, module: str, expected: set[str]) -> None:
    assert parts_imported(imports(source, module)) == expected


def test_the_reader_of_imports_reads_this_package() -> None:
    assert {"engine", "files", "optimizers"} <= parts_imported(imports_of("micrograd_bp.training"))
    assert parts_imported(imports_of("micrograd_bp.matrix.__init__")) == {"matrix"}


BUDGETS = {
    "": 1_000,
    "checks": 5_750,
    "cli": 1_270,
    "compiler": 10_056,
    "datasets": 100,
    "engine": 5_650,
    "matrix": 690,
    "nn": 1_150,
    "views": 1_520,
    "views/adapter": 1_950,
    "views/debugger": 1_590,
    "views/drawing": 1_880,
    "views/explain": 850,
    "views/page": 1_270,
    "views/steps": 660,
}
"""How many lines of Python each folder has at most; what gets shorter lowers its budget."""


def folder_of(path: Path) -> str:
    """The folder whose budget a file is in: a part of the package, or of its views; "" for the package itself."""
    parts = path.relative_to(PACKAGE).parts[:-1]
    return "/".join(parts[:2] if parts[:1] == ("views",) else parts[:1])


def test_folders_keep_to_their_budgets() -> None:
    lines = Counter[str]()
    for path in MODULES.values():
        lines[folder_of(path)] += len(path.read_text(encoding="utf-8").splitlines())
    assert set(lines) == set(BUDGETS)
    assert {folder: count for folder, count in lines.items() if count > BUDGETS[folder]} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [name for name, path in MODULES.items() if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert silent == []


def test_no_module_imports_the_collector() -> None:
    assert [module for module in MODULES if "gc" in {name.split(".")[0] for name in imports_of(module)}] == []


def run(code: str) -> list[object]:
    """What `code` prints as JSON, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=True)
    result: list[object] = json.loads(done.stdout)
    return result


def test_importing_is_light() -> None:
    code = "import json, sys, micrograd_bp; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    loaded = set(run(code))
    assert "micrograd_bp" in loaded
    assert not loaded & {"numpy", "rich", "graphviz", "sklearn", "matplotlib", "scipy", "jax"}


def test_the_collectors_settings_are_left_alone() -> None:
    code = """
import gc, json
def settings():
    return [gc.isenabled(), gc.get_threshold(), gc.get_debug(), gc.get_freeze_count(), len(gc.callbacks)]
gc.set_threshold(701, 11, 12)
seen = [settings()]
from micrograd_bp.cli.demo import train_on_iris
seen.append(settings())
train_on_iris(0)
seen.append(settings())
print(json.dumps(seen))
"""
    before, imported, trained = run(code)
    assert before == imported == trained
