"""Machine code: the same numbers as NumPy and the engine, from loop nests that can be read and run as Python."""

import math
import os
import pickle
from random import Random

import numpy as np
import pytest

from micrograd_bp import MLP, Value, compile, cross_entropy, dot, gradients, hinge, l2, maximum, mse
from micrograd_bp import sum as sum_of
from micrograd_bp.compiler import thresholds
from micrograd_bp.compiler.run import machine_code, native
from micrograd_bp.compiler.run.machine_code import kernel_of, object_code, path_of
from micrograd_bp.compiler.run.work import Seconds, seconds_of_calls
from micrograd_bp.compiler.write import native as write
from tests.counts import count
from tests.problems.agreement import by_engine, by_program, compiled, distance
from tests.problems.other_process import printed_by
from tests.problems.problem import repeated
from tests.problems.random_graphs import define_operations, random_problem
from tests.problems.random_sums import random_sums
from tests.problems.recurrences import (
    Draw,
    SharedDraw,
    choices,
    equal_layers,
    features,
    long_short_term_memory,
    parameters_beside_states,
    random_recurrence,
    recurrent_network,
)

BLOCK = 20
TIMES = [1, 7, 64]
FREE = Seconds(0.0, 0.0)


def network(activation="tanh", sizes=(3, 5, 2), **options):
    """A network's program, with a loss for each sample."""
    model = MLP(sizes[0], list(sizes[1:]), activation=activation, rng=1)
    x, t = [Value(0.1) for _ in range(sizes[0])], [Value(0.2) for _ in range(sizes[-1])]
    loss = mse([model(x)], [t]) + 0.01 * l2(model.parameters())
    return compile(loss, inputs={"X": x, "T": t}, parameters=model.parameters(), **options)


def batch(samples, sizes=(3, 2)):
    """Inputs for `network`."""
    rng = np.random.default_rng(samples)
    return [rng.uniform(-1.0, 1.0, (samples, size)) for size in sizes]


def refusal(problem, asked=()):
    """Why there is no machine code for a problem; "" if there is, which must answer as the engine does."""
    try:
        program = compiled(problem, form="native", check=False)
        ours = by_program(problem, program, list(asked))
    except ValueError as error:
        return str(error)
    theirs = by_engine(problem)
    ours = ours._replace(d_inputs=np.where(np.isnan(ours.d_inputs), theirs.d_inputs, ours.d_inputs))
    assert distance(problem, ours, theirs) <= 1.0
    return ""


@pytest.mark.parametrize("block", range(count(1, 80)))
def test_machine_code_answers_as_the_engine_does(block, table):
    own_operations = define_operations()
    refusals = []
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        problem = repeated(random_problem(Random(seed), own_operations), TIMES[seed % len(TIMES)])
        refusals.append(refusal(problem, [[], list(problem.inputs)][seed // len(TIMES) % 2]))
    refusals = [each for each in refusals if each]
    assert all("no machine code for the function" in each for each in refusals)
    assert len(refusals) <= 3 * BLOCK // 4


@pytest.mark.parametrize("block", range(count(1, 20)))
def test_sums_of_products_in_machine_code(block):
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        assert not refusal(repeated(random_sums(Random(seed)), TIMES[seed % len(TIMES)]))


def agrees_with_matrices(problem):
    """Compares machine code with NumPy on the batch of a problem; gives the program."""
    made, plain = (compiled(problem, form=form) for form in ("native", "matrices"))
    ours, theirs = made.value_and_gradient(**problem.batch), plain.value_and_gradient(**problem.batch)
    assert ours[0] == pytest.approx(theirs[0], rel=1e-12)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-11, atol=1e-12 * np.abs(theirs[1]).max())
    return made


@pytest.mark.parametrize(
    "problem",
    [recurrent_network, long_short_term_memory, equal_layers, choices, features, parameters_beside_states],
)
def test_loops_in_machine_code(problem):
    source = agrees_with_matrices(problem(20)).native_source
    n = 19 if problem is choices else 20  # of which the first round reads a state without an axis of samples
    assert source.count(f" in range({n}):") == 1
    assert source.count(f" in range({n - 1}, -1, -1):") == 1


@pytest.mark.parametrize("seed", range(count(4, 24)))
def test_random_recurrences_in_machine_code(seed):
    agrees_with_matrices(random_recurrence(seed))


@pytest.mark.parametrize("seed", sorted({20, *range(8, 8 + count(1, 24))}))
def test_random_recurrences_of_matrices_from_the_same_parameters(seed):
    """In the first a round adds a row of sums to each column of a gradient; in 20 some have fewer parameters."""
    agrees_with_matrices(random_recurrence(seed, SharedDraw))


def test_rounds_that_exchange_what_they_hand_on_have_no_machine_code():
    """What the second last round made is added in the next one; NumPy keeps it under a name of its own."""
    draw = Draw(0)
    weights, x, h = draw.matrix(3, 3), draw.leaves(3), draw.vector(3)
    before, state = x, h
    for _ in range(12):
        before, state = state, [(dot(row, state) + a).tanh() for row, a in zip(weights, before, strict=True)]
    problem = draw.problem(dot(before, state), X=x)
    assert "rounds exchange what they hand on" in refusal(problem)
    assert distance(problem, by_program(problem, compiled(problem, form="matrices")), by_engine(problem)) <= 1.0


@pytest.mark.parametrize("samples", [1, 9, 16])
@pytest.mark.parametrize("loss", [hinge, cross_entropy])
def test_any_number_of_samples(samples, loss):
    """Some are computed together, and in the end there may be fewer."""
    model = MLP(2, [9, 3] if loss is cross_entropy else [9, 1], rng=0)
    x = [Value(0.1), Value(0.2)]
    t = [Value(1.0), Value(0.0), Value(0.0)] if loss is cross_entropy else Value(1.0)
    inputs = {"X": x, "T": t if isinstance(t, list) else [t]}
    programs = [
        compile(loss([model(x)], [t]), inputs=inputs, parameters=model.parameters(), form=form)
        for form in ("native", "matrices")
    ]
    arrays = batch(samples, (2, len(inputs["T"])))
    for asked in ({}, {"with_respect_to": "X"}):
        ours, theirs = (program.value_and_gradient(*arrays, **asked) for program in programs)
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("samples", [1, 2, 50])
def test_threads_share_the_samples(threads, samples):
    one, several = (network(form="native", threads=n) for n in (1, threads))
    several = pickle.loads(pickle.dumps(several))
    arrays = batch(samples)
    for asked in ({}, {"with_respect_to": ["X", "T"]}):
        ours = several.value_and_gradient(*arrays, **asked)
        for a, b, again in zip(
            ours,
            one.value_and_gradient(*arrays, **asked),
            several.value_and_gradient(*arrays, **asked),
            strict=True,
        ):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
            np.testing.assert_array_equal(a, again)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_a_process_that_is_forked_does_not_wait_for_threads_that_it_has_not():
    script = """
import os, signal
import numpy as np
from micrograd_bp import Value, compile
x, w = Value(0.5), Value(0.1)
program = compile((w * x).tanh(), {"X": [x]}, [w], form="native", threads=2)
rows = np.linspace(0.0, 1.0, 9)
values = {program.value_and_gradient(rows)[0] for _ in range(9)}
if not (child := os.fork()):
    signal.alarm(20)
    os._exit(program.value_and_gradient(rows)[0] not in values)
print(os.waitpid(child, 0)[1])
"""
    assert printed_by(script) == ["0"]


def test_what_is_not_finite_is_named_with_threads_too():
    x, w = Value(1.0), Value(1.0)
    program = compile(1e300 * x * w, inputs={"X": [x]}, parameters=[w], form="native", threads=2)
    with pytest.raises(FloatingPointError, match="the loss is nan"):
        program.value_and_gradient(np.array([[1e300], [-1e300]]))


@pytest.mark.parametrize(("threads", "error"), [(0, ValueError), (-1, ValueError), (1.5, TypeError)])
def test_threads_are_a_number_from_one_on(threads, error):
    with pytest.raises(error):
        network(threads=threads)


def test_a_loss_that_single_precision_cannot_hold_is_refused():
    x, w = Value(1.0), Value(1.0)
    program = compile(1e30 * x * w, inputs={"X": [x]}, parameters=[w], dtype="float32", form="native")
    with pytest.raises(FloatingPointError, match="the loss is inf"):
        program.value_and_gradient(np.array([[1e30]]))


def test_nothing_is_written_where_there_are_no_parameters():
    x = Value(0.5)
    native = compile(x.tanh(), {"X": [x]}, [], form="native")._program.native
    numbers, rows = np.full(3, 7.0), np.array([[0.1], [0.2]])
    kernel = kernel_of(native.source, native.n_arrays)
    value = kernel(numbers[:0], rows, native.numbers, native.places, numbers[1:1], 2)
    assert value == pytest.approx(np.tanh(rows).mean(), rel=1e-14)
    assert numbers.tolist() == [7.0, 7.0, 7.0]


def test_it_reads_as_loop_nests_in_which_nothing_has_the_size_of_the_batch():
    source = network(form="native").native_source
    assert "for s in range(0, len(X), 8):" in source
    assert "    a0 = empty(40, float64)" in source  # 8 samples, 5 neurons
    nest = """
            for j in range(5):
                z0 = z0_part[5 * i + j] + parameters[4 * j + 3]
                a0[5 * i + j] = tanh(z0)
"""
    assert nest in source, "statements over the same entries share a nest; what is read there alone is a number"


@pytest.mark.parametrize("name", ["exp", "tanh"])
def test_functions_of_our_own_are_those_of_the_library(name):
    """Within 4 units in the last place, and exactly at the ends."""
    head = "def kernel(x: float64[0,], y: float64[0,]) -> float64:"
    text = f"{head}\n    for i in range(4000):\n        y[i] = {name}(x[i])"
    kernel, rng = kernel_of(f"{text}\n    return 0.0\n", 2), np.random.default_rng(0)
    ends = [0.0, -0.0, math.inf, -math.inf, math.nan, 1e-320, 709.78, 710.0, -745.1, -746.0, 19.9, 20.1, 1e300, -1e300]
    for scale in (1.0, 1e-5, 30.0, 300.0):
        x, y = np.concatenate([ends, scale * rng.normal(size=4000 - len(ends))]), np.empty(4000)
        kernel(x, y, 0)
        with np.errstate(all="ignore"):
            theirs = getattr(np, name)(x)
        np.testing.assert_array_equal(y[: len(ends)], theirs[: len(ends)])
        np.testing.assert_array_equal(np.signbit(y[:2]), np.signbit(theirs[:2]))
        y, theirs = y[finite := np.isfinite(theirs)], theirs[finite]
        assert (np.abs(y - theirs) <= 4 * np.spacing(np.abs(theirs))).all()


@pytest.mark.parametrize("name", ["floor_divide", "remainder"])
def test_division_with_a_remainder_is_that_of_numpy(name):
    """Also by 0, by what is infinite, and where the quotient has no fraction any more."""
    ends = [0.0, -0.0, 1.0, -1.0, 0.3, -2.5, 7.0, 2.0**52 + 1.0, -(2.0**52) - 1.0, 1e300, 1e-320, math.inf, -math.inf]
    a, b = np.array([(a, b) for a in [*ends, math.nan] for b in [*ends, math.nan]]).T
    text = f"""def kernel(a: float64[0,], b: float64[0,], c: float64[0,]) -> float64:
    for i in range({len(a)}):
        c[i] = {name}(a[i], b[i])
    return 0.0
"""
    a, b, c = np.ascontiguousarray(a), np.ascontiguousarray(b), np.empty(len(a))
    kernel_of(text, 3)(a, b, c, 0)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(c, getattr(np, name)(a, b))


def test_the_text_runs_as_python_too():
    program = network(form="native")
    alone = {}
    exec(program.native_source, alone)
    nests, inputs = program._program.native, batch(11)
    gradient = np.empty(len(program.parameters))
    value = alone["kernel"](program.parameters, *inputs, nests.numbers, nests.places, gradient)
    ours = program.value_and_gradient(*inputs)
    assert value == pytest.approx(ours[0], rel=1e-13)
    np.testing.assert_allclose(gradient, ours[1], rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_arrays_may_lie_in_memory_as_they_like(dtype):
    program, plain = network(form="native", dtype=dtype), network(form="matrices", dtype="float64")
    x, t = batch(13)
    expected = plain.value_and_gradient(x, t)
    wide = np.zeros((26, 6))
    wide[::2, ::2] = x
    for given in (x, np.asfortranarray(x), wide[::2, ::2], x[::-1][::-1], x.astype("float32"), x.tolist()):
        for targets in (t, np.asfortranarray(t), t[:, ::-1][:, ::-1]):
            value, gradient = program.value_and_gradient(given, targets)
            assert gradient.dtype == dtype
            assert value == pytest.approx(expected[0], rel=2e-6)
            np.testing.assert_allclose(gradient, expected[1], rtol=2e-5, atol=2e-6)


def test_what_is_not_finite_is_found_and_named_as_in_the_other_forms():
    messages = []
    for form in ("native", "matrices"):
        x, w = Value(2.0, label="x"), Value(3.0, label="w")
        program = compile((x * w).log(), inputs={"X": [x]}, parameters=[w], form=form)
        with pytest.raises(FloatingPointError) as caught:
            program.value_and_gradient(np.array([[1.0], [0.0], [2.0]]))
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert "log" in messages[0]


def test_functions_without_machine_code_are_refused_or_run_on_numpy():
    x = Value(2.5)
    with pytest.raises(ValueError, match=r'form="native".*no machine code for the function polygamma'):
        compile(x.digamma(), parameters=[x], form="native")
    program = compile(sum_of([Value(0.1 * i).lgamma() * x for i in range(1, 40)]), parameters=[x])
    assert program.value_and_gradient()


def test_without_a_choice_machine_code_runs_when_it_has_paid(monkeypatch):
    """After as many calls as it takes to save the time of making it: the same calls give the same bits again."""
    monkeypatch.setattr(native, "seconds_to_make", lambda routine, loops: 2.5)
    monkeypatch.setattr(
        native, "seconds_of_calls", lambda *_: (Seconds(17.0, 0.0), Seconds(17.0, 0.0), Seconds(0.0, 1.0))
    )
    program, plain = network(), network(form="matrices")
    made = []
    monkeypatch.setattr(machine_code, "kernel_of", lambda *source: made.append(source) or kernel_of(*source))
    inputs = batch(16)
    for n_calls, n_made in ((1, 0), (2, 0), (3, 1), (4, 1)):
        value, gradient = program.value_and_gradient(*inputs)
        assert len(made) == n_made, n_calls
        assert value == pytest.approx(plain.value_and_gradient(*inputs)[0], rel=1e-13)
        np.testing.assert_allclose(gradient, plain.value_and_gradient(*inputs)[1], rtol=1e-12)
    assert program.form == "matrices"


def test_in_between_a_tape_runs(monkeypatch):
    """It is sooner made than machine code, which takes over when that has paid too, and takes few samples alone."""
    monkeypatch.setattr(native, "seconds_to_make", lambda routine, loops: 1.5)
    monkeypatch.setattr(native, "seconds_of_calls", lambda *_: (Seconds(1.0, 0.0), Seconds(0.4, 0.0, most=99), FREE))
    program, plain = network(), network(form="matrices")
    for samples, ran in ((200, set()), (16, {"_tape"}), (16, {"_tape", "_kernel"}), (200, {"_tape", "_kernel"})):
        value, gradient = program.value_and_gradient(*batch(samples))
        assert {"_tape", "_kernel"} & set(vars(program._program)) == ran
        expected = plain.value_and_gradient(*batch(samples))
        assert value == pytest.approx(expected[0], rel=1e-13)
        np.testing.assert_allclose(gradient, expected[1], rtol=1e-12)


def test_the_estimate_prefers_numpy_where_matrices_are_large():
    for sizes, samples, least, most in (
        ((3, 5, 2), 32, 0.0, 0.5),
        ((64, 64, 10), 512, 0.5, 1.0),
        ((200, 300, 5), 512, 1.0, 9.0),
    ):
        routine = network(sizes=sizes, form="matrices")._program.routines[0]
        on_arrays, _, in_machine_code = seconds_of_calls(routine, 1)
        assert least < in_machine_code.of(samples) / on_arrays.of(samples) < most


def test_calls_are_estimated_by_operations_on_arrays():
    """Of which a statement may have many; one on single numbers takes a tenth of one on arrays."""

    def seconds(width, rounds):
        x, w = ([Value(0.1 * i + start) for i in range(width)] for start in (0.2, 0.5))
        y = x
        for _ in range(rounds):
            y = [(b * a).tanh() for a, b in zip(w, y, strict=True)]
        routine = compile(sum_of(y), parameters=[*x, *w], form="matrices")._program.routines[0]
        return seconds_of_calls(routine, 1)[0].of(1)

    assert seconds(12, 6) > 1.5 * seconds(12, 3)
    assert seconds(1, 6) < 0.2 * seconds(12, 6)


def test_a_tape_of_a_long_recurrence_is_as_long_as_that():
    """The groups are those of a few rounds, but a tape has an instruction for each operation of all."""
    w = Value(0.5)
    x = [Value(0.1), Value(0.2), Value(0.3)]
    for _ in range(12_000):
        x = [(w * a + b).tanh() for a, b in zip(x, [*x[1:], x[0]], strict=True)]
    program = compile(sum_of(x), parameters=[w], form="native")._program
    assert program.grouping.n_operands < 5_000
    assert program._estimates[1].of(1) > 100_000 * thresholds.TAPE_OPERAND


@pytest.fixture
def made(tmp_path, monkeypatch):
    """The texts that machine code is made of; what is kept is in a folder of the test's own."""
    texts = []
    monkeypatch.setattr(machine_code, "user_cache_dir", lambda name: str(tmp_path / name))
    monkeypatch.setattr(machine_code, "object_code", lambda text: texts.append(text) or object_code(text))
    return texts


def constant(number):
    """The text of a kernel that gives a number."""
    return f"def kernel(x: float64[0,]) -> float64:\n    return {number}\n"


def result(number):
    """What the kernel of that text gives."""
    return kernel_of(constant(number), 1)(np.zeros(1), 1)


def test_what_has_many_loops_is_expected_to_take_long_to_make():
    """LLVM takes longer for a loop than for many lines."""
    one_loop, written_out = (compiled(long_short_term_memory(n), form="native")._program for n in (40, 7))
    assert 2 * one_loop.native.loops < written_out.native.loops
    assert 2.0 * one_loop._seconds_to_make < written_out._seconds_to_make


def test_machine_code_is_kept_and_a_broken_file_counts_as_none(made, monkeypatch):
    assert result(1.0) == result(1.0) == 1.0
    assert len(made) == 1
    path = path_of(constant(1.0))
    content = path.read_bytes()
    for broken in (b"", content[:100], content[:-1], content[:40] + bytes([content[40] ^ 1]) + content[41:]):
        path.write_bytes(broken)
        assert result(1.0) == 1.0
        assert path.read_bytes() == content
    assert len(made) == 5
    monkeypatch.setattr(machine_code, "MOST_KEPT", 2)
    assert [result(float(number)) for number in range(4)] == [0.0, 1.0, 2.0, 3.0]
    assert len(list(path.parent.iterdir())) == 2


def test_only_files_that_are_our_own_are_run(made, monkeypatch):
    """A folder may be shared with people whose code nobody asked for, or hold another program under this name."""
    assert [result(1.0), result(2.0)] == [1.0, 2.0]
    one, two = (path_of(constant(number)) for number in (1.0, 2.0))
    assert one.stat().st_mode & 0o777 == 0o600
    one.write_bytes(two.read_bytes())
    assert result(1.0) == 1.0
    assert len(made) == 3
    one.chmod(0o620)
    assert result(1.0) == 1.0
    assert len(made) == 4
    victim = one.with_name("somebody's")
    victim.write_text("of worth")
    one.unlink()
    one.symlink_to(victim)
    assert result(1.0) == result(1.0) == 1.0
    assert len(made) == 5
    assert victim.read_text() == "of worth"
    monkeypatch.setattr(machine_code.os, "geteuid", lambda: one.stat().st_uid + 1)
    assert result(1.0) == 1.0
    assert len(made) == 6


def no_home(name):
    raise RuntimeError("could not determine the home directory")


@pytest.mark.parametrize("folder", [lambda name: f"/dev/null/{name}", lambda name: f"~/{name}", no_home])
def test_nothing_is_kept_where_nothing_can_be_written(made, folder, tmp_path, monkeypatch):
    """A folder that is not absolute is another one wherever a program is started, with whatever lies there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(machine_code, "user_cache_dir", folder)
    assert result(1.0) == result(1.0) == 1.0
    assert len(made) == 2
    assert not list(tmp_path.iterdir())


def test_without_llvm_arrays_run_on_numpy_and_long_graphs_as_statements():
    script = """
import importlib.util, sys
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "llvmlite" else find_spec(name, *rest)
sys.modules["llvmlite"] = None
from micrograd_bp import Value, compile
x = [Value(0.1 * i) for i in range(20)]
loss = sum((a * b).tanh() for a, b in zip(x, x[1:]))
print(compile(loss, parameters=x).form)
for form in ("native", "tape"):
    try:
        compile(loss, parameters=x, form=form)
    except ImportError as error:
        print(error)
chain = x[0]
for _ in range(10_000):
    chain = chain * 0.5
print(compile(chain, parameters=x[:1]).form)
"""
    form, *refusals, form_of_chain = printed_by(script)
    assert form == "matrices"
    assert form_of_chain == "straight line"
    for refusal, of in zip(refusals, ("native", "tape"), strict=True):
        assert refusal == f'form="{of}" needs llvmlite 0.44 and platformdirs: pip install "micrograd-bp[native]"'


def test_an_older_llvmlite_counts_as_none(tmp_path):
    """Before version 0.44 it lacked the passes; with numba it may be there, and be asked in the midst of a training."""
    (tmp_path / "llvmlite" / "binding").mkdir(parents=True)
    (tmp_path / "llvmlite" / "__init__.py").write_text("")
    find = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from micrograd_bp.compiler.run.native import HAS_LLVM"
    assert printed_by(f"{find}; print(HAS_LLVM)") == ["False"]


def test_many_small_arrays_read_as_arrays_and_may_run_as_machine_code(monkeypatch):
    """A long row of small layers, in which a call of NumPy costs more than it computes."""
    weights = [[Value(math.sin(4 * i + j)) for j in range(4)] for i in range(4)]
    state = [Value(0.1 * i) for i in range(4)]
    leaves = [*state, *(weight for row in weights for weight in row)]
    for _ in range(200):
        state = [dot(row, state).tanh() for row in weights]
    loss = sum_of(state)
    monkeypatch.setattr(native, "seconds_to_make", lambda routine, loops: 0.0)
    program = compile(loss, parameters=leaves)
    assert program.form == "matrices"
    assert "@" in program.source
    value, gradient = program.value_and_gradient()
    assert "_kernel" in vars(program._program)
    assert value == pytest.approx(loss.data, rel=1e-12)
    np.testing.assert_allclose(gradient, gradients(loss, leaves), rtol=1e-9, atol=1e-12)
    assert program.where(loss)


def test_a_variable_may_be_called_as_those_of_functions_are():
    """`maximum` is written out in terms of a and b."""
    x, w, v = Value(0.3), Value(0.4), Value(0.7)
    h = maximum(x * w, v) * w
    h.label = "a"
    largest = maximum(h.exp(), 2.0 * h)
    largest.label = "b"
    programs = [compile(largest**2 + h, {"X": [x]}, [w, v], form=form) for form in ("native", "matrices")]
    ours, theirs = (program.value_and_gradient(np.array([[0.1], [3.0]])) for program in programs)
    assert ours[0] == pytest.approx(theirs[0], rel=1e-13)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-13)


def test_what_llvm_would_take_too_long_for_runs_on_numpy(monkeypatch):
    monkeypatch.setattr(write, "MOST_NATIVE_LINES", 3)
    with pytest.raises(ValueError, match=r'form="native": LLVM would take too long for \d+ lines'):
        network(form="native")
    monkeypatch.setattr(native, "seconds_to_make", lambda routine, loops: 0.0)
    monkeypatch.setattr(native, "seconds_of_calls", lambda *_: (Seconds(1.0, 0.0), Seconds(1.0, 0.0), FREE))
    program, inputs = network(), batch(16)
    ours, theirs = program.value_and_gradient(*inputs), network(form="matrices").value_and_gradient(*inputs)
    assert ours[0] == theirs[0]
    assert np.array_equal(ours[1], theirs[1])


def test_single_precision_of_many_layers_of_few_numbers():
    """LLVM 22 made invalid code of it where it looked for like instructions beside each other, and died of it."""
    weights = [Value(0.6), Value(-0.3)]
    series = [Value(0.5), Value(0.1)]
    before, now = series
    losses = []
    for _ in range(15):
        before, now = now, weights[0] * now + weights[1] * before.sin()
        losses.append(now**2)
    programs = [
        compile(sum_of(losses) + l2(series), {"X": series}, weights, dtype="float32", form=form)
        for form in ("native", "matrices")
    ]
    ours, theirs = (program.value_and_gradient(batch(9, (2,))[0]) for program in programs)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-4)


@pytest.mark.parametrize(("function", "units"), [("exp", 2), ("tanh", 3), ("log", 2)])
def test_functions_in_single_precision_at_the_bounds_of_its_numbers(function, units):
    """Within some units in the last place; what is infinite, not a number, too small for all bits, or -0.0, as well."""
    bounds = [0.0, 1e-45, 1e-38, 1e-7, 0.3, 9.0, 20.0, 87.4, 88.72283, 88.72284, 88.74, 103.9, 104.1, 3e38, np.inf]
    x = np.concatenate([bounds, np.negative(bounds), [np.nan], np.linspace(-110.0, 95.0, 5_000)]).astype("float32")
    kernel = kernel_of(
        "def kernel(x: float32[0, 1,], y: float32[0, 1,]) -> float64:\n"
        f"    for s in range(len(x)):\n        y[s, 0] = {function}(x[s, 0])\n    return 0.1\n",
        2,
    )
    y = np.empty_like(x)
    assert kernel(x, y, len(x)) == np.float32(0.1)
    with np.errstate(all="ignore"):
        expected = getattr(np, function)(x.astype("float64")).astype("float32")
    is_finite = np.isfinite(expected)
    np.testing.assert_array_equal(y[~is_finite], expected[~is_finite])
    np.testing.assert_array_max_ulp(y[is_finite], expected[is_finite], units)
    np.testing.assert_array_equal(np.signbit(y[is_finite]), np.signbit(expected[is_finite]))


def test_the_slope_of_a_sigmoid_in_single_precision():
    x = Value(0.1)
    program = compile(x.sigmoid(), {"X": [x]}, [], dtype="float32", form="native")
    rows = np.array([0.0, 1.0, 17.0, 80.0, 89.0, 1e4, 3e38])[:, None]
    rows = np.concatenate([rows, -rows])
    _, _, slopes = program.value_and_gradient(rows, with_respect_to="X")
    power = np.exp(-np.abs(rows))
    np.testing.assert_allclose(slopes * len(rows), power / (1.0 + power) ** 2, rtol=1e-6, atol=1e-7)


def test_sums_over_many_samples_are_right_in_single_precision():
    """Added up one by one in single precision, they would be wrong by 1e-5."""
    inputs = [np.abs(array).astype("float32") for array in batch(50_001, (2, 1))]
    value, gradient = network(sizes=(2, 3, 1), form="native", dtype="float32").value_and_gradient(*inputs)
    expected, right = network(sizes=(2, 3, 1), form="matrices").value_and_gradient(*inputs)
    assert value == pytest.approx(expected, rel=2e-7)
    np.testing.assert_allclose(gradient, right, rtol=0.0, atol=2e-7 * np.abs(right).max())


def test_a_row_of_places_that_ends_in_a_hole():
    """1, 0, -1 looks even, but the last says that nothing is there."""
    a, b, x = Value(0.4), Value(0.7), Value(0.3)
    loss = (x * b - b).tanh() + (2.0 * (x * b) - a).tanh() + (3.0 * (x * b)).tanh() + (x * b + 0.9).tanh()
    programs = [compile(loss, {"X": [x]}, [a, b], form=form) for form in ("native", "matrices")]
    ours, theirs = (program.value_and_gradient(np.array([[0.1], [3.0]])) for program in programs)
    assert ours[0] == pytest.approx(theirs[0], rel=1e-13)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-13)
    assert not refusal(random_sums(Random(1083)))


def test_without_a_choice_a_fault_of_llvm_ends_no_training(monkeypatch):
    def invalid(text):
        raise RuntimeError("Instruction does not dominate all uses!")

    monkeypatch.setattr(machine_code, "object_code", invalid)
    monkeypatch.setattr(native, "seconds_to_make", lambda routine, loops: 0.0)
    monkeypatch.setattr(native, "seconds_of_calls", lambda *_: (Seconds(1.0, 0.0), Seconds(1.0, 0.0), FREE))
    inputs, sizes = batch(16, (2, 4)), (2, 6, 4)
    expected = network(sizes=sizes, form="matrices").value_and_gradient(*inputs)
    assert network(sizes=sizes).value_and_gradient(*inputs)[0] == expected[0]
    with pytest.raises(RuntimeError, match="dominate"):
        network(sizes=sizes, form="native").value_and_gradient(*inputs)
