"""A subject: how somebody's code is called for what comes out, and for the gradients that it claims.

Every reader makes subjects. What they say is the same for a class, a pair of functions and a whole network.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from micrograd_bp.checks.naming import CACHE, INPUTS, LR, PREDICTION, TARGETS, is_upstream, letters
from micrograd_bp.checks.world import CannotCheck, World
from micrograd_bp.engine import Value

STEP = 0.37
"""The learning rate handed to a `backward` that wants one: large, so that weights changed too early show."""


@dataclass(frozen=True)
class Subject:
    """Somebody's code as something that can be called.

    Attributes:
        name: what they call it.
        forward: what comes out, of a world that it may change: arrays, or one number.
        backward: all of the calls that give the gradients, on a world in which nothing has run yet; what they return.
        parameters: the arguments to hand over, by name; the values are defaults, or `inspect.Parameter.empty`.
        upstream: "given" where backward takes upstream gradients; "arrays" where it takes one unless a loss comes out;
            else "", and what comes out is a loss.
        data: the arguments that are data, whose gradients nobody needs: targets, and what enters a network.
        thing: the object; None for functions, and for a class that is yet to be made.
        build: makes the object from arguments, which are to be guessed too.
        code: functions of theirs, forward's first and backward's second.
        note: what was assumed.
    """

    name: str
    forward: Callable[[World], tuple[Any, ...]]
    backward: Callable[[World, tuple[Any, ...]], Any]
    parameters: Mapping[str, Any]
    upstream: str
    code: tuple[Callable[..., Any], ...]
    data: frozenset[str] = frozenset()
    thing: Any = None
    build: type | None = None
    note: str = ""


def parameters_of(function: Any) -> dict[str, inspect.Parameter]:
    """What can be handed to a function, by name."""
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return {}
    return {p.name: p for p in found if p.kind is not p.VAR_KEYWORD}


def required(function: Any) -> dict[str, inspect.Parameter]:
    """What must be handed to a function."""
    parameters = parameters_of(function)
    needed = {name: p for name, p in parameters.items() if p.default is p.empty and p.kind is not p.VAR_POSITIONAL}
    stars = {name: p for name, p in parameters.items() if p.kind is p.VAR_POSITIONAL}
    return needed or stars


def call(function: Any, arguments: Mapping[str, Any]) -> Any:
    """Calls a function with those of the arguments that it takes."""
    positional, named = [], {}
    for name, parameter in parameters_of(function).items():
        if name in arguments:
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL):
                positional.append(arguments[name])
            else:
                named[name] = arguments[name]
    return function(*positional, **named)


def roles(function: Any, forward: Sequence[str], *, from_cache: bool = False) -> dict[str, str]:
    """What each parameter of a backward takes: upstream, cache, lr, targets, prediction, number, or one of forward's.

    Args:
        function: their backward.
        forward: the parameters of their forward.
        from_cache: whether what nobody knows is what forward returned beside its output.
    """
    found: dict[str, str] = {}
    unknown = []
    needed = required(function)
    for name, parameter in parameters_of(function).items():
        word = letters(name)
        if name not in needed and word not in LR - {"alpha", "step"}:
            continue
        alone = len(needed) == 1
        if word in LR and (name not in needed or not alone):
            found[name] = "lr"
        elif name in forward and not alone and not (is_upstream(name) and len(word) > 1):
            found[name] = f"={name}"
        elif word in CACHE:
            found[name] = "cache"
        elif is_upstream(name):
            found[name] = "upstream"
        elif word in TARGETS:
            found[name] = "targets"
        elif word in PREDICTION and not alone:
            found[name] = "prediction"
        elif word in INPUTS and forward and not alone:
            found[name] = f"={forward[0]}"
        elif any(part in word for part in ("reg", "lam", "lmbda", "decay", "l2")) or parameter.annotation in (
            float,
            int,
        ):
            found[name] = "number"
        else:
            found[name] = "unknown"
            unknown.append(name)
    unknown = unknown or [name for name, role in found.items() if role == "number" and len(needed) == 1]
    if unknown and not {"upstream", "targets"} & set(found.values()):
        found[unknown.pop(0)] = "upstream"
    for name in unknown:
        found[name] = "cache" if from_cache and "cache" not in found.values() else "prediction"
    return found


STORED = ("output", "outputs", "out", "result", "a", "A", "y", "activation", "value", "loss")


def stored_output(thing: Any) -> Any:
    """The output that a forward has stored and not returned, or None."""
    return next((getattr(thing, name) for name in STORED if getattr(thing, name, None) is not None), None)


def outputs_of(returned: Any, n: int) -> tuple[tuple[Any, ...], Any]:
    """The first `n` arrays or numbers that forward returned, and what it returned besides.

    Raises:
        CannotCheck: it returned nothing.
    """
    if returned is None:
        raise CannotCheck("forward returns nothing: it should end with `return output`")
    if not isinstance(returned, tuple):
        return (returned,), None
    outputs: list[Any] = []
    rest = list(returned)
    while rest and len(outputs) < max(n, 1) and not isinstance(rest[0], (dict, tuple, type(None))):
        outputs.append(rest.pop(0))
    if not outputs:
        raise CannotCheck("forward returns no array")
    return tuple(outputs), rest[-1] if rest else None


def hand_over(
    function: Any,
    found: Mapping[str, str],
    world: World,
    outputs: tuple[Any, ...],
    cache: Any,
    upstream: Sequence[Any],
    targets: str = "",
) -> Any:
    """Calls their backward."""
    left = list(upstream)
    arguments: dict[str, Any] = {}
    for name, role in found.items():
        if role == "upstream":
            arguments[name] = left.pop(0) if left else 1.0
        elif role == "cache":
            arguments[name] = cache
        elif role == "lr":
            arguments[name] = STEP
        elif role == "number":
            arguments[name] = world.arguments.get(name, 0.3)
        elif role == "prediction":
            arguments[name] = outputs[0]
        elif role == "stored":
            arguments[name] = stored_output(world.thing)
        elif role == "targets":
            arguments[name] = world.arguments[targets or name]
        else:
            arguments[name] = world.arguments[role[1:]]
    return call(function, arguments)


def is_number(thing: Any) -> bool:
    """Whether it is one number, as a loss is."""
    return isinstance(thing, (float, np.floating, Value)) or (
        isinstance(thing, np.ndarray) and thing.size == 1 and (thing.ndim == 0 or thing.dtype == object)
    )
