"""An editor for tests: sends requests, collects what comes back, and holds every message against the protocol's schema.

The schema is Microsoft's, as debugpy carries it along.
"""

import json
import queue
import threading
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any, BinaryIO

import jsonschema

PATIENCE = 20.0
"""Far more seconds than any answer takes; it is there for what never comes."""


@cache
def judges() -> dict[str, jsonschema.Draft4Validator]:
    """What says whether a message of some kind is as the protocol has it."""
    folder = resources.files("debugpy") / "_vendored" / "pydevd" / "_pydevd_bundle" / "_debug_adapter"
    schema = json.loads((folder / "debugProtocol.json").read_text(encoding="utf-8"))
    made = {}
    for kind in schema["definitions"]:
        made[kind] = jsonschema.Draft4Validator({**schema, "$ref": f"#/definitions/{kind}"})
    return made


def judge(message: dict[str, Any]) -> None:
    """Fails for a message that is not as the protocol has it."""
    if message["type"] == "event":
        kind = f"{message['event'][0].upper()}{message['event'][1:]}Event"
    elif message["success"]:
        kind = f"{message['command'][0].upper()}{message['command'][1:]}Response"
    else:
        kind = "ErrorResponse"
    judges()[kind].validate(message)


class RefusalError(Exception):
    """The adapter answered with an error."""


class Client:
    """The other end of a connection."""

    def __init__(self, reader: BinaryIO, writer: BinaryIO) -> None:
        self.reader, self.writer = reader, writer
        self.n_sent = 0
        self.events: list[dict[str, Any]] = []
        self.answered: dict[int, dict[str, Any]] = {}
        self._answers: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            while line := self.reader.readline():
                assert self.reader.readline() == b"\r\n"
                self._answers.put(json.loads(self.reader.read(int(line.split(b":")[1]))))
        except (OSError, ValueError):
            pass
        self._answers.put(None)

    def join(self) -> None:
        """Waits for the end of what the adapter sends."""
        self._thread.join(PATIENCE)

    def write(self, data: bytes) -> None:
        self.writer.write(data)
        self.writer.flush()

    def send(self, command: str, **arguments: Any) -> int:
        self.n_sent += 1
        body = {"seq": self.n_sent, "type": "request", "command": command, "arguments": arguments}
        self.message(body)
        return self.n_sent

    def message(self, body: object) -> None:
        data = json.dumps(body).encode()
        self.write(b"Content-Length: %d\r\n\r\n%b" % (len(data), data))

    def next(self) -> dict[str, Any] | None:
        """The next message; None at the end."""
        message = self._answers.get(timeout=PATIENCE)
        if message is not None:
            judge(message)
            if message["type"] == "event":
                self.events.append(message)
            else:
                self.answered[message["request_seq"]] = message
        return message

    def answer(self, number: int) -> dict[str, Any]:
        """The answer to a request."""
        while (message := self.next()) is not None:
            if message["type"] == "response" and message["request_seq"] == number:
                if not message["success"]:
                    raise RefusalError(message["message"])
                return message.get("body", {})
        raise EOFError("the adapter has gone")

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Sends a request and waits for the answer."""
        return self.answer(self.send(command, **arguments))

    def event(self, name: str) -> dict[str, Any]:
        """The first event of this name that has not been taken yet, with what it says."""
        while True:
            for event in self.events:
                if event["event"] == name:
                    self.events.remove(event)
                    return event.get("body", {})
            if self.next() is None:
                raise EOFError(f"the adapter has gone, without {name}")

    def go(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Sends a request that moves, and waits for where that leads."""
        self.ask(command, threadId=1, **arguments)
        return self.event("stopped")

    # ---- what editors do

    def open(
        self,
        how: str = "launch",
        *,
        lines: dict[str, list[Any]] | None = None,
        filters: Sequence[str] = (),
        **arguments: Any,
    ) -> dict[str, Any]:
        """Launches or attaches, sets breakpoints, and waits for the first stop."""
        self.ask("initialize", adapterID="micrograd-bp")
        opening = self.send(how, **arguments)
        self.answer(opening)
        self.event("initialized")
        self.breakpoints = {
            path: self.ask(
                "setBreakpoints",
                source={"path": path},
                breakpoints=[each if isinstance(each, dict) else {"line": each} for each in wanted],
            )["breakpoints"]
            for path, wanted in (lines or {}).items()
        }
        self.ask("setExceptionBreakpoints", filters=list(filters))
        self.ask("configurationDone")
        return self.event("stopped")

    def stack(self, **part: int) -> list[dict[str, Any]]:
        return self.ask("stackTrace", threadId=1, **part)["stackFrames"]

    def line(self) -> int:
        return self.stack(levels=1)[0]["line"]

    def scopes(self, frame: int = 1) -> dict[str, dict[str, Any]]:
        return {scope["name"]: scope for scope in self.ask("scopes", frameId=frame)["scopes"]}

    def inside(self, of: dict[str, Any], **page: Any) -> dict[str, dict[str, Any]]:
        shown = self.ask("variables", variablesReference=of["variablesReference"], **page)["variables"]
        return {variable["name"]: variable for variable in shown}

    def values(self, scope: str, frame: int = 1) -> dict[str, str]:
        return {name: each["value"] for name, each in self.inside(self.scopes(frame)[scope]).items()}

    def say(self, text: str, context: str = "repl") -> str:
        return self.ask("evaluate", expression=text, context=context)["result"]

    def output(self, category: str) -> str:
        """What has been put out so far."""
        return "".join(
            event["body"]["output"]
            for event in self.events
            if event["event"] == "output" and event["body"]["category"] == category
        )
