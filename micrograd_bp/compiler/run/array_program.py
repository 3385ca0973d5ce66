"""A program on the arrays of a library: pure functions of the parameters and the inputs."""

import warnings
from collections.abc import Mapping, Sequence
from inspect import Parameter, Signature
from typing import Any

import numpy as np

from micrograd_bp.compiler.run.array_functions import JaxFunctions, array_functions
from micrograd_bp.compiler.run.forms import Functions, Groups, Matrices, StraightLines
from micrograd_bp.compiler.run.lines import StraightLine
from micrograd_bp.compiler.run.matrices import MatrixProgram
from micrograd_bp.engine import Value

MOST_STATEMENTS_IN_JAX = 5_000
"""JAX traces each statement, and XLA compiles them: for so many that takes minutes, for twice as many far longer."""


class ArrayProgram:
    """A program as pure functions on the arrays of a library.

    Called with the parameters, a flat array, and for each input an array (samples, members), it gives the mean of the
    loss and its gradient with respect to the parameters, both as arrays of the library. An input with one member may
    be (samples,). Numbers of other types become the program's. Nothing is checked for being finite.

    Under JAX it works with `jit`, `vmap`, `grad` and arrays that are sharded over their samples; in a mesh whose axes
    are of the type `Auto`, each device then computes with its own samples. A long straight-line program compiles in
    seconds instead of minutes with `jit(f, compiler_options={"xla_disable_hlo_passes": "fusion"})`.
    """

    def __init__(
        self,
        program: MatrixProgram | StraightLine,
        loss: Value,
        inputs: Groups,
        parameters: Sequence[Value],
        outputs: Groups,
        dtype: str,
        xp: Any,
    ) -> None:
        """Takes what `compile` was given, the program that it made of it, and a module of array functions.

        Raises:
            TypeError: `xp` is no such module.
            ValueError: the program is too long for JAX.
        """
        self._xp = array_functions(xp)
        self._dtype = dtype
        self._warn_of_single_precision(stacklevel=5)
        self._form: Matrices | StraightLines
        if isinstance(program, StraightLine):
            self._form = StraightLines(program, loss, inputs, outputs)
        else:
            self._form = Matrices(program, dtype)
        if isinstance(self._xp, JaxFunctions) and self._form.n_statements > MOST_STATEMENTS_IN_JAX:
            raise ValueError(
                f"this program has {self._form.n_statements:,} statements, which JAX would take too long to compile: "
                f"it takes up to {MOST_STATEMENTS_IN_JAX:,}. On NumPy the program runs as it is"
            )
        self._sizes = {"parameters": len(parameters), **{name: len(group) for name, group in inputs.items()}}
        self._signatures = {
            "value_and_gradient": _signature(["parameters", *inputs]),
            "predict": _signature(["parameters", *program.predict_inputs]),
        }
        self._has_outputs = bool(outputs)
        self._bound: dict[Any, Functions] = {}

    @property
    def source(self) -> str:
        """The program as Python. In that of matrices, `xp` is the library, with what it lacks supplied."""
        return self._form.text.source

    @property
    def filename(self) -> str:
        """The name under which a debugger finds the source."""
        return self._form.text.filename

    def __call__(self, /, *arguments: Any, **named: Any) -> tuple[Any, Any]:
        """The mean of the loss over a batch, and its gradient with respect to the parameters.

        Args:
            arguments: the parameters, and the inputs in their order.
            named: any of them by name.

        Raises:
            TypeError: missing or unknown inputs.
            ValueError: a wrong shape.
        """
        outcome: tuple[Any, Any] = self._run("value_and_gradient", arguments, named)
        return outcome

    def predict(self, /, *arguments: Any, **named: Any) -> dict[str, Any]:
        """The outputs by name: arrays (samples, members), or (members,) for what no input has a part in.

        Args:
            arguments: the parameters, and those inputs that the outputs depend on.
            named: any of them by name.

        Raises:
            TypeError: missing or unknown inputs.
            ValueError: a wrong shape, or the program has no outputs.
        """
        if not self._has_outputs:
            raise ValueError('this program has no outputs: compile(…, outputs={"scores": scores}) gives it some')
        outcome: dict[str, Any] = self._run("predict", arguments, named)
        return outcome

    def _run(self, function: str, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
        self._warn_of_single_precision(stacklevel=4)
        given = self._signatures[function].bind(*arguments, **named).arguments
        parameters = self._xp.asarray(given.pop("parameters"), self._dtype)
        if parameters.shape != (self._sizes["parameters"],):
            raise ValueError(
                f"the parameters are a flat array of {self._sizes['parameters']} numbers, "
                f"got the shape {tuple(parameters.shape)}"
            )
        inputs = [self._input(name, each, parameters) for name, each in given.items()]
        samples = {name: array.shape[0] for name, array in zip(given, inputs, strict=True)}
        if len(set(samples.values())) > 1:
            raise ValueError(
                f"the inputs have different numbers of samples: "
                f"{', '.join(f'{name} {number}' for name, number in samples.items())}"
            )
        if 0 in samples.values():
            raise ValueError("a batch needs at least one sample")
        place = self._xp.place(parameters)
        if place not in self._bound:
            self._bound[place] = self._form.bound(self._xp, parameters)
        with np.errstate(all="ignore"):
            return self._bound[place][function](parameters, *inputs)

    def _input(self, name: str, given: Any, parameters: Any) -> Any:
        array, size = self._xp.asarray(given, self._dtype, parameters), self._sizes[name]
        if array.ndim == 1 and size == 1:
            array = self._xp.reshape(array, (-1, 1))
        if array.ndim != 2 or array.shape[1] != size:
            raise ValueError(
                f"the input {name} needs the shape (samples, {size}), got {tuple(array.shape)}"
                + (": encode labels one-hot" if array.ndim == 1 else "")
            )
        return array

    def _warn_of_single_precision(self, stacklevel: int) -> None:
        if self._xp.precision(self._dtype) != self._dtype:
            warnings.warn(
                "this program was compiled for float64, and JAX computes with float32: "
                'jax.config.update("jax_enable_x64", True) gives it float64, dtype="float32" asks for no more',
                stacklevel=stacklevel,
            )


def _signature(names: Sequence[str]) -> Signature:
    return Signature([Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names])
