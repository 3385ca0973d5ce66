"""The stubs are what the table says. What a type checker makes of them is in `typing/`, which `mypy` reads."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import micrograd_bp
from micrograd_bp.engine import OPERATIONS

PACKAGE = Path(micrograd_bp.__file__).parent


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Another process, whose table has no entries of other tests."""
    return subprocess.run([sys.executable, *arguments], cwd=PACKAGE.parent, capture_output=True, text=True)


def test_the_stubs_are_those_of_the_table() -> None:
    code = "import json; from micrograd_bp.engine.stubs import *; print(json.dumps([method_stubs(), function_stubs()]))"
    done = run("-c", code)
    assert done.stderr == ""
    methods, functions = (
        (PACKAGE / "engine" / name).read_text(encoding="utf-8") for name in ("methods.pyi", "operations.pyi")
    )
    assert json.loads(done.stdout) == [methods, functions], "run: python -m micrograd_bp.engine.stubs"
    for name, entry in OPERATIONS.items():
        assert f"\ndef {name}(" in functions
        for method_name in () if entry.many else (name, *entry.aliases):
            assert f"    def {method_name}(self" in methods


ENTRY = """
import json
from micrograd_bp import operation
from micrograd_bp.engine.stubs import function_stubs, method_stubs

@operation("softsign", aliases=("soft",))
def softsign(xp, x, *, scale, power=2.0):
    d = 1.0 + abs(x)
    return scale * x / d, (scale / (d * d),)

print(json.dumps([method_stubs(), function_stubs()]))
"""


def test_a_new_entry_appears_in_the_stubs() -> None:
    methods, functions = json.loads(run("-c", ENTRY).stdout)
    assert "    def softsign(self, *, scale: float, power: float = ...) -> Value: ...\n" in methods
    assert "    def soft(self, *, scale: float, power: float = ...) -> Value: ...\n" in methods
    assert '    "softsign",\n' in functions
    assert "@overload\ndef softsign(x: Value, /, *, scale: float, power: float = ...) -> Value: ...\n" in functions
    assert "@overload\ndef softsign(x: float, /, *, scale: float, power: float = ...) -> float: ...\n" in functions


def test_operations_are_public_to_checkers_that_go_by_the_list_of_exports() -> None:
    """Pyright, which is not installed here, takes what a package imports for private, unless `__all__` has it."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    additions = [node for node in ast.walk(tree) if isinstance(node, ast.AugAssign)]
    assert [ast.unparse(node) for node in additions] == ["__all__ += _operations.__all__"]
    imported = [alias for node in tree.body if isinstance(node, ast.Import) for alias in node.names]
    assert [(each.name, each.asname) for each in imported] == [("micrograd_bp.engine.operations", "_operations")]
    assert "tanh" not in micrograd_bp.__all__
    assert "tanh" in dir(micrograd_bp)
