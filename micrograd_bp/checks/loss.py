"""Losses: the gradient that a network's backward starts from, and `check_loss` for one written by hand."""

import copy
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_bp import matrix
from micrograd_bp.checks.handwritten import (
    BackwardFailed,
    bind,
    described,
    meaning_of_argument,
    undisturbed,
)
from micrograd_bp.checks.hints import layer_hints
from micrograd_bp.checks.judge import fits
from micrograd_bp.checks.probes import BATCHES, probe_rows
from micrograd_bp.checks.recognition import Case, explain, matches, plain_candidates
from micrograd_bp.checks.reference import to_values
from micrograd_bp.checks.report import ArrayResult, Finding, Report
from micrograd_bp.checks.source import first_line, line_of, line_of_error
from micrograd_bp.checks.world import CannotCheck
from micrograd_bp.engine import GradientError, Value
from micrograd_bp.engine.differences import numerical_derivative

Array = NDArray[np.float64]
ROLE = "d_prediction"


def loss_gradient(loss: Any, prediction: Array, targets: Any) -> Array:
    """dL/d(prediction): of a loss of `matrix`, by its name, or of a function or object from its own forward.

    Raises:
        CannotCheck: there is no such loss, or it does not run.
    """
    if isinstance(loss, str):
        if loss not in matrix.LOSSES:
            raise CannotCheck(
                f"there is no loss {loss!r}; there are {', '.join(matrix.LOSSES)}, or hand over a function"
            )
        return np.asarray(matrix.LOSSES[loss][1](prediction, targets))
    forward = forward_of(loss)
    try:
        number = _number(forward(prediction.copy(), targets))
    except Exception as error:
        raise CannotCheck(f"the loss raises {described(error)}") from error
    leaves = to_values(prediction)
    try:
        with undisturbed():
            value = forward(leaves.copy(), targets)
        value = value.item() if isinstance(value, np.ndarray) else value
        if isinstance(value, Value) and np.isclose(value.data, number, rtol=1e-9):
            value.backward()
            return np.array([leaf.grad for leaf in leaves.flat]).reshape(prediction.shape)
    except Exception:  # then by differences
        pass
    gradient = np.zeros(prediction.shape)
    for index in np.ndindex(prediction.shape):

        def along(x: float, index: tuple[int, ...] = index) -> float:
            moved = prediction.copy()
            moved[index] = x
            return _number(forward(moved, targets))

        gradient[index] = numerical_derivative(along, float(prediction[index]))[0]
    return gradient


def forward_of(loss: Any) -> Callable[[Any, Any], Any]:
    """A loss as a function of prediction and target; each call of an object on a fresh copy."""
    if not hasattr(loss, "forward"):
        return lambda prediction, target: _first(loss(prediction, target))

    def forward(prediction: Any, target: Any) -> Any:
        with undisturbed():
            return _first(copy.deepcopy(loss).forward(prediction, target))

    return forward


def _first(returned: Any) -> Any:
    """The loss, also where its function returns the gradient beside it."""
    return returned[0] if isinstance(returned, tuple) else returned


LOSS_METHODS = ("loss", "compute_loss", "cost", "loss_function", "criterion")


def own_loss(network: Any, forward_name: str, inputs: Any) -> Any:
    """The loss that a network computes by a method of its own, as a function of prediction and target; or None.

    A method of one argument, the target, compares it with the output that forward has stored: in a copy of the network
    the prediction takes the place of that output.
    """
    for name in LOSS_METHODS:
        method = getattr(network, name, None)
        if not inspect.ismethod(method):
            continue
        parameters = [p for p in inspect.signature(method).parameters.values() if p.default is p.empty]
        if len(parameters) == 2 and meaning_of_argument(parameters[0].name) != "inputs":
            return method
        if len(parameters) == 1:
            return _of_stored_output(network, name, forward_name, inputs)
    return None


def _of_stored_output(network: Any, name: str, forward_name: str, inputs: Any) -> Any:
    ran = copy.deepcopy(network)
    with undisturbed():
        output = getattr(ran, forward_name)(inputs)

    def loss(prediction: Any, target: Any) -> Any:
        with undisturbed():
            return getattr(copy.deepcopy(ran, {id(output): prediction}), name)(target)

    loss.__name__ = f"{type(network).__name__}.{name}"
    return loss


def check_loss(
    loss: Any,
    prediction: Any = None,
    target: Any = None,
    *,
    hint: int = 0,
    raise_on_error: bool = False,
) -> Report:
    """Compares the gradient of a hand-written loss with that of its own forward.

    Args:
        loss: an object with `forward(prediction, target)`, which gives a number, and `backward`, which takes nothing or
            the same again, and returns dL/d(prediction).
        prediction: what to try it on, besides probes of our own.
        target: of the same shape.
        hint: how many hints the report gives, 0 to 3.
        raise_on_error: whether a wrong gradient raises.

    Raises:
        CannotCheck: the question cannot be answered; the message says why.
        GradientError: a gradient is wrong, and `raise_on_error` is true; the message is the report.
    """
    probes = [(probe_rows(n, 4, n), probe_rows(n, 4, n + 50)) for n in BATCHES]
    if prediction is not None:
        probes.insert(0, (np.array(prediction, dtype=float), np.array(target, dtype=float)))
    report = _check(loss, probes, hint)
    if raise_on_error and not report.ok:
        raise GradientError(str(report))
    return report


def _check(loss: Any, probes: list[tuple[Array, Array]], hint: int) -> Report:
    name = type(loss).__name__
    cases = []
    hints = tuple(layer_hints(["loss"], hint))
    for prediction, target in probes:
        right = loss_gradient(loss, prediction, target)
        try:
            found = _backward(copy.deepcopy(loss), prediction, target)
        except BackwardFailed as error:
            finding = Finding("raises", (), str(error), line=error.line or first_line(loss.backward))
            return Report(name, False, (), (finding,), hints=hints)
        gradients = {} if found is None else {ROLE: found}
        cases.append(Case({ROLE: right}, gradients, len(prediction), prediction.shape[-1], 1e-6))
    results = [_compare(case) for case in cases]
    result = next((each for each in results if not each.ok), results[0])
    findings = []
    if not result.ok:
        places: Mapping[str, str] = {ROLE: "what backward() returns"}
        line = line_of(loss.backward, ROLE, places, [ROLE])
        explanations = explain(cases, [ROLE], list(plain_candidates([ROLE]))) if ROLE in cases[0].found else []
        findings = [Finding(each.name, (ROLE,), each.words, each.also, line) for each in explanations]
        if ROLE not in cases[0].found:
            findings = [
                Finding(
                    "returns_nothing",
                    (ROLE,),
                    "backward returns nothing: it should end by returning dL/d(prediction)",
                    line=first_line(loss.backward),
                )
            ]
        elif not findings:
            findings = [Finding("", (ROLE,), "wrong, by none of the usual mistakes", line=line)]
    notes = (("compared", "with their own forward"),)
    return Report(name, result.ok, (result,), tuple(findings), notes, hints=() if result.ok else hints)


def _backward(loss: Any, prediction: Array, target: Array) -> Any:
    given = {"prediction": prediction, "targets": target, "inputs": prediction, "lr": None, "cache": None}
    try:
        with undisturbed():
            loss.forward(prediction.copy(), target.copy())
            positional, by_name = bind(loss.backward, prediction.copy(), given)
            return loss.backward(*positional, **by_name)
    except CannotCheck:
        raise
    except Exception as error:
        raise BackwardFailed(f"backward raises {described(error)}", line_of_error(error)) from error


def _compare(case: Case) -> ArrayResult:
    right = case.right[ROLE]
    result = ArrayResult(ROLE, "what backward() returns", False, n_entries=right.size)
    if ROLE not in case.found:
        return result._replace(message="backward returns nothing")
    found = np.asarray(case.found[ROLE], dtype=float)
    if not fits(found.shape, right.shape):
        return result._replace(message=f"shape {found.shape}, expected {right.shape}")
    found = found.reshape(right.shape)
    if matches(found, right, case.tolerance):
        return result._replace(ok=True)
    errors = np.abs(found - right)
    index = tuple(int(i) for i in np.unravel_index(np.nanargmax(errors), right.shape))
    wrong = int(np.sum(~(errors <= case.tolerance * np.max(np.abs(right)))))
    return result._replace(n_wrong=wrong, where=index, found=float(found[index]), right=float(right[index]))


def _number(loss: Any) -> float:
    return float(np.asarray(loss, dtype=float).item())
