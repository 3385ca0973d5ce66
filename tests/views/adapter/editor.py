"""Adapters to test: one that shows a walk of this process, and one that is a process of its own."""

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import micrograd_bp
from micrograd_bp.engine import Value
from micrograd_bp.views.adapter.serving import over_socket
from micrograd_bp.views.adapter.session import Session
from micrograd_bp.views.debugger.walk import Walk
from micrograd_bp.views.steps.steps import Recording

from .client import PATIENCE, Client

ROOT = Path(micrograd_bp.__file__).parent.parent
COMMAND = [sys.executable, "-W", "error", "-m", "micrograd_bp", "debug"]


@contextmanager
def both_ends() -> Iterator[tuple[Session, Client]]:
    """A session of this process, and who talks to it; the connection is closed at the end."""
    here, there = socket.socketpair()
    session = Session(over_socket(there), runs_scripts=False)
    session.start()
    with here, here.makefile("rb") as reader, here.makefile("wb") as writer:
        client = Client(reader, writer)
        client.session = session
        try:
            yield session, client
        finally:
            with suppress(OSError):  # the session has closed it
                here.shutdown(socket.SHUT_RDWR)
            session.join()
            client.join()


@contextmanager
def showing(walk: Walk) -> Iterator[Client]:
    """An editor that is about to attach to a walk of this process; nobody waits for it any more at the end."""
    programs: list[threading.Thread] = []

    def show(walk: Walk) -> None:
        programs.append(threading.Thread(target=session.show, args=(walk,), kwargs={"stop_on_entry": True}))
        programs[-1].start()

    with both_ends() as (session, client):
        client.show = show
        show(walk)
        yield client
        if not session.is_over:
            client.ask("disconnect")
        for program in programs:
            program.join(PATIENCE)
            assert not program.is_alive()


@contextmanager
def stopped(root: Value | list[Value], *, names: Any = None, forward: bool = False, **options: Any) -> Iterator[Client]:
    """An editor that has attached to the backward pass of `root`, and stands before its first step."""
    walk = Walk(Recording(root, names=names), forward=forward)
    with showing(walk) as client:
        client.walk = walk
        client.open("attach", **options)
        yield client


@contextmanager
def adapter(*arguments: str, **options: Any) -> Iterator[tuple[Client, "subprocess.Popen[bytes]"]]:
    """A process that speaks on its standard input and output; it must be gone at the end."""
    process = subprocess.Popen(
        [*COMMAND, "--adapter", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        **options,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        try:
            yield Client(process.stdout, process.stdin), process
            process.stdin.close()
            process.wait(PATIENCE)
        finally:
            process.kill()


@contextmanager
def program(*command: str, **options: Any) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """A process that waits for an editor on a port, and this port."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, **options
    )
    assert process.stdout is not None
    with process:
        try:
            yield process, port_of(process)
            process.wait(PATIENCE)
        finally:
            process.kill()


def port_of(process: "subprocess.Popen[str]") -> int:
    """The port on which a process says that it waits."""
    assert process.stdout is not None
    found = re.fullmatch(r"waiting for an editor on port (\d+) of 127.0.0.1\n", process.stdout.readline())
    assert found is not None
    return int(found[1])


@contextmanager
def connected(port: int) -> Iterator[Client]:
    """An editor on a port."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    with connection, connection.makefile("rb") as reader, connection.makefile("wb") as writer:
        client = Client(reader, writer)
        try:
            yield client
        finally:
            with suppress(OSError):  # the adapter has closed it
                connection.shutdown(socket.SHUT_RDWR)
            client.join()
