"""`debug(root)`: opens the chain-rule debugger from a script, in the terminal or in an editor."""

import sys
from collections.abc import Sequence
from typing import IO, Any, TextIO

from micrograd_bp.engine import Value
from micrograd_bp.views.debugger.debugger import Debugger
from micrograd_bp.views.debugger.screen import Screen
from micrograd_bp.views.debugger.walk import Walk
from micrograd_bp.views.steps.steps import Recording


def debug(
    root: Value | Sequence[Value],
    gradients: Sequence[float] | None = None,
    *,
    names: Any = None,
    port: int | None = None,
    stdin: IO[str] | None = None,
    stdout: TextIO | None = None,
) -> None:
    """Opens the chain-rule debugger on the graph of `root`; returns when it is left. Nobody's `grad` is touched.

    Args:
        root: the output, or several of them, as for `backward`.
        gradients: the upstream gradient of each output; 1.0 for each if not given.
        names: what to call values that have no label, as for `steps`; the caller's variables if not given.
        port: the port of this machine, 127.0.0.1, on which an editor shows it, by the Debug Adapter Protocol. The first
            call waits until one has attached; each goes on with the program when the editor has walked to the end, or
            has left. None for the terminal.
        stdin: where commands come from.
        stdout: where answers go.

    Raises:
        TypeError: an output is not a Value, or a gradient not a number.
        ValueError: not as many gradients as outputs; no such port.
        OSError: the port cannot be had.
    """
    if names is None:
        caller = sys._getframe(1)
        names = {**caller.f_globals, **caller.f_locals}
    recording = Recording(root, gradients, names=names)
    if port is not None:
        from micrograd_bp.views.adapter.serving import shown_on  # an editor is seldom there

        shown_on(port, Walk(recording), Screen(stdout or sys.stdout).say)
        return
    if stdin is None and _in_notebook():
        Screen(stdout or sys.stdout).say(
            "A notebook has no terminal for the debugger. Show steps(root) as the result of a cell, "
            "walk with Recording(root), or draw(root)."
        )
        return
    Debugger(Walk(recording), stdin, stdout).run()


def _in_notebook() -> bool:
    get_shell = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return get_shell is not None and hasattr(get_shell(), "kernel")
