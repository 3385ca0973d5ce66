"""Rules in JavaScript give what the rules on floats give, in a browser: every operation, also at the edges."""

import json
import math
from collections.abc import Sequence
from importlib.resources import files
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Browser

from micrograd_bp import OPERATIONS, Value, external
from micrograd_bp.engine import topological_order
from micrograd_bp.engine.operation import Operation
from micrograd_bp.engine.table import bind
from micrograd_bp.views.page.graph_data import graph_data, plain
from micrograd_bp.views.page.rules import Rules
from tests.counts import count
from tests.problems.random_graphs import define_operations, random_problem

EDGES = [0.0, 1.0, -1.0, 2.0, 0.5, -0.5, 1.5, 2.5, -3.0, math.inf, -math.inf, math.nan, 1e308, -1e308, 1e-320]
EDGES += [800.0, -800.0, 1e16, 20.0, -20.0]

IN_THE_BROWSER = """(text) => {
    const cases = JSON.parse(text);
    const read = (each) => (typeof each === "string" ? Number(each.replace("inf", "Infinity")) : each);
    const write = (each) => (Number.isFinite(each) ? each : String(each).replace("Infinity", "inf"));
    cases.forEach(({ graph }) => (graph.operands = graph.operands.map(unrolled)));
    return JSON.stringify(cases.map(({ graph, numbers }) => numbers.map((leaves) => {
        const { values, local, refused } = forwardPass(graph, leaves.map(read));
        const { gradients } = backwardPass({ ...graph, upstream: graph.upstream.map(read) }, local);
        return [[...values].map(write), local.map((each) => each.map(write)), [...gradients].map(write), [...refused]];
    })));
}"""


def computed(browser: Browser, rules: Rules, cases: Sequence[tuple[dict[str, Any], list[list[float]]]]) -> list[Any]:
    """What the page computes for each graph and each list of its leaves' numbers: values, local derivatives, …"""
    tab = browser.new_page()
    numbers, passes = (
        (files("micrograd_bp.views.page") / name).read_text(encoding="utf-8") for name in ("numbers.js", "passes.js")
    )
    tab.add_script_tag(content=numbers + rules.text + passes)
    given = [{"graph": graph, "numbers": [list(map(plain, row)) for row in rows]} for graph, rows in cases]
    found: list[Any] = json.loads(tab.evaluate(IN_THE_BROWSER, json.dumps(given)))
    tab.close()
    return found


def by_the_engine(operation: Operation, data: Sequence[float]) -> tuple[float, tuple[float, ...], str]:
    """The result and the derivatives, in IEEE arithmetic where the engine refuses; and whether it does, and why."""
    try:
        result, derivatives = operation.compute(data)
        if type(result) is float and result == result:
            return result, derivatives, ""
    except (ValueError, ArithmeticError):
        pass
    try:
        return *operation.compute_carefully(data, [""] * len(data)), ""
    except OverflowError:
        refused = "overflow"
    except (ValueError, ArithmeticError):
        refused = "domain"
    return *operation.compute_in_ieee(data), refused


def equal(a: float, b: float) -> bool:
    """To 1e-12; near a zero of lgamma to what `math.lgamma` is good for."""
    return a == b or (a != a and b != b) or abs(a - b) <= max(1e-12 * max(abs(a), abs(b)), 1e-15)


def is_half_a_power_of_minus_inf(operation: Operation, data: Sequence[float]) -> bool:
    """NumPy takes it for a square root, and so gives nan for inf."""
    return operation.name == "pow" and data[0] == -math.inf


def numbers_for(random: Random, operation: Operation, kind: int) -> list[float]:
    size = random.randint(1, 4)
    names = [name for name in operation.operand_names for _ in range(size if name in operation.many else 1)]
    if kind == 0:
        return [random.uniform(*random.choice(operation.samples.get(name, [(-2.0, 2.0)]))) for name in names]
    return [random.choice(EDGES) if kind == 1 else random.gauss(0.0, 1.0) * 10 ** random.uniform(-3, 3) for _ in names]


def test_every_operation_as_on_floats(browser: Browser) -> None:
    """Results, local derivatives, and what is refused: inside of domains, at their edges, and far out."""
    random, rules = Random(0), Rules()
    calls = []
    for entry in OPERATIONS.values():
        for repetition in range(3):
            constants = {
                name: random.uniform(*random.choice(entry.samples.get(name, [(-2.0, 2.0)])))
                for name in entry.trace.constants
            }
            if entry.name == "constant_power":
                constants["exponent"] = [2.0, -1.0, 0.5][repetition]
            operation = bind(entry, constants)
            calls += [
                (operation, numbers_for(random, operation, kind)) for kind in (0, 1, 2) for _ in range(count(3, 12))
            ]
    cases = []
    for operation, data in calls:
        place = rules.place(operation)
        assert place is not None
        n = len(data)
        graph = {"rule": [-1] * n + [place], "operands": [[]] * n + [list(range(n))], "roots": [n], "upstream": [1.0]}
        cases.append((graph, [[*data, math.nan]]))
    for (operation, data), ((values, local, _, refused),) in zip(calls, computed(browser, rules, cases), strict=True):
        expected, derivatives, why = by_the_engine(operation, data)
        result = float(values[-1])
        where = (operation, data, result, local[-1], expected, derivatives)
        assert equal(result, expected), where
        assert dict(refused).get(len(data), "") == why, where
        if result != expected:
            derivatives = operation.derivatives(data, result)
        if not is_half_a_power_of_minus_inf(operation, data):
            assert all(map(equal, map(float, local[-1]), derivatives)), where


@pytest.mark.usefixtures("table")
def test_graphs_of_all_operations_whatever_their_leaves_become(browser: Browser) -> None:
    """Each node on the page's own operands, and with the numbers of the first pass, each value and gradient.

    What one rounding does to what comes after it says nothing of the rules: so much for the other numbers.
    """
    random, rules, own = Random(1), Rules(), define_operations()
    graphs = []
    for _ in range(count(20, 200)):
        loss = random_problem(random, own).loss
        order = topological_order(loss)
        start = {loss: 1.0}
        rows = [[node.data for node in order]]
        for k in range(10):
            share = (0.0, 0.2, 0.6)[k % 3]
            rows.append([random.choice(EDGES) if random.random() < share else random.gauss(0.0, 1.5) for _ in order])
        graphs.append((order, start, rows))
    data = [graph_data(order, start, rules) for order, start, _ in graphs]
    rows_of_each = [rows for _, _, rows in graphs]
    n_equal = n_all = 0
    outcomes = computed(browser, rules, list(zip(data, rows_of_each, strict=True)))
    for (order, start, rows), outcome in zip(graphs, outcomes, strict=True):
        places = {node: place for place, node in enumerate(order)}
        for row, (written, local, gradients, refused) in zip(rows, outcome, strict=True):
            values, reasons = list(map(float, written)), dict(map(tuple, refused))
            chain, chain_local = list(row), [()] * len(order)
            for place, node in enumerate(order):
                if node.operation is None:
                    continue
                operands = [places[operand] for operand in node.operands]
                numbers = [values[operand] for operand in operands]
                expected, derivatives, why = by_the_engine(node.operation, numbers)
                where = (node.operation, numbers, values[place], expected, local[place], derivatives)
                assert equal(values[place], expected), where
                assert reasons.get(place, "") == why, where
                if values[place] != expected:
                    derivatives = node.operation.derivatives(numbers, values[place])
                if not is_half_a_power_of_minus_inf(node.operation, numbers):
                    assert all(map(equal, map(float, local[place]), derivatives)), where
                chain[place], chain_local[place], _ = by_the_engine(
                    node.operation, [chain[operand] for operand in operands]
                )
            upstream = [start.get(node, 0.0) for node in order]
            for place in reversed(range(len(order))):
                for operand, derivative in zip(order[place].operands, chain_local[place], strict=True):
                    upstream[places[operand]] += upstream[place] * derivative
            same = [*map(equal, values, chain), *map(equal, map(float, gradients), upstream)]
            assert row is not rows[0] or all(same)
            n_equal += sum(same)
            n_all += len(same)
    assert n_equal >= 0.999 * n_all


@pytest.mark.usefixtures("table")
def test_a_function_from_outside_keeps_its_numbers_until_its_operands_change(browser: Browser) -> None:
    @external("outside_cube")
    def outside_cube(x):
        return x**3, (3.0 * x * x,)

    x = Value(2.0)
    y = outside_cube(x * 1.0) + x
    rules, order = Rules(), topological_order(y)
    graph = graph_data(order, {y: 1.0}, rules)
    json.dumps(graph)
    before, after = ([number if node is x else node.data for node in order] for number in (2.0, 3.0))
    ((values, _, gradients, refused), (_, _, changed, reasons)) = computed(browser, rules, [(graph, [before, after])])[
        0
    ]
    assert (values[-1], gradients[order.index(x)], refused) == (10.0, 13.0, [])
    assert changed[order.index(x)] == "NaN"
    assert [why for _, why in reasons] == ["outside"]


@pytest.mark.parametrize("terms", [[1.0, 1e100, 1.0, -1e100], [0.1] * 10, [1e308, 1e308]])
def test_sums_lose_what_this_python_loses(terms: list[float], browser: Browser) -> None:
    rules, places = Rules(), list(range(len(terms)))
    graph = {
        "rule": [-1 for _ in places] + [rules.place(OPERATIONS["sum"])],
        "operands": [[] for _ in places] + [places],
    }
    ((values, *_),) = computed(browser, rules, [({**graph, "roots": [], "upstream": []}, [[*terms, 0.0]])])[0]
    assert float(values[-1]) == sum(terms)
