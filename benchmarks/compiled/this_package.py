"""This package's contenders: a compiled graph of Values as it runs on NumPy, and as it runs on JAX."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.compiled import plain
from benchmarks.workload import Outcome, Prepared, prepare

if TYPE_CHECKING:  # the other contenders do without this package
    from micrograd_bp.compiler import Program

Compiled = tuple["Program", tuple[plain.Array, ...]]
"""A program, and the inputs that it is run on."""

Build = Callable[[Any], Compiled]
"""Makes the program of a problem."""


def compiled(build: Build) -> Callable[[Any], Prepared]:
    """The program on NumPy."""

    def contender(problem: Any) -> Prepared:
        def run() -> Callable[[], Any]:
            program, inputs = build(problem)
            return partial(program.value_and_gradient, *inputs)

        return prepare(run, plain.array)

    return contender


def on_jax(build: Build) -> Callable[[Any], Prepared]:
    """The program as a function of JAX, which compiles it once more, on arrays that are on its device already.

    The parameters are in arrays of their own, as by hand.
    """

    def contender(problem: Any) -> Prepared:
        from benchmarks.compiled.jax_in_doubles import jax

        def run() -> Callable[[], Any]:
            program, inputs = build(problem)
            function = jax.jit(program.to_jax())
            parameters, arrays = jax.tree.map(jax.numpy.array, (program.parameter_arrays, inputs))
            programs.append(program)
            return lambda: jax.block_until_ready(function(parameters, *arrays))

        def outcome(result: Any) -> Outcome:
            value, gradient = result
            (program,) = programs
            program.parameter_arrays = gradient  # it knows their places among all
            return float(value), program.parameters.tolist()

        programs = list["Program"]()
        return prepare(run, outcome)

    return contender
