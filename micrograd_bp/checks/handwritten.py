"""Running somebody's own code: each time on a fresh copy with chosen parameters, and without a trace outside.

A person's object is never run itself, so that a check leaves it as it was. It knows nothing of gradients being right.
"""

import contextlib
import copy
import inspect
import io
import random
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from micrograd_bp.checks.names import pairs_in_source, parameters_first, read, recognize, write
from micrograd_bp.checks.returned import sort_returned
from micrograd_bp.checks.source import SourceLine, line_of_error
from micrograd_bp.checks.world import CannotCheck

FORWARD = ("forward", "forward_pass", "feed_forward", "feedforward", "fprop", "forward_propagation", "__call__", "call")
BACKWARD = ("backward", "backward_pass", "backprop", "backpropagate", "bprop", "back", "backward_propagation")
LR = ("lr", "learning_rate", "alpha", "eta", "step_size", "rate")
RESET = ("zero_grad", "zero_gradients", "zero_grads", "reset_gradients", "reset_grad", "clear_gradients")

# What the parameters of somebody's `backward` are called, letters only; the first other one takes dL/d(output).
ARGUMENTS = {
    "lr": {name.replace("_", "") for name in LR},
    "cache": {"cache", "cached", "ctx", "context", "saved", "tape", "memory"},
    "targets": {"y", "target", "targets", "labels", "label", "ytrue", "truth", "t", "expected", "observed", "actual"},
    "prediction": {"prediction", "predictions", "pred", "ypred", "yhat", "predicted"},
    "inputs": {"x", "inputs", "input", "data", "aprev"},
}
STEP = 0.5
"""The learning rate handed to a `backward` that wants one: large, so that weights changed too early show."""


class BackwardFailed(Exception):  # noqa: N818  # likewise
    """Somebody's backward raised: the message names the exception, `line` is the line of theirs that did it."""

    def __init__(self, message: str, line: SourceLine | None) -> None:
        super().__init__(message)
        self.line = line


class Pass(NamedTuple):
    """What one backward left behind.

    Attributes:
        output: what forward returned.
        found: the arrays that backward gave, by role, as they are.
        places: where each was found.
        after: the parameters after backward, by role.
        argument_changed: whether backward wrote into the gradient that it was handed.
        returned_nothing: whether backward returned None.
    """

    output: Any
    found: dict[str, Any]
    places: dict[str, str]
    after: dict[str, Any]
    argument_changed: bool
    returned_nothing: bool


class HandWritten:
    """Somebody's layer or network.

    Args:
        thing: the object.
        names: places by role, for what is not recognized: `{"weights": "kernel", "d_weights": "kernel_update"}`;
            `forward` and `backward` name methods.

    Raises:
        CannotCheck: there is no forward or backward, or it cannot be copied.
    """

    def __init__(self, thing: Any, names: Mapping[str, str] | None = None) -> None:
        self.thing = thing
        self._modules = {id(module): module for module in list(sys.modules.values())}
        self.names = dict(names or {})
        self.forward_name = self._method("forward", FORWARD)
        self.backward_name = self._method("backward", BACKWARD)
        self.copy()
        given = {role: place for role, place in self.names.items() if role not in ("forward", "backward")}
        for role, place in given.items():
            if not role.startswith("d_"):
                with _refused(f"there is no {place!r}, given as the place of the {role}"):
                    read(thing, place)
        recognized = {**recognize(thing), **given}
        if not any(role.startswith("weights") for role in recognized):
            recognized = pairs_in_source(thing) | recognized
            self.names |= {role: place for role, place in recognized.items() if role.startswith("d_")}
        self.places = {role: recognized[role] for role in parameters_first([*recognized]) if not role.startswith("d_")}
        self.parameters = {role: np.array(read(thing, place), dtype=float) for role, place in self.places.items()}

    def _method(self, which: str, known: tuple[str, ...]) -> str:
        for name in (self.names[which],) if which in self.names else known:
            if callable(getattr(self.thing, name, None)):
                return name
        raise CannotCheck(
            f"{type(self.thing).__name__} has no {which}: expected a method {', '.join(known[:3])}, …; "
            f"another name can be given as {which}=NAME"
        )

    def copy(self, parameters: Mapping[str, Any] | None = None, thing: Any = None) -> Any:
        """A copy of the object, with parameters in place of its own, wherever it refers to them.

        Raises:
            CannotCheck: it cannot be copied, or a parameter cannot be put in place.
        """
        thing = self.thing if thing is None else thing
        # What the memo holds is not copied but replaced: a parameter that is in an attribute and in a list too is
        # replaced in both. Modules cannot be copied, and need not be.
        memo: dict[int, Any] = dict(self._modules)
        replaced: dict[str, Any] = {}
        originals = []
        for role, array in (parameters or {}).items():
            original = read(thing, self.places[role])
            replaced[role] = array.tolist() if isinstance(original, list) else array.copy()
            originals.append(original)  # kept alive, so that no other object gets its id
            memo[id(original)] = replaced[role]
        try:
            made = copy.deepcopy(thing, memo)
        except Exception as error:
            raise CannotCheck(
                f"{type(thing).__name__} cannot be copied ({described(error)}), and the check runs only copies"
            ) from error
        for role, array in replaced.items():
            if not _same(read(made, self.places[role]), array):
                with _refused(f"the {role} at {self.places[role]} cannot be set"):
                    write(made, self.places[role], array)
        return made

    def forward(self, thing: Any, inputs: Any) -> tuple[Any, Any]:
        """The output, and what forward returned beside it (a cache, as some write it).

        Raises:
            Whatever their forward raises.
        """
        method = getattr(thing, self.forward_name)
        with undisturbed():
            returned = method(_like_parameters(self, thing, inputs))
        if isinstance(returned, tuple) and returned:
            return returned[0], returned[1] if len(returned) == 2 else returned[1:]
        return returned, None

    def run(self, thing: Any, inputs: Any, d_output: Any, targets: Any = None) -> Pass:
        """One forward and one backward.

        Raises:
            CannotCheck: forward raises, or the arguments of backward are not understood.
            BackwardFailed: backward raises.
        """
        before = self.read_parameters(thing)
        try:
            output, cache = self.forward(thing, inputs)
        except (Exception, SystemExit) as error:
            raise CannotCheck(
                f"{self.forward_name} raises {described(error)} for inputs of shape {np.shape(inputs)}"
            ) from error
        handed = _like_parameters(self, thing, np.array(d_output, dtype=float))
        given = {"lr": STEP, "cache": cache, "inputs": inputs, "targets": targets, "prediction": output}
        method = getattr(thing, self.backward_name)
        arguments = bind(method, handed, given)
        try:
            with undisturbed():
                returned = method(**arguments[1]) if not arguments[0] else method(*arguments[0], **arguments[1])
        except (Exception, SystemExit) as error:
            raise BackwardFailed(f"{self.backward_name} raises {described(error)}", line_of_error(error)) from error
        after = self.read_parameters(thing)
        found, places = self._gradients(thing, returned, np.shape(inputs))
        step = self._step(thing, arguments)
        moved = "lr" in map(meaning_of_argument, arguments[1]) or any(
            not _same(before[role], after[role]) for role in self.places
        )
        if step and moved:  # a backward that takes the step itself may keep no gradient
            for role in self.places:
                if f"d_{role}" not in found:
                    found[f"d_{role}"] = (before[role] - np.asarray(after[role], dtype=float)) / step
                    places[f"d_{role}"] = f"the change of {self.places[role]}, divided by -lr"
        changed = not np.array_equal(handed, np.asarray(d_output, dtype=float))
        return Pass(output, found, places, after, changed, returned is None)

    def read_parameters(self, thing: Any) -> dict[str, Any]:
        """The parameters of a copy as they are now, by role, as new arrays."""
        return {role: np.array(read(thing, place)) for role, place in self.places.items()}

    def _gradients(self, thing: Any, returned: Any, inputs: tuple[int, ...]) -> tuple[dict[str, Any], dict[str, str]]:
        places: dict[str, str] = {}
        found: dict[str, Any] = {}
        recognized = {**recognize(thing), **{r: p for r, p in self.names.items() if r.startswith("d_")}}
        for role, place in recognized.items():
            known = role.startswith("d_") and (role[2:] in self.places or role == "d_inputs")
            if known and place not in self.places.values():
                with _refused(f"there is no {place!r}, the place of {role}"):
                    found[role], places[role] = copy.deepcopy(read(thing, place)), place
        shapes = {role: np.shape(array) for role, array in self.parameters.items() if f"d_{role}" not in found}
        for role, (array, place) in sort_returned(returned, shapes, inputs, self.backward_name).items():
            if role == "d_inputs" or role not in found:
                found[role], places[role] = copy.deepcopy(array), place
        return found, places

    def _step(self, thing: Any, arguments: tuple[tuple[Any, ...], dict[str, Any]]) -> float | None:
        for name in (*arguments[1], *LR):
            if meaning_of_argument(name) == "lr":
                value = arguments[1].get(name, getattr(thing, name, None))
                if isinstance(value, (int, float)) and value:
                    return float(value)
        return None

    def reset(self, thing: Any) -> bool:
        """Sets the gradients of a copy to zero, if its class has a method for that."""
        for name in RESET:
            if callable(getattr(thing, name, None)):
                with undisturbed():
                    getattr(thing, name)()
                return True
        return False


def bind(method: Any, d_output: Any, given: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments for somebody's backward, by the names of its parameters: positional ones, and by name.

    Raises:
        CannotCheck: it requires an argument that we cannot supply.
    """
    try:
        parameters = list(inspect.signature(method).parameters.values())
    except (TypeError, ValueError):
        return (d_output,), {}
    usual = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = [parameter for parameter in parameters if parameter.kind in usual]
    required = [parameter for parameter in parameters if parameter.default is parameter.empty]
    if not required and parameters and not meaning_of_argument(parameters[0].name):
        required = parameters[:1]
    by_name: dict[str, Any] = {}
    taken = False
    for parameter in parameters:
        known = meaning_of_argument(parameter.name)
        is_only_one = len(required) == 1 and parameter in required and given["targets"] is None
        if parameter in required and not taken and (not known or (is_only_one and known != "lr")):
            by_name[parameter.name], taken = d_output, True
        elif known and (parameter in required or known == "lr") and given[known] is not None:
            by_name[parameter.name] = given[known]
        elif parameter in required:
            raise CannotCheck(
                f"{method.__name__} requires the argument {parameter.name!r}, which is not understood; understood are "
                "dL/d(output), a learning rate (lr), a cache that forward returned, inputs and targets"
            )
    positional = [p.name for p in parameters if p.kind is inspect.Parameter.POSITIONAL_ONLY and p.name in by_name]
    return tuple(by_name.pop(name) for name in positional), by_name


def meaning_of_argument(name: str) -> str:
    """Which of `ARGUMENTS` a parameter is, or ""."""
    letters = re.sub(r"[^a-z]", "", name.lower())
    return next((known for known, words in ARGUMENTS.items() if letters in words), "")


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Runs somebody's code: what it prints is dropped, and the global random numbers are the same each time."""
    numpy_state, state = np.random.get_state(), random.getstate()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        np.random.set_state(numpy_state)
        random.setstate(state)


@contextlib.contextmanager
def _refused(message: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise CannotCheck(f"{message} ({described(error)})") from error


def described(error: BaseException) -> str:
    """An exception in a line, with the line of the person's code that raised it."""
    line = line_of_error(error)
    place = f" at line {line.number} of {line.file}" if line else ""
    message = str(error).strip()
    return f"{type(error).__name__}{': ' + message if message else ''}{place}"


def _like_parameters(subject: HandWritten, thing: Any, array: Any) -> Any:
    """An array in the form that the code works with: lists where its parameters are lists. Always a copy."""
    lists = [isinstance(read(thing, place), list) for place in subject.places.values()]
    return np.asarray(array).tolist() if any(lists) else np.array(array)


def _same(one: Any, other: Any) -> bool:
    one, other = np.asarray(one), np.asarray(other)
    if one.shape != other.shape:
        return False
    if one.dtype == object or other.dtype == object:
        return all(a is b for a, b in zip(one.flat, other.flat, strict=True))
    return bool(np.array_equal(one, other, equal_nan=True))
