"""This package's contenders: a compiled graph of Values as it runs on NumPy, and as it runs on JAX."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.compiled import plain
from benchmarks.workload import Prepared, prepare

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
    """The program as a function of JAX, which compiles it once more, on arrays that are on its device already."""

    def contender(problem: Any) -> Prepared:
        from benchmarks.compiled.jax_in_doubles import jax

        def run() -> Callable[[], Any]:
            program, inputs = build(problem)
            function = jax.jit(program.to_jax())
            arrays = list(map(jax.numpy.array, (program.parameters, *inputs)))
            return lambda: jax.block_until_ready(function(*arrays))

        return prepare(run, plain.array)

    return contender
