"""Answers requests one after the other, with a body or with one clear sentence. It knows nothing of gradients.

A subclass has the requests, each a method `on_…` named after it.
"""

import queue
import threading
import traceback
from collections.abc import Callable
from typing import Any

from micrograd_bp.engine.suggestions import did_you_mean
from micrograd_bp.views.adapter.messages import Connection, Message, MessageError

Body = dict[str, Any]

KINDS = {str: "a text", int: "a whole number", bool: "true or false", list: "a list", dict: "an object"}


class RequestError(ValueError):
    """A request cannot be answered; the message says why."""


class Arguments:
    """What comes with a request, of the kinds that it should have."""

    def __init__(self, held: Message, of: str = "") -> None:
        self._held = held
        self._of = of

    def get(self, name: str, kind: type, default: Any = None) -> Any:
        """An argument, or the default where it is not given.

        Raises:
            RequestError: it is of another kind.
        """
        value = self._held.get(name)
        if value is None:
            return default
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise RequestError(f"{self._of}{name} is {KINDS[kind]}, got {value!r:.60}")
        return value

    def need(self, name: str, kind: type) -> Any:
        """An argument that must be there.

        Raises:
            RequestError: it is not, or it is of another kind.
        """
        value = self.get(name, kind)
        if value is None:
            raise RequestError(f"{self._of}{name} is missing: {KINDS[kind]}")
        return value

    def parts(self, name: str) -> "list[Arguments]":
        """The objects of a list; none where it is not given.

        Raises:
            RequestError: it is no list of objects.
        """
        listed = self.get(name, list, [])
        for each in listed:
            if not isinstance(each, dict):
                raise RequestError(f"{self._of}{name} is a list of objects, got {each!r:.60} in it")
        return [Arguments(each, f"{self._of}{name}.") for each in listed]

    def texts(self, name: str) -> list[str]:
        """The texts of a list; none where it is not given.

        Raises:
            RequestError: it is no list of texts.
        """
        listed: list[str] = self.get(name, list, [])
        for each in listed:
            if not isinstance(each, str):
                raise RequestError(f"{self._of}{name} is a list of texts, got {each!r:.60} in it")
        return listed

    def part(self, name: str) -> "Arguments":
        """An object; an empty one where it is not given."""
        return Arguments(self.get(name, dict, {}), f"{self._of}{name}.")


class Requests:
    """Answers what comes over a connection, until `stop` is called or the other end goes away.

    All of it happens on one thread, whatever else the process does.

    Attributes:
        connection: with whom.
        request: the latest one, for who answers it later: by returning None.
        is_over: whether nothing is answered any more.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._waiting: queue.SimpleQueue[Message | MessageError | Callable[[], None] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self.is_over = False
        self.request: Message = {}
        self._afterwards: list[Callable[[], None]] = []

    def start(self) -> None:
        """Begins, on threads of its own: requests are read while one of them is answered."""
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._serve, daemon=True).start()

    def _read(self) -> None:
        is_open = True
        while is_open:
            try:
                message: Message | MessageError | None = self.connection.receive()
            except MessageError as error:
                message = error
            is_open = message is not None and not (isinstance(message, MessageError) and message.is_fatal)
            self._waiting.put(message)
        self._waiting.put(None)
        self.connection.stop_reading()

    def _serve(self) -> None:
        try:
            while not self.is_over:
                self.answer_next()
        except Exception:  # a fault of ours
            self._tell_fault()
        finally:  # whatever has happened, nobody waits for this thread any more
            self.stop()
            self.ended()
            self.connection.close()

    def _tell_fault(self) -> None:
        self.connection.event("output", category="stderr", output=traceback.format_exc())

    def do(self, action: Callable[[], None]) -> bool:
        """Does something on the thread that answers, when its turn comes; False if nothing is answered any more."""
        with self._lock:
            if not self.is_over:
                self._waiting.put(action)
            return not self.is_over

    def is_asked(self) -> bool:
        """Whether a request is waiting."""
        return not self._waiting.empty()

    def answer_next(self) -> None:
        """Waits for the next request and answers it."""
        message = self._waiting.get()
        if message is None:
            self.stop()
        elif isinstance(message, MessageError):
            self.connection.refuse(message.message, str(message))
        elif callable(message):
            message()
        else:
            self._answer(message)

    def _answer(self, request: Message) -> None:
        self.request, command = request, request["command"]
        afterwards, self._afterwards = self._afterwards, []
        try:
            body = self._method(command)(Arguments(request["arguments"]))
        except (ValueError, ArithmeticError) as error:
            self.connection.refuse(request, str(error))
        except Exception as error:  # a fault of ours must not end the session
            self._tell_fault()
            self.connection.refuse(request, f"{command} failed: {type(error).__name__}: {error}")
        else:
            if body is not None:
                self.connection.answer(request, body)
            for action in self._afterwards:
                action()
        self._afterwards = afterwards

    def _method(self, command: str) -> Callable[[Arguments], Body | None]:
        method = getattr(self, f"on_{command}", None)
        if method is None:
            known = [name.removeprefix("on_") for name in dir(self) if name.startswith("on_")]
            raise RequestError(
                f"there is no request {command:.60}; {did_you_mean(command, known, 'it is not supported')}"
            )
        return method  # type: ignore[no-any-return]  # all of them are like this

    def afterwards(self, action: Callable[[], None]) -> None:
        """Does something once the request has been answered."""
        self._afterwards.append(action)

    def stop(self) -> None:
        """Answers nothing more."""
        with self._lock:
            self.is_over = True

    def ended(self) -> None:
        """What is to be done when the last request has been answered."""
