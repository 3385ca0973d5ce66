"""The base of whatever operations can be applied to: each entry of the table becomes a method of it.

A type checker reads these methods in `methods.pyi`, which `python -m micrograd_bp.engine.stubs` writes.
"""

from collections.abc import Sequence
from typing import Any


class Methods:
    """Has every operation as a method."""

    __slots__ = ()

    @classmethod
    def apply(cls, operation: Any, operands: Sequence[Any]) -> Any:
        """The outcome of an `Operation` on operands of which at least one is a `cls`."""
        raise NotImplementedError

    def record(self, operation: Any) -> Any:
        """The outcome of an `Operation` on this alone."""
        raise NotImplementedError
