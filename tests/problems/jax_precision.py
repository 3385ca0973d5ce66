"""The precision in which JAX computes."""

from collections.abc import Iterator
from contextlib import contextmanager

import jax


@contextmanager
def in_doubles(asked: bool = True) -> Iterator[None]:
    """JAX computes in double precision inside, or in single; afterwards as it did."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", asked)
    try:
        yield
    finally:
        jax.config.update("jax_enable_x64", before)
