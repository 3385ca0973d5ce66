"""The stubs are what the table says, and a type checker sees what the table makes."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import micrograd_bp

PACKAGE = Path(micrograd_bp.__file__).parent


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Another process, whose table has no entries of other tests."""
    return subprocess.run([sys.executable, *arguments], cwd=PACKAGE.parent, capture_output=True, text=True)


def test_the_stubs_are_those_of_the_table() -> None:
    code = "import json; from micrograd_bp.engine.stubs import *; print(json.dumps([method_stubs(), function_stubs()]))"
    done = run("-c", code)
    assert done.stderr == ""
    written = [(PACKAGE / "engine" / name).read_text(encoding="utf-8") for name in ("methods.pyi", "operations.pyi")]
    assert json.loads(done.stdout) == written, "run: python -m micrograd_bp.engine.stubs"


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


TYPED = """
from typing import assert_type

import micrograd_bp
from micrograd_bp import MLP, SGD, Layer, ModelObjective, Neuron, Training, Value, cross_entropy, mse
from micrograd_bp import compile, draw, softplus, tanh

v = Value(1.0)
assert_type(v.tanh(), Value)
assert_type(v.arctan(), Value)
assert_type(v.maximum(2), Value)
assert_type(v.leaky_relu(slope=0.1), Value)
assert_type(2 * v + 1, Value)
assert_type(1 / v**2 - (-v), Value)
assert_type(2**v, Value)
assert_type(v < 2, bool)
assert_type(v.data, float)
assert_type(micrograd_bp.tanh(0.5), float)
assert_type(tanh(0.5), float)
assert_type(softplus(v), Value)
assert_type(micrograd_bp.tanh(v), Value)
assert_type(micrograd_bp.maximum(v, 2), Value)
assert_type(micrograd_bp.maximum(2, v), Value)
assert_type(micrograd_bp.maximum(1, 2), float)
assert_type(micrograd_bp.elu(v, alpha=2.0), Value)
assert_type(micrograd_bp.logsumexp([v, 1.0]), Value)
assert_type(micrograd_bp.logsumexp([1.0, 2.0]), float)
assert_type(micrograd_bp.dot([v], [1.0], 2.0), Value)
network = MLP(2, [3, 1], activation="tanh", rng=0)
assert_type(network, MLP)
assert_type(network.layers[0], Layer)
assert_type(network.layers[0].neurons[0], Neuron)
assert_type(network.layers[0].neurons[0].w[0], Value)
assert_type(network.parameters(), list[Value])
assert_type(network.state_dict(), dict[str, float])
assert_type(MLP.from_file("network.json"), MLP)
assert_type(mse([network([1.0, 2.0])], [0.5]), Value)
assert_type(Training(ModelObjective(network, cross_entropy), SGD(0.1), [[1.0, 2.0]], [0]).run(1), list[float])
"""

WRONG = """
import micrograd_bp
from micrograd_bp import MLP, Value

Value("3")
Value(1.0).tan_h()
Value(1.0).tanh(2.0)
micrograd_bp.tanh("x")
micrograd_bp.elu(0.5, slope=2.0)
MLP(2, 3)
"""


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What mypy says about each of the two snippets, in one run."""
    snippets = {"right_snippet": TYPED, "wrong_snippet": WRONG}
    paths = [tmp_path_factory.mktemp("typed") / f"{name}.py" for name in snippets]
    for path, code in zip(paths, snippets.values(), strict=True):
        path.write_text(code)
    done = run("-m", "mypy", "--strict", "--no-error-summary", *map(str, paths))
    assert done.stderr == ""
    return {name: [line for line in done.stdout.splitlines() if f"{name}.py:" in line] for name in snippets}


def test_a_type_checker_sees_methods_functions_and_networks(checked: dict[str, list[str]]) -> None:
    assert checked["right_snippet"] == []


def test_operations_are_public_to_checkers_that_go_by_the_list_of_exports() -> None:
    """Pyright, which is not installed here, takes what a package imports for private, unless `__all__` has it."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    additions = [node for node in ast.walk(tree) if isinstance(node, ast.AugAssign)]
    assert [ast.unparse(node) for node in additions] == ["__all__ += _operations.__all__"]
    imported = [alias for node in tree.body if isinstance(node, ast.Import) for alias in node.names]
    assert [(each.name, each.asname) for each in imported] == [("micrograd_bp.engine.operations", "_operations")]
    assert "tanh" not in micrograd_bp.__all__
    assert "tanh" in dir(micrograd_bp)


def test_a_type_checker_sees_mistakes(checked: dict[str, list[str]]) -> None:
    found = {int(line.split(":")[1]) for line in checked["wrong_snippet"] if ": error: " in line}
    assert found == {number for number, line in enumerate(WRONG.splitlines(), 1) if "(" in line}
