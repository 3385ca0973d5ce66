"""`Program`: what `compile` makes of a graph of scalars, to be run on whole batches."""

import warnings
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.compiler import thresholds
from micrograd_bp.compiler.arrays import language
from micrograd_bp.compiler.arrays.array_functions import jax_numpy
from micrograd_bp.compiler.arrays.functional import parameter_arrays
from micrograd_bp.compiler.arrays.rolling import NotStretchedError
from micrograd_bp.compiler.find.graph import Graph, members
from micrograd_bp.compiler.find.grouping import Grouping
from micrograd_bp.compiler.find.groups import Index
from micrograd_bp.compiler.run.arguments import (
    checked_graph,
    checked_inputs,
    checked_parameter_arrays,
    checked_parameters,
    entry,
    of_dtype,
    real,
)
from micrograd_bp.compiler.run.array_program import ArrayProgram
from micrograd_bp.compiler.run.lines import Lines
from micrograd_bp.compiler.run.matrices import Matrices
from micrograd_bp.compiler.run.native import HAS_LLVM, Native
from micrograd_bp.compiler.run.non_finite import all_finite, described, first_non_finite, one_sample
from micrograd_bp.compiler.write.nests import NoLoopNestError
from micrograd_bp.engine import Value, topological_order
from micrograd_bp.engine.value import number_of

Array = NDArray[Any]

AnyProgram = Matrices | Lines

FORMS = ("auto", "matrices", "native", "straight line", "tape")


class Program:
    """What `compile` makes.

    Attributes:
        form: "matrices", "native", "straight line" or "tape".
    """

    def __init__(self, graph: Graph, *, dtype: str, check: bool, form: str, threads: int) -> None:
        """Compiles; see `compile`."""
        if form not in FORMS:
            raise ValueError(f"form is {', '.join(map(repr, FORMS))}, got {form!r}")
        if form in ("straight line", "tape") and dtype == "float32":
            raise ValueError(f'form="{form}" computes with float64 alone')
        self._graph, self._dtype, self._check, self._asked_form, self._threads = graph, dtype, check, form, threads
        self._number_type = np.dtype(dtype)
        self._widths = [len(group) for group in graph.inputs.values()]
        self.form = form
        self._program = self._compiled()
        self._programs: dict[tuple[str, ...], AnyProgram] = {(): self._program}
        self._warn_of_unused()
        self._parameters: Array = np.empty(len(graph.parameters), dtype)
        self.load()

    def _compiled(self, with_respect_to: Sequence[str] = ()) -> AnyProgram:
        graph, is_asked_for, is_later = self._graph, self.form == "tape", False
        if self.form in ("native", "tape") and not HAS_LLVM:
            raise ImportError(
                f'form="{self.form}" needs llvmlite 0.44 and platformdirs: pip install "micrograd-bp[native]"'
            )
        if self.form in ("auto", "matrices", "native"):
            # Python's floats, on which straight lines run, are float64.
            few = None
            if self.form == "auto" and self._dtype == "float64":
                few = thresholds.FEW_IN_A_BATCH if graph.inputs else thresholds.FEW
            grouping = Grouping.of(graph, few, with_rounds=HAS_LLVM)  # on NumPy, few entries to a round take long
            if grouping is not None:
                self.form = "native" if self._asked_form == "native" else "matrices"
                arguments = grouping, graph, with_respect_to, self._dtype
                if self._asked_form == "matrices" or not HAS_LLVM:
                    return Matrices(*arguments)
                try:
                    return Native(*arguments, threads=self._threads, always=self.form == "native")
                except NoLoopNestError as error:
                    raise ValueError(f'form="native": {error}; leave form out') from None
                except NotStretchedError:
                    self.form = "auto"
        if self.form == "auto":
            n_operations = sum(1 for node in graph.order if node.operands)
            self.form = "tape" if n_operations >= thresholds.OPERATIONS_FOR_A_TAPE and HAS_LLVM else "straight line"
            is_later = n_operations >= thresholds.OPERATIONS_FOR_A_LATER_TAPE and HAS_LLVM
        program = Lines(graph, with_respect_to, tape=True if self.form == "tape" else None if is_later else False)
        if self.form == "tape" and not program.has_tape:
            if is_asked_for:
                raise ValueError('form="tape" has no instruction for functions such as lgamma: leave form out')
            self.form = "straight line"
        return program

    def _warn_of_unused(self) -> None:
        graph = self._graph
        order = topological_order(graph.loss) if graph.outputs else graph.order
        if left := set(graph.parameters).difference(order):
            unused = [position for position, value in enumerate(graph.parameters) if value in left]
            warnings.warn(
                f"the loss does not depend on {len(unused)} of {len(graph.parameters)} parameters, whose gradient is "
                f"0; the first is number {unused[0]}, {graph.parameters[unused[0]]!r}",
                stacklevel=4,
            )

    @property
    def parameters(self) -> Array:
        """The numbers of the parameters in the order in which they were given: a flat copy, to be set as a whole."""
        return self._parameters.copy()

    @parameters.setter
    def parameters(self, numbers: Any) -> None:
        # In place, since there are views.
        self._parameters[:] = checked_parameters(real("the parameters", numbers), len(self._parameters))

    @cached_property
    def _arrays(self) -> dict[language.Array, Index]:
        return parameter_arrays(len(self._graph.parameters), self._program.views)

    @property
    def parameter_arrays(self) -> dict[str, Array]:
        """The numbers of the parameters as arrays by their names in the source, such as W0; to be set as a whole.

        What a loop reads in turn is one array, with a first axis for the rounds; what is in no array of its own is in
        a flat one called parameters. Functions from `to_jax` and `namespace` take these, and give their gradients.
        """
        return {array.name: self._parameters[index] for array, index in self._arrays.items()}

    @parameter_arrays.setter
    def parameter_arrays(self, numbers: Mapping[str, Any]) -> None:
        new = checked_parameter_arrays(numbers, self._arrays, partial(real, "the parameters"))
        for array, index in self._arrays.items():
            self._parameters[index] = new[array.name]

    @property
    def source(self) -> str:
        """The program as Python, which runs on its own; a debugger steps through it."""
        return self._program.source

    @property
    def filename(self) -> str:
        """The name under which a debugger finds the source."""
        return self._program.filename

    @property
    def buffered_source(self) -> str:
        """The program as NumPy runs it: the same statements, working on in place.

        Its `value_and_gradient` takes, behind the parameters, what `views(parameters)` gives.
        """
        return self._program.buffered_source

    @property
    def native_source(self) -> str:
        """The loop nests that machine code is made of; on floats they run as Python too.

        Raises:
            ValueError: there is no machine code for this program.
        """
        program = self._program
        if not isinstance(program, Native):
            raise ValueError(f"a program of {self.form} has no loop nests")
        try:
            return program.native.source
        except NoLoopNestError as error:
            raise ValueError(str(error)) from None

    def load(self) -> None:
        """Takes the parameters' numbers from the Values."""
        self.parameters = np.array([number_of(value) for value in self._graph.parameters], dtype=float)

    def store(self) -> None:
        """Writes the parameters' numbers to the Values."""
        for value, number in zip(self._graph.parameters, self._parameters.tolist(), strict=True):
            value.data = number

    def value_and_gradient(self, /, *inputs: Any, with_respect_to: str | Sequence[str] = (), **named: Any) -> Any:
        """The mean of the loss over a batch, and its gradient with respect to the parameters.

        Args:
            inputs: for each input an array (samples, members); (samples,) will do where there is one member, and whole
                numbers (samples,) where the members are classes.
            with_respect_to: the name of an input whose gradient is wanted too, or several.
            named: inputs by name.

        Returns:
            The value, the gradient as a flat array in the order of the parameters, and for each input in
            `with_respect_to` an array (samples, members) with the derivatives of that mean.

        Raises:
            TypeError, ValueError: inputs that do not fit.
            FloatingPointError: the loss or a gradient is not finite; the message says where that began.
        """
        program = self._program
        arrays: Sequence[Any] = inputs
        if with_respect_to or named or not self._fit(inputs):  # small programs take less time than a full check
            program = self._program_for(
                (with_respect_to,) if isinstance(with_respect_to, str) else tuple(with_respect_to or ())
            )
            arrays = checked_inputs(self._graph.sizes(self._graph.inputs), inputs, named, of_dtype(self._dtype))
        batch = len(arrays[0]) if arrays else None
        outcome = program.value_and_gradient(self._parameters, arrays, batch)
        if self._check and not all_finite(*outcome):
            self._refuse(program, outcome, arrays)
        value, gradient, *others = outcome
        for place, other in enumerate(others):  # one that repeats a single number is read-only, and two may be one
            if not other.flags.writeable or any(np.may_share_memory(other, before) for before in others[:place]):
                others[place] = other.copy()
        return float(value), gradient, *others

    def _fit(self, inputs: Sequence[Any]) -> bool:
        """Whether inputs are just the arrays that the program takes."""
        if len(inputs) != len(self._widths):
            return False
        batch = 0
        for array, width in zip(inputs, self._widths):  # noqa: B905  # they are equally many, and this is on every call's way
            if type(array) is not np.ndarray or array.dtype is not self._number_type:
                return False
            shape = array.shape
            batch = batch or (shape[0] if shape else 0)
            if shape != (batch, width) or not batch:
                return False
        return True

    def _program_for(self, with_respect_to: tuple[str, ...]) -> AnyProgram:
        """The program that also gives the gradient with respect to some inputs; compiled when it is first asked for."""
        for name in with_respect_to:
            if with_respect_to.count(name) > 1:
                raise ValueError(f"with_respect_to names the input {name!r} twice")
            if name not in self._graph.inputs:
                raise ValueError(
                    f"this program has no input {name!r}; its inputs are: {', '.join(self._graph.inputs) or 'none'}"
                )
        if with_respect_to not in self._programs:
            self._programs[with_respect_to] = self._compiled(with_respect_to)
        return self._programs[with_respect_to]

    def predict(self, /, *inputs: Any, **named: Any) -> dict[str, Array]:
        """The outputs by name: arrays (samples, members), or (members,) for what no input has a part in.

        Args:
            inputs: those inputs that the outputs depend on, as for `value_and_gradient`.
            named: inputs by name.

        Raises:
            TypeError, ValueError: inputs that do not fit, or the program has no outputs.
        """
        self._graph.require_outputs()
        sizes = self._graph.sizes(self._program.predict_inputs)
        arrays = checked_inputs(sizes, inputs, named, of_dtype(self._dtype))
        outputs = self._program.predict(self._parameters, arrays, len(arrays[0]) if arrays else None)
        return {name: np.array(output, self._dtype) for name, output in outputs.items()}

    def _refuse(self, program: AnyProgram, outcome: Sequence[Any], arrays: Sequence[Array]) -> NoReturn:
        graph, leaves = self._graph, [*self._graph.parameters, *members(self._graph.inputs)]

        def is_finite(inputs: Sequence[Array]) -> bool:
            return all_finite(*program.value_and_gradient(self._parameters, inputs, len(inputs[0])))

        numbers = np.concatenate([self._parameters, one_sample(arrays, is_finite)])
        by_leaf = dict(zip(leaves, numbers.tolist(), strict=True))
        targets = [*graph.parameters, *members({name: graph.inputs[name] for name in program.with_respect_to})]
        node, place = first_non_finite(graph.loss, by_leaf, targets, program.where, self._dtype)
        raise FloatingPointError(f"{described(outcome, node, place)}. compile(…, check=False) lets it pass")

    def where(self, what: Value | str) -> Any:
        """Which value became which entry.

        Args:
            what: a Value; or an entry, such as "W0[3, 5]" or "d_W0[3, 5]", without the axis of samples.

        Returns:
            For a Value, the places where it and its gradient are; none where the program does without it. For an entry,
            the Value that it holds, or whose gradient it holds.

        Raises:
            LookupError: there is no such array or entry.
            ValueError: the text does not name an entry.
        """
        if not isinstance(what, Value):
            return self._program.node(entry(what))
        places, graph = self._program.where(what), self._graph
        if not places and what not in {*graph.order, *graph.parameters, *members(graph.inputs)}:
            raise LookupError(f"{what!r} is not in the graph that was compiled")
        return places

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy is compiled from a copy of the graph."""
        options = {"dtype": self._dtype, "check": self._check, "form": self._asked_form, "threads": self._threads}
        return _compiled_again, (tuple(self._graph)[:-1], options, self.parameters)

    def __repr__(self) -> str:
        inputs = ", ".join(f"{name} (samples, {len(group)})" for name, group in self._graph.inputs.items())
        return f"<program of {self.form}: parameters ({len(self._graph.parameters)},){', ' + inputs if inputs else ''}>"

    def to_jax(self) -> ArrayProgram:
        """The program as a pure function `f(parameters, *inputs)` on `jax.numpy`, for `jit`, `vmap` and sharded arrays.

        Raises:
            ImportError: JAX is not installed.
            ValueError: the program is too long for JAX.
        """
        return self._on_arrays(jax_numpy())

    def namespace(self, xp: Any) -> ArrayProgram:
        """The program as a pure function `f(parameters, *inputs)` on arrays of `xp`, a module such as `torch`.

        Raises:
            TypeError: `xp` is no module of array functions that follows the array API standard.
        """
        return self._on_arrays(xp)

    def _on_arrays(self, xp: Any) -> ArrayProgram:
        return ArrayProgram(self._program, self._graph, self._dtype, self._arrays, xp)


def _compiled_again(graph: tuple[Any, Any, Any, Any], options: dict[str, Any], numbers: Array) -> Program:
    with warnings.catch_warnings():  # of parameters without a use has been warned
        warnings.simplefilter("ignore")
        program = Program(checked_graph(*graph), **options)
    program.parameters = numbers
    return program
