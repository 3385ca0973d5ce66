"""`Module`: something with parameters that Values flow through.

A module finds its parameters and its inner modules in its own attributes, so that writing one takes no more than a
constructor and `forward`. While it runs, nodes get its path as their origin.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any

from micrograd_bp.engine import Origin, Value
from micrograd_bp.engine.made import place_of
from micrograd_bp.engine.numbers.floats import as_float
from micrograd_bp.engine.origin import Leaf, LeafOrigin, current_origin, is_parameter
from micrograd_bp.files import read_json, write_json


class Module:
    """The base of networks and their parts.

    A subclass sets Values, modules, or lists and dictionaries of them as attributes and defines `forward`; the instance
    is then called like a function.
    """

    _parts_are_claimed = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """A class may define `__call__` itself, as in micrograd: that then runs as `forward` would."""
        super().__init_subclass__(**kwargs)
        own = vars(cls).get("__call__")
        if own is not None:

            @wraps(own)
            def call(self: Module, *inputs: Any, **more: Any) -> Any:
                return self._run(own.__get__(self), inputs, more)

            cls.__call__ = call  # type: ignore[method-assign]  # that is the point

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        if isinstance(value, (Value, Module, list, tuple, dict)) and name in self.__dict__:
            self._claim(name, value)
            self.__dict__["_parts_are_claimed"] = False  # a list may grow after it was assigned

    def _claim(self, name: str, attribute: Any) -> None:
        """Records that the parameters and modules in an attribute belong to this module, unless others have them."""
        origin = self._origin()
        for path, part in _parts(name, attribute):
            if isinstance(part, Module):
                origin.adopt(part._origin(), path)
            elif not part.operands and not is_parameter(part.origin):
                part.origin = LeafOrigin(Leaf.PARAMETER, path, origin)

    def _claim_parts(self) -> None:
        for name, attribute in vars(self).items():
            self._claim(name, attribute)
        self.__dict__["_parts_are_claimed"] = True

    def _origin(self) -> Origin:
        """The one record of this module."""
        origin: Origin | None = self.__dict__.get("_own_origin")
        if origin is None:
            name, around = place_of(self) or ("", None)
            origin = self.__dict__["_own_origin"] = Origin(name, type(self).__name__, around)
        return origin

    def __call__(self, *inputs: Any, **more: Any) -> Any:
        """Runs `forward`; the nodes made on the way have this module as their origin."""
        return self._run(self.forward, inputs, more)

    def _run(self, function: Callable[..., Any], inputs: tuple[Any, ...], more: dict[str, Any]) -> Any:
        if not self._parts_are_claimed:
            self._claim_parts()
        around, origin = current_origin.get(), self._origin()
        token = current_origin.set(origin if around is None else around.entered(origin))
        try:
            return function(*inputs, **more)
        finally:
            current_origin.reset(token)

    def forward(self, *inputs: Any) -> Any:
        """What the module computes; for a subclass to define."""
        raise NotImplementedError(f"{type(self).__name__} does not define forward")

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Each parameter once, with its path, such as `layers.0.neurons.2.weights.1`."""
        seen: set[Value] = set()
        for path, parameter in self._all_parameters(set()):
            if parameter not in seen:
                seen.add(parameter)
                yield path, parameter

    def _all_parameters(self, visited: "set[Module]") -> Iterator[tuple[str, Value]]:
        visited.add(self)  # a part may hold the module around it
        for name, attribute in vars(self).items():
            for path, part in _parts(name, attribute):
                if isinstance(part, Module):
                    if part not in visited:
                        for inner_path, parameter in part._all_parameters(visited):
                            yield f"{path}.{inner_path}", parameter
                elif not part.operands:  # a stored result is not a parameter
                    yield path, part

    def parameters(self) -> list[Value]:
        """The leaves that training changes, each once, in the order of their names."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Sets the gradient of every parameter to 0."""
        for parameter in self.parameters():
            parameter.grad = 0.0

    def state_dict(self) -> dict[str, float]:
        """The number of each parameter by its name."""
        return {name: float(parameter.data) for name, parameter in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Takes over numbers from `state_dict`.

        Raises:
            ValueError: names that do not fit, or something that is not a number; nothing is changed then.
        """
        named = dict(self.named_parameters())
        missing = [name for name in named if name not in state]
        unknown = [name for name in state if name not in named]
        if missing or unknown:
            problems = [f"{len(missing)} missing, such as {missing[0]}"] if missing else []
            problems += [f"{len(unknown)} unknown, such as {unknown[0]}"] if unknown else []
            raise ValueError(
                f"these are not the parameters of {type(self).__name__}, which has {len(named)}: {'; '.join(problems)}"
            )
        numbers: dict[str, float] = {}
        for name, number in state.items():
            try:
                numbers[name] = as_float(number)
            except (TypeError, OverflowError):
                raise ValueError(f"the parameter {name} needs a number, got {number!r:.80}") from None
        for name, number in numbers.items():
            named[name].data = number

    def architecture(self) -> dict[str, Any] | None:
        """The constructor's arguments, to be saved with the parameters; None if they are not known."""
        return None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the parameters to a JSON file, and the architecture where it is known.

        Raises:
            OSError: the file cannot be written; an old one is then as it was.
        """
        content = {
            "class": type(self).__name__,
            "architecture": self.architecture(),
            "parameters": self.state_dict(),
        }
        write_json(path, "model", content)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Takes over the parameters that `save` wrote.

        Raises:
            OSError: the file cannot be read.
            ValueError: it is not a model file, or of another model; nothing is changed then.
        """
        content = read_json(path, "model")
        parameters = saved_parameters(content, path)
        ours, theirs = self.architecture(), content.get("architecture")
        if ours is not None and isinstance(theirs, dict):
            self.compare_architectures(ours, theirs, path)
        self.load_state_dict(parameters)

    def compare_architectures(self, ours: dict[str, Any], theirs: dict[str, Any], path: str | os.PathLike[str]) -> None:
        """Refuses the file of another model whose parameters may have the same names.

        Args:
            ours: the architecture of this model.
            theirs: what the file says.
            path: the file, for the message.

        Raises:
            ValueError: the two differ.
        """
        for name, value in ours.items():
            if name in theirs and theirs[name] != value:
                raise ValueError(f"{path} is of a model with {name}={theirs[name]!r:.80}, this one has {value!r:.80}")


def saved_parameters(content: dict[str, Any], path: str | os.PathLike[str]) -> dict[str, float]:
    """The parameters in a model file.

    Raises:
        ValueError: there are none.
    """
    parameters = content.get("parameters")
    if not isinstance(parameters, dict):
        raise ValueError(f"{path} is not a model file: it has no parameters")
    return parameters


def _parts(name: str, attribute: Any) -> Iterator[tuple[str, "Value | Module"]]:
    """The Values and modules in an attribute, at any depth of lists and dictionaries, with their paths."""
    if isinstance(attribute, (Value, Module)):
        yield name, attribute
    elif isinstance(attribute, (list, tuple, dict)):
        for place, part in attribute.items() if isinstance(attribute, dict) else enumerate(attribute):
            yield from _parts(f"{name}.{place}", part)
