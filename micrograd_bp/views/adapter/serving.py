"""How an editor is reached: over standard input and output, or a port of this machine; and who waits for whom.

`serve` runs what an editor launches. `shown_on` shows a walk of a program that runs already, and keeps the connection
for the next one.
"""

import atexit
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from micrograd_bp.views.adapter.messages import Connection
from micrograd_bp.views.adapter.output import taken_over, told
from micrograd_bp.views.adapter.requests import Arguments, RequestError
from micrograd_bp.views.adapter.session import Session
from micrograd_bp.views.debugger.walk import Walk

HOST = "127.0.0.1"
PATIENCE = 3.0
"""So many seconds a script has to end by itself when its editor has gone away."""


def from_standard_streams() -> Connection:
    """A connection over the process's own input and output, which nobody else reads or writes from now on."""
    return Connection(*taken_over())


def from_port(port: int, announce: Callable[[str], None]) -> Connection:
    """Waits for an editor on a port, which only programs of this machine reach; 0 for any that is free.

    Raises:
        ValueError: there is no such port.
        OSError: it cannot be had.
    """
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65535:
        raise ValueError(f"a port is a whole number from 0 to 65535, got {port!r}")
    try:
        listening = socket.create_server((HOST, port))
    except OSError as error:
        raise OSError(f"port {port} of {HOST} cannot be had: {error.strerror or error}") from None
    with listening:  # one editor at a time: whoever else comes is turned away
        announce(f"waiting for an editor on port {listening.getsockname()[1]} of {HOST}")
        talking, _ = listening.accept()
    talking.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return over_socket(talking)


def over_socket(talking: socket.socket) -> Connection:
    """A connection over a socket, which is closed with it."""

    def close() -> None:
        with suppress(OSError):  # the other end is gone already
            talking.shutdown(socket.SHUT_RDWR)

    with talking:  # the two files keep it open
        return Connection(talking.makefile("rb"), talking.makefile("wb"), close)


def serve(connection: Connection, load: Callable[[Arguments], Walk]) -> int:
    """Runs what an editor launches and shows it, until the editor leaves.

    Args:
        connection: to the editor.
        load: gives the walk for the arguments of `launch`; its `RequestError` is the answer if there is none.

    Returns:
        The exit code: 1 if there was nothing to show.
    """
    is_running = threading.Event()

    def interrupted(_: int, __: object) -> None:
        is_running.clear()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupted)  # whoever runs in the background may have it ignored
    session = Session(connection, runs_scripts=True, ended=lambda: _end_script(is_running))
    session.start()
    launch = session.launch()
    if launch is None:
        return 0
    walk: Walk | None = None
    refusal = ""
    try:
        stop_on_entry, runs_only = launch.get("stopOnEntry", bool), launch.get("noDebug", bool, False)
        is_running.set()
        with told(session.output):
            walk = load(launch)
    except RequestError as error:
        refusal = str(error)
    except KeyboardInterrupt:
        if session.is_over:  # the editor has gone away
            return 130
        refusal = "the script was interrupted"
    is_running.clear()
    with told(session.output):  # what the script has left running
        if walk is None:
            session.refuse_launch(refusal)
        elif runs_only:
            session.finish(0)
        else:
            session.show(walk, stop_on_entry=stop_on_entry)
        session.join()
    return 0 if walk is not None else 1


def _end_script(is_running: threading.Event) -> None:
    """Interrupts a script that still runs, as Ctrl-C would; ends the process where that is of no use."""
    threading.Thread(target=_interrupt_again_and_again, args=(is_running,), daemon=True).start()


def _interrupt_again_and_again(is_running: threading.Event) -> None:
    # A signal that comes just before a script begins to sleep does not wake it up; the next one does.
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if is_running.is_set():
            if hasattr(signal, "pthread_kill"):  # a sleeping thread is woken up
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            else:
                signal.raise_signal(signal.SIGINT)
        time.sleep(0.1)
    os._exit(1)  # as for what a script has left running on other threads


_sessions: dict[int, Session] = {}
_one_at_a_time = threading.Lock()


def shown_on(port: int, walk: Walk, announce: Callable[[str], None]) -> None:
    """Shows a walk to the editor that is attached on a port; waits for one if none is.

    Raises:
        ValueError: there is no such port.
        OSError: it cannot be had.
    """
    with _one_at_a_time:  # a program may have several threads
        is_shown = False
        while not is_shown:  # who never attaches is no editor: a probe of the port, a page in a browser
            session = _sessions.get(port)
            if session is None or session.is_over:
                session = _sessions[port] = Session(from_port(port, announce), runs_scripts=False)
                session.start()
            session.show(walk, stop_on_entry=True)
            is_shown = session.is_opened


@atexit.register
def _say_goodbye() -> None:
    for session in _sessions.values():
        session.finish(0)
        session.do(session.stop)
        session.join()
