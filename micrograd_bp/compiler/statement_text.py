"""A statement as one line of Python."""

from micrograd_bp.compiler.blocks import Block
from micrograd_bp.compiler.groups import HOLE
from micrograd_bp.compiler.python_source import Writer
from micrograd_bp.compiler.reading import is_repeated
from micrograd_bp.compiler.routine import Statement


def statement_text(statement: Statement, writer: Writer) -> str:
    """A statement as a line of Python."""
    target, np = writer.name(statement.target), writer.library
    if statement.target.function == "truth":
        return f"{target} = {writer.truth(statement.value)}"
    value = writer.text(statement.value)
    if statement.action == "set":
        return f"{target} = {value}"
    if statement.action == "add":
        which, rank = statement.entries, len(statement.target.shape)
        if which is None:
            return f"{target} += {value}"
        if isinstance(which, Block):
            return f"{writer.text(which.of(statement.target))} += {value}"
        if is_repeated(which):
            place = writer.place(which, rank)
            return f"{np}.add.at({target}, {f'{np}.s_[{place}]' if rank > 1 else place}, {value})"
        return f"{target}[{writer.place(which, rank)}] += {value}"
    return _put_text(statement, value, writer)


def _put_text(statement: Statement, value: str, writer: Writer) -> str:
    """The line that writes the gradient along a view of the parameters to its place in the flat one."""
    assert statement.group is not None
    (column,) = statement.group.operands
    index, gradient = column.index, writer.constants.free("gradient")
    sign = "=" if statement.action == "put" else "+="
    if (index == HOLE).any():
        kept = writer.constants.name(index[index != HOLE])
        place, value = f"{gradient}[{kept}]", f"{value}[{writer.constants.name(index != HOLE)}]"
    else:
        place = writer.view(gradient, index, len(column.group))
        if place.endswith(".T"):
            place, value = place.removesuffix(".T"), f"{value}.T"
    if is_repeated(index[index != HOLE]):
        return f"{writer.library}.add.at({place.replace('[', ', ', 1).removesuffix(']')}, {value})"
    if place == gradient or place.endswith(")"):
        place += "[:]"
    return f"{place} {sign} {value}"
