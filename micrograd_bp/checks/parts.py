"""A network's parts: each layer alone, and a loop over right layers with one thing wrong."""

from collections.abc import Mapping
from typing import Any

from micrograd_bp.checks.inputs.choice import Choice
from micrograd_bp.checks.naming import BACKWARD_METHODS, FORWARD_METHODS
from micrograd_bp.checks.readers.objects import method_of
from micrograd_bp.checks.report.report import Report
from micrograd_bp.checks.world import attributes


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
    return report._replace(remarks=(remark, *report.remarks))
