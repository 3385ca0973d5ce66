"""How an adapter is reached, what it runs, and how it ends: processes of their own."""

import signal
import socket
import sys

import pytest

from micrograd_bp.cli.debug import launched
from micrograd_bp.views.adapter.requests import Arguments, RequestError
from micrograd_bp.views.adapter.serving import from_port

from .client import RefusalError
from .editor import COMMAND, adapter, connected, port_of, program

SCRIPT = """\
import os
import sys
from micrograd_bp import Value

print("arguments", sys.argv[1:], file=sys.stderr)
os.write(1, b"past Python\\n")
try:
    input()
except EOFError:
    print("no input ☃")
x = Value(2.0)
loss = (x * 3.0).tanh()
loss.backward()
other = x * x
sys.exit({leaving})
"""

LOOP = """\
import sys
from micrograd_bp import MLP, debug, mse

model = MLP(1, [2, 1], rng=0)
for epoch in range(4):
    loss = mse([model([0.5]), model([-1.0])], [1.0, 0.0])
    if epoch in (1, 3):
        debug(loss, port=int(sys.argv[1]))
        print("went on", epoch, flush=True)
    model.zero_grad()
    loss.backward()
    for parameter in model.parameters():
        parameter.data -= 0.1 * parameter.grad
"""


@pytest.fixture
def script(tmp_path):
    def write(text):
        path = tmp_path / "train.py"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_a_script_over_standard_input_and_output(script, tmp_path):
    path = script(SCRIPT.replace("{leaving}", ""))
    with adapter() as (editor, process):
        stop = editor.open(program=path, args=["--fast"], cwd=str(tmp_path), lines={path: [12]})
        assert stop["reason"] == "breakpoint"
        assert editor.breakpoints[path][0]["verified"]
        assert editor.output("stderr") == "arguments ['--fast']\n"
        assert editor.output("stdout") == "past Python\nno input ☃\n"
        assert editor.stack()[0]["name"] == "loss: 1"
        assert editor.say("x", "hover") == "2, gradient 0"
        editor.go("continue")
        editor.go("continue")
        editor.ask("continue", threadId=1)
        assert editor.event("exited") == {"exitCode": 0}
        editor.event("terminated")
        editor.ask("disconnect")
        assert editor.next() is None
        assert process.wait(20) == 0
        assert process.stderr.read() == b""


def test_over_a_port(script):
    path = script(SCRIPT.replace("{leaving}", ""))
    with program(*COMMAND, "--port", "0") as (process, port), connected(port) as editor:
        assert editor.open(target=f"{path}:other", stopOnEntry=True)["reason"] == "entry"
        assert editor.stack()[0]["name"] == "other: 1"
        editor.ask("disconnect")
        assert process.wait(20) == 0
        assert process.stdout.read() == ""


def test_an_expression_forward():
    with adapter() as (editor, _):
        stop = editor.open(target="tanh(w*x + b)", args=["w=-3", "x=2", "b=6.9"], forward=True)
        assert (stop["reason"], stop["description"]) == ("entry", "before the first value is computed")
        assert editor.go("stepIn")["description"] == "value 1 of 3: multiply = -6"


def test_without_debugging_it_stops_nowhere(script):
    path = script(SCRIPT.replace("{leaving}", ""))
    with adapter() as (editor, process):
        editor.ask("initialize", adapterID="micrograd-bp")
        editor.ask("launch", program=path, noDebug=True)
        editor.event("terminated")
        assert "past Python" in editor.output("stdout")
        editor.ask("disconnect")
        assert process.wait(20) == 0


WRONG = [
    ("x = 1\n", "train.py never called backward; name a Value of it", ""),
    ("x = = 1\n", "train.py failed; the debug console has its traceback", "SyntaxError: invalid syntax"),
    ("raise SystemExit('no data')\n", "never called backward", "SystemExit: no data"),
    ("def f():\n    1 / 0\nf()\n", "failed; the debug console has its traceback", "line 2, in f\n"),
]


@pytest.mark.parametrize(("text", "words", "traceback"), WRONG)
def test_what_is_wrong_with_a_script(script, text, words, traceback, capsys):
    with pytest.raises(RequestError, match=words):
        launched(Arguments({"program": script(text)}))
    shown = capsys.readouterr().err
    assert traceback in shown
    assert "micrograd_bp" not in shown


@pytest.mark.parametrize(
    ("text", "words", "traceback"), [WRONG[-1], ("raise KeyboardInterrupt\n", "the script was interrupted", "")]
)
def test_an_editor_is_told_what_is_wrong_with_a_script(script, text, words, traceback):
    with adapter() as (editor, process):
        editor.ask("initialize", adapterID="micrograd-bp")
        with pytest.raises(RefusalError, match=words):
            editor.ask("launch", program=script(text))
        assert traceback in editor.output("stderr")
        assert editor.event("exited") == {"exitCode": 1}
        editor.event("terminated")
        editor.ask("disconnect")
        assert process.wait(20) == 1


def test_a_script_that_leaves_with_a_code_is_shown_and_run_again_when_it_has_changed(script):
    path = script(SCRIPT.replace("{leaving}", "3"))
    with adapter() as (editor, process):
        assert editor.open(program=path)["reason"] == "entry"
        assert "SystemExit: 3" in editor.output("stderr")
        assert editor.go("restart")["reason"] == "entry"
        script(SCRIPT.replace("{leaving}", "0"))
        editor.ask("restart")
        assert editor.event("capabilities") == {"capabilities": {"supportsRestartRequest": False}}
        assert editor.event("terminated") == {"restart": True}
        editor.ask("disconnect")
        assert process.wait(20) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "launch takes either program, a script, or target"),
        ({"program": "a.py", "target": "b.py"}, "launch takes either program"),
        ({"program": 3}, "program is a text, got 3"),
        ({"program": "nosuch.py"}, "cannot read .*nosuch.py"),
        ({"program": "nosuch.py", "cwd": "/no/such/folder"}, "No such file or directory: '/no/such/folder'"),
        ({"target": "tanh(w", "args": ["w=1"]}, "not an expression"),
        ({"target": "tanh(w)"}, "no value for w"),
        ({"target": "tanh(w)", "args": [1]}, "args is a list of texts"),
    ],
)
def test_what_cannot_be_launched(arguments, words):
    with pytest.raises(RequestError, match=words):
        launched(Arguments(arguments))


@pytest.mark.parametrize(
    "handler", [signal.SIG_DFL, signal.SIG_IGN]
)  # ignored: an editor that a shell runs behind itself
@pytest.mark.parametrize("sleeps", ["while True: pass", "import time\ntime.sleep(1000)"])
def test_an_editor_that_goes_away_while_the_script_runs_leaves_no_process(script, sleeps, handler):
    before = signal.signal(signal.SIGINT, handler)  # a process inherits it; with `preexec_fn`, JAX in this one warns
    with adapter() as (editor, process):
        signal.signal(signal.SIGINT, before)
        editor.ask("initialize", adapterID="micrograd-bp")
        editor.send("launch", program=script(f"print('running', flush=True)\n{sleeps}\n"))
        assert editor.event("output")["output"] == "running\n"
        process.stdin.close()
        assert process.wait(20) == 130


def test_an_editor_that_never_launches_anything():
    with adapter() as (editor, process):
        with pytest.raises(RefusalError, match="no backward pass"):
            editor.ask("configurationDone")
        with pytest.raises(RefusalError, match="the request is launch"):
            editor.ask("attach")
        process.stdin.close()
        assert process.wait(20) == 0


def test_an_editor_attaches_to_a_loop_and_stops_at_two_epochs(script):
    path = script(LOOP)
    with program(sys.executable, "-W", "error", path, "0") as (process, port):
        with connected(port) as editor:
            assert editor.open("attach")["reason"] == "entry"
            losses, weights = [], []
            for epoch in (1, 3):
                losses.append(editor.say("loss", "hover"))
                weights.append(editor.say("model.layers.0.neurons.0.weights.0", "hover"))
                editor.go("continue")
                editor.ask("continue", threadId=1)
                assert process.stdout.readline() == f"went on {epoch}\n"
                if epoch == 1:
                    assert editor.event("stopped")["reason"] == "entry"
            assert losses[0] != losses[1]
            assert weights[0] != weights[1]
            editor.event("terminated")
        assert process.wait(20) == 0


def test_a_program_goes_on_without_its_editor_and_waits_for_another(script):
    with program(sys.executable, "-W", "error", script(LOOP), "0") as (process, port):
        with connected(port) as editor:
            editor.open("attach")
            editor.ask("disconnect")
        assert process.stdout.readline() == "went on 1\n"
        with connected(port_of(process)) as editor:
            editor.open("attach")
        assert process.stdout.readline() == "went on 3\n"
        assert process.wait(20) == 0


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\n\r\n", b"Content-Length: 9\r\n\r\n{"])
def test_who_never_attaches_does_not_end_the_wait_for_an_editor(script, said):
    with program(sys.executable, "-W", "error", script(LOOP), "0") as (process, port):
        with socket.create_connection(("127.0.0.1", port)) as probe:
            probe.sendall(said)
        for wanted in ("went on 1\n", "went on 3\n"):
            with connected(port_of(process)) as editor:
                editor.open("attach")
                editor.ask("disconnect")
            assert process.stdout.readline() == wanted
        assert process.wait(20) == 0


def test_a_port_that_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"port {port} of 127.0.0.1 cannot be had: "):
            from_port(port, print)


@pytest.mark.parametrize("port", [-1, 65536, True, "5678", 1.5])
def test_what_is_no_port(port):
    with pytest.raises(ValueError, match="a port is a whole number from 0 to 65535"):
        from_port(port, print)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "what is to be debugged?"),
        (["--adapter", "train.py"], "--adapter goes without a target"),
        (["--port", "70000"], "a port is a whole number"),
    ],
)
def test_what_is_wrong_with_the_command(arguments, words, capsys):
    from micrograd_bp.cli import main

    assert main(["debug", *arguments]) == 2
    assert words in capsys.readouterr().err
