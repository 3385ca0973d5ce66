"""Reads functions: pairs of forward and backward, a function and its derivative, loss and gradient from one."""

import inspect
import re
from collections.abc import Iterator, Mapping
from types import FunctionType
from typing import Any

import numpy as np

from micrograd_bp.checks.matching import names_returned
from micrograd_bp.checks.naming import INPUTS, LOSS_METHODS, PREDICTION, TARGETS, letters
from micrograd_bp.checks.readers.objects import loss_and_gradient
from micrograd_bp.checks.readers.subject import (
    Subject,
    call,
    hand_over,
    is_number,
    outputs_of,
    parameters_of,
    required,
    roles,
)
from micrograd_bp.checks.world import World

BACKWARD = r"(?i)^(?:(.*?)_?(?:backward|bwd|backprop|bprop|back|backward_pass)|(?:backward|bwd|backprop|bprop)_?(.*))$"
PROPAGATION = r"(?i)^back(?:ward)?_?prop(?:agation|agate)?(.*)$"
PROPAGATIONS = ("propagation", "prop", "propagate", "pass", "")
FORWARD = ("{}_forward", "{}Forward", "forward_{}", "{}_fwd", "{}_fprop", "fprop_{}", "{}_forward_pass", "{}")
DERIVATIVE = (
    r"(?i)^(?:(.*?)_?(?:prime|derivative|deriv|grad|gradient|der)|"
    r"(?:d_|grad_|gradient_|deriv_|derivative_|derivative_of_|der_|d)(.*))$"
)


def pairs_in(functions: Mapping[str, Any]) -> dict[str, tuple[Any, Any, bool]]:
    """Forward and backward by what they have in common, and whether the second is a derivative alone."""
    found: dict[str, tuple[Any, Any, bool]] = {}
    lower = {letters(name): function for name, function in functions.items()}
    for name, function in functions.items():
        if match := re.match(PROPAGATION, name):
            tail = match[1]
            while tail and not any(f"forward{word}{letters(tail)}" in lower for word in PROPAGATIONS):
                tail = tail.rpartition("_")[0]
            forward = next(
                (lower[w] for w in (f"forward{word}{letters(tail)}" for word in PROPAGATIONS) if w in lower), None
            )
            if forward is not None:
                found[f"forward_propagation{match[1]}"] = (forward, function, False)
    for pattern, alone in ((BACKWARD, False), (DERIVATIVE, True)):
        for name, function in functions.items():
            match = re.match(pattern, name)
            if match is None or any(function is pair[1] for pair in found.values()):
                continue
            stem = match[1] if match[1] is not None else match[2]
            options = [letters(form.format(stem)) for form in (FORWARD if stem else ("forward", "loss", "cost"))]
            options += [letters(f"compute_{stem}")] if stem else []
            if alone and stem in ("compute", ""):
                options += [letters(f"{stem}{word}") for word in ("cost", "loss")]
            forward = next((lower[each] for each in options if each in lower and lower[each] is not function), None)
            if forward is not None and (stem or "all") not in found:
                found[stem or name] = (forward, function, alone)
    return found


def read_pair(name: str, f: Any, b: Any, alone: bool, module: Mapping[str, Any]) -> Iterator[Subject]:
    """A pair of functions as subjects."""
    takes = required(f)
    found = roles(b, list(takes), from_cache=True)
    code = (f, b)
    if (
        alone
        and "upstream" in found.values()
        and not any(re.match(r"(?i)(d|grad|up|g$)", p) for p, role in found.items() if role == "upstream")
    ):
        found = {p: f"={q}" for p, q in zip(found, takes, strict=False)}
    n = sum(role == "upstream" for role in found.values())
    targets = frozenset(p for p in takes if letters(p) in TARGETS)

    def run(world: World) -> tuple[tuple[Any, ...], Any]:
        return outputs_of(call(f, world.arguments), n)

    if "targets" in found.values():
        target = next(p for p, role in found.items() if role == "targets")
        costs = [module[each] for each in LOSS_METHODS if isinstance(module.get(each), FunctionType)]
        tail = b.__name__.partition("_with_")[2]
        costs += [
            each for key, each in module.items() if key.startswith(LOSS_METHODS) and isinstance(each, FunctionType)
        ]
        costs.sort(key=lambda each: each.__name__.partition("_with_")[2] != tail)
        cost = next((each for each in costs if any(letters(p) in TARGETS for p in required(each))), None)
        if cost is None:
            return

        places = {name: place for place, name in names_returned(f).items() if re.fullmatch(r"\[\d+\]", place)}
        found = {p: f"={p}" if p in places else role for p, role in found.items()}

        def ran(world: World) -> tuple[tuple[tuple[Any, ...], Any], World]:
            """What forward returned, and a world in which backward and cost find it by its names."""
            returned = call(f, world.arguments)
            named = {p: returned[int(place[1:-1])] for p, place in places.items()}
            return outputs_of(returned, n), world._replace(arguments={**named, **world.arguments})

        def value(world: World) -> tuple[Any, ...]:
            ((output, *_), _), world = ran(world)
            names = list(required(cost))
            given = {p: world.arguments[p] for p in names if p in world.arguments}
            given |= {
                p: output for p in names if p not in given and (letters(p) in PREDICTION or letters(p)[:1] == "a")
            }
            given |= {p: world.arguments[target] for p in names if p not in given and letters(p) in TARGETS}
            return (call(cost, given),)

        def backward_of_cost(world: World, upstream: tuple[Any, ...]) -> Any:
            (outputs, cache), world = ran(world)
            return hand_over(b, found, world, outputs, cache, (), target)

        yield Subject(
            name,
            value,
            backward_of_cost,
            {**takes, target: inspect.Parameter.empty},
            "",
            (*code, cost),
            frozenset({*(p for p in takes if letters(p) in {*INPUTS, *TARGETS}), target}),
            note=cost.__name__,
        )
        return
    by_value = [found]
    if alone and n == 0 and len(found) == 1 and not set(found) & set(takes):
        by_value.append(dict.fromkeys(found, "prediction"))  # a derivative that takes the output
    for known in by_value:

        def backward(world: World, upstream: tuple[Any, ...], known: Mapping[str, str] = known) -> Any:
            outputs, cache = run(world)
            returned = hand_over(b, known, world, outputs, cache, upstream)
            if n or not upstream or is_number(outputs[0]):
                return returned
            return np.asarray(returned, dtype=float) * upstream[0]  # f'(z), one number for each of z

        targets |= frozenset(p for place, p in enumerate(takes) if place and letters(p) in INPUTS)
        note = "" if known is found else f"{b.__name__} takes the output of {f.__name__}"
        yield Subject(
            name,
            lambda world: run(world)[0],
            backward,
            takes,
            "given" if n else "arrays" if alone else "",
            code,
            targets,
            note=note,
        )


def read_function(name: str, function: Any) -> Subject:
    """One function that gives the loss and the gradient."""
    takes = {
        p: parameter
        for p, parameter in parameters_of(function).items()
        if p in required(function) or letters(p) in TARGETS
    }
    data = frozenset(p for place, p in enumerate(takes) if letters(p) in TARGETS or (place and letters(p) in INPUTS))
    return loss_and_gradient(name, lambda world: function, takes, (function,), data)
