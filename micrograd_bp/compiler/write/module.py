"""A program's source: a Python module with a function for each routine."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from micrograd_bp.compiler.arrays.language import BATCH, BATCH_SIZE, Array, array, call, literal, matmul
from micrograd_bp.compiler.arrays.loops import accumulated_in, in_moving_slices, loop_body
from micrograd_bp.compiler.arrays.places import in_slices
from micrograd_bp.compiler.arrays.routine import Routine
from micrograd_bp.compiler.arrays.schedule import scheduled
from micrograd_bp.compiler.arrays.statements import PARAMETERS, Statement
from micrograd_bp.compiler.write.constants import Constants
from micrograd_bp.compiler.write.in_place import InPlaceWriter
from micrograd_bp.compiler.write.loops import LoopWriter
from micrograd_bp.compiler.write.numpy import StatementLines, is_lacking, tuple_of
from micrograd_bp.engine.graph import topological_order


class Line(NamedTuple):
    """A line of a function: its text, a comment, and the statement that begins with it."""

    text: str = ""
    comment: str = ""
    statement: tuple[Statement, str] | None = None


@dataclass(slots=True)
class ModuleSource:
    """A module's lines, the arrays that it holds, and what stands where.

    Attributes:
        constants: the arrays.
        lines: the lines up to the arrays.
        functions: the number of the line with which each function begins.
        statements: the statements and the first line of each, by the number of that.
    """

    constants: Constants
    lines: list[str] = field(default_factory=list)
    functions: dict[str, int] = field(default_factory=dict)
    statements: dict[int, tuple[Statement, str]] = field(default_factory=dict)

    def add(self, routine: Routine, writer: LoopWriter, parameters: Sequence[str] = ("parameters",)) -> None:
        """Writes a routine that takes these arrays of parameters, and notes where each group's statement is."""
        self.lines += ["", ""]
        arguments = [*parameters, *(group.name for group in routine.inputs)]
        free = self.constants.free
        statements = scheduled(routine)
        routine = replace(routine, statements=statements)
        targets = [inner.target for each in statements for inner in [each, *loop_body(each)]]
        writer.taken = {*arguments, free("batch"), *map(writer.name, targets)}
        buffered = isinstance(writer, InPlaceWriter)
        written = writer.routine(statements, list(routine.results.values()))
        results = [writer.text(result) for result in routine.results.values()]
        lines: list[Line] = []
        if buffered:  # a program keeps its views of the parameters, which would take as long as a small product
            views = [each for each in written if each[0].section == PARAMETERS]
            written = [each for each in written if each[0].section != PARAMETERS]
            names = tuple_of([writer.name(statement.target) for statement, *_ in views])[1:-1]
            lines += [Line(f"def {free('views')}(parameters):"), *_body(views, writer)]
            lines += [Line(), Line(f"    return {names or '()'}"), Line(), Line()]
            arguments.insert(1, free("views"))
        lines.append(Line(f"def {routine.name}({', '.join(arguments)}):"))
        self.functions[routine.name] = len(self.lines) + len(lines)
        if writer.first_lines or _asks_for_batch(routine):
            lines.append(Line(f"    {free('batch')} = {routine.inputs[0].name}.shape[0]"))
        lines += [Line(f"    {line}") for line in writer.first_lines.values()]
        if buffered and names:
            lines.append(Line(f"    {names} = {free('views')}"))
        for line in _body(written, writer):
            lines.append(line)
            if line.statement is not None:
                self.statements[len(self.lines) + len(lines)] = line.statement
        if routine.name == "predict":
            named = zip(map(_quoted, routine.results), results, strict=True)
            results = [f"{{{', '.join([f'{name}: {result}' for name, result in named])}}}"]
        lines += [Line(), Line(f"    return {', '.join(results)}")]
        width = min(60, max((len(line.text) for line in lines if line.comment), default=0))
        self.lines += [f"{line.text:<{width}}  # {line.comment}" if line.comment else line.text for line in lines]


def module_source(
    routines: Sequence[Routine], description: str, dtype: str = "float64", *, buffered: bool = False
) -> ModuleSource:
    """Writes routines as a module.

    Args:
        routines: its functions.
        description: its docstring.
        dtype: what it computes with.
        buffered: whether arrays are worked on in place, instead of a new one for each result, and views of the
            parameters are taken in a function of their own.
    """
    module = ModuleSource(Constants(dtype, [group.name for group in routines[0].inputs]))
    free = module.constants.free
    library, writer = free("np"), InPlaceWriter if buffered else LoopWriter
    module.lines = [f'"""{description}"""', "", f"import numpy as {library}"]
    module.lines += [f"{free(name)} = {name}" for name in ("range", "reversed") if free(name) != name]
    functions = {node.function for each in routines for node in topological_order(*each.values)}
    if lacking := sorted(filter(is_lacking, functions)):
        module.lines += ["", "from micrograd_bp.engine.numbers.arrays import Arrays", ""]
        module.lines += [f"{free(name)} = Arrays({library}).{name}" for name in lacking]
    for routine in routines:
        module.add(_for_numpy(routine, dtype), writer(module.constants, dtype, library))
    return module


def _for_numpy(routine: Routine, dtype: str) -> Routine:
    """As somebody writes it for NumPy: entries of flat arrays by slices where that is possible, Σ xᵢ² as x @ x."""
    largest = float(np.finfo(dtype).max)

    def rule(node: Array, operands: Sequence[Array]) -> Array | None:
        if node.function == "at_round":
            return in_moving_slices(operands[0], node.detail)
        if node.function == "sum" and len(operands[0].shape) == 1 and operands[0].function == "multiply":
            first, second = operands[0].operands
            return matmul(first, second) if first is second else None
        if node.function == "finite":  # as two steps; a maximum can start with the least
            (x,) = operands
            if x.function == "max":
                x = array("max", x.operands, x.shape, (*x.detail, -largest))
            else:
                x = call("maximum", x, literal(-largest))
            return call("minimum", x, literal(largest))
        return in_slices(operands[0], node.detail) if node.function == "take" else None

    return routine.rewritten(rule)


def _body(written: Iterable[StatementLines], writer: LoopWriter) -> list[Line]:
    """The lines of statements, with a heading for each section."""
    lines, section = [], ""
    for statement, texts, shape in written:
        if statement.section != section:
            section = statement.section
            lines += [Line(), Line(f"    # {section}")]
        lines.append(Line(f"    {texts[0]}", writer.extents(shape) if shape else "", (statement, texts[0])))
        lines += [Line(f"    {text}") for text in texts[1:]]
    return lines


def _quoted(name: str) -> str:
    return f'"{name}"' if name.isidentifier() and name.isascii() else ascii(name)


def _asks_for_batch(routine: Routine) -> bool:
    sums = [target for each in routine.statements for target in accumulated_in(each)]
    return any(BATCH in target.shape for target in sums) or any(
        expression is BATCH_SIZE or (expression.function in ("broadcast_to", "scatter") and BATCH in expression.shape)
        for expression in topological_order(*routine.values)
    )
