"""What a call of somebody's code holds: their object, the arguments, the globals that it reads. Only copies of it run.

Arrays are found at any depth, each once by identity, whatever their names; a *place* is written as they would write it:
`gamma`, `params['W']`, `layers[0].W`. Nothing here knows what a gradient is.
"""

import contextlib
import copy
import functools
import io
import random
import sys
import warnings
from collections.abc import Iterator, Mapping
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.checks.source import line_of_error

Array = NDArray[np.float64]


class CannotCheck(Exception):  # noqa: N818  # it says what happened, which is no error of the program
    """The question cannot be answered: the message says why and what to do."""


class World(NamedTuple):
    """Everything that one call reads or writes.

    Attributes:
        thing: their object; None for a function.
        arguments: what is handed over, by the names of their parameters.
        globals: what their module holds that changes or is to be changed: arrays and random generators.
        module: the dictionary that `globals` come from.
    """

    thing: Any
    arguments: dict[str, Any]
    globals: dict[str, Any]
    module: dict[str, Any]


class Held(NamedTuple):
    """An array, or a number, and how to get there."""

    array: Any
    steps: tuple[Any, ...]


NO_DATA = (str, bytes, type, FunctionType, MethodType, BuiltinFunctionType, ModuleType, np.random.Generator)


def arrays_in(world: World) -> dict[str, Held]:
    """Arrays, lists of numbers and single floating-point numbers, by place. The first place of an array counts."""
    found: dict[str, Held] = {}
    seen: set[int] = set()
    for name, value in world.arguments.items():
        _collect(value, name, ("arguments", name), found, seen)
    _collect(world.thing, "", ("thing",), found, seen)
    for name, value in world.globals.items():
        _collect(value, name, ("globals", name), found, seen)
    return found


def arrays_of(thing: Any, place: str = "") -> dict[str, Held]:
    """The arrays and numbers that anything holds, such as what a backward returned; one that is there twice, twice."""
    found: dict[str, Held] = {}
    _collect(thing, place, (), found, None)
    return found


def _collect(thing: Any, place: str, steps: tuple[Any, ...], found: dict[str, Held], seen: set[int] | None) -> None:
    number = isinstance(thing, (float, np.floating))
    if thing is None or isinstance(thing, (bool, int, *NO_DATA)) or (seen and id(thing) in seen and not number):
        return
    if number or is_array(thing):
        if not number and seen is not None:
            seen.add(id(thing))
        while place in found:
            place = f"self.{place}" if not place.startswith("self.") else f"{place}'"
        found[place] = Held(thing, steps)
        return
    if len(steps) > 8:
        return
    if seen is not None:
        seen.add(id(thing))
    if isinstance(thing, Mapping):
        for key, value in thing.items():
            _collect(value, f"{place}[{key!r}]", (*steps, key), found, seen)
    elif isinstance(thing, (list, tuple)):
        for index, value in enumerate(thing):
            _collect(value, f"{place}[{index}]", (*steps, index), found, seen)
    else:
        for name in attributes(thing):
            try:
                value = getattr(thing, name)
            except Exception:  # a property that cannot answer yet is not what we look for
                continue
            _collect(value, f"{place}.{name}" if place else name, (*steps, name), found, seen)


def attributes(thing: Any) -> list[str]:
    """The names of an object's data: what it holds itself, then the slots and properties of its class."""
    names = list(getattr(thing, "__dict__", {}))
    for kind in type(thing).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        names += [slots] if isinstance(slots, str) else list(slots)
        if kind.__module__ not in ("builtins", "numpy"):
            names += [name for name, value in vars(kind).items() if isinstance(value, property)]
    # Public names first: of `weights` and `_weights`, which are the same, people know the first.
    names = [name for name in dict.fromkeys(names) if not name.startswith("__")]
    return sorted(names, key=lambda name: name.startswith("_"))


def is_array(thing: Any) -> bool:
    """Whether it is an array of numbers, or a list of numbers, of any depth."""
    if isinstance(thing, np.ndarray):
        if thing.dtype == object:
            return thing.size > 0 and not isinstance(thing.flat[0], (np.ndarray, list, str, tuple, dict))
        return thing.size > 0 and np.issubdtype(thing.dtype, np.number)
    if not isinstance(thing, list) or not thing:
        return False
    first: Any = thing
    while isinstance(first, list) and first:
        first = first[0]
    if isinstance(first, bool) or not isinstance(first, (int, float, np.number)):
        return False
    try:
        return np.array(thing).dtype.kind in "fi"
    except ValueError:
        return False


def is_float(thing: Any) -> bool:
    """Whether it holds floating-point numbers, the only ones that have gradients."""
    return np.asarray(thing).dtype.kind == "f"


def follow(thing: Any, steps: tuple[Any, ...]) -> Any:
    """What `steps` lead to.

    Raises:
        Whatever it raises where they lead nowhere.
    """
    for step in steps:
        thing = thing[step] if isinstance(thing, (Mapping, list)) or not isinstance(step, str) else getattr(thing, step)
    return thing


def put(thing: Any, steps: tuple[Any, ...], value: Any) -> None:
    """Writes a value where `steps` lead."""
    thing, last = follow(thing, steps[:-1]), steps[-1]
    if isinstance(thing, (dict, list)):
        thing[last] = value
    else:
        setattr(thing, last, value)


def copied(world: World, changed: Mapping[str, Any] | None = None) -> World:
    """A copy, in which arrays at some places are others, wherever it refers to them.

    Raises:
        CannotCheck: it cannot be copied, or an array cannot be put in place.
    """
    held = arrays_in(world) if changed else {}
    # What the memo holds is not copied but replaced. Modules cannot be copied, and need not be.
    memo: dict[int, Any] = _modules(len(sys.modules)).copy()
    memo[id(world.module)] = world.module
    for place, array in (changed or {}).items():
        original = held[place].array
        if not isinstance(original, (float, np.floating)):
            memo[id(original)] = array.tolist() if isinstance(original, list) else array
    try:
        made: World = copy.deepcopy(world, memo)
    except Exception as error:
        name = type(world.thing).__name__ if world.thing is not None else "what is handed over"
        raise CannotCheck(f"{name} cannot be copied ({described(error)}), and the check runs only copies") from error
    for place, array in (changed or {}).items():
        if isinstance(held[place].array, (float, np.floating)):
            try:
                put(made, held[place].steps, array.item() if isinstance(array, np.ndarray) else array)
            except (AttributeError, TypeError) as error:
                raise CannotCheck(f"{place} cannot be set ({described(error)})") from error
    return made


@functools.lru_cache(maxsize=1)
def _modules(n: int) -> dict[int, Any]:
    return {id(module): module for module in list(sys.modules.values())}


GENERATORS = (np.random.Generator, np.random.RandomState, random.Random)


@functools.lru_cache(maxsize=64)
def globals_read(functions: tuple[Any, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Arrays, random generators and objects of a module that functions of it name, and the module's dictionary."""
    module: dict[str, Any] = {}
    names: set[str] = set()
    left = [getattr(function, "__func__", function) for function in functions]
    seen: set[Any] = set()
    while left:
        function = left.pop()
        code = getattr(function, "__code__", None)
        if code is None or function in seen:
            continue
        seen.add(function)
        module = module or function.__globals__
        if function.__globals__ is not module:
            continue
        codes = [code]
        while codes:
            inner = codes.pop()
            names |= set(inner.co_names)
            codes += [constant for constant in inner.co_consts if hasattr(constant, "co_names")]
        left += [value for name in set(code.co_names) if isinstance(value := module.get(name), FunctionType)]
    found = {}
    for name in sorted(names):
        value = module.get(name)
        if is_array(value) or isinstance(value, (*GENERATORS, dict, list)):
            found[name] = value
    return found, module  # the same each time: nobody writes into the first


def random_numbers_kept() -> contextlib.ExitStack:
    """Gives the process its random numbers back when it is left. NumPy's state takes long: once for a whole check."""
    kept = contextlib.ExitStack()
    kept.callback(np.random.set_state, np.random.get_state())
    kept.callback(random.setstate, random.getstate())
    return kept


@contextlib.contextmanager
def running(world: World) -> Iterator[None]:
    """Runs somebody's code on a copy: what it prints is dropped, and the random numbers are the same each time."""
    default_rng = np.random.default_rng
    before = {name: world.module.get(name) for name in world.globals}
    np.random.seed(66)
    random.seed(66)
    np.random.default_rng = lambda seed=66: default_rng(66 if seed is None else seed)
    world.module.update(world.globals)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    finally:
        world.globals.update({name: world.module[name] for name in before})
        world.module.update(before)
        np.random.default_rng = default_rng


def described(error: BaseException) -> str:
    """An exception in a line, with the line of the person's code that raised it."""
    line = line_of_error(error)
    place = f" at line {line.number} of {line.file}" if line else ""
    message = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}{': ' + message if message else ''}{place}"
