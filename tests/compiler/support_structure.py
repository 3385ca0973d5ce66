"""What tests of a program's structure read off its source: which products of matrices it takes."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from micrograd_bp import MLP, Value, compile, dot, mse


class Products(NamedTuple):
    """How many products of matrices a program takes: in the loss and its gradient, and in a prediction."""

    training: int
    prediction: int


def products(source: str) -> Products:
    """Counts the products in a program's two functions; helpers that they call are counted where they are called."""
    functions = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}

    def count(name: str) -> int:
        found = 0
        for node in ast.walk(functions[name]):
            # A vector times itself is a sum of squares, and no product of matrices.
            found += (
                isinstance(node, ast.BinOp)
                and isinstance(node.op, ast.MatMult)
                and ast.unparse(node.left) != ast.unparse(node.right)
            )
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called.split(".")[-1] not in ("matmul", "einsum", "tensordot", "inner", "vdot", "dot")
                found += count(called) if called in functions else 0
        return found

    return Products(count("value_and_gradient"), count("predict") if "predict" in functions else 0)


def statements(source: str) -> Iterator[str]:
    """The statements of a program as Python writes them, without comments and docstrings."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return)):
            yield ast.unparse(node)


def up_to_names(source: str) -> str:
    """The program with its variables numbered as they come, so that only what it computes is left."""
    tree = ast.parse(source)
    numbered: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.Module)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = numbered.setdefault(node.id, f"v{len(numbered)}")
        elif isinstance(node, ast.arg):
            node.arg = numbered.setdefault(node.arg, f"v{len(numbered)}")
    return ast.unparse(tree)


def sample(count: int, label: str = "") -> list[Value]:
    """Leaves for one sample."""
    return [Value(0.1 * (i + 1), label=f"{label}{i}" if label else "") for i in range(count)]


def vector(count: int) -> list[Value]:
    """Parameters."""
    return [Value(0.3 - 0.1 * i) for i in range(count)]


def dense(inputs: list[Value], neurons: list[tuple[list[Value], Value]], activation: str = "") -> list[Value]:
    """A layer of `dot`s with the given weights and biases."""
    sums = [dot(weights, inputs, bias) for weights, bias in neurons]
    return [getattr(z, activation)() for z in sums] if activation else sums


def neurons(count: int, n_inputs: int) -> list[tuple[list[Value], Value]]:
    """Weights and a bias for each neuron of a layer."""
    return [(vector(n_inputs), Value(0.1)) for _ in range(count)]


def parameters_of(*layers: list[tuple[list[Value], Value]]) -> list[Value]:
    """The weights and biases of layers, neuron by neuron."""
    return [each for layer in layers for weights, bias in layer for each in (*weights, bias)]


def network_program(model: MLP, n_inputs: int, n_outputs: int):
    """The program of a network with the mean squared error."""
    x, t = sample(n_inputs), sample(n_outputs)
    outputs = model(x)
    outputs = [outputs] if isinstance(outputs, Value) else outputs
    return compile(
        mse([outputs], [t]), inputs={"X": x, "T": t}, parameters=model.parameters(), outputs={"scores": outputs}
    )
