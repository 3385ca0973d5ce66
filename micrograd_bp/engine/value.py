"""`Value`: a number that remembers how it was made, and the backward pass over what it remembers.

Operators, methods and functions all end in `record`, the one place where a node is made.
"""

from collections.abc import Callable, Iterator, KeysView, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from functools import lru_cache
from operator import index
from sys import _getframe
from typing import Any

import micrograd_bp.engine.operations  # noqa: F401  # fills the table
from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.handed import calls_around, handed
from micrograd_bp.engine.made import MadeOrigin
from micrograd_bp.engine.methods import Methods
from micrograd_bp.engine.numbers.floats import as_float, floats, is_real
from micrograd_bp.engine.operation import HandMade, Operation
from micrograd_bp.engine.origin import LIFTED, NOT_RECORDED, Origin, current_origin, is_parameter
from micrograd_bp.engine.refusals import DEFINE_AN_OPERATION, Refusals
from micrograd_bp.engine.table import OPERATIONS, bind

FAILURES = (ValueError, ArithmeticError, TypeError)
"""What a rule raises where there is no result, or where `.data` has been set to something else than a number."""


def record(operation: Operation, operands: tuple["Value", ...]) -> "Value":
    """The node of an operation on `operands`: its result, and its local derivatives at this point.

    Raises:
        ValueError, ZeroDivisionError, OverflowError: there is no result; the message says why.
    """
    try:
        numbers = [operand.data for operand in operands]
        if operation.many:
            data, local_derivatives = operation.compute(numbers)
        else:
            data, local_derivatives = operation.rule(floats, *numbers)
        if type(data) is float and data == data and type(local_derivatives) is tuple:
            return _node(data, operation, operands, local_derivatives)
    except FAILURES:
        pass
    return _record_carefully(operation, operands)


def _record_carefully(operation: Operation, operands: tuple["Value", ...]) -> "Value":
    """`record` where a result or a derivative does not exist, or a result is nan."""
    numbers = [number_of(operand) for operand in operands]
    if _ieee.get():
        data, local_derivatives = operation.compute_in_ieee(numbers)
    else:
        described = [_described(operand) for operand in operands]
        data, local_derivatives = operation.compute_carefully(numbers, described)
    return _node(data, operation, operands, local_derivatives)


def _node(
    data: float,
    operation: Operation | None,
    operands: tuple["Value", ...],
    local_derivatives: tuple[float, ...],
) -> "Value":
    """The one place where nodes are made. It goes around the constructor, which is for leaves."""
    node = _new(Value)
    node.data = data
    node.grad = 0.0
    node.label = ""
    node.origin = origin = current_origin.get()
    if origin is None or origin.shared:
        node.operation = operation
        node.operands = operands
        node.local_derivatives = local_derivatives
    else:
        if origin is NOT_RECORDED:
            operation, operands, local_derivatives = None, (), ()
        node.operation, node.operands, node.local_derivatives = operation, operands, local_derivatives
        node.origin = origin.here()
    return node


_ieee: ContextVar[bool] = ContextVar("ieee", default=False)


@contextmanager
def ieee_arithmetic() -> Iterator[None]:
    """In this block a result that does not exist is inf or nan, as in IEEE arithmetic, where Python would raise."""
    token = _ieee.set(True)
    try:
        yield
    finally:
        _ieee.reset(token)


def backward(outputs: Sequence["Value"], gradients: Sequence[float] | None = None) -> None:
    """Applies the chain rule from `outputs` back to every value they were computed from.

    Adds to the `grad` of leaves; sets the `grad` of inner nodes to that of this pass.

    Args:
        outputs: where to start. One that is listed twice counts twice.
        gradients: the upstream gradient of each output; 1.0 for each if not given.

    Raises:
        TypeError: an output is not a Value, or a gradient, given or to be added to, not a number.
        ValueError: not as many gradients as outputs.
    """
    if isinstance(outputs, Value):
        raise TypeError("backward takes a list of outputs; for a single one write output.backward()")
    for output in outputs:
        if not isinstance(output, Value):
            raise TypeError(f"backward starts from Values, got {type(output).__name__}: {output!r:.80}")
    upstream_gradients = starting_gradients(outputs, gradients)
    order = topological_order(*outputs)
    for node in order:
        if node.operands:
            node.grad = 0.0
        elif type(node.grad) is not float and not is_real(node.grad):
            raise TypeError(_wrong_number("grad", node, "a number, 0.0 to begin with"))
    for output, upstream in zip(outputs, upstream_gradients, strict=True):
        output.grad += upstream
    for node in reversed(order):
        upstream = node.grad
        for operand, local_derivative in zip(node.operands, node.local_derivatives):  # noqa: B905  # checking lengths doubles the time
            operand.grad += upstream * local_derivative


def starting_gradients(outputs: Sequence["Value"], gradients: Sequence[float] | None) -> list[float]:
    """The upstream gradient of each output: 1.0, or what is given.

    Raises:
        TypeError: a gradient is not a number.
        ValueError: not as many gradients as outputs.
    """
    if gradients is None:
        return [1.0] * len(outputs)
    if len(gradients) != len(outputs):
        raise ValueError(f"expected one gradient for each output: {len(outputs)} outputs, {len(gradients)} gradients")
    return [as_float(gradient) for gradient in gradients]


arguments_of_derivatives: ContextVar[frozenset["Value"]] = ContextVar("arguments_of_derivatives", default=frozenset())
"""The arguments of the functions that are being differentiated. A copy of one is the same Value."""


@contextmanager
def differentiating(arguments: Sequence["Value"]) -> Iterator[None]:
    """In this block a function of these is called in order to be differentiated."""
    token = arguments_of_derivatives.set(arguments_of_derivatives.get().union(arguments))
    try:
        yield
    finally:
        arguments_of_derivatives.reset(token)


def lifted(number: Any, beside: Sequence["Value"] = ()) -> "Value":
    """The leaf for a number that stands beside Values in an operation: a constant, or an input of the module that runs.

    Raises:
        TypeError: it is not one real number.
    """
    parameter = next((x for x in beside if is_parameter(x.origin)), None)
    leaf = handed(number, parameter, calls_around(_getframe(1)), leaf_of) if parameter is not None else None
    return leaf if leaf is not None else leaf_of(number, LIFTED)


def leaf_of(number: Any, origin: Origin) -> "Value":
    """A leaf that somebody else than a person makes, who knows its origin.

    Raises:
        TypeError: `number` is not one real number.
    """
    leaf = _new(Value)
    leaf.data = as_float(number)
    leaf.grad = 0.0
    leaf.label = ""
    leaf.operation = None
    leaf.operands = leaf.local_derivatives = ()
    leaf.origin = origin
    return leaf


def _operators(name: str) -> tuple[Callable[..., "Value"], Callable[..., "Value"]]:
    """An operator of Python and its reflected form, `a + v` and `v + a`, from the entry of the table."""
    entry = OPERATIONS[name]
    rule = entry.rule

    def operator(self: "Value", other: Any) -> "Value":
        if not isinstance(other, Value):
            if not is_real(other):
                return NotImplemented  # type: ignore[no-any-return]  # Python then asks the other operand
            other = lifted(other, (self,))
        try:  # `record` for two operands, without its detours: most nodes are made here
            data, local_derivatives = rule(floats, self.data, other.data)
        except FAILURES:
            return _record_carefully(entry, (self, other))
        if type(data) is float:
            return _node(data, entry, (self, other), local_derivatives)
        return _record_carefully(entry, (self, other))  # somebody has set .data to another kind of number

    def reflected(self: "Value", other: Any) -> "Value":
        return operator(lifted(other, (self,)), self) if is_real(other) else NotImplemented

    return operator, reflected


def _comparison(holds: Callable[[float, float], bool]) -> Callable[["Value", Any], bool]:
    def compare(self: "Value", other: Any) -> bool:
        if isinstance(other, Value):
            return holds(self.data, other.data)
        return holds(self.data, other) if is_real(other) else NotImplemented

    return compare


class Value(Methods, Refusals):
    """A number that remembers how it was made.

    Every operation of the table is a method (`v.tanh()`, `v.relu()`, `v.maximum(w)`) and works on Values and plain
    numbers alike. `==` is identity, as for any object; `<` and `>` compare the numbers.

    Attributes:
        data: the number.
        grad: d(output)/d(this), after `backward` on the output; on leaves, summed over all backward passes.
        label: a name, for people.
        operation: what made it, with its constants bound; None for a leaf.
        operands: what it was computed from, in order, repeats kept.
        local_derivatives: d(this)/d(operand) for each operand, as of the forward pass.
        origin: the module that made it and, when tracked, the source line; of a leaf, what it is; or None.
    """

    __slots__ = ("data", "grad", "label", "local_derivatives", "operands", "operation", "origin")

    data: float
    grad: float
    label: str
    operation: Operation | None
    operands: tuple["Value", ...]
    local_derivatives: tuple[float, ...]
    origin: Origin | None

    def __init__(
        self,
        data: float,
        _children: Sequence["Value"] = (),
        _op: str = "",
        label: str = "",
    ) -> None:
        """A leaf, as a rule. `_children` and `_op` make a node that passes no gradient on, as in micrograd.

        Raises:
            TypeError: `data` is not one real number, `_children` are text, which was to be the label, or `_op` is none,
                but the derivatives.
        """
        self.data = as_float(data)
        self.grad = 0.0
        self.label = label
        origin = current_origin.get()
        if not _children:
            self.operation = None
            self.operands = self.local_derivatives = ()
            self.origin = MadeOrigin(_getframe(1), origin is not None and not origin.shared)
        else:
            if isinstance(_children, str):
                raise TypeError(f"a label is given by its name: Value({self.data:g}, label={_children!r})")
            if not isinstance(_op, str):
                raise TypeError(f"a node is not told its derivatives, got {_op!r:.40}: {DEFINE_AN_OPERATION}")
            self.operation = HandMade(_op)
            self.operands = tuple(_children)
            self.local_derivatives = (0.0,) * len(self.operands)
            self.origin = origin if origin is None or origin.shared else origin.here()

    @classmethod
    def apply(cls, operation: Operation, operands: Sequence[Any]) -> "Value":
        """The node of `operation` on Values and plain numbers; the numbers become leaves.

        Raises:
            TypeError: an operand is neither.
            ValueError, ZeroDivisionError, OverflowError: there is no result; the message says why.
        """
        beside = [x for x in operands if isinstance(x, Value)]
        return record(operation, tuple([x if isinstance(x, Value) else lifted(x, beside) for x in operands]))

    def record(self, operation: Operation) -> "Value":
        """The node of an operation on this value alone."""
        try:  # the function `record` for one operand, without its detours
            data, local_derivatives = operation.rule(floats, self.data)
            if type(data) is float and data == data and type(local_derivatives) is tuple:
                return _node(data, operation, (self,), local_derivatives)
        except FAILURES:
            pass
        return _record_carefully(operation, (self,))

    def backward(self, gradient: float = 1.0) -> None:
        """Applies the chain rule from here back to every value that this one was computed from.

        Adds to the `grad` of leaves; sets the `grad` of inner nodes to that of this pass.

        Args:
            gradient: the upstream gradient, d(something)/d(this).
        """
        backward([self], [gradient])

    def detach(self) -> "Value":
        """A leaf with this number, from which no gradient comes back here."""
        return Value(number_of(self), label=self.label)

    __add__, __radd__ = _operators("add")
    __sub__, __rsub__ = _operators("subtract")
    __mul__, __rmul__ = _operators("multiply")
    __truediv__, __rtruediv__ = _operators("divide")
    __mod__, __rmod__ = _operators("remainder")
    __floordiv__, __rfloordiv__ = _operators("floor_divide")
    _power, __rpow__ = _operators("pow")

    def __pow__(self, exponent: Any, modulus: None = None) -> "Value":
        if modulus is not None:
            return NotImplemented
        if is_real(exponent):  # a number has no derivative, and xⁿ has one for negative x too
            return self.record(_power_of(exponent))
        return self._power(exponent)

    def __divmod__(self, other: Any) -> tuple["Value", "Value"]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple["Value", "Value"]:
        return other // self, other % self

    def __neg__(self) -> "Value":
        return self.record(OPERATIONS["negative"])

    def __pos__(self) -> "Value":
        return self

    def __abs__(self) -> "Value":
        return record(OPERATIONS["abs"], (self,))

    def __floor__(self) -> "Value":
        return record(OPERATIONS["floor"], (self,))

    def __ceil__(self) -> "Value":
        return record(OPERATIONS["ceil"], (self,))

    def __trunc__(self) -> "Value":
        return record(OPERATIONS["trunc"], (self,))

    def __round__(self, ndigits: int | None = None) -> "Value":
        """To a whole number, or to `ndigits` places as NumPy does it: a half goes to the even neighbour."""
        if ndigits is None or index(ndigits) == 0:
            return record(OPERATIONS["round"], (self,))
        scale = 10.0 ** abs(ndigits)
        return round(self * scale) / scale if ndigits > 0 else round(self / scale) * scale

    __lt__ = _comparison(lambda a, b: a < b)
    __le__ = _comparison(lambda a, b: a <= b)
    __gt__ = _comparison(lambda a, b: a > b)
    __ge__ = _comparison(lambda a, b: a >= b)

    def conjugate(self) -> "Value":
        """The Value itself, which is real; NumPy's variance asks for it."""
        return self

    def __format__(self, specification: str) -> str:
        return format(self.data, specification) if specification else repr(self)

    def __repr__(self) -> str:
        parts = [f"data={_short(self.data)}", f"grad={_short(self.grad)}"]
        if self.label:
            parts.append(f"label={self.label!r:.40}")
        if self.operation is not None:
            by_hand = ", without derivatives" if isinstance(self.operation, HandMade) else ""
            parts.append(f"op={self.operation.symbol}{by_hand}")
        return f"Value({', '.join(parts)})"

    def __copy__(self) -> "Value":
        """A second node with the same operands, and so of a leaf one that no longer has to do with it.

        Inside a function that is being differentiated, its argument is its own copy: the gradient comes through.
        """
        if self in arguments_of_derivatives.get():
            return self
        node = _new(Value)
        for name in Value.__slots__:
            setattr(node, name, getattr(self, name))
        return node

    def __deepcopy__(self, memo: dict[int, Any]) -> "Value":
        """A copy of the whole graph below this node; sharing is kept with whatever `memo` holds.

        Inside a function that is being differentiated, its argument is its own copy here too.
        """
        arguments = arguments_of_derivatives.get()
        if arguments and id(next(iter(arguments))) not in memo:  # else an earlier part of a list has entered them
            memo.update((id(node), node) for node in arguments)
        for node in topological_order(self, leave_out=memo):
            copied = node.__copy__()
            copied.operands = tuple([memo[id(operand)] for operand in node.operands])
            if node.origin is not None:  # a copied module has a record of its own
                copied.origin = memo.get(id(node.origin)) or deepcopy(node.origin, memo)
            memo[id(node)] = copied
        return memo[id(self)]  # type: ignore[no-any-return]  # a memo holds anything

    # What code written for micrograd reads and sets.

    @property
    def _prev(self) -> KeysView["Value"]:
        """The operands as a set, in a fixed order."""
        return dict.fromkeys(self.operands).keys()

    @property
    def _op(self) -> str:
        return self.operation.symbol if self.operation is not None else ""


_new = object.__new__


@lru_cache(maxsize=256)
def _power_of(exponent: float) -> Operation:
    return bind(OPERATIONS["constant_power"], {"exponent": exponent})


def number_of(operand: "Value") -> float:
    """The number of a Value.

    Raises:
        TypeError: somebody has set its `.data` to something else.
    """
    try:
        return as_float(operand.data)
    except TypeError as error:
        needed = "its .data, as in p.data -= 0.1 * p.grad" if isinstance(operand.data, Value) else "a number"
        raise TypeError(f"{_wrong_number('data', operand, needed)}: {error}") from None


def _wrong_number(attribute: str, value: "Value", needed: str) -> str:
    """What to say of a Value whose attribute somebody has set to something else than a number."""
    given = type(getattr(value, attribute)).__name__
    name = value.label or (value.origin.scope if value.origin else "")
    label = repr(name) if name else f"{value!r:.80}"
    return f"somebody has set the .{attribute} of {label} to a {given}, where it needs {needed}"


def _short(number: object) -> str:
    return f"{number:.4g}" if isinstance(number, (int, float)) else repr(number)


def _described(value: Value) -> str:
    label = f" (label {value.label!r})" if value.label else ""
    places = [value.origin.scope if value.operands else "", value.origin.place] if value.origin else []
    place = f" (made in {', '.join(filter(None, places))})" if any(places) else ""
    return f"{value.data:.6g}{label}{place}"
