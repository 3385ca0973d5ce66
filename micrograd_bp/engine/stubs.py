"""Writes the type stubs of what the table makes at run time: `python -m micrograd_bp.engine.stubs`.

Two files come of it: `methods.pyi`, the methods that a `Value` has, and `operations.pyi`, the functions. A test
compares both with the table.
"""

from pathlib import Path

import micrograd_bp.engine.operations  # noqa: F401  # fills the table
from micrograd_bp.engine.operation import Operation
from micrograd_bp.engine.table import OPERATIONS

HEADER = '"""Written by `python -m micrograd_bp.engine.stubs`. Do not edit."""\n\n'


def constants_of(entry: Operation) -> str:
    """The keyword-only arguments, as they stand in a signature."""
    names = entry.trace.constants
    return "".join(
        [", *", *(f", {name}: float{' = ...' * (name in entry.constants)}" for name in names)] if names else []
    )


def method_stubs() -> str:
    """The text of `methods.pyi`."""
    lines = [
        HEADER,
        "from collections.abc import Sequence\n",
        "from typing import Any\n\n",
        "from micrograd_bp.engine.value import Value\n\n",
        "class Methods:\n",
        "    @classmethod\n",
        "    def apply(cls, operation: Any, operands: Sequence[Any]) -> Any: ...\n",
        "    def record(self, operation: Any) -> Any: ...\n",
    ]
    for entry in OPERATIONS.values():
        if entry.many:
            continue
        others = "".join(f", {name}: Value | float" for name in entry.operand_names[1:])
        for name in (entry.name, *entry.aliases):
            lines.append(f"    def {name}(self{others}{', /' * bool(others)}{constants_of(entry)}) -> Value: ...\n")
    return "".join(lines)


def function_stubs() -> str:
    """The text of `operations.pyi`: a Value among the operands gives a Value, plain numbers give a float."""
    lines = [
        HEADER,
        "from collections.abc import Sequence\n",
        "from typing import overload\n\n",
        "from micrograd_bp.engine.value import Value\n\n",
        "__all__ = [\n",
        *(f'    "{name}",\n' for name in OPERATIONS),
        "]\n\n",
    ]
    for entry in OPERATIONS.values():
        # A group may mix Values and numbers, so there it is all numbers, or not.
        outcomes = range(len(entry.operand_names) + 1) if not entry.many else (ALL_NUMBERS, 0)
        for first_value in outcomes:
            lines += ["@overload\n", function_signature(entry, first_value)]
    return "".join(lines)


ALL_NUMBERS = 1_000


def function_signature(entry: Operation, first_value: int) -> str:
    """One overload: the operands before the one at `first_value` are numbers, the later ones are anything."""
    required = len(entry.operand_names) - entry.n_optional
    parameters = []
    for place, name in enumerate(entry.operand_names):
        if place < first_value:
            kind = "float"
        elif place == first_value and not entry.many:
            kind = "Value"
        else:
            kind = "Value | float"
        kind = f"Sequence[{kind}]" if name in entry.many else kind
        parameters.append(f"{name}: {kind}{' = ...' * (place >= required)}")
    outcome = "Value" if first_value < len(entry.operand_names) else "float"
    narrower = "  # type: ignore[overload-overlap]  # numbers are the narrower case"
    return (
        f"def {entry.name}({', '.join(parameters)}, /{constants_of(entry)}) -> {outcome}: ..."
        f"{narrower if entry.many and outcome == 'float' else ''}\n"
    )


def main() -> None:
    """Writes both files beside this one."""
    folder = Path(__file__).parent
    (folder / "methods.pyi").write_text(method_stubs(), encoding="utf-8")
    (folder / "operations.pyi").write_text(function_stubs(), encoding="utf-8")


if __name__ == "__main__":
    main()
