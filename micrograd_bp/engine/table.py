"""The table of operations: how an entry is added, found, bound to its constants and called.

`engine/operations.py` holds the entries. Nothing here knows Values: whatever has the operations as methods derives
from `Methods`, and says in `apply` what applying one means to it.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial, update_wrapper
from keyword import iskeyword
from typing import Any

from micrograd_bp.engine.methods import Methods
from micrograd_bp.engine.numbers.floats import as_float
from micrograd_bp.engine.numbers.formulas import Formula
from micrograd_bp.engine.numbers.namespace import RULES
from micrograd_bp.engine.numbers.tracing import bind_constants, trace
from micrograd_bp.engine.operation import Interval, Operation

CO_VARARGS, CO_VARKEYWORDS = 0x04, 0x08  # as in the module `inspect`, which takes long to import

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


def _real(rule: Callable[..., Any]) -> Callable[..., Any]:
    """A rule that never gives a complex number, but fails as a function of `math` does."""

    def real(xp: Any, *operands: Any, **constants: float) -> Any:
        result, derivatives = rule(xp, *operands, **constants)
        if isinstance(result, complex) or any(isinstance(derivative, complex) for derivative in derivatives):
            raise ValueError("a negative number has no real power with a fractional exponent")
        return result, derivatives

    return real


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


def find(name: str, operand_names: tuple[str, ...], constants: tuple[tuple[str, float], ...]) -> Operation:
    """The operation that was pickled under these names.

    Raises:
        LookupError: the table has no such operation, or not with these operands.
    """
    entry = OPERATIONS.get(name)
    if entry is None or entry.operand_names[: len(operand_names)] != operand_names:
        raise LookupError(
            f"the operation {name}({', '.join(operand_names)}) is not in the table: "
            f"define or import it with @operation before loading"
        )
    return bind(entry, dict(constants), len(operand_names))


def call(entry: Operation, operands: Sequence[Any], constants: Mapping[str, Any]) -> Any:
    """Applies an entry of the table to Values, or to plain numbers, which gives a plain number."""
    operation = bind(entry, constants, len(operands))
    members = operation.flat(operands)
    for member in members:
        if isinstance(member, Methods):
            return member.apply(operation, members)
        if isinstance(member, Formula):
            raise TypeError(f"a rule takes its functions from xp: write xp.{entry.name}(…)")
    data = [as_float(member) for member in members]
    try:
        result = operation.compute(data)[0]
    except (ValueError, ArithmeticError):
        return operation.result(data)
    return result if type(result) is float and result == result else operation.result(data)


# ---- adding


def operation(
    name: str,
    *,
    symbol: str = "",
    domain: str = "",
    samples: Mapping[str, Sequence[Interval]] | None = None,
    aliases: Sequence[str] = (),
    many: Sequence[str] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Adds a rule to the table: a decorator.

        @operation("softsign")
        def softsign(xp, x):
            d = 1.0 + abs(x)
            return x / d, (1.0 / (d * d),)

    From then on there are `value.softsign()` and the function `softsign(x)`, which is what the decorated name
    becomes; and the operation can be checked, drawn, stepped through, differentiated again and compiled. A rule
    is arithmetic on its operands and the functions of `xp`, which are the operations of the table. It has no
    branches: a choice is `xp.where(xp.greater(x, 0.0), a, b)`. Keyword-only arguments are constants.

    Args:
        name: its name in the table, and that of its method.
        symbol: what a drawing writes on the node, if not the name; `{constant}` shows a constant.
        domain: what the operands must fulfil, in words, for the error message: "x > 0".
        samples: the intervals from which tests draw an operand or a constant; (-2, 2) if not given.
        aliases: further names of the method.
        many: the operands that are groups with any number of members.

    Raises:
        ValueError: the name is not an identifier or is taken, or something is said of an operand that there is not.
        TypeError: there is no name, or the rule branches, leaves `xp`, or returns something other than
            `result, (derivative, …)`.
    """
    if not isinstance(name, str):
        example = getattr(name, "__name__", "softsign")  # without parentheses the decorator is given the rule
        raise TypeError(f'`@operation` needs the operation\'s name: @operation("{example}")')

    def add(rule: Callable[..., Any]) -> Callable[..., Any]:
        for method_name in (name, *aliases):
            _check_name(method_name, name)
        if name in OPERATIONS and is_built_in(OPERATIONS[name].rule) and not is_built_in(rule):
            raise ValueError(f"the operation {name!r} comes with the package: choose another name")
        code = rule.__code__
        operand_names = code.co_varnames[1 : code.co_argcount]
        defaults = dict(rule.__kwdefaults__ or {})
        constant_names = code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount]
        if code.co_flags & (CO_VARARGS | CO_VARKEYWORDS):
            raise TypeError(f"the rule of {name} names its operands one by one; many=(…) makes one a group")
        unknown = {*many, *(samples or {})} - {*operand_names, *constant_names}
        if unknown:
            raise ValueError(f"{name} has no operand or constant {sorted(unknown)[0]!r}")
        try:
            traced = trace(rule, operand_names, many=many, constants=constant_names)
        except (TypeError, AttributeError) as error:
            first = code.co_varnames[: min(code.co_argcount, 1)]
            if first == ("xp",):
                raise
            given = f"this one's is {first[0]}" if first else "this one has none"
            raise TypeError(f"{error}; the first parameter of a rule is xp, and {given}: def {name}(xp, …)") from error
        entry = Operation(
            name,
            _real(rule) if traced.may_be_complex else rule,
            traced,
            operand_names=operand_names,
            n_optional=len(rule.__defaults__ or ()),
            many=tuple(many),
            constants=defaults,
            symbol=symbol,
            domain=domain,
            samples=dict(samples or {}),
            aliases=tuple(aliases),
        )

        def function(*operands: Any, **constants: Any) -> Any:
            return call(entry, operands, constants)

        def method(self: Methods, *operands: Any, **constants: Any) -> Any:
            return call(entry, (self, *operands), constants)

        def method_of_one(self: Methods) -> Any:  # the common case, without the detour
            return self.record(entry)

        if len(operand_names) == 1 and not constant_names:
            method = method_of_one
        for made in (function, method):
            update_wrapper(made, partial(rule, None), assigned=(), updated=())  # `help` shows the rule's operands
            made.__name__ = made.__qualname__ = name
            made.__module__ = rule.__module__
            # The formulas themselves would take a third of the import to write down.
            made.__doc__ = (
                rule.__doc__ or f"The operation {name}; OPERATIONS[{name!r}].formula() shows its derivatives."
            )
        if name in OPERATIONS:  # defined anew, as in a notebook whose cell is run again
            for method_name in (name, *OPERATIONS[name].aliases):
                if method_name in vars(Methods):
                    delattr(Methods, method_name)
        if not many:
            for method_name in (name, *aliases):
                setattr(Methods, method_name, method)
        OPERATIONS[name] = entry
        RULES[name] = rule
        return function

    return add


def is_built_in(rule: Callable[..., Any]) -> bool:
    """Whether the rule comes with the package."""
    return bool(rule.__module__ == "micrograd_bp.engine.operations")


def _check_name(method_name: str, name: str) -> None:
    """Refuses a name for a method of the operation `name`."""
    if not method_name.isidentifier() or iskeyword(method_name) or method_name == "members":
        raise ValueError(f"an operation needs a name that can be a method's, got {method_name!r}")
    if any(method_name in vars(kind) for kind in Methods.__subclasses__()):
        raise ValueError(f"a Value has an attribute {method_name!r} already: call the operation something else")
    for other in OPERATIONS.values():
        if other.name != name and method_name in (other.name, *other.aliases):
            raise ValueError(f"{method_name!r} is the operation {other.name} already: choose another name")
