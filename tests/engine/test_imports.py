"""The engine knows nobody, and is light to import."""

import ast
import sys
from pathlib import Path

import pytest

from micrograd_bp import engine

from .support import fresh_python

FILES = sorted(Path(engine.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_engine_imports_the_engine_and_the_standard_library_only(path):
    """NumPy is imported where it is first needed, never at the top."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            modules = [node.module]
        else:
            continue
        for module in modules:
            top = module.split(".")[0]
            assert module.startswith("micrograd_bp.engine") or top in sys.stdlib_module_names or top == "numpy"
            assert top != "numpy" or node not in tree.body


def test_importing_the_engine_does_not_import_numpy():
    assert fresh_python("import sys, micrograd_bp.engine; print('numpy' in sys.modules)") == "False"
