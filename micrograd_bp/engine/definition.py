"""How an entry comes into the table: `operation`, which adds a rule, and what it shares with `external`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial, update_wrapper
from keyword import iskeyword
from typing import Any, NamedTuple

from micrograd_bp.engine.methods import Methods
from micrograd_bp.engine.numbers.floats import is_primitive
from micrograd_bp.engine.numbers.namespace import FUNCTIONS, RULES, Function
from micrograd_bp.engine.numbers.tracing import trace
from micrograd_bp.engine.operation import Interval, Operation
from micrograd_bp.engine.table import OPERATIONS, call

CO_VARARGS, CO_VARKEYWORDS = 0x04, 0x08  # as in the module `inspect`, which takes long to import


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
    branches: a choice is `xp.where(xp.greater(x, 0.0), a, b)`. Keyword-only arguments are constants. What cannot be
    written so, as a function of SciPy's or a solver, comes in with `external`.

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
        try:
            return enter(
                name,
                rule,
                signature_of(rule, name, 1),
                symbol=symbol,
                domain=domain,
                samples=samples,
                aliases=aliases,
                many=many,
            )
        except (TypeError, AttributeError) as error:
            first = rule.__code__.co_varnames[: min(rule.__code__.co_argcount, 1)]
            if first == ("xp",):
                raise
            given = f"this one's is {first[0]}" if first else "this one has none"
            raise TypeError(f"{error}; the first parameter of a rule is xp, and {given}: def {name}(xp, …)") from error

    return add


class Signature(NamedTuple):
    """What a rule takes: its operands, how many of them may be left out, its constants, and what some of these are."""

    operands: tuple[str, ...]
    n_optional: int
    constants: tuple[str, ...]
    defaults: dict[str, float]


def signature_of(rule: Callable[..., Any], name: str, first: int) -> Signature:
    """The operands of a function from its argument number `first` on, and its constants.

    Raises:
        TypeError: it does not name them one by one.
    """
    code = rule.__code__
    if code.co_flags & (CO_VARARGS | CO_VARKEYWORDS):
        raise TypeError(f"the rule of {name} names its operands one by one; many=(…) makes one a group")
    return Signature(
        code.co_varnames[first : code.co_argcount],
        len(rule.__defaults__ or ()),
        code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount],
        dict(rule.__kwdefaults__ or {}),
    )


def enter(
    name: str,
    rule: Callable[..., Any],
    signature: Signature,
    *,
    symbol: str,
    domain: str,
    samples: Mapping[str, Sequence[Interval]] | None,
    aliases: Sequence[str],
    many: Sequence[str] = (),
    functions: Mapping[str, Function] | None = None,
    shown: Callable[..., Any] | None = None,
) -> Callable[..., Any]:
    """Enters a rule into the table, and gives its function. What is not explained here is as for `operation`.

    `functions` from outside are what rules, this one among them, may call as `xp.name` from then on. `help` shows the
    operands of `shown`; of the rule, but for `xp`, if not given.
    """
    operand_names, n_optional, constant_names, defaults = signature
    for method_name in (name, *aliases):
        _check_name(method_name, name)
    if name in OPERATIONS and is_built_in(OPERATIONS[name].rule) and not is_built_in(rule):
        raise ValueError(f"the operation {name!r} comes with the package: choose another name")
    unknown = {*many, *(samples or {})} - {*operand_names, *constant_names}
    if unknown:
        raise ValueError(f"{name} has no operand or constant {sorted(unknown)[0]!r}")
    with _with_functions(functions or {}):
        traced = trace(rule, operand_names, many=many, constants=constant_names)
    if name in FUNCTIONS and FUNCTIONS[name].from_outside and not traced.mentions(name):
        del FUNCTIONS[name]  # what this name meant before, or the derivative that this rule now says
    entry = Operation(
        name,
        _real(rule) if traced.may_be_complex else rule,
        traced,
        operand_names=operand_names,
        n_optional=n_optional,
        many=tuple(many),
        constants=defaults,
        symbol=symbol,
        domain=domain,
        samples=dict(samples or {}),
        aliases=tuple(aliases),
    )
    function, method = _function_and_method(entry, rule, shown or partial(rule, None))
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


def _function_and_method(
    entry: Operation, rule: Callable[..., Any], shown: Callable[..., Any]
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """What calls an entry, on operands and as a method; `help` shows the operands of `shown`."""

    def function(*operands: Any, **constants: Any) -> Any:
        return call(entry, operands, constants)

    def method(self: Methods, *operands: Any, **constants: Any) -> Any:
        return call(entry, (self, *operands), constants)

    def method_of_one(self: Methods) -> Any:  # the common case, without the detour
        return self.record(entry)

    if len(entry.operand_names) == 1 and not entry.trace.constants:
        method = method_of_one
    for made in (function, method):
        update_wrapper(made, shown, assigned=(), updated=())  # for `help`
        made.__name__ = made.__qualname__ = entry.name
        made.__module__ = rule.__module__
        # The formulas themselves would take a third of the import to write down.
        formula = f"OPERATIONS[{entry.name!r}].formula() shows its derivatives."
        made.__doc__ = rule.__doc__ or f"The operation {entry.name}; {formula}"
    return function, method


@contextmanager
def _with_functions(functions: Mapping[str, Function]) -> Iterator[None]:
    """In this block and afterwards rules may call these functions; no longer where the block fails."""
    before = dict(FUNCTIONS)
    try:
        for name, from_outside in functions.items():
            _add_function(name, from_outside)
        yield
    except (TypeError, AttributeError, ValueError):
        FUNCTIONS.clear()
        FUNCTIONS.update(before)
        raise


def _add_function(name: str, function: Function) -> None:
    """Lets rules call a function from outside as `xp.name`.

    Raises:
        ValueError: the name means something in the package.
    """
    is_ours = name in OPERATIONS and is_built_in(OPERATIONS[name].rule)
    if is_ours or (is_primitive(name) and not getattr(FUNCTIONS.get(name), "from_outside", False)):
        raise ValueError(f"the function {name!r} comes with the package: choose another name")
    FUNCTIONS[name] = function


def _real(rule: Callable[..., Any]) -> Callable[..., Any]:
    """A rule that never gives a complex number, but fails as a function of `math` does."""

    def real(xp: Any, *operands: Any, **constants: float) -> Any:
        result, derivatives = rule(xp, *operands, **constants)
        if isinstance(result, complex) or any(isinstance(derivative, complex) for derivative in derivatives):
            raise ValueError("a negative number has no real power with a fractional exponent")
        return result, derivatives

    return real


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
