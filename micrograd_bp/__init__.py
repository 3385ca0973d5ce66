"""Backpropagation that you can see, step through, check, and then run at full speed, from one graph.

A `Value` is a number that remembers how it was made:

    >>> from micrograd_bp import Value
    >>> x, w = Value(2.0), Value(-0.5)
    >>> y = (w * x).tanh()
    >>> y.backward()
    >>> print(f"{y.data:.4f} {w.grad:.4f}")
    -0.7616 0.8399
"""

from importlib import import_module
from sys import _getframe
from typing import TYPE_CHECKING, Any
from warnings import warn

import micrograd_bp.engine.operations as _operations
from micrograd_bp.engine import (
    OPERATIONS,
    GradientError,
    Value,
    backward,
    derivative,
    evaluate_again,
    external,
    gradcheck,
    gradient,
    gradients,
    hessian,
    hessian_vector_product,
    jacobian,
    jvp,
    no_graph,
    operation,
    value_and_gradient,
    vjp,
)
from micrograd_bp.engine.operations import *  # noqa: F403  # every operation of the table, as a function
from micrograd_bp.engine.origin import track_source
from micrograd_bp.nn import (
    MLP,
    Layer,
    Module,
    Neuron,
    binary_cross_entropy,
    cross_entropy,
    hinge,
    l2,
    mse,
)
from micrograd_bp.optimizers import SGD, Adam
from micrograd_bp.training import ModelObjective, Training
from micrograd_bp.views import notebook as _notebook  # noqa: F401  # teaches notebooks to show Values

if TYPE_CHECKING:
    from micrograd_bp.checks import check, check_layer, check_loss, check_network
    from micrograd_bp.compiler.compiling import compile as compile
    from micrograd_bp.views.debugger.opening import debug
    from micrograd_bp.views.drawing.drawing import between, draw
    from micrograd_bp.views.explain.explain import explain
    from micrograd_bp.views.gradient_report import gradient_report
    from micrograd_bp.views.page.page import page, write_page
    from micrograd_bp.views.steps.steps import Recording, steps

_IMPORTED_WHEN_USED = {
    "Recording": "micrograd_bp.views.steps.steps",
    "between": "micrograd_bp.views.drawing.drawing",
    "check": "micrograd_bp.checks",
    "check_layer": "micrograd_bp.checks",
    "check_loss": "micrograd_bp.checks",
    "check_network": "micrograd_bp.checks",
    "compile": "micrograd_bp.compiler.compiling",
    "debug": "micrograd_bp.views.debugger.opening",
    "draw": "micrograd_bp.views.drawing.drawing",
    "explain": "micrograd_bp.views.explain.explain",
    "gradient_report": "micrograd_bp.views.gradient_report",
    "page": "micrograd_bp.views.page.page",
    "steps": "micrograd_bp.views.steps.steps",
    "write_page": "micrograd_bp.views.page.page",
}

_MOVED = dict.fromkeys(("Explanation", "GradientReport", "Page", "Program"), "micrograd_bp.results")
"""What stays here for one version."""


def __getattr__(name: str) -> Any:
    if name in _MOVED:
        warn(f"micrograd_bp.{name} is {_MOVED[name]}.{name} now", DeprecationWarning, stacklevel=2)
        return getattr(import_module(_MOVED[name]), name)
    if name not in _IMPORTED_WHEN_USED:
        hint = ": write draw(output)" if name in ("draw_dot", "trace") else ""  # what the lecture's notebook defines
        # What an import catches of the former it says without the hint.
        is_import = bool(hint) and _getframe(1).f_globals.get("__name__") == "importlib._bootstrap"
        raise (ImportError if is_import else AttributeError)(f"module {__name__!r} has no attribute {name!r}{hint}")
    return getattr(import_module(_IMPORTED_WHEN_USED[name]), name)


def __dir__() -> list[str]:
    return sorted({*__all__, *_operations.__all__, "__version__", "compile"})


__version__ = "0.1.0"

# Operations and `compile` are not listed: `from micrograd_bp import *` must not replace Python's own sum and compile.
__all__ = [
    "MLP",
    "OPERATIONS",
    "SGD",
    "Adam",
    "GradientError",
    "Layer",
    "ModelObjective",
    "Module",
    "Neuron",
    "Recording",
    "Training",
    "Value",
    "backward",
    "between",
    "binary_cross_entropy",
    "check",
    "check_layer",
    "check_loss",
    "check_network",
    "cross_entropy",
    "debug",
    "derivative",
    "draw",
    "evaluate_again",
    "explain",
    "external",
    "gradcheck",
    "gradient",
    "gradient_report",
    "gradients",
    "hessian",
    "hessian_vector_product",
    "hinge",
    "jacobian",
    "jvp",
    "l2",
    "mse",
    "no_graph",
    "operation",
    "page",
    "steps",
    "track_source",
    "value_and_gradient",
    "vjp",
    "write_page",
]

if TYPE_CHECKING:  # a checker takes `from micrograd_bp import tanh` for private without this
    __all__ += _operations.__all__
