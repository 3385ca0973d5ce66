"""A program on the arrays of a library: pure functions of the parameters and the inputs."""

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np

from micrograd_bp.compiler.arrays.array_functions import ArrayFunctions, JaxFunctions, array_functions
from micrograd_bp.compiler.arrays.language import Array, computed
from micrograd_bp.compiler.find.graph import Graph
from micrograd_bp.compiler.find.grouping import Grouping
from micrograd_bp.compiler.find.groups import Index
from micrograd_bp.compiler.run.arguments import checked_inputs, checked_parameter_arrays, checked_parameters
from micrograd_bp.compiler.run.lines import Lines
from micrograd_bp.compiler.run.matrices import Matrices
from micrograd_bp.compiler.thresholds import MOST_STATEMENTS_IN_JAX
from micrograd_bp.compiler.write.source_text import SourceText
from micrograd_bp.compiler.write.xp import functional_source
from micrograd_bp.engine import leaves

Functions = Mapping[str, Callable[..., Any]]
"""`value_and_gradient` and `predict`, of the parameters and the inputs."""


class ArrayProgram:
    """A program as pure functions on the arrays of a library.

    Called with the parameters, a flat array, and for each input an array (samples, members), it gives the mean of the
    loss and its gradient with respect to the parameters, both as arrays of the library. For a mapping of arrays, as
    `Program.parameter_arrays` is, the gradient is such a mapping too. An input with one member may be (samples,).
    Numbers of other types become the program's. Nothing is checked for being finite.

    Under JAX it works with `jit`, `vmap`, `grad` and arrays that are sharded over their samples; in a mesh whose axes
    are of the type `Auto`, each device then computes with its own samples. A long straight-line program compiles in
    seconds instead of minutes with `jit(f, compiler_options={"xla_disable_hlo_passes": "fusion"})`.
    """

    def __init__(
        self, program: Matrices | Lines, graph: Graph, dtype: str, arrays: Mapping[Array, Index], xp: Any
    ) -> None:
        """Takes a program, the graph and the arrays of parameters that it has, and a module of array functions.

        Raises:
            TypeError: `xp` is no such module.
            ValueError: the program is too long for JAX.
        """
        self._xp = array_functions(xp)
        self._dtype = dtype
        self._warn_of_single_precision(stacklevel=5)
        self._graph, self._arrays = graph, arrays
        most = MOST_STATEMENTS_IN_JAX if isinstance(self._xp, JaxFunctions) else math.inf
        if isinstance(program, Lines) and len(graph.order) > most and (grouping := Grouping.of(graph)) is not None:
            program = Matrices(grouping, graph, dtype=dtype)  # loops may make it shorter
        self._program = program
        self._form = _LineFunctions(program, graph) if isinstance(program, Lines) else _MatrixFunctions(program, dtype)
        if self._form.n_statements > most:
            raise ValueError(
                f"this program has {self._form.n_statements:,} statements, which JAX would take too long to compile: "
                f"it takes up to {MOST_STATEMENTS_IN_JAX:,}. On NumPy the program runs as it is"
            )
        self._inputs = {"value_and_gradient": list(graph.inputs), "predict": program.predict_inputs}
        self._bound: dict[Any, Functions] = {}

    @cached_property
    def _form_of_arrays(self) -> "_LineFunctions | _MatrixFunctions":
        """The program with its parameters in arrays."""
        program = self._program
        return self._form if isinstance(program, Lines) else _MatrixFunctions(program, self._dtype, self._arrays)

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
        self._graph.require_outputs()
        outcome: dict[str, Any] = self._run("predict", arguments, named)
        return outcome

    def _run(self, function: str, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
        self._warn_of_single_precision(stacklevel=4)
        if "parameters" in named:
            arguments = (named["parameters"], *arguments)
            named = {name: array for name, array in named.items() if name != "parameters"}
        elif not arguments:
            raise TypeError("the parameters are missing, which come first")
        if is_mapping := isinstance(arguments[0], Mapping):
            parameters = checked_parameter_arrays(
                arguments[0], self._arrays, lambda numbers: self._xp.asarray(numbers, self._dtype)
            )
        else:
            parameters = {"parameters": self._xp.asarray(arguments[0], self._dtype)}
            checked_parameters(parameters["parameters"], len(self._graph.parameters))
        first = next(iter(parameters.values()))

        def array(name: str, numbers: Any, size: int) -> Any:
            return self._xp.asarray(numbers, self._dtype, first)

        inputs = checked_inputs(self._graph.sizes(self._inputs[function]), arguments[1:], named, array)
        place = is_mapping, self._xp.place(first)
        if place not in self._bound:
            self._bound[place] = (self._form_of_arrays if is_mapping else self._form).bound(self._xp, first)
        with np.errstate(all="ignore"):
            outcome = self._bound[place][function](*parameters.values(), *inputs)
        if is_mapping and function == "value_and_gradient":
            return outcome[0], dict(zip(parameters, outcome[1:], strict=True))
        return outcome

    def _warn_of_single_precision(self, stacklevel: int) -> None:
        if self._xp.precision(self._dtype) != self._dtype:
            warnings.warn(
                "this program was compiled for float64, and JAX computes with float32: "
                'jax.config.update("jax_enable_x64", True) gives it float64, dtype="float32" asks for no more',
                stacklevel=stacklevel,
            )


class _MatrixFunctions:
    """A program of matrices, written once more without statements that change an array in place.

    Attributes:
        text: the source.
        n_statements: about how many statements run.
    """

    def __init__(self, program: Matrices, dtype: str, arrays: Mapping[Array, Index] | None = None) -> None:
        """Writes the text, for these arrays of parameters or a flat one."""
        module = functional_source(program.routines, dtype, arrays)
        self._constants, self._library = module.constants.arrays, module.constants.free("xp")
        self.n_statements = len(module.lines)
        self.text = SourceText([module.lines])

    def bound(self, xp: ArrayFunctions, like: Any) -> Functions:
        """The functions of the text, on those of a library, with constants that fit the array `like`."""
        namespace = self.text.run()
        namespace |= {name: xp.constant(array, like) for name, array in self._constants.items()}
        namespace[self._library] = xp
        return namespace


class _LineFunctions:
    """A program of straight lines, whose text runs on arrays with a number for each sample as it stands.

    Attributes:
        n_statements: about how many statements run.
    """

    def __init__(self, program: Lines, graph: Graph) -> None:
        """Starts from the program."""
        self._program = program
        self.n_statements = len(graph.order)
        drawn = {leaf for group in graph.inputs.values() for leaf in group}
        self._of_each_sample = {name: not drawn.isdisjoint(leaves(*group)) for name, group in graph.outputs.items()}

    @property
    def text(self) -> SourceText:
        """The source; for a program on a tape it is written when it is first asked for."""
        return self._program.text

    def bound(self, xp: ArrayFunctions, like: Any) -> Functions:
        """The functions of the text, on those of a library."""
        namespace = self._program.bound(lambda name: partial(_on_any_numbers, name, getattr(xp, name)))

        def value_and_gradient(parameters: Any, *inputs: Any) -> Any:
            columns = [xp.unstack(array) for array in (parameters, *inputs)]
            value, gradient = namespace["value_and_gradient"](*columns)
            # XLA compiles a stack of means in seconds, where the mean of a stack may take it minutes.
            value, *means = [xp.mean(xp.as_array(number, parameters)) for number in (value, *gradient)]
            return value, xp.stack(means) if means else parameters

        def predict(parameters: Any, *inputs: Any) -> Any:
            columns = [xp.unstack(array) for array in (parameters, *inputs)]
            outputs = {}
            for name, group in namespace["predict"](*columns).items():
                shape = inputs[0].shape[:1] if self._of_each_sample[name] else ()
                outputs[name] = xp.stack([xp.broadcast_to(xp.as_array(number, parameters), shape) for number in group])
            return outputs

        return {"value_and_gradient": value_and_gradient, "predict": predict}


def _on_any_numbers(name: str, function: Callable[..., Any], *operands: Any) -> Any:
    """A function of arrays, also on plain numbers, which a statement such as `v1 = 1.0` leaves to later ones."""
    numbers = [number for x in operands for number in (x if isinstance(x, tuple) else (x,))]
    return function(*operands) if any(hasattr(number, "dtype") for number in numbers) else computed(name, operands)
