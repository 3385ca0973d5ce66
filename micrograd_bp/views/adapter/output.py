"""Whatever a script writes, by `print` or past Python, goes to a function, and never into the protocol."""

import codecs
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

Tell = Callable[[str, str], None]
"""Takes `stdout` or `stderr`, and some text."""

PATIENCE = 0.5
"""So many seconds are waited for the last words; a process that the script has started may write longer, and is told
then too."""


class Stream:
    """One of the two streams of the process, whose text goes to `tell` in place of where it went before."""

    def __init__(self, category: str, descriptor: int, tell: Tell) -> None:
        self._category = category
        self._descriptor = descriptor
        self._tell = tell
        self._before = os.dup(descriptor)
        readable, writable = os.pipe()
        os.dup2(writable, descriptor)
        os.close(writable)
        self._reader = threading.Thread(target=self._read, args=(readable,), daemon=True)
        self._reader.start()

    def _read(self, descriptor: int) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        with open(descriptor, "rb", buffering=0) as pipe:
            while data := pipe.read(1 << 16):
                if text := decoder.decode(data):
                    self._tell(self._category, text)

    def restore(self) -> None:
        """Lets the stream go where it went before, when all that was written has been told."""
        os.dup2(self._before, self._descriptor)
        os.close(self._before)
        self._reader.join(PATIENCE)


@contextmanager
def told(tell: Tell) -> Iterator[None]:
    """In this block all output of the process goes to `tell`, and its input is at an end."""
    before = sys.stdin, sys.stdout, sys.stderr
    streams = [Stream("stdout", 1, tell), Stream("stderr", 2, tell)]
    input_before, nothing = os.dup(0), os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    # They stay open for as long as somebody has them.
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout, sys.stderr = (
        open(descriptor, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
        for descriptor in (1, 2)
    )
    try:
        yield
    finally:
        for file in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):  # the script has closed it, or set something else
                file.flush()
        for stream in streams:
            stream.restore()
        os.dup2(input_before, 0)
        os.close(input_before)
        sys.stdin, sys.stdout, sys.stderr = before


def taken_over() -> tuple[BinaryIO, BinaryIO]:
    """The process's own input and output, for the protocol alone: nothing else reads or writes them from now on."""
    reader, writer = open(os.dup(0), "rb"), open(os.dup(1), "wb")  # noqa: SIM115  # for as long as the process lives
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return reader, writer
