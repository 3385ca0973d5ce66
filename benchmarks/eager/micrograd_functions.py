"""What micrograd 0.1.0 lacks for the workloads, in its own style of closures, and room for its recursion."""

import math
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

T = TypeVar("T")

Value: Any = import_module("micrograd.engine").Value  # not an `import`: it has no types, and may be absent


def tanh(x: Any) -> Any:
    """The hyperbolic tangent."""
    out = Value(math.tanh(x.data), (x,), "tanh")

    def _backward() -> None:
        x.grad += (1 - out.data**2) * out.grad

    out._backward = _backward

    return out


def exp(x: Any) -> Any:
    """The exponential function."""
    out = Value(math.exp(x.data), (x,), "exp")

    def _backward() -> None:
        x.grad += out.data * out.grad

    out._backward = _backward

    return out


def log(x: Any) -> Any:
    """The natural logarithm."""
    out = Value(math.log(x.data), (x,), "log")

    def _backward() -> None:
        x.grad += (1 / x.data) * out.grad

    out._backward = _backward

    return out


def with_deep_stack(function: Callable[[], T], depth: int) -> T:
    """Calls `function` where it can recurse `depth` levels deep; micrograd's backward recurses over the graph."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), depth))
    threading.stack_size(1 << 29)
    results: list[T] = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    if not results:
        raise RuntimeError("the function raised; its traceback is above")
    return results[0]
