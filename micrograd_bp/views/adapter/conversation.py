"""A conversation with an editor about one walk or several: how it begins, where a walk stops, how it ends.

All of it happens on the thread that answers requests. The person's program is on another one, which waits in `show`
for as long as its backward pass is walked. The other requests are in `session`.
"""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from micrograd_bp.views.adapter.messages import Connection, Message
from micrograd_bp.views.adapter.requests import Arguments, Body, RequestError, Requests
from micrograd_bp.views.adapter.shown import Shown
from micrograd_bp.views.adapter.stops import FILTERS, Stops
from micrograd_bp.views.debugger.walk import Stop, Walk

THREAD = 1
"""The backward pass is the only one that there is."""

RESTART = "supportsRestartRequest"
CAPABILITIES = {
    "supportsConfigurationDoneRequest": True,
    "supportsStepBack": True,
    RESTART: True,
    "supportsGotoTargetsRequest": True,
    "supportsConditionalBreakpoints": True,
    "supportsHitConditionalBreakpoints": True,
    "supportsLogPoints": True,
    "supportsFunctionBreakpoints": True,
    "supportsDataBreakpoints": True,
    "supportsBreakpointLocationsRequest": True,
    "supportsExceptionInfoRequest": True,
    "supportsExceptionFilterOptions": True,
    "supportsEvaluateForHovers": True,
    "supportsCompletionsRequest": True,
    "supportsDelayedStackTraceLoading": True,
    "exceptionBreakpointFilters": [
        {
            "filter": name,
            "label": label,
            "description": f"Stops where {place.what}.",
            "supportsCondition": True,
            "conditionDescription": "|upstream| > 1e-3",
        }
        for name, (label, place) in FILTERS.items()
    ],
}


class Conversation(Requests):
    """The requests with which an editor begins and ends, and what it is told."""

    def __init__(self, connection: Connection, *, runs_scripts: bool, ended: Callable[[], None] = lambda: None) -> None:
        """Opens a conversation.

        Args:
            connection: with whom.
            runs_scripts: whether an editor launches a script here; else it attaches to the program that runs.
            ended: what is done when it is over.
        """
        super().__init__(connection)
        self._runs_scripts = runs_scripts
        self._launches: queue.SimpleQueue[Arguments | None] = queue.SimpleQueue()
        self._opening: Message | None = None  # `launch` or `attach`, until it is answered
        self.is_opened = False
        self._is_configured = False
        self.stops = Stops()
        self._shown: Shown | None = None
        self._stop_on_entry: bool | None = None
        self.is_walking = False
        self.is_paused = False
        self.exception: Stop | None = None
        self._released: threading.Event | None = None
        self._when_ended = ended
        self._has_ended = threading.Event()

    # ---- for the thread of the program

    def launch(self) -> Arguments | None:
        """Waits for what is to be launched; None if the editor has gone away."""
        return self._launches.get()

    def show(self, walk: Walk, *, stop_on_entry: bool | None = None) -> None:
        """Shows a walk, until the editor is done with it or goes away.

        Args:
            walk: the backward pass.
            stop_on_entry: whether to stop before its first step; if not said, where there is no breakpoint.
        """
        released = self._released = threading.Event()
        if self.do(lambda: self._begin(walk, stop_on_entry)):
            released.wait()

    def refuse_launch(self, why: str) -> None:
        """Says why there is nothing to show."""

        def refuse() -> None:
            if self._opening is not None:
                self.connection.refuse(self._opening, why)
                self._opening = None
            self._finish(1)

        self.do(refuse)

    def join(self) -> None:
        """Waits for the end of the conversation."""
        self._has_ended.wait()

    def finish(self, exit_code: int) -> None:
        """Says that the program has ended."""
        self.do(lambda: self._finish(exit_code))

    def output(self, category: str, text: str) -> None:
        """Shows something in the debug console."""
        self.connection.event("output", category=category, output=text)

    # ---- beginning and end

    def on_initialize(self, arguments: Arguments) -> Body:
        """What can be asked for."""
        if not (arguments.get("linesStartAt1", bool, True) and arguments.get("columnsStartAt1", bool, True)):
            raise RequestError("lines and columns are counted from 1 here")
        if arguments.get("pathFormat", str, "path") != "path":
            raise RequestError("files are named by their paths here")
        return CAPABILITIES

    def on_launch(self, arguments: Arguments) -> None:
        """Runs a script, or takes an expression; answered when it is there."""
        if not self._runs_scripts:
            raise RequestError("a program is running here already: the request is attach")
        if self.is_opened:
            raise RequestError("something has been launched here already")
        self._opening, self.is_opened = self.request, True
        self._launches.put(arguments)

    def on_attach(self, arguments: Arguments) -> None:
        """Takes part in a program that runs; answered when it shows a backward pass."""
        if self._runs_scripts:
            raise RequestError(
                "no program is running here: the request is launch; one that waits is reached at its port, "
                'in launch.json of VS Code "debugServer": 5678'
            )
        if self.is_opened:
            raise RequestError("this editor is attached already")
        self._opening, self.is_opened = self.request, True
        if self._shown is not None:
            self.afterwards(self._open)

    def _begin(self, walk: Walk, stop_on_entry: bool | None) -> None:
        self._shown = Shown(walk)
        self._stop_on_entry = stop_on_entry
        walk.say = lambda text: self.output("console", f"{text}\n")
        walk.is_interrupted = self._is_interrupted
        for answer in self.stops.fulfil_all(walk):
            self.connection.event("breakpoint", reason="changed", breakpoint=answer)
        if self._is_configured:
            self._start()
        elif self._opening is not None:
            self._open()

    def _open(self) -> None:
        """Lets the editor say where to stop."""
        self._answer_opening()
        self.connection.event("initialized")

    def _answer_opening(self) -> None:
        if self._opening is not None:
            self.connection.answer(self._opening, {})
            self._opening = None

    def on_configurationDone(self, arguments: Arguments) -> Body:
        """Everything has been said: off."""
        self.shown  # noqa: B018  # refuses where there is nothing to start
        if self._is_configured:
            raise RequestError("the configuration was done already")
        self._is_configured = True
        self.afterwards(self._start)
        return {}

    def _start(self) -> None:
        walk = self.shown.walk
        stop_on_entry = self._stop_on_entry
        if stop_on_entry or (stop_on_entry is None and not walk.points):
            self.go("entry", list)
        else:
            self.go("breakpoint", walk.run)

    def on_disconnect(self, arguments: Arguments) -> Body:
        """The editor leaves."""
        self.afterwards(self.stop)
        return {}

    def ended(self) -> None:
        """Nobody is shown anything any more."""
        self._launches.put(None)
        self._release()
        self._when_ended()
        self._has_ended.set()

    def leave(self) -> None:
        """The walk has been walked to its end."""
        if self._runs_scripts:
            self._finish(0)
        self._release()

    def begin_anew(self) -> bool:
        """Asks the editor to launch the script once more, if it is another one by now; says whether it is."""
        is_outdated = self._runs_scripts and self.shown.is_outdated()
        if is_outdated:
            # An editor that may ask for a restart would ask again, and not launch the script.
            self.afterwards(lambda: self.connection.event("capabilities", capabilities={RESTART: False}))
            self.afterwards(lambda: self.connection.event("terminated", restart=True))
            self.afterwards(self._release)
        return is_outdated

    def _finish(self, exit_code: int) -> None:
        self._answer_opening()
        self.connection.event("exited", exitCode=exit_code)
        self.connection.event("terminated")

    def _release(self) -> None:
        self._shown = None
        if self._released is not None:
            self._released.set()

    @property
    def walk(self) -> Walk | None:
        """The walk that is shown, if there is one."""
        return self._shown.walk if self._shown is not None else None

    @property
    def shown(self) -> Shown:
        """The walk that is shown.

        Raises:
            RequestError: there is none.
        """
        if self._shown is None:
            raise RequestError("no backward pass is shown now")
        return self._shown

    # ---- going

    def go(self, reason: str, move: Callable[[], Sequence[Stop] | None]) -> None:
        """Moves, and tells where that has led."""
        shown = self.shown
        if reason in ("entry", "goto"):  # an editor does not take these for going on, and keeps what it shows of before
            self.connection.event("continued", threadId=THREAD, allThreadsContinued=True)
        with self.moving():
            stops = move() or []
        if not self.is_over:
            self._tell(shown, "pause" if self.is_paused else reason, stops)

    @contextmanager
    def moving(self) -> Iterator[None]:
        """In this block nothing else moves the walk, but a pause stops it."""
        self.is_paused, self.is_walking = False, True
        try:
            yield
        finally:
            self.is_walking = False

    def _tell(self, shown: Shown, reason: str, stops: Sequence[Stop]) -> None:
        walk = shown.walk
        shown.variables.forget()
        where = shown.position()
        kinds = [self.stops.kind(stop.point) for stop in stops]
        self.exception = None
        text = "; ".join(stop.point.what for stop in stops)
        if stops:
            reason = kinds[0]
            if "exception" in kinds:
                reason, self.exception = "exception", stops[kinds.index("exception")]
                text = self.exception.point.what
        elif reason not in ("goto", "pause") and walk.length:
            reason = {0: "entry", walk.length: "end"}.get(walk.position, reason)
        for stop in stops:
            if stop.problem:
                self.output("important", f"the breakpoint on {stop.point.what} has no answer here: {stop.problem}\n")
        numbers = [known for stop in stops if (known := self.stops.number(stop.point)) is not None]
        self.connection.event(
            "stopped",
            reason=reason,
            description=f"{text}, at {where}" if text else where,
            **({"text": text} if text else {}),
            threadId=THREAD,
            allThreadsStopped=True,
            hitBreakpointIds=numbers,
        )

    def _is_interrupted(self) -> bool:
        """Answers what has come on the way; says whether that was to stop."""
        while not self.is_over and self.is_asked():
            self.answer_next()
        return self.is_paused or self.is_over
