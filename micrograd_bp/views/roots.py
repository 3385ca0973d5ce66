"""What a view is asked to look at: one output, or several."""

from typing import Any

from micrograd_bp.engine import Value


def as_roots(root: Any) -> list[Value]:
    """One Value, or several in a list, as a list.

    Raises:
        TypeError: something else.
        ValueError: an empty list.
    """
    roots = [root] if isinstance(root, Value) else list(root) if isinstance(root, (list, tuple)) else None
    if roots is None or not all(isinstance(each, Value) for each in roots):
        is_module = hasattr(root, "named_parameters")
        given = ", a module: give what it computes, model(inputs)" if is_module else f": {root!r:.80}"
        if type(root).__name__ == Value.__name__:
            given = f" of {type(root).__module__}, another class of this name: import Value from micrograd_bp"
        raise TypeError(f"expected a Value or a list of Values, got {type(root).__name__}{given}")
    if not roots:
        raise ValueError("expected a Value or a list of Values, got an empty list")
    return roots
