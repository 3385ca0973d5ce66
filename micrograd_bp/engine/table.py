"""The table of operations: how an entry is found, bound to its constants and called.

`engine/operations.py` holds the entries, which `engine/definition.py` adds. Nothing here knows Values: whatever has the
operations as methods derives from `Methods`, and says in `apply` what applying one means to it.
"""

import copyreg
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from micrograd_bp.engine.methods import Methods
from micrograd_bp.engine.numbers.floats import as_float
from micrograd_bp.engine.numbers.formulas import Formula
from micrograd_bp.engine.numbers.tracing import bind_constants, trace
from micrograd_bp.engine.operation import Operation

OPERATIONS: dict[str, Operation] = {}
"""Every operation by its name."""


@lru_cache(maxsize=4096)  # a program that binds ever new constants must not grow without end
def _variant(entry: Operation, operand_names: tuple[str, ...], constants: tuple[tuple[str, float], ...]) -> Operation:
    """An entry with its constants bound and its optional operands left out or not."""
    bound = dict(constants)
    traced = entry.trace
    if operand_names != entry.operand_names:
        traced = trace(
            entry.rule,
            operand_names,
            many=entry.many,
            constants=tuple(bound),
            left_out=len(entry.operand_names) - len(operand_names),
        )
    rule = partial(entry.rule, **bound) if bound else entry.rule
    return Operation(
        entry.name,
        _shortened(rule, len(operand_names)) if operand_names != entry.operand_names else rule,
        bind_constants(traced, bound),
        operand_names=operand_names,
        many=entry.many,
        constants=bound,
        symbol=entry.symbol_template,
        domain=entry.domain,
        samples=entry.samples,
        aliases=entry.aliases,
    )


def _shortened(rule: Callable[..., Any], n_operands: int) -> Callable[..., Any]:
    """A rule without the derivatives along operands that are left out."""

    def shortened(xp: Any, *operands: Any) -> Any:
        result, derivatives = rule(xp, *operands)
        return result, derivatives[:n_operands]

    return shortened


def bind(entry: Operation, constants: Mapping[str, Any], n_operands: int | None = None) -> Operation:
    """An entry of the table with its constants bound, for a call with `n_operands` operands.

    Raises:
        TypeError: unknown or missing constants, or a wrong number of operands.
    """
    names = entry.operand_names
    given = len(names) if n_operands is None else n_operands
    if not len(names) - entry.n_optional <= given <= len(names):
        raise TypeError(f"{entry.name} takes {len(names)} operands ({', '.join(names)}), got {given}")
    unknown = [name for name in constants if name not in entry.trace.constants]
    if unknown:
        known = ", ".join(entry.trace.constants) or "none"
        raise TypeError(f"{entry.name} has no constant {unknown[0]!r}; it has: {known}")
    values = {**entry.constants, **{name: as_float(value) for name, value in constants.items()}}
    missing = [name for name in entry.trace.constants if name not in values]
    if missing:
        raise TypeError(f"{entry.name} needs the constant {missing[0]}=…")
    if values == entry.constants and given == len(names):
        return entry
    return _variant(entry, names[:given], tuple([(name, values[name]) for name in entry.trace.constants]))


def bind_written(entry: Operation, operands: Sequence[Any]) -> tuple[Operation, Sequence[Any]]:
    """An entry with its constants bound that stand, as numbers, behind its operands: as a formula writes them."""
    n_operands = min(len(operands), len(entry.operand_names))
    constants = dict(zip(entry.trace.constants, operands[n_operands:], strict=False))
    return bind(entry, constants, n_operands), operands[:n_operands]


def find(name: str, operand_names: tuple[str, ...], constants: tuple[tuple[str, float], ...]) -> Operation:
    """The operation that was pickled under these names.

    Raises:
        LookupError: the table has no such operation, or not with these operands.
    """
    entry = OPERATIONS.get(name)
    if entry is None or entry.operand_names[: len(operand_names)] != operand_names:
        raise LookupError(
            f"the operation {name}({', '.join(operand_names)}) is not in the table: "
            f"define or import it with @operation or @external before loading"
        )
    return bind(entry, dict(constants), len(operand_names))


def _as_found(operation: Operation) -> tuple[Any, ...]:
    """How an operation is pickled and copied: by what `find` needs."""
    return find, (operation.name, operation.operand_names, tuple(operation.constants.items()))


copyreg.pickle(Operation, _as_found)


def call(entry: Operation, operands: Sequence[Any], constants: Mapping[str, Any]) -> Any:
    """Applies an entry of the table to Values, or to plain numbers, which gives a plain number."""
    return _applied(bind(entry, constants, len(operands)), operands)


def call_written(entry: Operation, operands: Sequence[Any]) -> Any:
    """As `call`, with constants behind the operands, as a formula writes them."""
    return _applied(*bind_written(entry, operands))


def _applied(operation: Operation, operands: Sequence[Any]) -> Any:
    members = operation.flat(operands)
    for member in members:
        if isinstance(member, Methods):
            return member.apply(operation, members)
        if isinstance(member, Formula):
            raise TypeError(f"a rule takes its functions from xp: write xp.{operation.name}(…)")
    data = [as_float(member) for member in members]
    try:
        result = operation.compute(data)[0]
    except (ValueError, ArithmeticError):
        return operation.result(data)
    return result if type(result) is float and result == result else operation.result(data)
