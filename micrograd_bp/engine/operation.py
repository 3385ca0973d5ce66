"""What an entry of the table is: a rule, and what can be read off it.

An `Operation` computes with its rule on floats, takes more care where that fails, and says its formulas. It knows
nothing of Values.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NoReturn

from micrograd_bp.engine.numbers.floats import as_float, floats
from micrograd_bp.engine.numbers.formulas import Formula, evaluate
from micrograd_bp.engine.numbers.notation import RuleFormulas, write
from micrograd_bp.engine.numbers.tracing import Trace

Interval = tuple[float, float]

IN_A_BRANCH = " (a where computes both branches: there write where(c, log(where(c, x, 1)), y), harmless where c is 0)"
"""How to keep an operand inside a domain; an error that says what was needed ends with it."""


class Operation:
    """One operation, with its constants bound.

    Attributes:
        name: its name in the table, and that of its method and function.
        rule: gives the result and the local derivatives, from a namespace and numbers.
        operand_names: its operands, in order.
        n_optional: how many operands, at the end, a call may leave out.
        many: those of them that are groups with any number of members, all groups equally many.
        constants: the values of the rule's keyword-only arguments.
        symbol: what a drawing writes on the node; `symbol_template` has `{constant}` where a constant's number goes.
        domain: what the operands must fulfil for a result to exist, in words.
        samples: the intervals from which tests draw each operand and constant.
        aliases: further names of its method, such as NumPy's.
        trace: the rule as data.
    """

    __slots__ = (
        "_is_group",
        "aliases",
        "constants",
        "domain",
        "many",
        "n_optional",
        "name",
        "operand_names",
        "rule",
        "samples",
        "symbol",
        "symbol_template",
        "trace",
    )

    def __init__(
        self,
        name: str,
        rule: Callable[..., Any],
        trace: Trace,
        *,
        operand_names: tuple[str, ...],
        n_optional: int = 0,
        many: tuple[str, ...] = (),
        constants: Mapping[str, float] | None = None,
        symbol: str = "",
        domain: str = "",
        samples: Mapping[str, Sequence[Interval]] | None = None,
        aliases: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.rule = rule
        self.trace = trace
        self.operand_names = operand_names
        self.n_optional = n_optional
        self.many = many
        self._is_group = tuple([operand_name in many for operand_name in operand_names])
        self.constants = constants or {}
        self.symbol_template = symbol or name
        complete = self.constants and all(constant in self.constants for constant in trace.constants)
        self.symbol = self.symbol_template.format(**self.constants) if complete else self.symbol_template
        self.domain = domain
        self.samples = samples or {}
        self.aliases = aliases

    def __repr__(self) -> str:
        constants = "".join(f", {name}={value:g}" for name, value in self.constants.items())
        return f"<operation {self.name}({', '.join(self.operand_names)}{constants})>"

    # ---- operands: a group's members stand one after the other on a node; the rule takes them as a tuple

    def flat(self, operands: Sequence[Any]) -> list[Any]:
        """The operands of a call, with groups laid out member by member.

        Raises:
            ValueError: groups of different lengths.
            TypeError: a group that is not a sequence.
        """
        if not self.many:
            return list(operands)
        lengths: dict[str, int] = {}
        members: list[Any] = []
        for name, operand in zip(self.operand_names, operands, strict=True):
            if name not in self.many:
                members.append(operand)
                continue
            if isinstance(operand, str) or not isinstance(operand, Iterable):
                raise TypeError(f"{self.name} takes a list of numbers as {name}, got {type(operand).__name__}")
            group = list(operand)
            lengths[name] = len(group)
            members.extend(group)
        if len(set(lengths.values())) > 1:
            given = " and ".join(f"{length} in {name}" for name, length in lengths.items())
            raise ValueError(f"{self.name} needs equally many members in each group, got {given}")
        return members

    def arranged(self, members: Sequence[Any]) -> list[Any]:
        """The opposite of `flat`: one entry for each of `operand_names`, a tuple for a group."""
        if not self.many:
            return list(members)
        return list(_taking_apart(self._is_group, len(members))(tuple(members)))

    def laid_out(self, derivatives: Sequence[Any], arranged: Sequence[Any]) -> tuple[Any, ...]:
        """Local derivatives as a rule gives them, laid out member by member."""
        members: tuple[Any, ...] = ()
        for operand, derivative in zip(arranged, derivatives):  # noqa: B905  # there may be one for a left-out operand
            if isinstance(derivative, (tuple, list)):
                members += tuple(derivative)
            elif isinstance(operand, tuple):  # one derivative for the whole group
                members += (derivative,) * len(operand)
            else:
                members += (derivative,)
        return members

    # ---- numbers

    def compute(self, data: Sequence[float]) -> tuple[float, tuple[float, ...]]:
        """The result and the local derivatives: the rule, on floats.

        Raises:
            ValueError, ArithmeticError: the result *or* a derivative does not exist.
        """
        if not self.many:
            return self.rule(floats, *data)  # type: ignore[no-any-return]  # a rule runs on any numbers
        arranged = self.arranged(data)
        result, derivatives = self.rule(floats, *arranged)
        return result, self.laid_out(derivatives, arranged)

    def compute_carefully(self, data: Sequence[float], described: Sequence[str]) -> tuple[float, tuple[float, ...]]:
        """As `compute`, where that failed or its result needs a second look: a derivative never raises.

        Args:
            data: the operands.
            described: each operand in words, for the message.

        Raises:
            ValueError: the operands are outside the domain.
            ZeroDivisionError: as Python's arithmetic.
            OverflowError: the result, or something on the way to it, is too large for a float.
        """
        result = self.result(data, described)
        return result, self.derivatives(data, result)

    def result(self, data: Sequence[float], described: Sequence[str] | None = None) -> float:
        """The result alone, as `compute_carefully` gives it."""
        environment = self.environment(self.arranged(data))
        try:
            (result,) = evaluate([self.trace.result], environment, floats)
        except (ValueError, ArithmeticError) as error:
            self._refuse(type(error), data, described, str(error))
        if isinstance(result, complex):
            self._refuse(ValueError, data, described)
        result = as_float(result)
        if math.isnan(result) and all(map(math.isfinite, data)):
            # Finite numbers give nan only by way of inf - inf, inf * 0 or inf / inf.
            self._refuse(OverflowError, data, described)
        return result

    def derivatives(self, data: Sequence[float], result: float) -> tuple[float, ...]:
        """The local derivatives alone, in IEEE arithmetic: inf or nan where Python would raise."""
        formulas = [self.trace.derivatives[name] for name in self.operand_names]
        return self._flat_floats(self._in_ieee(formulas, data, result), data)

    def compute_in_ieee(self, data: Sequence[float]) -> tuple[float, tuple[float, ...]]:
        """As `compute`, in IEEE arithmetic: a result too is inf or nan where Python would raise."""
        formulas = [self.trace.result, *(self.trace.derivatives[name] for name in self.operand_names)]
        result, *derivatives = self._in_ieee(formulas, data)
        return float(result), self._flat_floats(derivatives, data)

    def result_in_ieee(self, data: Sequence[float]) -> float:
        """The result alone, in IEEE arithmetic."""
        return float(self._in_ieee([self.trace.result], data)[0])

    def _in_ieee(self, formulas: list[Formula], data: Sequence[float], result: float | None = None) -> list[Any]:
        import numpy

        from micrograd_bp.engine.numbers.arrays import Arrays

        float64 = numpy.float64
        environment = self.environment(self.arranged([float64(number) for number in data]))
        if result is not None:
            environment[self.trace.result] = float64(result)
        with numpy.errstate(all="ignore"):
            numbers = evaluate(formulas, environment, Arrays(numpy), literal=float64)
            numpy.add(0.0, 0.0)  # clears the processor's flags, which NumPy would report if it has called us
        return numbers

    def _flat_floats(self, derivatives: Sequence[Any], data: Sequence[float]) -> tuple[float, ...]:
        return tuple([float(derivative) for derivative in self.laid_out(derivatives, self.arranged(data))])

    def environment(self, arranged: Sequence[Any]) -> dict[Formula, Any]:
        """The number for each symbol of the trace."""
        environment = dict(zip(self.trace.symbols.values(), arranged, strict=True))
        for name, symbol in self.trace.constants.items():  # none are left where they were bound
            environment[symbol] = self.constants[name]
        return environment

    def _refuse(
        self, error: type[Exception], data: Sequence[float], described: Sequence[str] | None, reason: str = ""
    ) -> NoReturn:
        kinds: tuple[type[Exception], ...] = (ZeroDivisionError, OverflowError, ValueError)
        error = next((kind for kind in kinds if issubclass(error, kind)), ArithmeticError)
        shown = [f"{number:.6g}" for number in data] if described is None else list(described)
        if not self.many:
            shown = [f"{name} = {text}" for name, text in zip(self.operand_names, shown, strict=True)]
        elif len(shown) > 6:
            shown[3:-2] = ["..."]
        shown += [f"{name} = {value:g}" for name, value in self.constants.items()]
        if error is OverflowError:
            problem = "gives a number too large for a float"
        else:
            problem = f"needs {self.domain}" if self.domain else f"has no result ({reason})"
        hint = "" if error is OverflowError else IN_A_BRANCH
        raise error(f"{self.name} {problem}; got {', '.join(shown) or 'none'}{hint}") from None

    # ---- symbols

    def formula(self) -> RuleFormulas:
        """The result and each local derivative in symbols, read off the trace of the rule."""
        operands = [
            Formula("members", (symbol,)) if name in self.many else symbol
            for name, symbol in self.trace.symbols.items()
        ]
        if self.trace.constants:
            operands += self.trace.constants.values()
        else:
            operands += [Formula(value=value) for value in self.constants.values()]
        node = Formula(self.name, tuple(operands))
        return RuleFormulas(
            result=write(self.trace.result),
            derivatives={
                write(symbol): write(self.trace.derivatives[name], {self.trace.result: node})
                for name, symbol in self.trace.symbols.items()
            },
        )


@lru_cache(maxsize=1024)
def _taking_apart(is_group: tuple[bool, ...], n_members: int) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """What takes a tuple of members apart into groups and single operands."""
    count = (n_members - is_group.count(False)) // is_group.count(True)
    places: list[int | slice] = []
    start = 0
    for group in is_group:
        places.append(slice(start, start + count) if group else start)
        start += count if group else 1
    if len(places) == 1:  # an itemgetter of one place gives no tuple
        return lambda members: (members,)
    return itemgetter(*places)


class HandMade(Operation):
    """What made a node that was given its operands by hand, as micrograd's constructor allows: a mere symbol."""

    __slots__ = ()

    def __init__(self, symbol: str) -> None:
        super().__init__(symbol, self._no_rule, Trace({}, {}, Formula(name=symbol), {}), operand_names=())

    @staticmethod
    def _no_rule(xp: Any, *_: Any) -> NoReturn:
        raise LookupError("a node that was made by hand has no rule")

    def __reduce__(self) -> tuple[Any, ...]:
        return HandMade, (self.symbol,)
