"""A program's source: a Python module with a function for each routine."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from micrograd_bp.compiler.constants import Constants
from micrograd_bp.compiler.expression import BATCH, BATCH_SIZE, Shape
from micrograd_bp.compiler.groups import Group
from micrograd_bp.compiler.in_place_source import ORDER, InPlaceWriter, in_place
from micrograd_bp.compiler.python_source import LACKING, Writer, shape_in_parentheses
from micrograd_bp.compiler.routine import Routine, Statement
from micrograd_bp.compiler.shared_parts import shared_set_apart
from micrograd_bp.compiler.statement_text import statement_text
from micrograd_bp.engine.graph import topological_order


@dataclass(slots=True)
class ModuleSource:
    """A module's lines, the arrays that it holds, and the line of each statement.

    Attributes:
        constants: the arrays.
        lines: the lines up to the arrays.
        places: for each statement of a group the number of its line, by (function, group, whether it is its gradient).
    """

    constants: Constants
    lines: list[str] = field(default_factory=list)
    places: dict[tuple[str, Group, bool], int] = field(default_factory=dict)


def module_source(
    routines: Sequence[Routine], description: str, dtype: str = "float64", *, buffered: bool = False
) -> ModuleSource:
    """Writes routines as a module.

    Args:
        routines: its functions.
        description: its docstring.
        dtype: what it computes with.
        buffered: whether arrays are worked on in place, instead of a new one for each result.
    """
    module = ModuleSource(Constants(dtype))
    lines = [f'"""{description}"""', "", "import numpy as np"]
    lacking = sorted({name for routine in routines for name in _functions(routine) if name in LACKING})
    if lacking:
        lines += ["", "from micrograd_bp.engine.numbers.arrays import Arrays", ""]
        lines += [f"{name} = Arrays(np).{name}" for name in lacking]
    for routine in routines:
        writer = (InPlaceWriter if buffered else Writer)(module.constants, dtype)
        lines += ["", "", *_written(routine, writer, module, len(lines) + 2, buffered)]
    module.lines = lines
    return module


def _functions(routine: Routine) -> set[str]:
    roots = [*(statement.value for statement in routine.statements), *routine.results.values()]
    return {expression.function for expression in topological_order(*roots)}


def _written(routine: Routine, writer: Writer, module: ModuleSource, first_line: int, buffered: bool) -> list[str]:
    """The lines of a routine, after `first_line` others. Notes where each group's statement is."""
    arguments = ["parameters", *(group.name for group in routine.inputs)]
    statements = shared_set_apart(routine)
    lines: list[tuple[str, str]] = [(f"def {routine.name}({', '.join(arguments)}):", "")]
    if buffered:
        written = in_place(statements, routine.results.values(), writer)
    else:
        written = [(statement, [statement_text(statement, writer)]) for statement in statements]
    results = [writer.text(result) for result in routine.results.values()]
    everything = [*results, *(text for _, texts in written for text in texts)]
    asks_for_order = any(re.search(r"\border\)", text) for text in everything)
    if asks_for_order or _asks_for_batch(routine, statements):
        lines.append((f"    batch = {routine.inputs[0].name}.shape[0]", ""))
    if asks_for_order:
        lines.append((f"    {ORDER}", ""))
    section = ""
    for statement, texts in written:
        if statement.section != section:
            section = statement.section
            lines += [("", ""), (f"    # {section}", "")]
        if statement.group is not None:
            is_gradient = section not in ("the parameters", "forward")
            module.places.setdefault((routine.name, statement.group, is_gradient), first_line + len(lines) + 1)
        lines.append((f"    {texts[0]}", _shape_comment(statement)))
        lines += [(f"    {text}", "") for text in texts[1:]]
    if routine.name == "predict":
        pairs = ", ".join(f"{_quoted(name)}: {result}" for name, result in zip(routine.results, results, strict=True))
        lines += [("", ""), (f"    return {{{pairs}}}", "")]
    else:
        lines += [("", ""), (f"    return {', '.join(results)}", "")]
    width = min(60, max(len(text) for text, comment in lines if comment) if any(comment for _, comment in lines) else 0)
    return [f"{text:<{width}}  # {comment}" if comment else text for text, comment in lines]


def _quoted(name: str) -> str:
    return f'"{name}"' if name.isidentifier() and name.isascii() else ascii(name)


def _asks_for_batch(routine: Routine, statements: Sequence[Statement]) -> bool:
    roots = [*(statement.value for statement in statements), *routine.results.values()]
    return any(
        expression is BATCH_SIZE
        or (expression.function in ("broadcast_to", "zeros_like") and BATCH in expression.shape)
        for expression in topological_order(*roots)
    )


def _shape_comment(statement: Statement) -> str:
    shape: Shape = statement.target.shape
    return shape_in_parentheses(shape) if statement.action == "set" and shape else ""
