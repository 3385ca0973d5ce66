"""Operations from outside: one entry, and everything is there; names that would do harm are refused."""

import copy
import pickle
from inspect import signature

import pytest

from micrograd_bp.engine import OPERATIONS, Value, evaluate_again, gradcheck, gradients, no_graph, operation
from micrograd_bp.engine.methods import Methods
from micrograd_bp.engine.operations import softplus, tanh
from micrograd_bp.engine.value import _power_of

from .support import refused

ENTRIES, METHODS = dict(OPERATIONS), dict(vars(Methods))


@pytest.fixture
def softsign(table):
    """The example of the documentation."""

    @operation("softsign")
    def softsign(xp, x):
        """x / (1 + |x|)."""
        d = 1.0 + abs(x)
        return x / d, (1.0 / (d * d),)

    return softsign


def test_an_operation_is_one_entry(softsign):
    """Method, function, formula, gradient, check, pickle and copy."""
    x = Value(-3.0)
    node = x.softsign()
    assert (node.data, node.local_derivatives, node._op) == (-0.75, (0.0625,), "softsign")
    assert softsign(x).operation is node.operation is OPERATIONS["softsign"]
    assert type(softsign(-3.0)) is float
    assert softsign(-3.0) == -0.75
    assert OPERATIONS["softsign"].formula().text == "x / (1 + |x|)\n∂/∂x = 1 / (1 + |x|)²"
    gradcheck(softsign, [-3.0])
    gradcheck(lambda a, b: tanh(a.softsign() * b), [0.5, 2.0])
    assert pickle.loads(pickle.dumps(node)).operation is node.operation
    assert copy.deepcopy(node).operation is node.operation
    assert "softsign" in repr(node.operation)
    with no_graph():
        assert softsign(x).operands == ()


def test_the_decorated_name_is_a_function_that_says_what_it_is(softsign):
    assert softsign.__name__ == "softsign"
    assert softsign.__doc__ == Value.softsign.__doc__ == "x / (1 + |x|)."
    assert softsign.__module__ == __name__
    assert tanh.__doc__ == "The operation tanh; OPERATIONS['tanh'].formula() shows its derivatives."


def test_help_shows_the_operands_of_the_rule(softsign):
    assert [str(signature(each)) for each in (softsign, Value.softsign, Value(1.0).softsign)] == ["(x)", "(x)", "()"]
    assert str(signature(Value(1.0).leaky_relu)) == "(*, slope=0.01)"


def test_a_rule_may_use_operations_from_outside(softsign):
    @operation("twice")
    def twice(xp, x):
        y = xp.softsign(xp.softsign(x))
        d = 1.0 + abs(xp.softsign(x))
        e = 1.0 + abs(x)
        return y, (1.0 / (d * d) / (e * e),)

    gradcheck(twice, [0.7])
    assert twice(1.0) == pytest.approx(1 / 3)


def test_all_that_an_entry_can_say(table):
    @operation(
        "clipped_line",
        symbol="clip≤{top:g}",
        domain="any x",
        samples={"x": [(0.1, 0.9)], "top": [(1.0, 2.0)]},
        aliases=("clip_line", "line"),
    )
    def clipped_line(xp, x, slope, offset=0.0, *, top=1.0):
        y = slope * x + offset
        below = xp.less(y, top)
        return xp.minimum(y, top), (slope * below, x * below, below)

    entry = table["clipped_line"]
    assert entry.operand_names == ("x", "slope", "offset")
    assert entry.constants == {"top": 1.0}
    assert entry.domain == "any x"
    assert entry.samples == {"x": [(0.1, 0.9)], "top": [(1.0, 2.0)]}
    x = Value(0.5)
    assert x.clip_line(4.0).data == 1.0
    assert x.line(4.0, 0.5, top=3.0)._op == "clip≤3"
    assert x.line(4.0, top=3.0).local_derivatives == (4.0, 0.5)
    assert clipped_line(0.5, 4.0, top=3.0) == 2.0
    assert repr(x.line(4.0, top=3.0).operation) == "<operation clipped_line(x, slope, top=3)>"
    gradcheck(lambda x, slope: clipped_line(x, slope, top=3.0), [0.5, 4.0])


def test_an_operation_on_groups(table):
    @operation("weighted_squares", many=("w", "x"))
    def weighted_squares(xp, w, x):
        squares = [each * each for each in x]
        return xp.dot(w, squares), (squares, [2.0 * a * b for a, b in zip(w, x, strict=True)])

    node = weighted_squares([Value(2.0), 3.0], [4.0, Value(5.0)])
    assert node.data == 107.0
    assert node.local_derivatives == (16.0, 25.0, 16.0, 30.0)
    assert table["weighted_squares"].formula().text == "Σᵢ wᵢ·xᵢ²\n∂/∂wᵢ = xᵢ²\n∂/∂xᵢ = 2·wᵢ·xᵢ"
    assert not hasattr(Value, "weighted_squares")
    gradcheck(lambda *v: weighted_squares(v[:3], v[3:]), [1.0, -2.0, 0.5, 2.0, 0.1, -1.0])


def test_an_operation_on_groups_with_a_constant(table):
    @operation("soft_maximum", many=("x",))
    def soft_maximum(xp, x, *, temperature=1.0):
        y = temperature * xp.logsumexp([each / temperature for each in x])
        return y, ([xp.exp((each - y) / temperature) for each in x],)

    assert soft_maximum([1.0, 2.0], temperature=0.01) == pytest.approx(2.0)
    gradcheck(lambda *x: soft_maximum(x, temperature=0.3), [1.0, 2.0, 0.5])
    result, derivative = soft_maximum([Value(1.0)], temperature=0.5).operation.formula().text.splitlines()
    assert "log Σᵢ exp(xᵢ / 0.5)" in result
    assert derivative == "∂/∂xᵢ = exp((xᵢ - soft_maximum(xᵢ, 0.5)) / 0.5)"


def test_an_operand_that_is_left_out_has_no_derivative(table):
    """Neither on the node, nor in what is made of it."""

    @operation("scale_by")
    def scale_by(xp, x, factor=2.0):
        return x * factor, (factor, x)

    x = Value(3.0)
    node = x.scale_by()
    assert (node.data, node.operands, node.local_derivatives) == (6.0, (x,), (2.0,))
    assert gradients(node * 5.0, [x]) == [10.0]
    for copied in (copy.deepcopy, lambda root: pickle.loads(pickle.dumps(root))):
        again = copied(node * 5.0)
        again.backward()
        assert again.operands[0].operands[0].grad == 10.0
    assert x.scale_by(4.0).local_derivatives == (4.0, 3.0)
    gradcheck(scale_by, [3.0])


def test_bound_entries_are_made_once():
    _power_of.cache_clear()  # tests before this one may have bound more powers than are kept
    x = Value(2.0)
    assert (x**3).operation is (x**3.0).operation is (x * 5.0).__pow__(3).operation
    assert x.elu(alpha=1.0).operation is OPERATIONS["elu"]
    assert x.elu(alpha=0.5).operation is not OPERATIONS["elu"]


def test_the_order_of_constants_does_not_matter(table):
    @operation("affine")
    def affine(xp, x, *, slope, offset=0.0):
        return slope * x + offset, (slope,)

    x = Value(3.0)
    assert affine(x, offset=1.0, slope=2.0).operation is affine(x, slope=2.0, offset=1.0).operation
    assert affine(x, slope=2.0).operation.constants == {"slope": 2.0, "offset": 0.0}
    assert affine(3.0, offset=1.0, slope=2.0) == 7.0
    assert affine(x, offset=1.0, slope=2.0).operation.formula().text == "2·x + 1\n∂/∂x = 2"


@pytest.mark.parametrize("derivatives", [(0,), [0]])
def test_what_is_not_a_float_becomes_one(table, derivatives):
    seven = defined("seven", lambda xp, x: (7, derivatives))
    node = seven(Value(1.0))
    assert (type(node.data), type(node.local_derivatives[0]), type(seven(1.0))) == (float, float, float)
    assert type(node.local_derivatives) is tuple


# ---- redefinition


def test_an_operation_may_be_defined_again(softsign):
    """As happens in a notebook: from then on the new one counts, also inside other rules; old nodes stay."""
    old = Value(1.0).softsign()

    @operation("softsign")
    def again(xp, x):
        return 2.0 * x, (2.0,)

    assert Value(3.0).softsign().data == 6.0
    assert again(3.0) == 6.0
    assert OPERATIONS["softsign"].formula().text == "2·x\n∂/∂x = 2"
    assert (old.data, old.operation.formula().result.text) == (0.5, "x / (1 + |x|)")
    assert gradients(old, old.operands) == [0.25]
    assert softsign(1.0) == 0.5


def test_an_operation_defined_again_has_the_new_aliases_only(table):
    defined("line", lambda xp, x: (2.0 * x, (2.0,)), aliases=("straight", "linear"))
    defined("line", lambda xp, x: (3.0 * x, (3.0,)), aliases=("straight",))
    assert Value(1.0).line().data == Value(1.0).straight().data == 3.0
    assert not hasattr(Value, "linear")
    with pytest.raises(TypeError, match="return y"):
        defined("line", lambda xp, x: x)
    assert Value(1.0).line().data == 3.0


def test_rules_that_use_a_redefined_operation_follow_it(table):
    @operation("half")
    def half(xp, x):
        return x / 2.0, (0.5,)

    @operation("half_plus")
    def half_plus(xp, x):
        return xp.half(x) + 1.0, (0.5,)

    assert half_plus(4.0) == 3.0

    @operation("half")
    def quarter(xp, x):
        return x / 4.0, (0.25,)

    assert half_plus(4.0) == 2.0


def test_the_table_is_left_as_it_was_found():
    """What the fixture `table` promises to the loops over the table."""
    assert OPERATIONS == ENTRIES
    asked_for = {"__annotations__"}  # which Python 3.13 adds when somebody looks at it
    assert {name: each for name, each in vars(Methods).items() if name not in asked_for - set(METHODS)} == METHODS
    assert softplus(0.0) == pytest.approx(0.6931471805599453)


# ---- refused


def plain(xp, x):
    return x, (1.0,)


def defined(name, rule=plain, **options):
    return operation(name, **options)(rule)


@pytest.mark.parametrize("name", ["soft sign", "1st", "", "x-y", "tanh()", "lambda", "None"])
def test_a_name_that_cannot_be_a_methods_is_refused(table, name):
    with refused(ValueError, "an operation needs a name that can be a method's", repr(name)):
        defined(name)
    assert name not in table


@pytest.mark.parametrize("name", ["data", "grad", "backward", "operands", "detach", "__add__", "_prev", "record"])
def test_a_name_that_a_value_has_already_is_refused(table, name):
    before = getattr(Value, name)
    with refused(ValueError, f"a Value has an attribute {name!r} already"):
        defined(name)
    with refused(ValueError, f"a Value has an attribute {name!r} already"):
        defined("fine", aliases=("also_fine", name))
    assert not {name, "fine"} & table.keys()
    assert not hasattr(Methods, "also_fine")
    assert getattr(Value, name) is before


@pytest.mark.parametrize(
    ("name", "aliases"),
    [
        pytest.param("fine", ("tanh",), id="an alias that is another operation's name"),
        pytest.param("fine", ("arctan",), id="an alias that is another operation's alias"),
        pytest.param("arctan", (), id="a name that is another operation's alias"),
    ],
)
def test_another_operations_method_is_not_taken_over(table, name, aliases):
    """Otherwise `v.tanh()` would silently compute something else."""
    with pytest.raises(ValueError, match=r"tanh|arctan"):
        defined(name, aliases=aliases)
    assert Value(0.5).tanh().operation.name == "tanh"
    assert Value(0.5).arctan().operation.name == "atan"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (lambda xp, x: (x if x > 0.0 else 0.0, (1.0,)), ["without branches", "xp.where"]),
        (lambda xp, x: x, ["return y, (dy_dx,)"]),
        (lambda xp, a, b: (a * b, (b,)), ["one local derivative for each operand: 2 expected, 1 given"]),
    ],
)
def test_a_rule_that_is_none_is_refused_and_leaves_no_trace(table, rule, words):
    with refused(TypeError, *words):
        defined("fine", rule)
    assert "fine" not in table
    assert not hasattr(Methods, "fine")


def test_the_decorator_without_parentheses_is_refused_at_once(table):
    with refused(TypeError, '`@operation` needs the operation\'s name: @operation("softsign")'):

        @operation
        def softsign(xp, x):
            return x / (1.0 + abs(x)), (1.0 / (1.0 + abs(x)) ** 2,)

    assert "softsign" not in table


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (lambda x: (x.tanh(), (1.0,)), ["0 expected, 1 given", "and this one's is x"]),
        (lambda x: (x * x, (2.0 * x,)), ["unsupported operand", "and this one's is x"]),
        (lambda x: (x.data, (1.0,)), ["no operation 'data'", "and this one's is x"]),
        (lambda a, b: (a * b, (b, a)), ["and this one's is a"]),
        (lambda: (1.0, ()), ["and this one has none"]),
    ],
)
def test_a_rule_that_forgot_xp_is_told_so(table, rule, words):
    with refused(TypeError, "the first parameter of a rule is xp", "def fine(xp, …)", *words):
        defined("fine", rule)
    assert "fine" not in table


def test_a_rule_that_has_xp_is_not_told_of_it(table):
    with pytest.raises(TypeError, match=r"2 expected, 1 given$"):
        defined("fine", lambda xp, a, b: (a * b, (b,)))


def test_an_entry_may_not_speak_of_an_operand_that_there_is_not(table):
    with refused(ValueError, "fine has no operand or constant 'y'"):
        defined("fine", many=("y",))
    with refused(ValueError, "fine has no operand or constant 'z'"):
        defined("fine", samples={"z": [(0.0, 1.0)]})
    with refused(TypeError, "names its operands one by one"):
        defined("fine", rule=lambda xp, *x: (xp.sum(x), (1.0,)))
    assert "fine" not in table


def test_a_rule_may_use_an_operation_with_its_constant_given(table):
    twice = defined(
        "twice_elu", rule=lambda xp, x: (2.0 * xp.elu(x, alpha=3.0), (2.0 * xp.where(x, 3.0, 3.0) * xp.exp(x),))
    )
    assert twice(Value(-1.0)).data == pytest.approx(6.0 * (2.718281828459045**-1 - 1.0))
    gradcheck(twice, [-0.5])


@pytest.mark.parametrize("name", ["tanh", "add"])
def test_what_comes_with_the_package_is_not_replaced(table, name):
    with refused(ValueError, f"the operation {name!r} comes with the package"):
        defined(name)


def test_a_name_that_numpy_has_too_is_the_users_own(table):
    """Also where a result is computed in IEEE arithmetic, on NumPy's numbers."""
    defined("i0", rule=lambda xp, x: (xp.sin(x) / x, (xp.cos(x) / x - xp.sin(x) / (x * x),)))
    twice = defined("twice_i0", rule=lambda xp, x: (2.0 * xp.i0(x), (2.0 * (xp.cos(x) - xp.i0(x)) / x,)))
    x = Value(1.0)
    y = twice(x)
    assert evaluate_again([y], {x: 1.0}) == [y.data]


def test_a_sum_over_a_group_is_taken_with_xp(table):
    with refused(TypeError, "xp.sum"):
        defined("squares", rule=lambda xp, x: (sum(e * e for e in x), ([2.0 * e for e in x],)), many=("x",))
    with refused(TypeError, "the derivative along x is one number"):
        defined("nested", rule=lambda xp, x: (x, ([1.0],)))
