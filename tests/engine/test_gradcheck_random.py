"""The checker on random functions at awkward points: nobody who is right is accused, who is wrong is named."""

import math
from random import Random

import pytest

from micrograd_bp.engine import OPERATIONS, GradientError, Value, gradcheck, no_graph, topological_order
from micrograd_bp.engine.table import call

N_FUNCTIONS = 300

BENT = ["relu", "abs", "maximum", "minimum", "leaky_relu", "floor", "ceil", "trunc", "where", "greater", "less_equal"]
BENT += ["remainder", "floor_divide", "fmod", "round", "sign"]
SMOOTH = [name for name in OPERATIONS if name not in BENT and not OPERATIONS[name].trace.constants]


def size(random):
    """A number between 1e-12 and 1e12, of either sign."""
    return random.choice((1.0, 1.0, -1.0)) * 10.0 ** random.uniform(-12.0, 12.0)


class RandomFunction:
    """Operations drawn one after the other on inputs of any size, each kept if it gives a number of ordinary size.

    Numbers are scaled back to about 1 now and then, or moved to beside 0, which is where poles, kinks and jumps are.
    """

    def __init__(self, seed, names=(*SMOOTH, *BENT)):
        random = self.random = Random(seed)
        self.inputs = [size(random) for _ in range(random.randint(1, 3))]
        self.lines = []
        self.fault = None
        data = list(self.inputs)
        while len(self.lines) < 7:
            if random.random() < 0.35:
                x = random.randrange(len(data))
                if random.random() < 0.5:
                    line = "multiply", (x,), size(random) if random.random() < 0.2 else 1.0 / (data[x] or 1.0)
                else:
                    line = "subtract", (x,), data[x] * (1.0 + random.choice((-1, 1)) * 10.0 ** random.uniform(-12, 0))
            else:
                name = random.choice(names)
                count = 4 if OPERATIONS[name].many else len(OPERATIONS[name].operand_names)
                recent = [random.randrange(max(0, len(data) - 3), len(data)) for _ in range(count)]
                line = name, tuple(recent), None
            try:
                with no_graph():
                    result = self.run(line, [Value(number) for number in data]).data
            except (ValueError, ArithmeticError):
                continue
            if 1e-12 < math.fabs(result) < 1e12 or (line[0] in BENT and result == 0.0):
                self.lines.append(line)
                data.append(result)
        self.data = data

    def run(self, line, values):
        name, places, constant = line
        operands = [values[place] for place in places] + ([] if constant is None else [constant])
        entry = OPERATIONS[name]
        if entry.many:
            operands = [operands[:2], operands[2:]] if len(entry.many) == 2 else [operands]
        return call(entry, operands, {})

    def __call__(self, *inputs):
        values = list(inputs)
        self.nodes = []
        for place, line in enumerate(self.lines):
            node = self.run(line, values)
            if place == self.fault:
                node.local_derivatives = tuple([1.001 * derivative for derivative in node.local_derivatives])
            values.append(node)
            self.nodes.append(node)
        return values[-1]


def test_right_rules_are_never_accused():
    not_compared = 0
    for seed in range(N_FUNCTIONS):
        function = RandomFunction(seed)
        try:
            gradcheck(function, function.inputs)
        except GradientError as error:
            accused = "disagree" in str(error)
            assert not accused, (seed, str(error))  # noqa: PT017  # most of these functions raise nothing
            not_compared += 1  # a gradient that is inf or nan, such as that of asin(1)
    assert not_compared < 0.03 * N_FUNCTIONS


def test_faults_of_a_thousandth_are_found_and_named():
    """One operation below each output has derivatives that are wrong by 0.1 %, where they are not all 0."""
    for seed in range(N_FUNCTIONS):
        function = RandomFunction(seed, SMOOTH)
        below = topological_order(function(*map(Value, function.inputs)))
        places = [
            place
            for place, node in enumerate(function.nodes)
            if node in below
            and any(node.local_derivatives)
            and all(map(math.isfinite, node.local_derivatives))
            # erf has no complex form, and where it is rounded to 1 no difference of it shows a derivative.
            and not (node.operation.name == "erf" and math.fabs(node.data) == 1.0)
        ]
        function.fault = function.random.choice(places)
        name = function.nodes[function.fault].operation.name
        with pytest.raises(GradientError) as caught:
            gradcheck(function, function.inputs)
        assert str(caught.value).count("the rule of") == 1, seed
        assert f"the rule of {name} disagrees" in str(caught.value), seed


def test_a_thousandth_that_is_not_in_the_graph_is_found_and_no_rule_is_blamed():
    found = 0
    for seed in range(100):
        function = RandomFunction(seed, SMOOTH)
        values = [Value(number) for number in function.inputs]
        output = function(*values)
        output.backward()
        # The rounding of the function hides what one input does where that is too small beside the others.
        if not all(1e-4 < math.fabs(value.data * value.grad / output.data) < 1e4 for value in values):
            continue
        found += 1
        with pytest.raises(GradientError) as caught:
            gradcheck(lambda *v, f=function: f(*v) + 0.001 * f(*[each.detach() for each in v]), function.inputs)
        assert "every rule agrees with its own result" in str(caught.value), seed
    assert found > 10
