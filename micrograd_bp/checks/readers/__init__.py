"""Readers: each way in which people write layers, brought to one form, the subject."""

import inspect
from collections.abc import Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

from micrograd_bp.checks.naming import BACKWARD_METHODS, FORWARD_METHODS, GRADIENT_METHODS, LOSS_METHODS
from micrograd_bp.checks.readers.functions import pairs_in, read_function, read_pair
from micrograd_bp.checks.readers.objects import method_of, read_object
from micrograd_bp.checks.readers.subject import Subject, required
from micrograd_bp.checks.world import CannotCheck

__all__ = ["Subject", "named_in", "read", "subjects_in"]


def read(thing: Any, name: str = "", *, loss: Any = None, **methods: str) -> Iterator[Subject]:
    """The ways in which something may be meant.

    Raises:
        CannotCheck: it is nothing that has gradients.
    """
    if isinstance(thing, tuple) and len(thing) == 2 and all(isinstance(each, FunctionType) for each in thing):
        yield from read_pair(name or thing[0].__name__, *thing, False, thing[0].__globals__)
    elif isinstance(thing, FunctionType):
        yield read_function(name or thing.__name__, thing)
    else:
        yield from read_object(thing, name, loss=loss, **methods)


def functions_of(module: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The functions that a file defines itself."""
    return {
        key: value
        for key, value in module.items()
        if isinstance(value, FunctionType) and value.__module__ == name and not key.startswith("__")
    }


def subjects_in(module: ModuleType) -> dict[str, list[Subject]]:
    """Everything in a file that claims gradients, by name: classes, pairs of functions, losses with their gradient."""
    found: dict[str, list[Subject]] = {}
    functions = functions_of(vars(module), module.__name__)
    pairs = pairs_in(functions)
    in_pairs = {id(function) for f, b, _ in pairs.values() for function in (f, b)}
    for name, value in vars(module).items():
        if isinstance(value, type) and value.__module__ == module.__name__ and _has_gradients(value):
            found[name] = list(read_object(value, name))
    for name, (f, b, alone) in pairs.items():
        subjects = list(read_pair(name, f, b, alone, vars(module)))
        if subjects:
            found[name] = subjects
    for name, function in functions.items():
        if id(function) not in in_pairs and gives_both(function):
            found[name] = [read_function(name, function)]
    return found


def _has_gradients(kind: type) -> bool:
    f, b = method_of(kind, FORWARD_METHODS), method_of(kind, BACKWARD_METHODS)
    loss, gradient = method_of(kind, LOSS_METHODS), method_of(kind, GRADIENT_METHODS)
    if inspect.isabstract(kind):
        return False
    if f and b:
        return not all(_is_empty(getattr(kind, name)) for name in (f, b))
    return bool(gradient or (loss and gives_both(getattr(kind, loss))))


def _is_empty(function: Any) -> bool:
    """Whether it is there to be overridden."""
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):
        return False
    body = source.partition(":\n")[2].strip()
    return "NotImplementedError" in body or body in ("pass", "...")


def gives_both(function: Any) -> bool:
    """Whether its source returns a loss and gradients: two or more, one of them called so."""
    from micrograd_bp.checks.matching import names_returned
    from micrograd_bp.checks.naming import GRADIENTS, letters, stems

    names = [*names_returned(function).values()]
    if len(names) < 2 or not required(function):
        return False
    word = letters(getattr(function, "__name__", ""))
    losses = [n for n in names if letters(n) in {"loss", "cost", "j", "l", "nll", "error", "out", "objective", "e"}]
    gradients = [n for n in names if letters(n) in GRADIENTS or (stems(n) and n not in losses)]
    if losses and gradients:
        return True
    return (
        any(part in word for part in ("loss", "cost", "objective", "entropy", "hinge", "nll", "logistic"))
        and len(names) == 2
    )


def named_in(module: ModuleType, name: str, **options: Any) -> list[Subject]:
    """The subjects that a name of a file stands for.

    Raises:
        CannotCheck: there is nothing of that name.
    """
    functions = {key: value for key, value in vars(module).items() if isinstance(value, FunctionType)}
    pairs = pairs_in(functions)
    for stem, (f, b, alone) in pairs.items():
        if name == stem or (name in (f.__name__, b.__name__)):
            return list(read_pair(stem, f, b, alone, vars(module)))
    thing: Any = module
    for step in name.split("."):
        if not hasattr(thing, step):
            public = [each for each in vars(module) if not each.startswith("_")]
            raise CannotCheck(
                f"{getattr(module, '__file__', module.__name__)} has no {name!r}; "
                f"it has {', '.join(public) or 'nothing'}"
            )
        thing = getattr(thing, step)
    return list(read(thing, **options))
