"""What an editor asks for while it shows a walk: to go on and back, where to stop, what there is to see.

Each request is a method; what there is to see is in `shown`, what stops in `stops`.
"""

from collections.abc import Callable, Sequence

from micrograd_bp.views.adapter.conversation import Conversation
from micrograd_bp.views.adapter.requests import Arguments, Body, RequestError
from micrograd_bp.views.adapter.sources import LISTING
from micrograd_bp.views.debugger.walk import Stop, Walk

THREAD = 1
"""The backward pass is the only one that there is."""


class Session(Conversation):
    """The requests, each named after what the protocol calls it."""

    # ---- going

    def _still(self) -> Walk:
        """The walk, which may be moved.

        Raises:
            RequestError: there is none, or it is on its way.
        """
        if self.is_walking:
            raise RequestError("the walk is going on; pause it first")
        return self.shown.walk

    def _forward(self, reason: str, move: Callable[[Walk], Sequence[Stop]]) -> Body:
        walk = self._still()
        if walk.position == walk.length:
            self.afterwards(self.leave)
        else:
            self.afterwards(lambda: self.go(reason, lambda: move(walk)))
        return {}

    def _moved(self, reason: str, move: Callable[[], Sequence[Stop] | None]) -> Body:
        self.afterwards(lambda: self.go(reason, move))
        return {}

    def on_continue(self, arguments: Arguments) -> Body:
        """To the next breakpoint, or to the end; from the end, away."""
        return {**self._forward("breakpoint", Walk.run), "allThreadsContinued": True}

    def on_next(self, arguments: Arguments) -> Body:
        """The rest of this node."""
        return self._forward("step", Walk.finish_node)

    def on_stepIn(self, arguments: Arguments) -> Body:
        """One contribution."""
        return self._forward("step", lambda walk: walk.run(lambda: True))

    def on_stepOut(self, arguments: Arguments) -> Body:
        """The rest of this module."""
        return self._forward("step", Walk.finish_module)

    def on_stepBack(self, arguments: Arguments) -> Body:
        """One contribution back."""
        walk = self._still()
        return self._moved("step", lambda: walk.run_back(lambda: True))

    def on_reverseContinue(self, arguments: Arguments) -> Body:
        """Back to a breakpoint, or to the start."""
        return self._moved("breakpoint", self._still().run_back)

    def on_restart(self, arguments: Arguments) -> Body:
        """Back to the start, and count anew; the script is run again if it has been changed."""
        walk = self._still()
        return {} if self.begin_anew() else self._moved("entry", walk.restart)

    def on_pause(self, arguments: Arguments) -> Body:
        """Stops on the way."""
        self.shown  # noqa: B018  # refuses where there is nothing to pause
        self.is_paused = self.is_walking
        return {}

    def on_gotoTargets(self, arguments: Arguments) -> Body:
        """The values of a line."""
        return {"targets": self.shown.targets(_path(arguments), arguments.need("line", int))}

    def on_goto(self, arguments: Arguments) -> Body:
        """To the first step of a value, forward or back."""
        walk, value = self._still(), self.shown.target(arguments.need("targetId", int))
        return self._moved("goto", lambda: walk.goto_value(value))

    # ---- where to stop: each of these takes the place of what was asked for before

    def on_setBreakpoints(self, arguments: Arguments) -> Body:
        """On lines."""
        return self._set(self.stops.lines(arguments))

    def on_setFunctionBreakpoints(self, arguments: Arguments) -> Body:
        """On operations."""
        return self._set(self.stops.functions(arguments))

    def on_setDataBreakpoints(self, arguments: Arguments) -> Body:
        """On gradients that change."""
        return self._set(self.stops.data(arguments))

    def on_setExceptionBreakpoints(self, arguments: Arguments) -> Body:
        """On what the check boxes say."""
        return self._set(self.stops.filters(arguments))

    def _set(self, key: str) -> Body:
        return {"breakpoints": self.stops.fulfil(key, self.walk)}

    def on_breakpointLocations(self, arguments: Arguments) -> Body:
        """The lines on which something was made."""
        first = arguments.need("line", int)
        lines = self.shown.walk.lines.between(_path(arguments), first, arguments.get("endLine", int, first))
        return {"breakpoints": [{"line": line} for line in lines]}

    def on_dataBreakpointInfo(self, arguments: Arguments) -> Body:
        """Whether the gradient of something can be watched."""
        name = arguments.need("name", str)
        value = self.shown.watchable(arguments.get("variablesReference", int), name)
        if value is None:
            return {"dataId": None, "description": f"{name} has no gradient"}
        called = self.shown.names[value]
        return {"dataId": called, "description": f"the gradient of {called}", "accessTypes": ["write"]}

    # ---- what there is to see

    def on_threads(self, arguments: Arguments) -> Body:
        """The one that there is."""
        return {"threads": [{"id": THREAD, "name": "backward pass"}]}

    def on_stackTrace(self, arguments: Arguments) -> Body:
        """The heaviest path from the output to here."""
        return self.shown.stack(arguments.get("startFrame", int, 0), arguments.get("levels", int, 0))

    def on_scopes(self, arguments: Arguments) -> Body:
        """The groups of variables of a frame."""
        return {"scopes": self.shown.scopes(arguments.need("frameId", int))}

    def on_variables(self, arguments: Arguments) -> Body:
        """A page of a group."""
        reference = arguments.need("variablesReference", int)
        kind = arguments.get("filter", str, "")
        start, count = arguments.get("start", int, 0), arguments.get("count", int, 0)
        return {"variables": self.shown.variables.fetch(reference, kind, start, count)}

    def on_source(self, arguments: Arguments) -> Body:
        """The listing of the graph, for values that no line is known of."""
        reference = arguments.part("source").get("sourceReference", int) or arguments.get("sourceReference", int)
        if reference != LISTING:
            raise RequestError("files are read where they are; only the listing of the graph is told")
        return {"content": self.shown.sources.listing()}

    def on_exceptionInfo(self, arguments: Arguments) -> Body:
        """What has stopped the walk, and the step at which it has."""
        stop, step = self.exception, self.shown.walk.step
        if stop is None or step is None:
            raise RequestError("the walk was not stopped by a check box")
        return {"exceptionId": stop.point.what, "description": str(step), "breakMode": "always"}

    def on_evaluate(self, arguments: Arguments) -> Body | None:
        """A value, an expression, or in the debug console a command of the debugger."""
        text, shown = arguments.need("expression", str), self.shown
        if arguments.get("context", str) != "repl" or not shown.is_command(text):
            return shown.evaluate(text)
        walk = self._still()
        before = walk.position
        with self.moving():
            answer, leaves = shown.command(text)
        if leaves:
            self.afterwards(self.leave)
        elif walk.position != before:
            self.afterwards(lambda: self.go("goto", list))
        return {"result": answer, "variablesReference": 0}

    def on_completions(self, arguments: Arguments) -> Body:
        """How a line of the debug console can go on."""
        return {"targets": self.shown.completions(arguments.need("text", str), arguments.need("column", int))}


def _path(arguments: Arguments) -> str | None:
    """The file that is meant; None for the listing.

    Raises:
        RequestError: neither is given.
    """
    source = arguments.part("source")
    if source.get("sourceReference", int):
        return None
    return source.need("path", str)  # type: ignore[no-any-return]  # a text, as was asked for
