"""The chain-rule debugger: scripted sessions with their expected screens, breakpoints as documented, wrong input."""

import io
import re

import pytest

from micrograd_bp import MLP, Value, dot, mse
from micrograd_bp.engine.origin import track_source
from micrograd_bp.views.debugger import opening
from micrograd_bp.views.debugger.debugger import Debugger
from micrograd_bp.views.debugger.opening import debug
from micrograd_bp.views.debugger.walk import Walk
from micrograd_bp.views.steps.steps import Recording

CONTROL = {chr(code) for code in [*range(0x20), *range(0x7F, 0xA0)]} - {"\n"}


def neuron():
    """tanh(w·x + b) with everything labelled."""
    x, w, b = Value(2.0, label="x"), Value(-3.0, label="w"), Value(6.8, label="b")
    n = w * x + b
    n.label = "n"
    a = n.tanh()
    a.label = "a"
    return a


def session(root, *commands, encoding="utf-8", names=None):
    """What the debugger prints for these commands."""
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    debug(root, names=names or {}, stdin=io.StringIO("".join(f"{command}\n" for command in commands)), stdout=out)
    out.flush()
    return out.buffer.getvalue().decode(encoding)


def answers(root, *commands, **options):
    """The answer to each command, without the greeting."""
    _, *parts = re.split(r"^\(chain\) ?", session(root, *commands, **options), flags=re.MULTILINE)
    assert len(parts) == len(commands)
    return [part.partition("\n")[2] for part in parts]


def answer(root, *commands, **options):
    """The answer to the last command."""
    return answers(root, *commands, **options)[-1]


class TestSessions:
    def test_forwards_and_back(self):
        assert session(neuron(), "step", "", "next", "continue", "back 2", "restart") == FORWARDS_AND_BACK

    def test_asking(self):
        assert session(neuron(), "goto 4", "where", "why w", "list 1", "info n", "formula", "formula latex") == ASKING

    def test_stopping(self):
        commands = ("break tanh", "watch b", "break |grad| > 1", "info", "c", "c", "c", "c", "delete 2", "info")
        assert session(neuron(), *commands) == STOPPING

    @pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
    def test_in_ascii_where_the_output_can_write_no_more(self, encoding):
        shown = session(neuron(), "step", "where", "formula", encoding=encoding)
        assert "dtanh(n)/dn = 1 - tanh(n)^2 = 1 - 0.664^2 = 0.5591" in shown
        assert shown.isascii()

    def test_a_label_that_the_output_can_write_stays(self):
        assert "größe = 2" in session(Value(1.0, label="größe") * 2.0, "c", encoding="cp1252")

    def test_every_line_fits_on_80_characters(self):
        network = MLP(3, [4, 2, 1], activation="tanh", rng=1)
        loss = mse([network([1e-9, -2e11, 3.0])], [1.0])
        commands = ["help", "s", "s", "n", "l", "where", "why layers.0.neurons.1.w2", "where layers.0.neurons.1.w2"]
        commands += ["info layers.0.neurons.1.dot", "formula", "help break", "c"]
        assert max(map(len, session(loss, *commands).splitlines())) <= 80

    def test_comments_and_empty_input(self):
        assert answers(neuron(), "# only a remark", "", "   ") == ["", "", ""]

    def test_nobodys_gradient_is_touched(self):
        root = neuron()
        root.backward()
        before = [value.grad for value in Recording(root).graph.order]
        session(root, "c", "restart", "step 3", "back", "quit")
        assert [value.grad for value in Recording(root).graph.order] == before


class TestWalking:
    def test_goto_a_position_and_back(self):
        there, back, start = answers(neuron(), "goto 5", "goto 2", "goto 0")
        assert there.startswith("step 5 of 5")
        assert back.startswith("step 2 of 5")
        assert start.startswith("before step 1 of 5: gradient of a = 1")

    def test_goto_a_value(self):
        inner, leaf = answers(neuron(), "goto n", "goto w")
        assert inner.startswith("step 2 of 5: n → ")
        assert leaf.startswith("step 4 of 5: multiply → w")

    def test_next_takes_a_whole_node(self):
        w = [Value(float(i), label=f"w{i}") for i in range(20)]
        (text,) = answers(dot(w, [1.0] * 20, 0.5), "next")
        assert text.startswith("steps 1 to 41 of 41: dot\n  upstream gradient = 1\n")
        assert "29 more" in text

    def test_next_finishes_a_node_that_was_begun(self):
        assert answer(neuron(), "step 2", "next").startswith("step 3 of 5: n → b")

    def test_at_the_end_it_says_so(self):
        end, beyond, stepped = answers(neuron(), "c", "n", "s")
        assert end == beyond
        assert "all 5 steps taken" in end
        assert "there are no more steps" in stepped

    def test_a_graph_that_is_one_leaf(self):
        leaf = Value(2.0, label="x")
        shown = session(leaf, "step", "next", "c", "back", "where", "why x", "list", "info", "info x", "goto 0")
        assert "1 value, 0 steps" in shown
        assert "there are no steps" in shown
        assert "***" not in shown

    def test_several_outputs(self):
        a, b = Value(1.0, label="a"), Value(2.0, label="b")
        out = io.StringIO()
        debug([a * b, a], [0.5, 3.0], names={}, stdin=io.StringIO("c\nwhy a\n"), stdout=out)
        assert "a = 4" in out.getvalue()
        assert "3           as an output" in out.getvalue()

    def test_gradients_that_are_not_finite(self):
        nan, infinite = Value(float("nan"), label="nan value"), Value(0.0, label="zero")
        shown = session(nan * infinite.sqrt(), "c", "why zero", "where zero")
        assert "nan value = 0" in shown
        assert "its derivative is infinite" in shown


def tracked_graph():
    with track_source():
        x = Value(2.0, label="x")
        y = x * 3.0  # the line of the product
        z = y + 1.0
    return z, y.origin.line


class TestBreakpoints:
    """Each of these is promised by `help break` or by docs/debugging.md."""

    @pytest.mark.parametrize(
        ("place", "step"),
        [
            ("tanh", 1),  # an operation
            ("*", 4),  # its sign
            ("add", 2),
            ("n", 2),  # a value in the middle: its own gradient is complete
            ("b", 3),  # a leaf: each step into it
            ("grad > 0.9", 4),
            ("|grad| > 1e0", 4),
            ("contribution < 0", 5),
            ("local == 1 and grad == grad", 2),
            ("local > 1.5 or local < 0", 4),
            ("upstream * local == contribution", 1),
            ("|contribution - upstream*local| <= 0", 1),
            ("before != after", 1),
            ("grad is not nan", 1),
            ("* if grad < 0", None),  # the operation stops at its first step, and there grad is above 0
            ("n if upstream < 1", 2),
            ("if |grad| > 1.5", 5),
            ("w.grad > 1", 4),
            ("w.data < 0", 1),
            ("w < 0 and x.grad < 0", 5),
            ("abs(after) > maximum(1, before)", 4),
        ],
    )
    def test_stops_where_it_says(self, place, step):
        set_, stopped = answers(neuron(), f"break {place}", "c")
        assert set_.startswith("1: ")
        assert stopped.startswith("stopped by 1: " if step else "the end")
        assert step is None or f"\nstep {step} of 5" in stopped

    @pytest.mark.parametrize(("condition", "wrong"), [("grad is nan", "zero"), ("grad is inf", "one")])
    def test_at_what_is_not_finite(self, condition, wrong):
        zero, one = Value(0.0, label="zero"), Value(1.0, label="one")
        graph = (zero.sqrt() * 0.0) if wrong == "zero" else (one * 1e308 * 1e308) * one
        stopped = answer(graph, f"b {condition}", "c")
        assert stopped.startswith("stopped by 1")
        assert stopped.rstrip().endswith(condition.split()[-1])

    def test_at_a_source_line(self):
        root, line = tracked_graph()
        for place in (str(line), f"test_debugger.py:{line}"):
            stopped = answer(root, f"b {place}", "c")
            assert f"stopped by 1: line test_debugger.py:{line}\nstep 3 of 4" in stopped
            assert f"made at test_debugger.py:{line}" in stopped

    def test_at_a_line_that_made_only_leaves(self):
        root, line = tracked_graph()
        set_, stopped = answers(root, f"b {line - 1}", "c")
        assert set_ == f"1: line test_debugger.py:{line - 1}\n"
        assert "step 3 of 4: multiply → x" in stopped

    def test_at_a_line_without_nodes(self):
        root, line = tracked_graph()
        assert f"test_debugger.py:{line}" in answer(root, "b 1")
        assert "track_source" in answer(neuron(), "b 12")

    def test_a_name_comes_before_an_operation(self):
        tanh = Value(0.5, label="tanh")
        assert answer(tanh.tanh() + tanh, "b tanh") == "1: leaf tanh\n"

    def test_watch_stops_at_every_change(self):
        x = Value(3.0, label="x")
        first, second, end = answers(x * x, "watch x", "c", "c", "c")[1:]
        assert "step 1 of 2" in first
        assert "step 2 of 2" in second
        assert end.startswith("the end")

    def test_watch_passes_over_a_contribution_of_nothing(self):
        assert answer(Value(-1.0, label="x").relu(), "watch x", "c").startswith("the end")

    def test_next_stops_inside_a_node(self):
        stopped = answer(dot([Value(1.0, label="w")], [Value(5.0, label="x")], 1.0), "b x", "n")
        assert "stopped by 1: leaf x" in stopped
        assert "steps 1 to 2 of 3" in stopped

    def test_deleted_ones_stop_no_more(self):
        *_, one_left, none_left, end = answers(neuron(), "b n", "b b", "delete 1", "info", "delete", "c")
        assert "1: deleted" not in one_left
        assert none_left == "nothing stops any more\n"
        assert end.startswith("the end")

    def test_without_an_answer_it_stops_and_says_so(self):
        stopped = answer(neuron(), "b log(grad - 0.6) > 0", "c")
        assert stopped.startswith("*** breakpoint 1 has no answer here: log needs x > 0")
        assert "step 1 of 5" in stopped

    def test_ten_thousand_values_with_a_condition(self):
        total = Value(0.3, label="x")
        for _ in range(3_400):
            total = (total + 0.01).tanh()
        assert "the end" in session(total, "b |grad| > 1e3 and grad is nan", "c")


class TestAsking:
    def test_print_numbers_of_the_step_and_of_values(self):
        found = answers(
            neuron(),
            "goto 4",
            "print grad",
            "p upstream * local - contribution",
            "p w",
            "p w.grad + x.data",
            "p tanh(n) - a",
            "p |w| + 1e3",
            "p a.grad",
        )[1:]
        assert [text.rsplit(" = ", 1)[1].strip() for text in found] == [
            "1.118", "0", "1.118", "3.118", "0", "1003", "1",
        ]  # fmt: skip
        assert found[2] == "w = -3, gradient so far = 1.118\n"

    def test_why_lists_every_contribution_with_its_share(self):
        x = Value(3.0, label="x")
        shown = answer(x * 2.0 - x * 6.0, "why x")
        assert "gradient of x = -4\n" in shown
        assert "-6     75 %  = -1 · 6 through multiply_2" in shown
        assert "2     25 %  = 1 · 2 through multiply\n" in shown
        assert shown.index("75 %") < shown.index("25 %")

    def test_why_of_many_shows_the_largest_and_all_on_request(self):
        x = Value(1.0, label="x")
        graph = dot([x] * 30, [float(i) for i in range(30)])
        short, full = answers(graph, "why x", "why x all")
        assert "190           in 20 more" in short
        assert short.count("through dot") == 10
        assert full.count("through dot") == 30

    def test_why_finds_where_a_gradient_is_lost(self):
        x = Value(50.0, label="x")
        hidden = (x * 2.0).tanh()
        shown = answer(hidden * 3.0, "why x")
        assert "every contribution is 0" in shown
        assert "the smallest factor on the way: 0, through tanh (saturated)" in shown

    def test_why_tells_of_the_paths(self):
        x = Value(3.0, label="x")
        shown = answer(x * 2.0 - x * 6.0 + (-x).relu(), "why x")
        assert shown.endswith(
            "  along 3 paths, 1 of them 0 (why NAME paths lists them); the heaviest, 75 %:\n"
            "      x → multiply_2 → subtract → add\n"
            "  50 % of what they carry cancels\n"
        )

    def test_why_lists_the_paths_on_request(self):
        x = Value(3.0, label="the x")
        by_name, of_latest = answers(x * 2.0 - x * 6.0, "why the x paths", "why paths")
        assert by_name.startswith("∂subtract/∂the x = -4, the sum over 2 paths\n")
        assert "        -6     75 %  the x → multiply_2 → subtract\n                     = 6 · -1\n" in by_name
        assert "50 % of this cancels: the paths come to 8 in magnitude, and to -4 in sum.\n" in by_name
        assert "no value is called paths" in of_latest

    def test_why_of_a_graph_with_more_paths_than_anybody_can_list(self):
        total = Value(0.5, label="x")
        for _ in range(60):
            total = total * 0.75 + total * 0.25
        why, where = answers(total, "why x", "where x")
        assert "along 1.153e+18 paths (why NAME paths lists them); the heaviest, 3.19e-06 %:" in why
        assert where.startswith("to x, along the heaviest of 1.153e+18 paths:\n")

    def test_why_of_a_gradient_that_is_nan_goes_along_nan(self):
        x = Value(0.0, label="x")
        shown = answer(x.sqrt() * 0.0 + x * 3.0, "why x")
        assert "         nan           = 0 · inf through sqrt\n" in shown
        assert "           3    100 %  = 1 · 3 through multiply_2\n" in shown
        assert "such as:\n      x → sqrt → multiply → add\n" in shown

    def test_why_of_a_gradient_too_small_for_floats(self):
        total = Value(1.0, label="x")
        for _ in range(4):
            total = total * 1e-100
        why, where = answers(total, "why x", "where x")
        assert "gradient of x = 0\n" in why
        assert "  it would be 1e-400, but the numbers leave the range of floats on the way\n" in why
        assert where.splitlines()[-1].split() == ["x", "1e-100", "1e-400"]

    def test_where_shows_the_factors_to_a_value(self):
        lines = answer(neuron(), "where x").splitlines()
        assert [line.split()[:3] for line in lines[2:]] == [
            ["a", "1"],
            ["n", "0.5591", "0.5591"],
            ["multiply", "1", "0.5591"],
            ["x", "-3", "-1.677"],
        ]

    def test_where_on_a_long_path_is_cut_in_the_middle(self):
        total = Value(1.0, label="x")
        for _ in range(5_000):
            total = -total
        lines = answer(total, "where x").splitlines()
        assert len(lines) < 40
        assert any("4976 more" in line for line in lines)

    def test_info_of_a_value(self):
        assert "n = 0.8, made by" not in answer(neuron(), "info n")
        assert "  w·x + b = -6 + 6.8 = 0.8\n  operands: multiply, b\n" in answer(neuron(), "info n")
        assert answer(neuron(), "info w").startswith("w = -3, a leaf\n")

    def test_data_that_was_changed_is_noticed(self):
        root = neuron()
        root.operands[0].data = 9.0
        assert "data was changed after the forward pass" in " ".join(answer(root, "step").split())


WRONG = [
    ("nonsense", "no command nonsense; `help` lists them"),
    ("stpe", "there is no command stpe; did you mean step?"),
    ("step x", "a number of steps"),
    ("step 0", "a number of steps"),
    ("step -3", "a number of steps"),
    ("back 1.5", "a number of steps"),
    ("step 99999999999999999999", "a number of steps"),
    ("goto", "no value is called nothing"),
    ("goto 9", "from 0 to 5"),
    ("goto -1", "from 0 to 5"),
    ("goto nobody", "no value is called nobody"),
    ("next 3", "nothing is expected"),
    ("continue now", "nothing is expected"),
    ("break nobody", "no operation, value, source line or condition"),
    ("break relu", "the operations are multiply, add, tanh"),
    ("break grad > ", "not an expression: 'grad >'"),
    ("break |grad| >  ", "not an expression: '|grad| >'"),
    ("break grad >> 3", "'grad >> 3' is not understood"),
    ("break 1 > (w.grad @ x)", "'w.grad @ x' is not understood"),
    ("break tahn(grad) > 1", "unknown function 'tahn'; did you mean tanh?"),
    ("break 1 < grad < 2", "is not understood"),
    ("break exit(1) > 1", "unknown function"),
    ("break if", "no operation, value, source line or condition"),
    ("break n if nobody > 1", "nothing here is called nobody"),
    ("break __import__('os') > 1", "nothing here is called os"),
    ("break is nan", "nothing here is called is"),
    ("break and", "no operation, value"),
    ("watch", "no value is called nothing"),
    ("watch nobody", "there are b, x, w"),
    ("delete 7", "there is no breakpoint 7"),
    ("info nobody", "no value is called nobody"),
    ("where nobody", "no value is called nobody"),
    ("why nobody", "no value is called nobody"),
    ("list many", "a number of steps"),
    ("print", "an expression is missing"),
    ("print grad", "none has been taken yet"),
    ("print 1 +", "not an expression"),
    ("print log(-1)", "log needs x > 0"),
    ("print w / 0", "divide needs b != 0"),
    ("print x.y.z", "nothing here is called x.y.z"),
    ("print (lambda: 1)()", "nothing here is called lambda"),
    ("formula", "no step has been taken yet"),
    ("formula html", "as text or as latex"),
    ("help nonsense", "no command nonsense"),
    ("help braek", "did you mean break?"),
    ("!ls", "no command"),
    ("\x1b[2J", "no command"),
]


class TestWrongInput:
    @pytest.mark.parametrize(("command", "words"), WRONG)
    def test_is_answered_in_words_and_changes_nothing(self, command, words):
        said, where = answers(neuron(), command, "info")
        said = " ".join(said.split())
        assert said.startswith("*** ")
        assert words in said.replace("there are w, x, b", "there are b, x, w")
        assert where == "after step 0 of 5, 6 values\nno breakpoints\n"
        assert not CONTROL & set(said)

    def test_labels_cannot_steer_the_terminal(self):
        hostile = "\x1b[2J\x1b]0;title\x07\r\n(chain) quit\x9b31m\u202e"
        root = Value(0.5, label=hostile).tanh()
        root.label = hostile + "2"
        shown = session(root, "step", "where", "why", "list", "info", "c", f"info {root.label!r}")
        assert not CONTROL & set(shown)
        assert "\u202e" not in shown

    def test_input_that_ends_in_the_middle(self):
        out = io.StringIO()
        debug(neuron(), stdin=io.StringIO("step"), stdout=out)
        assert "step 1 of 5" in out.getvalue()

    def test_no_input_at_all(self):
        out = io.StringIO()
        debug(neuron(), stdin=io.StringIO(""), stdout=out)
        assert out.getvalue() == "The backward pass of a = 0.664\n6 values, 5 steps; help lists the commands\n"

    @pytest.mark.parametrize("wrong", [3.0, None, "x", [1.0]])
    def test_what_is_no_value_is_refused(self, wrong):
        with pytest.raises(TypeError, match="a Value or a list of Values"):
            debug(wrong)


class TestElsewhere:
    def test_under_pytest_it_says_what_to_do(self, capsys):
        debug(neuron())
        assert "run it with -s" in " ".join(capsys.readouterr().out.split())

    def test_in_a_notebook_it_says_what_to_use_instead(self, capsys, monkeypatch):
        monkeypatch.setattr(opening, "_in_notebook", lambda: True)
        debug(neuron())
        assert "steps(root)" in capsys.readouterr().out

    def test_the_callers_variables_name_what_has_no_label(self):
        weight, parts, model = Value(2.0), [Value(3.0), Value(4.0)], MLP(1, [1], rng=1)
        out = io.StringIO()
        loss = weight * parts[1] + model([1.0])
        debug(loss, stdin=io.StringIO("c\n"), stdout=out)
        shown = out.getvalue()
        assert "The backward pass of loss" in shown
        assert "  weight = 4\n" in shown
        assert "  parts.1 = 2\n" in shown
        assert "  model.layers.0.neurons.0.weights.0 = 1\n" in shown

    def test_ctrl_c_at_the_prompt_gives_a_new_one(self, monkeypatch):
        lines = iter([KeyboardInterrupt, "step", EOFError])
        out = io.StringIO()

        def read(prompt):
            line = next(lines)
            if isinstance(line, str):
                return line
            raise line

        opened = Debugger(Walk(Recording(neuron())), stdout=out)
        opened.interactive = opened.use_rawinput = True
        monkeypatch.setattr("builtins.input", read)
        opened.run()
        assert "interrupted" in out.getvalue()
        assert "step 1 of 5" in out.getvalue()

    def test_completion(self):
        opened = Debugger(Walk(Recording(neuron())), stdin=io.StringIO(), stdout=io.StringIO())
        assert opened.completenames("wh") == ["where", "why"]
        assert opened.completedefault("w", "why w", 4, 5) == ["w"]
        assert opened.completedefault("con", "break con", 6, 9) == ["contribution"]
        assert opened.completedefault("ta", "b ta", 2, 4) == ["tanh"]
        assert opened.completedefault("ta", "why ta", 4, 6) == []
        assert opened.complete_help("bre") == ["break"]

    def test_help_knows_every_command(self):
        commands = {name.removeprefix("do_") for name in dir(Debugger) if name.startswith("do_")}
        listed = answer(neuron(), "help")
        assert all(f"  {command}" in listed for command in commands)
        assert all(answer(neuron(), f"help {command}").startswith(command) for command in commands)


FORWARDS_AND_BACK = """\
The backward pass of a = 0.664
6 values, 5 steps; help lists the commands
(chain) step
step 1 of 5: a → n
  ∂tanh(n)/∂n = 1 - tanh(n)² = 1 - 0.664² = 0.5591
  contribution: upstream gradient · local derivative = 1 · 0.5591 = 0.5591
  gradient of n: 0 → 0.5591
(chain)
step 2 of 5: n → multiply
  ∂(w·x + b)/∂(w·x) = 1
  contribution: upstream gradient · local derivative = 0.5591 · 1 = 0.5591
  gradient of multiply: 0 → 0.5591
(chain) next
step 3 of 5: n → b
  ∂(w·x + b)/∂b = 1
  contribution: upstream gradient · local derivative = 0.5591 · 1 = 0.5591
  gradient of b: 0 → 0.5591
(chain) continue
the end: all 5 steps taken; the gradients of the leaves:
  w = 1.118
  x = -1.677
  b = 0.5591
(chain) back 2
step 3 of 5: n → b
  ∂(w·x + b)/∂b = 1
  contribution: upstream gradient · local derivative = 0.5591 · 1 = 0.5591
  gradient of b: 0 → 0.5591
(chain) restart
before step 1 of 5: gradient of a = 1
"""

ASKING = """\
The backward pass of a = 0.664
6 values, 5 steps; help lists the commands
(chain) goto 4
step 4 of 5: multiply → w
  ∂(w·x)/∂w = x = 2
  contribution: upstream gradient · local derivative = 0.5591 · 2 = 1.118
  gradient of w: 0 → 1.118
(chain) where
to w, along the only path:
  value                          factor    product
  a                                              1
  n                              0.5591     0.5591
  multiply                            1     0.5591
  w                                   2      1.118
(chain) why w
gradient of w = 1.118
  the sum of 1 contribution, 1 taken so far:
       1.118    100 %  = 0.5591 · 2 through multiply
  along 1 path: w → multiply → n → a
(chain) list 1
  step node          operand         upstream      local   contrib.   gradient
     3 n             b                 0.5591          1     0.5591     0.5591
->   4 multiply      w                 0.5591          2      1.118      1.118
     5 multiply      x                 0.5591         -3     -1.677     -1.677
(chain) info n
n = 0.8
  w·x + b = -6 + 6.8 = 0.8
  operands: multiply, b
  gradient so far = 0.5591
(chain) formula
w·x = -3·2 = -6
∂(w·x)/∂w = x = 2
(chain) formula latex
w \\cdot x = -3 \\cdot 2 = -6
\\frac{\\partial \\left(w \\cdot x\\right)}{\\partial w} = x = 2
"""

STOPPING = """\
The backward pass of a = 0.664
6 values, 5 steps; help lists the commands
(chain) break tanh
1: operation tanh
(chain) watch b
2: the gradient of b changes
(chain) break |grad| > 1
3: where |grad| > 1
(chain) info
after step 0 of 5, 6 values
  1: operation tanh
  2: the gradient of b changes
  3: where |grad| > 1
(chain) c
stopped by 1: operation tanh
step 1 of 5: a → n
  ∂tanh(n)/∂n = 1 - tanh(n)² = 1 - 0.664² = 0.5591
  contribution: upstream gradient · local derivative = 1 · 0.5591 = 0.5591
  gradient of n: 0 → 0.5591
(chain) c
stopped by 2: the gradient of b changes
step 3 of 5: n → b
  ∂(w·x + b)/∂b = 1
  contribution: upstream gradient · local derivative = 0.5591 · 1 = 0.5591
  gradient of b: 0 → 0.5591
(chain) c
stopped by 3: where |grad| > 1
step 4 of 5: multiply → w
  ∂(w·x)/∂w = x = 2
  contribution: upstream gradient · local derivative = 0.5591 · 2 = 1.118
  gradient of w: 0 → 1.118
(chain) c
stopped by 3: where |grad| > 1
step 5 of 5: multiply → x
  ∂(w·x)/∂x = w = -3
  contribution: upstream gradient · local derivative = 0.5591 · -3 = -1.677
  gradient of x: 0 → -1.677
(chain) delete 2
deleted 2
(chain) info
after step 5 of 5, 6 values
  1: operation tanh
  3: where |grad| > 1
"""
