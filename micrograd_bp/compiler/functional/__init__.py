"""Programs as pure functions, for JAX and for any namespace of the array API standard: nothing is changed in place."""

from micrograd_bp.compiler.functional.program import ArrayProgram

__all__ = ["ArrayProgram"]
