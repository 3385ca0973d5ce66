"""Messages of the Debug Adapter Protocol over two streams of bytes. It knows nothing of what they are about.

A message is a header, `Content-Length: N`, an empty line, and N bytes of JSON. Anything else in the place of a header
ends the connection: what speaks HTTP to the port, a page in a browser for one, is never taken for an editor.
"""

import itertools
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO

LONGEST_HEADER = 1_000
LARGEST = 64_000_000
"""Of a message, in bytes."""

Message = dict[str, Any]


class MessageError(Exception):
    """What came is no message.

    Attributes:
        is_fatal: whether it is unknown where the next message begins.
        message: what could be read of it.
    """

    def __init__(self, text: str, *, is_fatal: bool = False, message: Message | None = None) -> None:
        super().__init__(text)
        self.is_fatal = is_fatal
        self.message = message or {}


class Connection:
    """Both directions of a conversation; several threads may send."""

    def __init__(self, reader: BinaryIO, writer: BinaryIO, close: Callable[[], object] = lambda: None) -> None:
        """Takes both directions, and what tells the other end that this one is over."""
        self._reader = reader
        self._writer = writer
        self._close = close
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self.is_open = True

    def receive(self) -> Message | None:
        """The next request; None at the end of the stream.

        Raises:
            MessageError: it is none.
        """
        while (message := self._message()) is not None and message.get("type") == "response":
            pass  # nothing was asked
        if message is None:
            return None
        if message.get("type") != "request" or not isinstance(message.get("command"), str):
            raise MessageError("a message to a debug adapter is a request with a command", message=message)
        if isinstance(message.get("seq"), bool) or not isinstance(message.get("seq"), int):
            raise MessageError("the seq of a request is a whole number", message=message)
        if not isinstance(message.setdefault("arguments", {}), dict):
            raise MessageError("the arguments of a request are an object", message=message)
        return message

    def _message(self) -> Message | None:
        try:
            length = self._header()
            body = self._reader.read(length) if length is not None else b""
        except (OSError, ValueError):  # the other end is gone, or this one was closed
            return None
        if length is None or len(body) < length:
            return None
        try:
            message = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise MessageError(f"a message is not JSON: {error}") from None
        if not isinstance(message, dict):
            raise MessageError(f"a message is a JSON object, got {type(message).__name__}")
        return message

    def _header(self) -> int | None:
        """The length of the message that follows; None at the end of the stream."""
        length: int | None = None
        while True:
            line = self._reader.readline(LONGEST_HEADER)
            if not line:
                return None
            name, colon, value = line.decode("latin-1").partition(":")
            if line == b"\r\n" and length is not None:
                return length
            if name.lower() == "content-length" and value.strip().isdecimal() and int(value) <= LARGEST:
                length = int(value)
            elif name.lower() != "content-type" or not colon:
                raise MessageError(
                    "a message of the Debug Adapter Protocol begins with Content-Length: and the number of bytes, "
                    f"got {line[:60]!r}",
                    is_fatal=True,
                )

    def send(self, message: Message) -> None:
        """Sends a message; once the other end is gone, nothing."""
        with self._lock:
            if not self.is_open:
                return
            body = json.dumps({"seq": next(self._numbers), **message}, allow_nan=False).encode()
            try:
                self._writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
                self._writer.flush()
            except (OSError, ValueError):
                self.is_open = False

    def close(self) -> None:
        """Ends the conversation: nothing more is sent, and the other end is told, where it can be."""
        with self._lock, suppress(OSError):
            self.is_open = False
            self._close()
            self._writer.close()

    def stop_reading(self) -> None:
        """Closes the side of `receive`, on the thread that has read from it."""
        self._reader.close()

    def event(self, name: str, **body: Any) -> None:
        """Tells something that nobody has asked for."""
        self.send({"type": "event", "event": name, "body": body})

    def answer(self, request: Message, body: Message) -> None:
        """Answers a request."""
        about = {"request_seq": request["seq"], "command": request["command"], "success": True}
        self.send({"type": "response", **about, "body": body})

    def refuse(self, request: Message, text: str) -> None:
        """Answers a request, or what should have been one, with an error."""
        number, command = request.get("seq"), request.get("command")
        about = {
            "request_seq": number if isinstance(number, int) and not isinstance(number, bool) else 0,
            "command": command if isinstance(command, str) else "",
            "success": False,
        }
        # An editor fills names in braces in; there are none here, but a text may have braces.
        error = {"id": 1, "format": "{text}", "variables": {"text": text}}
        self.send({"type": "response", **about, "message": text, "body": {"error": error}})
