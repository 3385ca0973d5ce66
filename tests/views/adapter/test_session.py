"""What an editor is shown of a walk, and how it moves it."""

import inspect
import threading
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_bp import MLP, Value, dot, mse
from micrograd_bp.engine.origin import track_source
from micrograd_bp.views.adapter.conversation import CAPABILITIES
from micrograd_bp.views.adapter.session import Session
from micrograd_bp.views.debugger.breakpoints import Breakpoint
from micrograd_bp.views.debugger.walk import Walk
from micrograd_bp.views.number_text import number
from micrograd_bp.views.steps.steps import Recording
from tests.counts import count

from ..test_steps import bits, random_graph
from .client import RefusalError
from .editor import showing, stopped

HERE = __file__

REQUESTS = sorted(name.removeprefix("on_") for name in dir(Session) if name.startswith("on_") and "connect" not in name)
WORDS = [
    *("line", "frameId", "source", "path", "breakpoints", "name", "expression", "context", "variablesReference"),
    *("targetId", "start", "count", "filters", "filterOptions", "filterId", "condition", "hitCondition", "logMessage"),
    *("dataId", "text", "column", "levels", "startFrame", "sourceReference"),
]
THINGS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
    | st.sampled_from(
        [HERE, "repl", "|grad| > 1", "total", "why w", "step", "{grad} at {name}", "% 2", "dies", "tanh"]
    ),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inside, max_size=4),
    max_leaves=8,
)
"""What may come as an argument."""

REQUEST = st.tuples(st.sampled_from(REQUESTS), st.dictionaries(st.sampled_from(WORDS), THINGS, max_size=5))


def neuron():
    """tanh of w·x + b, each on a line of its own, counted from the first."""
    x, w, b = Value(2.0, label="x"), Value(-3.0, label="w"), Value(6.9, label="b")
    with track_source():
        line = inspect.currentframe().f_lineno
        product = w * x
        total = product + b
        out = total.tanh()
    for name, value in (("product", product), ("total", total), ("out", out)):
        value.label = name
    return out, line


def network(n_hidden=4):
    model = MLP(2, [n_hidden, 1], rng=3)
    predictions = [model([1.0, -0.5]), model([0.2, 0.3])]
    loss = mse(predictions, [1.0, 0.0])
    loss.label = "mean error"
    return loss, {"model": model, "loss": loss, "predictions": predictions}


def layer(walk):
    """The path of the module in which the walk is."""
    return walk.here.origin.scope if walk.here.origin is not None else ""


class TestWalking:
    def test_line_by_line_and_back(self):
        out, line = neuron()
        with stopped(out) as editor:
            assert editor.line() == line + 3
            lines, reasons = [], []
            for move in ("stepIn", "stepIn", "stepIn", "stepIn", "stepIn", "stepBack", "stepBack"):
                reasons.append(editor.go(move)["reason"])
                lines.append(editor.line() - line)
            assert lines == [3, 2, 2, 1, 1, 1, 2]
            assert reasons == ["step"] * 4 + ["end", "step", "step"]

    def test_a_node_and_a_layer_at_a_time(self):
        loss, names = network()
        with stopped(loss, names=names) as editor:
            walk = editor.walk
            editor.go("next")
            assert walk.recording.latest.node is loss
            n_ahead = [step.node for step in walk.recording.steps].count(loss)
            assert walk.position == n_ahead
            while not layer(walk).startswith("layers.1"):
                editor.go("next")
            editor.go("stepOut")
            assert layer(walk).startswith("layers.0")

    def test_to_the_end_and_to_the_start(self):
        out, _ = neuron()
        with stopped(out) as editor:
            assert editor.go("continue")["reason"] == "end"
            assert editor.walk.position == 5
            assert editor.go("reverseContinue")["reason"] == "entry"
            assert editor.walk.position == 0
            assert editor.go("stepBack")["reason"] == "entry"
            editor.go("next")
            editor.events.clear()
            assert editor.go("restart")["reason"] == "entry"
            editor.event("continued")  # without it VS Code goes on saying where the walk was before

    def test_a_step_from_the_end_lets_the_program_go_on(self):
        out, _ = neuron()
        with stopped(out) as editor:
            editor.go("continue")
            editor.ask("next", threadId=1)
            with pytest.raises(RefusalError, match="no backward pass is shown"):
                editor.stack()

    def test_to_a_value(self):
        out, line = neuron()
        with stopped(out) as editor:
            (target,) = editor.ask("gotoTargets", source={"path": HERE}, line=line + 1)["targets"]
            assert target["label"] == "product"
            assert editor.go("goto", targetId=target["id"])["reason"] == "goto"
            assert editor.line() == line + 1
            assert editor.ask("gotoTargets", source={"path": HERE}, line=1)["targets"] == []
            with pytest.raises(RefusalError, match="no target 99"):
                editor.go("goto", targetId=99)

    def test_forward_first(self):
        out, line = neuron()
        with stopped(out, forward=True) as editor:
            seen = []
            for _ in range(8):
                seen.append((editor.line() - line, editor.values("Value")["data"]))
                editor.go("stepIn")
            assert seen == [
                (1, "–"),
                (1, "-6"),
                (2, "0.9"),
                (3, "0.7163"),
                (3, "0.7163"),
                (2, "0.9"),
                (2, "0.9"),
                (1, "-6"),
            ]
            for _ in range(5):
                editor.go("stepBack")
            assert (editor.line() - line, editor.values("Value")["data"]) == (3, "0.7163")
            assert "gradient so far" not in editor.values("Value")
            assert editor.stack()[0]["name"] == "out = 0.7163"

    def test_forward_an_expression_has_no_result_before_its_values_have_numbers(self):
        out, _ = neuron()
        with stopped(out, forward=True) as editor:
            for wanted in ("–", "–", "–", "1.433"):
                assert [editor.say("out * 2", "watch"), editor.say("out.data * 2", "watch")] == [wanted] * 2
                editor.go("stepIn")

    def test_the_console_speaks_of_the_forward_pass(self):
        out, _ = neuron()
        with stopped(out, forward=True) as editor:
            assert editor.say("step") == "value 1 of 3: product = -6"
            assert editor.say("next") == "value 2 of 3: total = 0.9"
            assert editor.say("back 9") == "before the first value is computed"
            assert editor.say("step 4").startswith("step 1 of 5: out → total")
            assert editor.say("back").startswith("value 3 of 3: out = 0.7163")
            assert editor.say("restart") == "before the first value is computed"

    @settings(max_examples=count(15, 150), deadline=None)
    @given(
        st.integers(0, 2**32),
        st.lists(
            st.sampled_from(["stepIn", "stepBack", "next", "stepOut", "continue", "reverseContinue", "restart"]),
            max_size=12,
        ),
    )
    def test_any_walk_shows_what_the_recording_shows(self, seed, moves):
        outputs = random_graph(seed, 20)[-2:]
        walk, plain = Walk(Recording(outputs)), Recording(outputs)
        with showing(walk) as editor:
            editor.open("attach")
            for move in moves:
                if walk.position == walk.length and move not in ("stepBack", "reverseContinue", "restart"):
                    continue  # that would be the end
                editor.go(move)
                plain.goto(walk.position)
                assert bits(walk.recording.gradients().values()) == bits(plain.gradients().values())
                if plain.latest is not None:
                    shown = editor.values("Step")
                    assert shown["gradient"] == f"{number(plain.latest.before)} → {number(plain.latest.after)}"
                    assert shown["upstream gradient"] == number(plain.latest.upstream_gradient)

    @settings(max_examples=count(10, 100), deadline=None)
    @given(st.integers(0, 2**32))
    def test_ends_with_the_gradients_of_backward_and_comes_back_to_the_start(self, seed):
        out = random_graph(seed, 15)[-1]
        walk = Walk(Recording(out))
        start = bits(walk.recording.gradients().values())
        with showing(walk) as editor:
            editor.open("attach")
            for _ in range(walk.length):
                editor.go("stepIn")
            ends = walk.recording.gradients()
            for _ in range(walk.length):
                editor.go("stepBack")
            assert bits(walk.recording.gradients().values()) == start
        out.backward()
        assert all(bits([value.grad]) == bits([end]) for value, end in ends.items())

    def test_pause_on_the_way(self):
        out, _ = neuron()
        with stopped(out) as editor:

            def never(recording, step):
                while not editor.session.is_asked():  # a way as long as it takes to ask for a pause
                    time.sleep(0.001)
                return False

            editor.walk.points.append(Breakpoint(1, "a long way", never))
            way = editor.send("continue", threadId=1)
            assert editor.ask("pause", threadId=1) == {}
            assert editor.answered[way]["success"]
            assert editor.event("stopped")["reason"] == "pause"
            assert editor.walk.position == 1
            editor.walk.points.clear()
            editor.say("continue")  # of the debug console: that pause was another one
            assert editor.event("stopped")["description"].startswith("the end, ")
            assert editor.walk.position == 5

    @pytest.mark.parametrize("command", ["stepIn", "stepBack", "restart", "continue", "reverseContinue"])
    def test_nothing_else_moves_it_on_the_way(self, command):
        out, _ = neuron()
        with stopped(out) as editor:

            def never(recording, step):
                while not editor.session.is_asked():
                    time.sleep(0.001)
                return False

            editor.walk.points.append(Breakpoint(1, "a long way", never))
            editor.send("continue", threadId=1)
            with pytest.raises(RefusalError, match="pause it first"):
                editor.ask(command, threadId=1)
            editor.ask("pause", threadId=1)
            editor.event("stopped")

    def test_an_editor_that_leaves_on_the_way(self):
        out, _ = neuron()
        with stopped(out) as editor:
            step = threading.Event()
            editor.walk.points.append(Breakpoint(1, "a long way", lambda recording, _: step.wait() and False))
            editor.send("continue", threadId=1)
            leaving = editor.send("disconnect")
            step.set()
            editor.answer(leaving)
            editor.session.join()
            assert editor.session.is_over


class TestLooking:
    def test_the_call_stack_is_the_heaviest_path(self):
        out, line = neuron()
        with stopped(out) as editor:
            editor.go("continue")
            frames = editor.stack()
            assert [frame["name"] for frame in frames] == ["product: 0.4869", "total: 0.4869", "out: 1"]
            assert [frame["line"] - line for frame in frames] == [1, 2, 3]
            assert frames[0]["source"] == {"name": "test_session.py", "path": HERE}
            assert [frame["name"] for frame in editor.stack(startFrame=1, levels=1)] == ["total: 0.4869"]

    def test_the_step_and_the_value(self):
        out, _ = neuron()
        with stopped(out) as editor:
            editor.go("stepIn")
            assert editor.values("Step") == {
                "from": "out",
                "to": "total",
                "upstream gradient": "1",
                "local derivative": "∂tanh(total)/∂total = 1 - tanh(total)² = 1 - 0.7163² = 0.4869",
                "contribution": "1 · 0.4869 = 0.4869",
                "gradient": "0 → 0.4869",
                "step": "1 of 5",
            }
            shown = editor.values("Value")
            assert shown["operation"] == "tanh: tanh(total) = tanh(0.9) = 0.7163"
            assert shown["label"] == "out"
            assert editor.values("Operands") == {"total": "0.9, gradient 0.4869"}

    def test_a_frame_above_shows_the_step_by_which_the_gradient_came(self):
        out, _ = neuron()
        with stopped(out) as editor:
            editor.go("continue")
            assert editor.values("Step", frame=3)["to"] == "total"
            assert editor.values("Step", frame=2)["to"] == "product"
            with pytest.raises(RefusalError, match="no frame 4"):
                editor.scopes(4)

    def test_what_has_contributed_and_what_is_still_to_come(self):
        x = Value(3.0, label="x")
        with stopped(x * x) as editor:
            editor.go("stepIn")
            (step,) = [scope for name, scope in editor.scopes().items() if name == "Step"]
            facts = editor.inside(editor.inside(step)["to"])
            assert [facts[name]["value"] for name in ("contributed so far", "still to come")] == ["1", "1"]
            (row,) = editor.inside(facts["still to come"]).values()
            assert (row["name"], row["value"]) == ("step 2, through multiply", "1 · 3 = 3")

    def test_parameters_are_a_tree(self):
        loss, names = network()
        with stopped(loss, names=names) as editor:
            editor.go("continue")
            tree, path = editor.scopes()["Parameters"], []
            while True:
                inside = editor.inside(tree)
                name, tree = next(iter(inside.items()))
                path.append(name)
                if "gradient" in tree["value"]:
                    break
            assert path == ["model", "layers.0", "neurons.0", "bias"]
            bias = names["model"].layers[0].neurons[0].bias
            gradient = editor.walk.recording.gradient(bias)
            assert tree["value"] == f"{number(bias.data)}, gradient {number(gradient)}"

    def test_many_are_paged(self):
        values = [Value(float(place), label=f"v{place}") for place in range(1000)]
        with stopped(dot(values, values)) as editor:
            operands = editor.scopes()["Operands"]
            assert operands["indexedVariables"] == 2000
            page = editor.inside(operands, filter="indexed", start=990, count=20)
            assert next(iter(page)) == "v990"
            assert len(page) == 20
            assert editor.inside(operands, filter="named") == {}
            assert editor.inside(operands, start=5000, count=3) == {}

    def test_references_are_of_one_stop(self):
        out, _ = neuron()
        with stopped(out) as editor:
            value = editor.scopes()["Value"]
            editor.go("stepIn")
            editor.scopes()
            with pytest.raises(RefusalError, match="a step makes those before it invalid"):
                editor.inside(value)

    def test_hovering_and_watching(self):
        loss, names = network()
        with stopped(loss, names=names) as editor:
            editor.go("continue")
            weight = "model.layers[0].neurons[0].weights[1]"
            assert ", gradient " in editor.say(weight, "hover")
            assert editor.say("model", "hover") == "17 values"
            assert editor.say("predictions", "hover") == "2 values"
            assert editor.say("predictions[0]", "hover") == editor.say("predictions.0", "hover")
            assert editor.say("loss", "hover") == editor.say("mean error", "hover")
            assert editor.say("upstream * local == contribution", "watch") == "1"
            assert editor.say("|grad| > 1e3 or grad is nan", "watch") == "false"
            assert editor.say("predictions[0].data == predictions.0", "watch") == "1"
            assert editor.say("why predictions[0]").startswith("gradient of predictions.0 = ")
            assert editor.say(f"{weight}.grad == {weight.replace('[', '.').replace(']', '')}.grad", "watch") == "1"
            with pytest.raises(RefusalError, match="nothing here is called epoch"):
                editor.say("epoch", "hover")

    def test_the_debug_console_takes_commands(self):
        out, _ = neuron()
        with stopped(out) as editor:
            assert editor.say("why total").startswith("gradient of total = 0.4869\n")
            assert "step 1 of 5: out → total" in editor.say("step")
            assert editor.event("stopped")["reason"] == "goto"
            assert "∂tanh(total)/∂total" in editor.say("formula")
            assert editor.say("break w") == "1: leaf w"
            editor.say("c")
            editor.event("stopped")
            assert editor.say("local") == "2"
            assert editor.say("w") == "-3, gradient 0.9738"
            with pytest.raises(RefusalError, match="nothing here is called hlep"):
                editor.say("hlep")
            editor.say("quit")
            with pytest.raises(RefusalError, match="no backward pass is shown"):
                editor.stack()

    def test_completions(self):
        out, _ = neuron()
        with stopped(out) as editor:

            def labels(text):
                return [
                    target["label"] for target in editor.ask("completions", text=text, column=len(text) + 1)["targets"]
                ]

            assert labels("wh") == ["where", "why"]
            assert labels("why pro") == ["product"]
            assert "upstream" in labels("break up")
            assert labels("to") == ["total"]
            assert labels("why zz") == []
            (target,) = editor.ask("completions", text="why pro", column=8)["targets"]
            assert (target["start"], target["length"]) == (5, 3)

    def test_without_lines_there_is_a_listing(self):
        x = Value(3.0, label="x")
        y = (x * x).tanh()
        with stopped(y) as editor:
            frame = editor.stack()[0]
            assert frame["source"]["sourceReference"] == 1
            listing = editor.ask("source", sourceReference=1)["content"].splitlines()
            assert listing == ["x = 3", "multiply = multiply(x, x) = 9", "tanh = tanh(multiply) = 1"]
            assert listing[frame["line"] - 1].startswith("tanh")
            (point,) = editor.ask("setBreakpoints", source={"sourceReference": 1}, breakpoints=[{"line": 2}])[
                "breakpoints"
            ]
            assert point["verified"]
            editor.go("continue")
            assert editor.line() == 2
            with pytest.raises(RefusalError, match="only the listing"):
                editor.ask("source", sourceReference=7)

    def test_where_only_some_lines_are_known(self):
        x = Value(3.0, label="x")
        inner = x * x
        with track_source():
            out = inner.tanh()
        with stopped(out) as editor:
            editor.go("continue")
            assert [frame.get("presentationHint") for frame in editor.stack()] == ["subtle", None]

    def test_threads(self):
        out, _ = neuron()
        with stopped(out) as editor:
            assert editor.ask("threads")["threads"] == [{"id": 1, "name": "backward pass"}]


class TestRequests:
    def test_each_that_is_offered_is_there(self):
        requests = {name.removeprefix("on_") for name in dir(Session) if name.startswith("on_")}
        for capability, request in {
            "supportsConfigurationDoneRequest": "configurationDone",
            "supportsStepBack": "stepBack",
            "supportsRestartRequest": "restart",
            "supportsGotoTargetsRequest": "gotoTargets",
            "supportsDataBreakpoints": "dataBreakpointInfo",
            "supportsFunctionBreakpoints": "setFunctionBreakpoints",
            "supportsBreakpointLocationsRequest": "breakpointLocations",
            "supportsExceptionInfoRequest": "exceptionInfo",
            "supportsCompletionsRequest": "completions",
        }.items():
            assert CAPABILITIES[capability] is True
            assert request in requests

    @pytest.mark.parametrize(
        ("command", "arguments", "words"),
        [
            ("nosuch", {}, "there is no request nosuch"),
            ("stepin", {}, "did you mean stepIn"),
            ("scopes", {}, "frameId is missing: a whole number"),
            ("scopes", {"frameId": "one"}, "frameId is a whole number, got 'one'"),
            ("scopes", {"frameId": True}, "frameId is a whole number"),
            ("scopes", {"frameId": -3}, "there is no frame -3"),
            ("variables", {"variablesReference": 12345}, "there are no variables 12345"),
            ("evaluate", {"expression": "1 +"}, "not an expression"),
            ("evaluate", {"expression": ""}, "an expression is missing"),
            ("evaluate", {"expression": "nosuch"}, "nothing here is called nosuch"),
            ("setBreakpoints", {}, "source.path is missing"),
            ("setBreakpoints", {"source": {"path": HERE}, "breakpoints": [3]}, "breakpoints is a list of objects"),
            ("setBreakpoints", {"source": {"path": HERE}, "breakpoints": [{}]}, "breakpoints.line is missing"),
            ("setExceptionBreakpoints", {"filters": ["nosuch"]}, "there is no filter 'nosuch'; there are not_finite"),
            ("setExceptionBreakpoints", {"filters": [{}]}, "filters is a list of texts"),
            ("launch", {"program": "train.py"}, "the request is attach"),
            ("attach", {}, "attached already"),
            ("configurationDone", {}, "done already"),
            ("exceptionInfo", {}, "not stopped by a check box"),
            ("initialize", {"linesStartAt1": False}, "lines and columns are counted from 1"),
            ("initialize", {"pathFormat": "uri"}, "files are named by their paths"),
        ],
    )
    def test_what_is_wrong_is_said_in_a_sentence(self, command, arguments, words):
        out, _ = neuron()
        with stopped(out) as editor:
            with pytest.raises(RefusalError, match=words.replace("(", r"\(")) as error:
                editor.ask(command, **arguments)
            assert "\n" not in str(error.value)
            editor.go("stepIn")
            assert editor.output("stderr") == ""


class TestFaults:
    def test_one_in_a_request_is_told_and_the_next_is_answered(self, monkeypatch):
        out, _ = neuron()
        with stopped(out) as editor:
            monkeypatch.setattr(Session, "on_threads", lambda *_: 1 / [])
            with pytest.raises(RefusalError, match="threads failed: TypeError"):
                editor.ask("threads")
            assert "Traceback" in editor.output("stderr")
            assert editor.line()

    def test_one_on_the_way_ends_the_conversation_and_nobody_waits(self):
        out, _ = neuron()
        with stopped(out) as editor:
            editor.walk.points.append(Breakpoint(1, "wrong", lambda recording, step: 1 / []))
            editor.ask("continue", threadId=1)
            with pytest.raises(EOFError):
                editor.event("stopped")
            assert "TypeError" in editor.output("stderr")
            assert editor.session.is_over


class TestMessages:
    def test_answers_that_nobody_waits_for_are_passed_over(self):
        out, _ = neuron()
        with stopped(out) as editor:
            for _ in range(2_000):
                editor.message({"type": "response", "seq": 1, "request_seq": 1, "success": True, "command": "x"})
            assert editor.ask("threads")["threads"]

    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"[1, 2]",
            b"null",
            b'{"type": "request", "command": 3, "seq": 1}',
            b'{"type": "event", "seq": 1}',
            b'{"type": "request", "command": "threads", "seq": true}',
            b"\xff\xfe",
            b"[" * 100_000,
            b"",
            b'{"type": "request", "command": "threads", "seq": 7, "arguments": []}',
        ],
    )
    def test_malformed_ones_are_refused_and_the_next_is_answered(self, body):
        out, _ = neuron()
        with stopped(out) as editor:
            editor.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            refusal = editor.next()
            assert refusal["success"] is False
            assert "\n" not in refusal["message"]
            assert editor.ask("threads")["threads"]

    @pytest.mark.parametrize(
        "line",
        [
            b"GET / HTTP/1.1\r\n",
            b"Content-Length: -3\r\n\r\n",
            b"Content-Length: 1e9\r\n\r\n",
            b"Content-Length: 99999999999\r\n\r\n",
            b"\r\n",
            b"x" * 5000,
        ],
    )
    def test_what_is_no_header_ends_the_conversation(self, line):
        out, _ = neuron()
        walk = Walk(Recording(out))
        with showing(walk) as editor:
            editor.write(line)
            assert "begins with Content-Length" in editor.next()["message"]
            assert editor.next() is None

    @settings(max_examples=count(15, 500), deadline=None)
    @given(
        st.lists(
            st.tuples(st.sampled_from(REQUESTS), st.dictionaries(st.sampled_from(WORDS), THINGS, max_size=5)),
            max_size=8,
        )
    )
    def test_fuzzed_requests_are_answered(self, asked):
        out, _ = neuron()
        with stopped(out) as editor:
            for command, arguments in asked:
                number = editor.send(command, **arguments)
                with suppress(RefusalError):
                    editor.answer(number)
            assert editor.ask("threads")["threads"]
            assert editor.output("stderr") == ""  # where a fault of the adapter's own would be
