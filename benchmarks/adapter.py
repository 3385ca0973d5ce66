"""The debug adapter on a large graph: how long an editor waits for the first stop, and for a step, both ways."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.processes import ROOT, BenchmarkError
from benchmarks.report import CLOCK_TIME, Measurement

PACKAGES = ("micrograd_bp",)
REFERENCES: dict[str, str] = {}
KEYS = ("100000", "700000")

SAMPLES = {"100000": 12, "700000": 84}
SCRIPT = """\
from micrograd_bp import MLP, mse

model = MLP(10, [60, 60, 1], activation="tanh", rng=0, fused=False)
samples = [[0.1 * row - 0.05 * column for column in range(10)] for row in range({samples})]
loss = mse([model(sample) for sample in samples], [0.5] * len(samples))
loss.backward()
"""
ALONE = "from micrograd_bp import track_source\nwith track_source():\n    exec(compile({text!r}, {path!r}, 'exec'))\n"
N_STEPS = 200
"""So many single steps are timed in each run, in either direction, in the middle of the pass."""


def run(keys: list[str], repeats: int, say: Callable[[str], None]) -> Iterator[Measurement]:
    """Measures what `keys` name.

    Raises:
        BenchmarkError: the adapter refused something.
    """
    with tempfile.TemporaryDirectory() as folder:
        for key in keys:
            figures: dict[str, list[float]] = {}
            title = ""
            for turn in range(repeats):
                say(f"{key}, turn {turn + 1} ...")
                path = Path(folder) / "train.py"
                path.write_text(text := SCRIPT.format(samples=SAMPLES[key]), encoding="utf-8")
                figures.setdefault("the script alone, its lines tracked", []).append(_alone(text, path))
                with Editor() as editor:
                    title, measured = _session(editor, path)
                for what, milliseconds in measured.items():
                    figures.setdefault(what, []).extend(milliseconds)
            for what, milliseconds in figures.items():
                yield Measurement(key, title, CLOCK_TIME, what, milliseconds)


def _alone(text: str, path: Path) -> float:
    """The milliseconds of a process that runs the script and no more."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", ALONE.format(text=text, path=str(path))], env=ENVIRONMENT, check=True)
    return 1e3 * (time.perf_counter() - start)


def _session(editor: "Editor", path: Path) -> tuple[str, dict[str, list[float]]]:
    """What was shown, in words, and the milliseconds that were waited for it."""
    editor.send("initialize", adapterID="micrograd-bp")
    editor.send("launch", program=str(path), stopOnEntry=True)
    editor.until(lambda message: message.get("event") == "initialized")
    editor.send("configurationDone")
    editor.until(_is_stop)
    first_stop = 1e3 * (time.perf_counter() - editor.started)
    start = time.perf_counter()
    editor.shows()
    first_look = 1e3 * (time.perf_counter() - start)
    info = editor.ask("evaluate", expression="info", context="repl")["result"].split("\n")[0]
    n_steps = int(info.removeprefix("after step 0 of ").split(",")[0])
    editor.ask("evaluate", expression=f"goto {n_steps // 2}", context="repl")
    editor.until(_is_stop)
    start = time.perf_counter()
    editor.shows()
    after_jump = 1e3 * (time.perf_counter() - start)
    measured = {
        "from the start of the adapter to the first stop": [first_stop],
        "what an editor shows there, the first time": [first_look],
        "what it shows after a jump to the middle": [after_jump],
    }
    for name, command in (("a step", "stepIn"), ("a step back", "stepBack")):
        bare, shown = measured.setdefault(name, []), measured.setdefault(f"{name}, and all that an editor shows", [])
        for _ in range(N_STEPS):
            start = time.perf_counter()
            editor.send(command, threadId=1)
            editor.until(_is_stop)
            bare.append(1e3 * (time.perf_counter() - start))
            editor.shows()
            shown.append(1e3 * (time.perf_counter() - start))
    return f"{n_steps:,} steps, {info.split(', ', 1)[1]}", measured


def _is_stop(message: dict[str, Any]) -> bool:
    return message.get("event") == "stopped"


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


class Editor:
    """As much of an editor as is needed to wait for one, with an adapter of its own.

    Attributes:
        started: when the adapter was started.
    """

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self._adapter = subprocess.Popen(
            [sys.executable, "-m", "micrograd_bp", "debug", "--adapter"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=ENVIRONMENT,
        )
        self._n_sent = 0

    def __enter__(self) -> "Editor":
        return self

    def __exit__(self, *_: object) -> None:
        self._adapter.communicate()  # closes its input, which ends it

    def send(self, command: str, **arguments: Any) -> int:
        """Sends a request; returns its number."""
        assert self._adapter.stdin is not None
        self._n_sent += 1
        body = json.dumps({"seq": self._n_sent, "type": "request", "command": command, "arguments": arguments}).encode()
        self._adapter.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._adapter.stdin.flush()
        return self._n_sent

    def until(self, is_awaited: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Waits for a message.

        Raises:
            BenchmarkError: something was refused, or the adapter has gone away.
        """
        output = self._adapter.stdout
        assert output is not None
        while header := output.readline():
            output.readline()
            message: dict[str, Any] = json.loads(output.read(int(header.split(b":")[1])))
            if message.get("success") is False:
                raise BenchmarkError(f"the adapter refused {message['command']}: {message['message']}")
            if is_awaited(message):
                return message
        raise BenchmarkError("the adapter has gone away")

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Sends a request and waits for its answer."""
        number = self.send(command, **arguments)
        answer: dict[str, Any] = self.until(lambda message: message.get("request_seq") == number).get("body", {})
        return answer

    def shows(self) -> Sequence[Any]:
        """Asks for all that an editor has on its screen at a stop: the call stack, and two groups that are open."""
        self.ask("threads")
        frames = self.ask("stackTrace", threadId=1, startFrame=0, levels=20)["stackFrames"]
        scopes = self.ask("scopes", frameId=frames[0]["id"])["scopes"]
        return [
            self.ask("variables", variablesReference=scope["variablesReference"])
            for scope in scopes
            if scope["name"] in ("Step", "Value")
        ]
