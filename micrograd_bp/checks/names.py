"""Which attribute of somebody's object is which: `W` the weights, `grad_W` their gradient, and so on.

A *place* is written as one would write it in Python after the object: `W`, `params['W']`, `layers[0].dW`. A *role* says
what the array there is: `weights`, `biases`; with several layers `weights 0`, `weights 1`. Its gradient has the role
`d_weights`. Nothing here runs anybody's code, except properties, which are read.
"""

import inspect
import re
from collections.abc import Iterator, Mapping
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

WEIGHTS = frozenset({"weights", "weight", "w", "kernel", "theta", "wts", "weightmatrix"})
BIASES = frozenset({"biases", "bias", "b", "biasvector", "intercept", "offset"})
INPUTS = frozenset({"inputs", "input", "x", "xs", "aprev", "prev", "in", "inp"})
GRADIENT_BEFORE = (
    *("dlosswrt", "dlosswith", "dlossd", "dlossby", "dloss", "dlwrt", "dldl", "dld", "dl", "djd", "ded", "dj"),
    *("gradientsof", "gradientof", "gradients", "gradient", "gradsof", "gradof", "grads", "grad", "nabla", "delta"),
    *("dd", "d", "g"),
)
GRADIENT_AFTER = ("gradients", "gradient", "grads", "grad", "delta", "derivative")
GRADIENTS = frozenset({"grad", "grads", "gradient", "gradients", "dparams", "gradparams", "g", "returned"})
LAYERS = ("layers", "_layers", "modules", "blocks", "stack", "sequence")


def arrays_in(thing: Any, place: str = "", depth: int = 3) -> Iterator[tuple[str, Any]]:
    """The arrays, and lists of numbers, that an object holds, each with its place."""
    if is_array(thing):
        yield place, thing
    elif depth < 0 or thing is None or isinstance(thing, (str, bytes, type, FunctionType, MethodType, ModuleType)):
        return
    elif isinstance(thing, Mapping):
        for key, value in thing.items():
            yield from arrays_in(value, f"{place}[{key!r}]", depth - 1)
    elif isinstance(thing, (list, tuple)):
        for index, value in enumerate(thing):
            yield from arrays_in(value, f"{place}[{index}]", depth - 1)
    else:
        for name in attributes(thing):
            try:
                value = getattr(thing, name)
            except Exception:  # a property that cannot answer yet is not what we look for
                continue
            if not isinstance(value, (MethodType, FunctionType)):
                yield from arrays_in(value, f"{place}.{name}" if place else name, depth - 1)


def attributes(thing: Any) -> list[str]:
    """The names of an object's data: what it holds itself, then the slots and properties of its class."""
    names = list(getattr(thing, "__dict__", {}))
    for kind in type(thing).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        names += [slots] if isinstance(slots, str) else list(slots)
        names += [name for name, value in vars(kind).items() if isinstance(value, property)]
    # Public names first: of `weights` and `_weights`, which are the same, people know the first.
    names = [name for name in dict.fromkeys(names) if not name.startswith("__")]
    return sorted(names, key=lambda name: name.startswith("_"))


def is_array(thing: Any) -> bool:
    """Whether it is an array of numbers, or one number of NumPy's, or a list or a list of lists of numbers."""
    if isinstance(thing, np.number):  # np.sum(…) without an axis leaves one
        return True
    if isinstance(thing, np.ndarray):
        return thing.dtype == object or np.issubdtype(thing.dtype, np.number)
    if isinstance(thing, list) and thing:
        rows = thing if all(isinstance(row, list) and row for row in thing) else [thing]
        return all(isinstance(number, (int, float, np.number)) for row in rows for number in row)
    return False


def steps(place: str) -> list[str]:
    """A place as single steps: `layers[0].dW` is layers, 0, dW."""
    return [step.strip("'\"") for step in re.findall(r"[^.\[\]]+", place)]


def read(thing: Any, place: str) -> Any:
    """What is at a place.

    Raises:
        AttributeError, KeyError, IndexError: there is nothing.
    """
    for step in steps(place):
        if isinstance(thing, Mapping):
            thing = thing[step] if step in thing else thing[int(step)]
        elif isinstance(thing, (list, tuple)):
            thing = thing[int(step)]
        else:
            thing = getattr(thing, step)
    return thing


def write(thing: Any, place: str, value: Any) -> None:
    """Puts something at a place."""
    *before, last = steps(place)
    for step in before:
        thing = read(thing, step)
    if isinstance(thing, Mapping):
        thing[last] = value  # type: ignore[index]  # a person's dict can be written
    elif isinstance(thing, list):
        thing[int(last)] = value
    else:
        setattr(thing, last, value)


def meaning(step: str) -> tuple[bool, str, str]:
    """What one name says: whether it is a gradient, of what ("" if it does not say), and its number ("" if none)."""
    name = re.sub(r"[^a-z0-9]", "", step.lower())
    name, number = re.fullmatch(r"(.*?)(\d*)", name).groups()  # type: ignore[union-attr]  # it always matches
    if name in GRADIENTS:
        return True, "", number
    for word, known in (("weights", WEIGHTS), ("biases", BIASES)):
        if name in known:
            return False, word, number
    stems = [name[len(before) :] for before in GRADIENT_BEFORE if name.startswith(before)]
    stems += [name[: -len(after)] for after in GRADIENT_AFTER if name.endswith(after)]
    for stem in stems:
        for word, known in (("weights", WEIGHTS), ("biases", BIASES), ("inputs", INPUTS)):
            if stem in known:
                return True, word, number
    return False, "", number


def role_of(place: str, array: Any) -> str:
    """The role of the array at a place, `weights` or `d_weights` or `weights 1`, or "" where the names say none."""
    gradient, what, number = False, "", ""
    all_steps = steps(place)
    for step in all_steps:
        is_gradient, word, its_number = meaning(step)
        gradient = gradient or is_gradient
        what = word or what
        if word or step.isdigit():
            number = its_number or number
    before = all_steps[-2] if len(all_steps) > 1 else ""
    container = meaning(before)[0] or before.lower().strip("_") in ("params", "parameters")
    if not what and container and all_steps[-1].isdigit():  # params[0], grads[1]: the shape tells
        shape, place_in_list = np.shape(array), int(all_steps[-1])
        is_row = len(shape) < 2 or (place_in_list % 2 == 1 and 1 in shape)  # biases may be (1, n)
        what, number = "biases" if is_row else "weights", str(place_in_list // 2)
    if not what and gradient and re.sub(r"[^a-z]", "", all_steps[-1].lower()) in INPUTS:
        what = "inputs"  # backward()['x']
    if not what:
        return ""
    return f"{'d_' if gradient else ''}{what}{' ' + number if number else ''}"


def recognize(thing: Any) -> dict[str, str]:
    """The place of each role that names tell, parameters and gradients. The first place of a role counts."""
    found: dict[str, str] = {}
    for place, array in arrays_in(thing):
        role = role_of(place, array)
        if role:
            found.setdefault(role, place)
    return without_lonely_number(found)


def pairs_in_source(thing: Any) -> dict[str, str]:
    """The roles of arrays whose names tell nothing, such as `beta`, if the source mentions `d_beta` as well.

    A two-dimensional array is taken for weights, another one for biases; each one of weights begins a layer.
    """
    try:
        source = inspect.getsource(type(thing))
    except (OSError, TypeError):
        return {}
    written = {
        re.sub(r"[^a-z0-9]", "", name.lower()): name for name in re.findall(r"\bself\.(\w+)\s*[-+*@/]?=", source)
    }
    found: dict[str, str] = {}
    layer = -1
    for place, array in arrays_in(thing, depth=0):
        stem = re.sub(r"[^a-z0-9]", "", place.lower())
        gradients = [f"{before}{stem}" for before in GRADIENT_BEFORE] + [f"{stem}{after}" for after in GRADIENT_AFTER]
        gradient = next((written[name] for name in gradients if name in written), None)
        if gradient:
            is_weights = np.ndim(array) == 2
            layer += is_weights or layer < 0
            role = f"{'weights' if is_weights else 'biases'} {layer}"
            found[role], found[f"d_{role}"] = place, gradient
    return without_lonely_number(found)


def without_lonely_number(found: dict[str, str]) -> dict[str, str]:
    """`weights 1` is `weights` where there is only one."""
    numbers = {role.partition(" ")[2] for role in found if not role.startswith("d_inputs")}
    if len(numbers - {""}) > 1:
        return found
    plain: dict[str, str] = {}
    for role, place in found.items():
        plain.setdefault(role.partition(" ")[0], place)
    return plain


def parameters_first(roles: list[str]) -> list[str]:
    """Names in the order in which people write them: layer by layer, weights before biases."""

    def key(role: str) -> tuple[int, str]:
        what, _, number = role.partition(" ")
        return (int(number or 0), "0" + what if what.endswith("weights") else "1" + what)

    return sorted(roles, key=key)


def sublayers(thing: Any) -> list[Any]:
    """The layers of a network that are objects with a forward and a backward of their own, from input to output."""
    for name in LAYERS:
        layers = getattr(thing, name, None)
        if isinstance(layers, (list, tuple)) and layers and all(hasattr(layer, "__dict__") for layer in layers):
            return list(layers)
    return []
