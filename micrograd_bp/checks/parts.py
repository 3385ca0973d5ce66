"""A network's parts: each layer alone, and a loop over right layers with one thing wrong."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from micrograd_bp.checks.inputs.choice import Choice
from micrograd_bp.checks.matching import equal
from micrograd_bp.checks.naming import BACKWARD_METHODS, FORWARD_METHODS
from micrograd_bp.checks.readers.objects import method_of
from micrograd_bp.checks.report.report import Finding, Report
from micrograd_bp.checks.source import line_of
from micrograd_bp.checks.world import arrays_in, arrays_of, attributes, copied, running

Backward = Callable[[Any], Any]


def layers_of(thing: Any) -> dict[str, Any]:
    """The layers of a network that are objects with a forward and a backward of their own, in order, by their place."""
    for name in attributes(thing) if hasattr(thing, "__dict__") else ():
        layers = getattr(thing, name, None)
        if isinstance(layers, (list, tuple)) and layers and all(map(_is_layer, layers)):
            return {f"{name}[{number}]": layer for number, layer in enumerate(layers)}
    return {}


def _is_layer(thing: Any) -> bool:
    return bool(method_of(thing, FORWARD_METHODS) and method_of(thing, BACKWARD_METHODS))


def with_parts(report: Report, alone: Mapping[str, Report], choice: Choice | None = None) -> Report:
    """A report on a network, with what its parts say alone: where one is wrong, it is there that one has to look.

    Args:
        report: on the network.
        alone: the reports on its parts, by what they are called.
        choice: how the network was called; None where its parts do not say how it goes wrong.
    """
    parts = tuple(each._replace(subject=f"{name}, alone") for name, each in alone.items() if each.wrong)
    if parts:
        inner = [
            finding._replace(words=f"in {part.subject}: {finding.words}") for part in parts for finding in part.findings
        ]
        return report._replace(ok=False, findings=(*(report.findings if choice is None else ()), *inner), parts=parts)
    if choice is None or not all(each.ok for each in alone.values()):
        return report
    method = choice.plan.subject.code[1]
    remark = f"each layer alone is right: the mistake is in {report.subject}.{method.__name__}"
    report = report._replace(remarks=(remark, *report.remarks))
    finding = _wrong_loop(report, choice, method) if choice.plan.subject.upstream == "given" else None
    return report if finding is None else report._replace(findings=(finding,))


def _forward_order(layers: Sequence[Backward], gradient: Any) -> Any:
    for layer in layers:
        gradient = layer(gradient)
    return gradient


def _right(layers: Sequence[Backward], gradient: Any) -> Any:
    return _forward_order(layers[::-1], gradient)


def _not_passed_on(layers: Sequence[Backward], gradient: Any) -> Any:
    returned = [layer(gradient) for layer in layers]
    return returned[0]


def _returns_its_argument(layers: Sequence[Backward], gradient: Any) -> Any:
    _right(layers, gradient)
    return gradient


LOOPS: dict[str, tuple[str, Callable[[Sequence[Backward], Any], Any]]] = {
    "forward_order": ("the layers are looped in forward order: the last layer has to be the first", _forward_order),
    "not_passed_on": (
        "every layer is handed dL/d(prediction), instead of what the layer after it returned",
        _not_passed_on,
    ),
    "first_left_out": (
        "the loop stops before the first layer",
        lambda layers, gradient: _right(layers[1:], gradient),
    ),
    "last_left_out": ("the loop leaves out the last layer", lambda layers, gradient: _right(layers[:-1], gradient)),
    "returns_its_argument": (
        "what the layers return is dropped: dL/d(prediction) is returned instead of dL/d(inputs)",
        _returns_its_argument,
    ),
}
"""Loops over layers with one thing wrong, by name: in words, and what it returns."""


def _wrong_loop(report: Report, choice: Choice, method: Any) -> Finding | None:
    """The loop that leaves behind what theirs does, or ends in the same exception."""
    world = choice.plan.world(choice.n_samples, 0)
    wrong = [result for result in report.arrays if not result.ok]
    for name, (words, loop) in LOOPS.items():
        inside = copied(world)
        try:
            with running(inside):
                outputs = choice.plan.subject.forward(inside)
                rng = np.random.default_rng(0)
                upstream = choice.examined.claim.upstream[0] if choice.examined else rng.normal(size=outputs[0].shape)
                layers = [
                    getattr(layer, method_of(layer, BACKWARD_METHODS)) for layer in layers_of(inside.thing).values()
                ]
                returned = loop(layers, upstream.copy())
        except Exception as error:
            message = str(error).strip()
            if choice.examined is None and message and message in report.findings[0].words:
                said = f"{report.findings[0].words}; that is what happens when {words.partition(':')[0]}"
                return report.findings[0]._replace(name=name, words=said)
            continue
        if choice.examined is None:
            continue
        left = {place: held.array for place, held in arrays_in(inside).items()}
        for result in wrong:
            match = choice.examined.matches.get(result.array)
            if match is None:
                break
            c = match.candidate
            made = next(iter(arrays_of(returned).values())).array if c.how == "returned" else left.get(c.place)
            if made is None or not equal(c.array, np.asarray(made, dtype=float), 1e-9):
                break
        else:
            roles = tuple(result.role for result in wrong)
            line = line_of(method, "loop", {result.role: result.place for result in wrong}, roles)
            return Finding(name, roles, words, line=line)
    return None
