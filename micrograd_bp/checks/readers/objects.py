"""Reads classes and objects: layers, losses and networks."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import FunctionType
from typing import Any

import numpy as np

from micrograd_bp.checks.naming import (
    BACKWARD_METHODS,
    FORWARD_METHODS,
    GRADIENT_METHODS,
    INPUTS,
    LOSS_METHODS,
    TARGETS,
    letters,
)
from micrograd_bp.checks.readers.losses import losses, mean, total
from micrograd_bp.checks.readers.subject import (
    Subject,
    call,
    hand_over,
    is_number,
    outputs_of,
    parameters_of,
    required,
    roles,
    stored_output,
)
from micrograd_bp.checks.world import CannotCheck, World

HELD_DATA = frozenset([*INPUTS, *TARGETS, "X", "Y"])


def method_of(kind: Any, names: tuple[str, ...]) -> str:
    """The first of these methods that it has, or ""."""
    return (
        next((name for name in names if callable(getattr(kind, name, None)) and not name.startswith("__")), "")
        or next(
            (name for name in names if name.startswith("__") and name in dir(kind) and not isinstance(kind, type)), ""
        )
        or next((name for name in names if any(name in vars(base) for base in getattr(kind, "__mro__", ()))), "")
    )


def read_object(
    thing: Any, name: str = "", *, forward: str = "", backward: str = "", loss: Any = None
) -> Iterator[Subject]:
    """The ways in which an object, or a class that is yet to be made, may be meant; the likeliest first.

    Args:
        thing: an instance, or a class.
        name: what the report calls it.
        forward: the method that runs forward, if it is not recognized.
        backward: the method that runs backward.
        loss: of a network: a name, a function or an object with a forward.

    Raises:
        CannotCheck: it has no forward or no backward.
    """
    kind = thing if isinstance(thing, type) else type(thing)
    name = name or kind.__name__
    f, b = forward or method_of(thing, FORWARD_METHODS), backward or method_of(thing, BACKWARD_METHODS)
    for which, found in (("forward", forward), ("backward", backward)):
        if found and not callable(getattr(thing, found, None)):
            raise CannotCheck(f"{name} has no method {found!r}, given as its {which}")
    made = {"thing": None, "build": thing} if isinstance(thing, type) else {"thing": thing, "build": None}
    value, g = method_of(thing, LOSS_METHODS), method_of(thing, GRADIENT_METHODS)
    if f and b and f != "predict":
        for subject in _forward_backward(kind, name, f, b, value, loss):
            yield replace(subject, **made)
    elif f and g and not b and not value:
        for subject in _forward_backward(kind, name, f, g, value, loss):
            yield replace(subject, **made)
    elif value and g:
        yield replace(_gradient(kind, name, value, g), **made)
    elif value or g:
        yield replace(_loss_and_gradient(kind, name, value or g), **made)
    elif f and b:
        for subject in _forward_backward(kind, name, f, b, value, loss):
            yield replace(subject, **made)
    else:
        if b and not f and hasattr(kind, "__mul__"):
            raise CannotCheck(
                f"{name} is a number with a graph of its own, which is not run here: compute the same with "
                f"micrograd_bp.Value, whose .grad is right"
            )
        which, names = ("forward", FORWARD_METHODS) if not f else ("backward", BACKWARD_METHODS)
        raise CannotCheck(
            f"{name} has no {which}: expected a method {', '.join(names[:3])}, …; "
            f"another name can be given as {which}=NAME"
        )


def method(kind: Any, name: str) -> Any:
    """A method as a function without its object, for signatures and sources."""
    return inspect.getattr_static(kind, name) if not callable(getattr(kind, name, None)) else getattr(kind, name)


def without_self(kind: Any, name: str) -> Any:
    """Something with the signature that callers see."""
    found = inspect.getattr_static(kind, name, None)
    if isinstance(found, (staticmethod, classmethod)):
        return getattr(kind, name)
    if isinstance(found, FunctionType):
        return found.__get__(object())  # bound to anything: its first parameter is taken
    return getattr(kind, name)


def code_of(kind: Any, first: tuple[str, ...]) -> tuple[Callable[..., Any], ...]:
    """The methods of a class, some of them first."""
    names = [*first, *(name for base in kind.__mro__[:-1] for name, value in vars(base).items() if callable(value))]
    return tuple(method(kind, name) for name in dict.fromkeys(names) if isinstance(method(kind, name), FunctionType))


def _forward_backward(kind: Any, name: str, f: str, b: str, own: str, loss: Any) -> Iterator[Subject]:
    takes = required(without_self(kind, f))
    found = roles(without_self(kind, b), list(takes), from_cache=False)
    optional = [
        p for p in parameters_of(without_self(kind, b)) if p not in found and not found and letters(p) not in TARGETS
    ]
    n = sum(role == "upstream" for role in found.values())

    def run(world: World) -> tuple[tuple[Any, ...], Any]:
        returned = call(getattr(world.thing, f), world.arguments)
        return outputs_of(stored_output(world.thing) if returned is None else returned, n)

    def forward(world: World) -> tuple[Any, ...]:
        return run(world)[0]

    needs_targets = "targets" in found.values()
    if not needs_targets:

        def backward(world: World, upstream: tuple[Any, ...]) -> Any:
            outputs, cache = run(world)
            known = found
            if n == 0 and upstream and optional and not is_number(outputs[0]):
                known = {optional[0]: "upstream", **found}
            return hand_over(getattr(world.thing, b), known, world, outputs, cache, upstream)

        targets = frozenset(p for p in takes if letters(p) in TARGETS)
        code = code_of(kind, (f, b))
        plain = Subject(name, forward, backward, takes, "given" if n else "arrays" if optional else "", code, targets)
        if own and n == 0 and not optional and not required(without_self(kind, own)):  # it holds its data and targets

            def of_held(world: World) -> tuple[Any, ...]:
                run(world)
                return (getattr(world.thing, own)(),)

            yield replace(
                plain, forward=of_held, code=code_of(kind, (f, b, own)), data=HELD_DATA, note=f"its own {own}"
            )
        by_value = b in GRADIENT_METHODS and n == 1 and not targets
        if not (by_value and set(found) & set(takes)):
            yield plain
        if targets:
            left = [p for p in takes if f"={p}" not in found.values() and p not in targets]
            others = {p: f"={left.pop(0)}" if role == "upstream" and left else role for p, role in found.items()}
            ran = {p: "stored" if role.startswith("=") and p not in takes else role for p, role in others.items()}
            for words, loss_of, roles_now in (
                ("the mean over the samples", mean, others),
                ("the sum over the samples", total, others),
                ("backward is handed the output that forward has stored", mean, ran),
            ):

                def number(world: World, loss_of: Any = loss_of) -> tuple[Any, ...]:
                    return (loss_of(run(world)[0][0]),)

                def of_loss(world: World, upstream: tuple[Any, ...], roles_now: Any = roles_now) -> Any:
                    return hand_over(getattr(world.thing, b), roles_now, world, *run(world), ())

                yield Subject(name, number, of_loss, takes, "", code, targets, note=words)
        if by_value:  # f'(x), one number for each of x, of x or of f(x)
            at_output = () if set(found) & set(takes) else ("prediction",)  # called x in both, it is the same
            for handed in (f"={next(iter(takes))}", *at_output):

                def derivative(world: World, upstream: tuple[Any, ...], handed: str = handed) -> Any:
                    outputs, cache = run(world)
                    given = dict.fromkeys(found, handed)
                    returned = hand_over(getattr(world.thing, b), given, world, outputs, cache, ())
                    return np.asarray(returned, dtype=float) * upstream[0]

                yield Subject(name, forward, derivative, takes, "given", code)
            if not at_output:
                yield plain
        if n or targets:
            return
    target = next((p for p, role in found.items() if role == "targets"), "target")
    if n and not needs_targets:
        return

    def whole(world: World, upstream: tuple[Any, ...]) -> Any:
        outputs, cache = run(world)
        return hand_over(getattr(world.thing, b), found, world, outputs, cache, (), target)

    arguments = {**takes, target: inspect.Parameter.empty}
    data = frozenset(arguments)
    for words, of in losses(kind, own, loss):

        def of_output(world: World, of: Any = of) -> tuple[Any, ...]:
            return (of(world, run(world)[0][0], world.arguments[target]),)

        yield Subject(name, of_output, whole, arguments, "", code_of(kind, (f, b)), data, note=words)


def _gradient(kind: Any, name: str, value: str, g: str) -> Subject:
    """`loss(x, t)` and `gradient(x, t)`."""
    takes = {**required(without_self(kind, value)), **required(without_self(kind, g))}
    return Subject(
        name,
        lambda world: outputs_of(call(getattr(world.thing, value), world.arguments), 1)[0],
        lambda world, upstream: call(getattr(world.thing, g), world.arguments),
        takes,
        "",
        code_of(kind, (value, g)),
        frozenset(takes),
    )


def _loss_and_gradient(kind: Any, name: str, value: str) -> Subject:
    """`loss(X, y)` that gives the loss and the gradients."""
    function = without_self(kind, value)
    takes = {
        p: d for p, d in parameters_of(function).items() if p in required(function) or letters(p) in {*TARGETS, "reg"}
    }
    return loss_and_gradient(
        name, lambda world: getattr(world.thing, value), takes, code_of(kind, (value,)), frozenset(takes)
    )


def loss_and_gradient(
    name: str, function: Callable[[World], Any], takes: Any, code: tuple[Any, ...], data: frozenset[str]
) -> Subject:
    """One function that gives both, in any order."""

    def split(world: World) -> tuple[Any, Any]:
        returned = call(function(world), world.arguments)
        if isinstance(returned, tuple):
            for place, part in enumerate(returned):
                if is_number(part):
                    return part, tuple(None if i == place else other for i, other in enumerate(returned))
        raise CannotCheck(f"{name} gives no number and gradients beside it")

    return Subject(
        name,
        lambda world: (split(world)[0],),
        lambda world, upstream: split(world)[1],
        takes,
        "",
        (code[0], *code),
        data,
    )
