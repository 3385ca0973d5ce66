"""The two forms of a program, bound to a library's functions: what their texts define, as functions of whole arrays."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from micrograd_bp.compiler.arrays.rules import computed
from micrograd_bp.compiler.run.array_functions import ArrayFunctions
from micrograd_bp.compiler.run.lines import StraightLine
from micrograd_bp.compiler.run.matrices import MatrixProgram
from micrograd_bp.compiler.write.source_text import SourceText
from micrograd_bp.compiler.write.xp import functional_source
from micrograd_bp.engine import Value, leaves, topological_order

Groups = Mapping[str, Sequence[Value]]

Functions = Mapping[str, Callable[..., Any]]
"""`value_and_gradient` and `predict`, of the parameters and the inputs."""


class Matrices:
    """A program of matrices, written once more without statements that change an array in place.

    Attributes:
        text: the source.
        n_statements: about how many statements run.
    """

    def __init__(self, program: MatrixProgram, dtype: str) -> None:
        """Writes the text."""
        module = functional_source(program._routines, dtype)
        self._constants, self._xp = module.constants.arrays, module.constants.free("xp")
        self.n_statements = len(module.lines)
        self.text = SourceText([module.lines])

    def bound(self, xp: ArrayFunctions, like: Any) -> Functions:
        """The functions of the text, on those of a library, with constants that fit the array `like`."""
        namespace = self.text.run()
        namespace |= {name: xp.constant(array, like) for name, array in self._constants.items()}
        namespace[self._xp] = xp
        return namespace


class StraightLines:
    """A straight-line program, whose text runs on arrays with a number for each sample as it stands.

    Attributes:
        n_statements: about how many statements run.
    """

    def __init__(self, program: StraightLine, loss: Value, inputs: Groups, outputs: Groups) -> None:
        """Starts from the program."""
        self._program = program
        self.n_statements = len(topological_order(loss, *(node for group in outputs.values() for node in group)))
        given = {leaf for group in inputs.values() for leaf in group}
        self._of_each_sample = {name: not given.isdisjoint(leaves(*group)) for name, group in outputs.items()}

    @property
    def text(self) -> SourceText:
        """The source; for a program on a tape it is written when it is first asked for."""
        return self._program._python.text

    def bound(self, xp: ArrayFunctions, like: Any) -> Functions:
        """The functions of the text, on those of a library, with constants that fit the array `like`."""
        namespace = self._program._python.bound(
            lambda name: _of_any_numbers(name, getattr(xp, name)),
            lambda numbers: [xp.constant(np.array(number), like) for number in numbers],
        )

        def value_and_gradient(parameters: Any, *inputs: Any) -> Any:
            columns = [xp.columns(each) for each in (parameters, *inputs)]
            value, gradient = namespace["value_and_gradient"](*columns)
            # XLA compiles a stack of means in seconds, where the mean of a stack may take it minutes.
            value, *means = [xp.mean(xp.as_array(each, parameters)) for each in (value, *gradient)]
            return value, xp.stack(means) if means else parameters

        def predict(parameters: Any, *inputs: Any) -> Any:
            columns = [xp.columns(each) for each in (parameters, *inputs)]
            outputs = {}
            for name, group in namespace["predict"](*columns).items():
                shape = inputs[0].shape[:1] if self._of_each_sample[name] else ()
                outputs[name] = xp.stack([xp.broadcast_to(xp.as_array(each, parameters), shape) for each in group])
            return outputs

        return {"value_and_gradient": value_and_gradient, "predict": predict}


def _of_any_numbers(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of arrays that takes plain numbers too, which a statement such as `v1 = 1.0` leaves to later ones."""

    def of_any_numbers(*operands: Any) -> Any:
        members = [member for each in operands for member in (each if isinstance(each, tuple) else (each,))]
        return function(*operands) if any(hasattr(member, "dtype") for member in members) else computed(name, operands)

    return of_any_numbers
