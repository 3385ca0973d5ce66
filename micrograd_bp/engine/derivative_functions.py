"""Derivatives as functions: `gradient(f)` is a function of the same arguments as `f`.

`f` is any Python function of one number, or of numbers in lists, NumPy arrays and dictionaries, written with operators
and the functions of this package or of NumPy. Only its first argument is differentiated; what follows is passed on as
it is. Results come as the argument came: a float for a float, a list for a list, an array for an array. So they fit
`scipy.optimize.minimize(f, x0, jac=gradient(f), hess=hessian(f))` as they are.

Derivatives can be nested: inside of a function that is being differentiated, and where the argument is made of Values,
results are Values.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any
from warnings import warn

from micrograd_bp.engine.derivatives import gradients, tangent_graphs, tangents
from micrograd_bp.engine.numbers.floats import as_float, is_real
from micrograd_bp.engine.operations import dot
from micrograd_bp.engine.origin import recording
from micrograd_bp.engine.suggestions import says_what_to_write
from micrograd_bp.engine.value import Value, arguments_of_derivatives, differentiating

Function = Callable[..., Any]


def _also_at_once(of_function: Callable[[Function], Function]) -> Callable[..., Any]:
    """Lets `jvp(f, x, v)` compute as well, for one version, and says what to write."""

    @wraps(of_function)
    def of_function_or_at_once(f: Function, *point: Any, **named: Any) -> Any:
        if not point and not named:
            return of_function(f)
        name = of_function.__name__
        warn(f"{name}(f, x, v) is {name}(f)(x, v) now", DeprecationWarning, stacklevel=2)
        return of_function(f)(*point, **named)

    return of_function_or_at_once


@says_what_to_write("derivative(f) is a function, derivative(f)(x)")
def derivative(f: Function) -> Function:
    """df/dx of a function of one number.

    Raises (when called):
        TypeError: the argument is not one number, or `f` gives something other than one.
    """

    def derivative_of_f(x: Any, *others: Any) -> Any:
        if not (isinstance(x, Value) or is_real(x)):
            raise TypeError(f"derivative differentiates a function of one number, got {type(x).__name__}: use gradient")
        return gradient(f)(x, *others)

    return derivative_of_f


@says_what_to_write("gradient(f) is a function, gradient(f)(x)")
def gradient(f: Function) -> Function:
    """The gradient of a function that gives one number, in the form of its argument.

    Raises (when called):
        TypeError: `f` gives something other than one number.
    """

    def gradient_of_f(x: Any, *others: Any) -> Any:
        return value_and_gradient(f)(x, *others)[1]

    return gradient_of_f


@says_what_to_write("value_and_gradient(f) is a function, value_and_gradient(f)(x)")
def value_and_gradient(f: Function) -> Function:
    """The number that `f` gives, and its gradient in the form of the argument.

    Raises (when called):
        TypeError: `f` gives something other than one number.
    """

    def value_and_gradient_of_f(x: Any, *others: Any) -> Any:
        point = _Point(x)
        output = _one_output(point.call(f, *others))
        return point.number(output), point.in_form(point.gradient_of(output))

    return value_and_gradient_of_f


@says_what_to_write("jacobian(f) is a function, jacobian(f)(x)")
def jacobian(f: Function) -> Function:
    """d(f)ᵢ/d(x)ⱼ of a function that gives several numbers: a row for each output, in the form of the argument.

    Raises (when called):
        TypeError: `f` gives something other than numbers.
    """

    def jacobian_of_f(x: Any, *others: Any) -> Any:
        point = _Point(x)
        outputs = _Outputs(point.call(f, *others))
        return outputs.jacobian_rows([point.gradient_of(output) for output in outputs.values], point)

    return jacobian_of_f


@says_what_to_write("hessian(f) is a function, hessian(f)(x)")
def hessian(f: Function) -> Function:
    """d²f/dxᵢdxⱼ of a function that gives one number: a row for each entry of the argument.

    Raises (when called):
        TypeError: `f` gives something other than one number.
    """
    return jacobian(gradient(f))


@_also_at_once
def jvp(f: Function) -> Function:
    """The outputs of `f`, and how fast they change where its argument moves at some speed: Jacobian times vector.

    The function takes the argument of `f`, the speed in the same form, and what else `f` takes. It gives two things of
    the form that `f` gives.

    Raises (when called):
        ValueError: argument and speed have different forms: other names, another number of entries, or arrays of other
            shapes.
    """

    def jvp_of_f(x: Any, v: Any, *others: Any) -> tuple[Any, Any]:
        point = _Point(x)
        outputs = _Outputs(point.call(f, *others))
        speeds = dict(zip(point.inputs, point.direction(v), strict=True))
        moved = tangent_graphs(outputs.values, speeds) if point.nested else tangents(outputs.values, speeds)
        return outputs.in_form([point.number(output) for output in outputs.values]), outputs.in_form(moved)

    return jvp_of_f


@_also_at_once
def vjp(f: Function) -> Function:
    """The outputs of `f`, and the gradient of Σ uᵢ·f(x)ᵢ: vector times Jacobian.

    The function takes the argument of `f`, an upstream gradient for each output in the form that `f` gives, and what
    else `f` takes. It gives the outputs, and a gradient in the form of the argument.

    Raises (when called):
        ValueError: the upstream gradients and the outputs have different forms.
    """

    def vjp_of_f(x: Any, u: Any, *others: Any) -> tuple[Any, Any]:
        point = _Point(x)
        outputs = _Outputs(point.call(f, *others))
        weights = outputs.upstream(u)
        with recording():
            total = dot(weights, outputs.values)
        values = outputs.in_form([point.number(output) for output in outputs.values])
        return values, point.in_form(point.gradient_of(total))

    return vjp_of_f


@_also_at_once
def hessian_vector_product(f: Function) -> Function:
    """The Hessian of `f` times a vector, without building it: how fast the gradient changes where the argument moves.

    The function takes the argument of `f`, the vector in the same form, and what else `f` takes, as the `hessp` of
    `scipy.optimize.minimize`. This is Pearlmutter's "Fast exact multiplication by the Hessian", Neural Computation 6
    (1994).

    Raises (when called):
        ValueError: argument and vector have different forms: other names, another number of entries, or arrays of other
            shapes.
        TypeError: `f` gives something other than one number.
    """

    def hessian_vector_product_of_f(x: Any, v: Any, *others: Any) -> Any:
        return jvp(gradient(f))(x, v, *others)[1]

    return hessian_vector_product_of_f


class _Point:
    """Where a function is differentiated: its argument as Values, and how to give results in the argument's form."""

    def __init__(self, x: Any) -> None:
        self._like = x
        numbers = _flat(x)
        # What a function differentiates while it is being differentiated itself must stay a graph.
        self.nested = bool(arguments_of_derivatives.get()) or any(isinstance(number, Value) for number in numbers)
        with recording():
            # Adding 0 to a Value gives one of our own, so that what the function uses besides, even if it is the
            # same Value, stands still.
            self.inputs: list[Value] = [
                number + 0.0 if isinstance(number, Value) else Value(number) for number in numbers
            ]
        self.argument = _in_form_of(x, self.inputs)

    def call(self, f: Function, *others: Any) -> Any:
        if isinstance(f, Value):
            raise TypeError("this differentiates a function, got a Value: of Values it is gradients(output, [x])")
        with recording(), differentiating(self.inputs):
            return f(self.argument, *others)

    def gradient_of(self, output: Value) -> list[Any]:
        if self.nested:
            return gradients(output, self.inputs, create_graph=True)
        return gradients(output, self.inputs)

    def number(self, output: Value) -> Any:
        return output if self.nested else output.data

    def in_form(self, numbers: list[Any]) -> Any:
        return _in_form_of(self._like, numbers)

    def direction(self, v: Any) -> list[Any]:
        speeds = _flat(_matching(v, self._like, ("the point", "the direction")))
        return [number if isinstance(number, Value) else as_float(number) for number in speeds]


class _Outputs:
    """What a function gave, as Values, and how to give results in its form."""

    def __init__(self, outputs: Any) -> None:
        self._like = outputs
        self.values = [output if isinstance(output, Value) else Value(output) for output in _flat(outputs)]

    def in_form(self, numbers: Sequence[Any]) -> Any:
        return _in_form_of(self._like, list(numbers))

    def upstream(self, u: Any) -> list[Any]:
        return _flat(_matching(u, self._like, ("the function's result", "the upstream gradient")))

    def jacobian_rows(self, rows: list[list[Any]], point: _Point) -> Any:
        """The rows of a Jacobian: outputs in their form, of inputs in theirs."""
        return _jacobian(self._like, point, rows)


def _jacobian(outputs: Any, point: _Point, rows: list[list[Any]]) -> Any:
    if isinstance(outputs, (Mapping, list, tuple)):
        rest = iter(rows)
        return _each_part(outputs, lambda part: _jacobian(part, point, [next(rest) for _ in _flat(part)]))
    if not _is_array(outputs):
        return point.in_form(rows[0])
    import numpy

    matrix = numpy.array(rows, dtype=object if point.nested else float).reshape(len(rows), len(point.inputs))
    return _columns(point.argument, matrix, outputs.shape)


def _columns(x: Any, matrix: Any, shape: tuple[int, ...]) -> Any:
    """The Jacobian of an array of this shape: an array for each array of inputs, by their names if they have any."""
    import numpy

    if not _has_names(x):
        return matrix.reshape((*shape, *numpy.shape(x)))
    rest = iter(matrix.T)
    return _each_part(x, lambda part: _columns(part, numpy.array([next(rest) for _ in _flat(part)]).T, shape))


def _one_output(output: Any) -> Value:
    if isinstance(output, Value):
        return output
    if _is_array(output) and output.shape == ():  # NumPy's way to give one object
        return _one_output(output.item())
    if is_real(output):  # a function that is constant here
        return Value(output)
    raise TypeError(f"the function must give one number, got {type(output).__name__}: use jacobian")


def _is_array(x: Any) -> bool:
    return hasattr(x, "shape") and hasattr(x, "reshape") and not is_real(x)


def _each_part(x: Any, function: Callable[[Any], Any]) -> Any:
    """A dictionary or a list of what `function` makes of each part of one, in order."""
    return {name: function(part) for name, part in x.items()} if isinstance(x, Mapping) else [function(p) for p in x]


def _has_names(x: Any) -> bool:
    """Whether there is a dictionary in it."""
    return isinstance(x, Mapping) or (isinstance(x, (list, tuple)) and any(map(_has_names, x)))


def _flat(x: Any) -> list[Any]:
    """The numbers in a number, an array, or lists and dictionaries of them."""
    if _is_array(x):
        return list(x.reshape(-1))
    if isinstance(x, (Mapping, list, tuple)):
        return [number for part in (x.values() if isinstance(x, Mapping) else x) for number in _flat(part)]
    return [x]


def _matching(x: Any, like: Any, names: tuple[str, str]) -> Any:
    """`x` itself, with dictionaries in the order of those in `like`.

    Raises:
        ValueError: it has not the form of `like`; `names` say what the two are.
    """
    if isinstance(like, Mapping):
        if not isinstance(x, Mapping) or x.keys() != like.keys():
            given = ", ".join(map(str, x)) if isinstance(x, Mapping) else f"no names, but {x!r:.80}"
            raise ValueError(f"{names[0]} has the names {', '.join(map(str, like))}; {names[1]} has {given}")
        return {name: _matching(x[name], part, names) for name, part in like.items()}
    if _has_names(like) and isinstance(x, (list, tuple)) and len(x) == len(like):
        return [_matching(part, other, names) for part, other in zip(x, like, strict=True)]
    same_shape = not (_is_array(x) and _is_array(like)) or x.shape == like.shape
    if len(_flat(x)) != len(_flat(like)) or not same_shape:
        raise ValueError(
            f"{names[0]} has {len(_flat(like))} numbers and {names[1]} {len(_flat(x))}"
            + ("" if same_shape else f", in the shapes {like.shape} and {x.shape}")
        )
    return x


def _in_form_of(x: Any, numbers: list[Any]) -> Any:
    """The opposite of `_flat`: other numbers in the form of `x`."""
    if _is_array(x):
        import numpy

        shaped = numpy.empty(len(numbers), dtype=object)
        shaped[:] = numbers
        return (shaped if any(isinstance(n, Value) for n in numbers) else shaped.astype(float)).reshape(x.shape)
    if isinstance(x, (Mapping, list, tuple)):
        rest = iter(numbers)
        return _each_part(x, lambda part: _in_form_of(part, [next(rest) for _ in _flat(part)]))
    return numbers[0]
