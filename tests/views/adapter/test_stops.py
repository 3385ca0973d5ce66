"""Breakpoints of all kinds that an editor sets."""

import inspect

import pytest

from micrograd_bp import Value
from micrograd_bp.engine.origin import track_source
from micrograd_bp.views.debugger.walk import Walk
from micrograd_bp.views.steps.steps import Recording

from .client import RefusalError
from .editor import showing, stopped
from .test_session import HERE as OTHER
from .test_session import neuron

HERE = __file__


def flat():
    """relu of a negative number, behind a product with a saturated tanh; each node on a line of its own."""
    x, w = Value(-2.0, label="x"), Value(3.0, label="w")
    with track_source():
        line = inspect.currentframe().f_lineno
        dead = x.relu()
        deep = (w * 100.0).tanh()
        out = dead + deep
    out.label, dead.label, deep.label = "out", "dead", "deep"
    return out, line


def points(editor, *wanted, path=HERE):
    """What has become of some breakpoints on lines."""
    return editor.ask(
        "setBreakpoints",
        source={"path": path},
        breakpoints=[each if isinstance(each, dict) else {"line": each} for each in wanted],
    )["breakpoints"]


def stops(editor, move):
    """Where the walk stops by breakpoints on the way to the end, or to the start."""
    walk, seen = editor.walk, []
    end = walk.length if move == "continue" else 0
    while walk.position != end:
        if editor.go(move)["reason"] not in ("entry", "end"):
            seen.append(walk.position)
    return seen


class TestLines:
    def test_stop_where_the_gradient_passes_a_value_that_was_made_there(self):
        out, line = neuron()
        with stopped(out) as editor:
            (point,) = points(editor, line + 1, path=OTHER)
            assert (point["verified"], point["line"]) == (True, line + 1)
            stop = editor.go("continue")
            assert (stop["reason"], stop["hitBreakpointIds"]) == ("breakpoint", [point["id"]])
            assert editor.line() == line + 1
            editor.go("continue")
            assert editor.go("reverseContinue")["reason"] == "breakpoint"
            assert editor.line() == line + 1

    def test_move_to_the_nearest_line_that_made_something(self):
        out, line = neuron()
        with stopped(out) as editor:
            assert [point["line"] for point in points(editor, line + 20, 1, path=OTHER)] == [line + 3, line + 1]

    def test_in_a_file_that_made_nothing(self):
        out, _ = neuron()
        with stopped(out) as editor:
            (point,) = points(editor, 3, path="/elsewhere/train.py")
            assert not point["verified"]
            assert point["message"] == "no value was made in train.py"

    def test_where_no_lines_are_known(self):
        x = Value(2.0)
        with stopped(x * x) as editor:
            (point,) = points(editor, 3)
            assert point["message"].startswith("no source lines were tracked: make the graph inside `with micrograd_bp")

    def test_are_replaced(self):
        out, line = neuron()
        with stopped(out) as editor:
            points(editor, line + 1, line + 2, path=OTHER)
            assert points(editor, path=OTHER) == []
            assert editor.go("continue")["reason"] == "end"

    def test_where_they_can_be(self):
        out, line = neuron()
        with stopped(out) as editor:
            where = editor.ask("breakpointLocations", source={"path": OTHER}, line=line, endLine=line + 2)
            assert where["breakpoints"] == [{"line": line + 1}, {"line": line + 2}]

    def test_forward(self):
        out, line = neuron()
        with stopped(out, forward=True) as editor:
            points(editor, line + 2, path=OTHER)
            assert editor.go("continue")["reason"] == "breakpoint"
            assert (editor.line(), editor.walk.is_forward) == (line + 2, True)
            editor.go("continue")
            assert (editor.line(), editor.walk.is_forward) == (line + 2, False)


class TestConditions:
    def test_stop_only_where_they_hold(self):
        x = Value(3.0, label="x")
        with stopped(x * x + x) as editor:
            editor.ask("setFunctionBreakpoints", breakpoints=[{"name": "x", "condition": "grad > 5"}])
            editor.go("continue")
            assert editor.walk.recording.latest.after > 5

    def test_that_cannot_be_read(self):
        out, line = neuron()
        with stopped(out) as editor:
            (point,) = points(editor, {"line": line + 1, "condition": "grad >"}, path=OTHER)
            assert not point["verified"]
            assert "grad >" in point["message"]
            (point,) = points(editor, {"line": line + 1, "condition": "nosuch > 1"}, path=OTHER)
            assert point["message"].startswith("nothing here is called nosuch")

    def test_that_have_no_answer_stop_and_say_so(self):
        out, line = neuron()
        with stopped(out) as editor:
            points(editor, {"line": line + 1, "condition": "log(x - 5) > 1"}, path=OTHER)
            assert editor.go("continue")["reason"] == "breakpoint"
            assert "has no answer here: log needs x > 0" in editor.output("important")

    @pytest.mark.parametrize(
        ("wanted", "hits"),
        [("3", [3]), ("== 2", [2]), (">= 4", [4, 5]), ("< 3", [1, 2]), ("<=1", [1]), ("> 4", [5]), ("% 2", [2, 4])],
    )
    def test_hit_counts_ahead_and_back(self, wanted, hits):
        x = Value(1.0, label="x")
        out = ((((x + x) + x) + x) + 1.0).tanh() + x
        with stopped(out) as editor:
            into = [step.number for step in editor.walk.contributions.to(x)]
            point = {"name": "x", "hitCondition": wanted}
            assert editor.ask("setFunctionBreakpoints", breakpoints=[point])["breakpoints"][0]["verified"]
            for _ in range(2):
                assert stops(editor, "continue") == [into[hit - 1] for hit in hits]
                back = stops(editor, "reverseContinue")
                assert back == [into[hit - 1] for hit in hits if into[hit - 1] < editor.walk.length][::-1]

    def test_a_hit_count_that_is_none(self):
        out, line = neuron()
        with stopped(out) as editor:
            (point,) = points(editor, {"line": line + 1, "hitCondition": "often"}, path=OTHER)
            assert point["message"].startswith("a hit count is a number such as 3")


class TestLogPoints:
    def test_say_something_and_do_not_stop(self):
        out, line = neuron()
        with stopped(out) as editor:
            points(
                editor,
                {"line": line + 2, "logMessage": "{grad} at {name}, {2 * local}, by {node} of {line}"},
                path=OTHER,
            )
            assert editor.go("continue")["reason"] == "end"
            assert editor.output("console") == f"0.4869 at product, 2, by total of test_session.py:{line + 2}\n"

    def test_one_that_cannot_be_read(self):
        out, line = neuron()
        with stopped(out) as editor:
            (point,) = points(editor, {"line": line + 2, "logMessage": "{nosuch}"}, path=OTHER)
            assert point["message"].startswith("nothing here is called nosuch")


class TestOthers:
    def test_operations(self):
        out, _ = flat()
        with stopped(out) as editor:
            asked = [{"name": "relu"}, {"name": "nosuch"}, {"name": " "}]
            known, unknown, none = editor.ask("setFunctionBreakpoints", breakpoints=asked)["breakpoints"]
            assert none["message"].startswith("an empty condition is no operation")
            assert known["verified"]
            assert unknown["message"].startswith("nosuch is no operation, value, source line or condition here")
            assert editor.go("continue")["reason"] == "function breakpoint"
            assert editor.walk.recording.latest.node.operation.name == "relu"

    def test_a_gradient_that_changes(self):
        out, _ = neuron()
        with stopped(out) as editor:
            operands = editor.scopes()["Operands"]["variablesReference"]
            editor.ask("variables", variablesReference=operands)
            info = editor.ask("dataBreakpointInfo", name="total", variablesReference=operands)
            assert info == {"dataId": "total", "description": "the gradient of total", "accessTypes": ["write"]}
            assert editor.ask("dataBreakpointInfo", name="w")["dataId"] == "w"
            assert editor.ask("dataBreakpointInfo", name="nosuch")["dataId"] is None
            editor.ask("setDataBreakpoints", breakpoints=[{"dataId": "w"}])
            assert editor.go("continue")["reason"] == "data breakpoint"
            assert editor.walk.recording.latest.operand.label == "w"

    def test_check_boxes(self):
        out, _ = flat()
        with stopped(out, filters=["dies"]) as editor:
            stop = editor.go("continue")
            assert stop["reason"] == "exception"
            assert stop["text"].startswith("a gradient dies")
            info = editor.ask("exceptionInfo", threadId=1)
            assert info["exceptionId"] == stop["text"]
            assert "contribution: upstream gradient" in info["description"]
            seen = [editor.walk.position, *stops(editor, "continue")]
            assert [editor.walk.recording.steps[place - 1].node.operation.name for place in seen] == ["tanh", "relu"]

    def test_saturated_only(self):
        out, line = flat()
        with stopped(out, filters=["saturated"]) as editor:
            assert editor.go("continue")["reason"] == "exception"
            assert editor.line() == line + 2
            assert editor.go("continue")["reason"] == "end"

    def test_a_check_box_with_a_condition(self):
        out, _ = flat()
        with stopped(out) as editor:
            options = [{"filterId": "dies", "condition": "local is nan"}]
            editor.ask("setExceptionBreakpoints", filters=[], filterOptions=options)
            assert editor.go("continue")["reason"] == "end"

    def test_nan_and_exploding(self):
        x, y = Value(0.0, label="x"), Value(1.0, label="y")
        with stopped(x.sqrt() * 0.0 + y * 2000.0, filters=["not_finite", "exploding"]) as editor:
            seen = {}
            while editor.walk.position < editor.walk.length:
                text = editor.go("continue").get("text")
                seen[text] = editor.walk.recording.latest.operand
            assert seen["a gradient becomes nan or inf"] is x
            assert seen["a gradient grows beyond 1000"] is y

    def test_those_of_the_console_stop_too(self):
        out, _ = neuron()
        with stopped(out) as editor:
            editor.say("break w")
            assert editor.go("continue")["hitBreakpointIds"] == []


def test_all_are_set_again_on_the_next_backward_pass():
    first, line = neuron()
    second = first * 2.0
    walks = [Walk(Recording(first)), Walk(Recording(second))]
    with showing(walks[0]) as editor:
        editor.open("attach", lines={OTHER: [line + 1]})
        editor.go("continue")
        editor.go("continue")
        editor.ask("continue", threadId=1)  # the program goes on
        with pytest.raises(RefusalError, match="no backward pass"):
            editor.go("stepIn")
        (point,) = points(editor, line + 2, path=OTHER)
        assert point["message"] == "no backward pass is shown now; it is set on the next one"
        editor.show(walks[1])
        changed = editor.event("breakpoint")
        assert changed["reason"] == "changed"
        assert changed["breakpoint"]["verified"]
        assert editor.event("stopped")["reason"] == "entry"
        editor.go("continue")
        assert editor.line() == line + 2
