"""The chain-rule debugger: stop the backward pass anywhere, go on, go back, and ask why.

`debug(root)` in `opening` opens it from a script, a test or the prompt of another debugger; `micrograd-bp debug …` from
a shell. It knows nothing of how to find a graph. What its commands print comes from `reports`.
"""

from collections.abc import Sequence
from typing import IO, TextIO

from micrograd_bp.views.debugger import path_reports, reports
from micrograd_bp.views.debugger.breakpoints import Breakpoint, breakpoint_at, known_value, watchpoint
from micrograd_bp.views.debugger.conditions import WORDS, Expression
from micrograd_bp.views.debugger.console import Console, full_name
from micrograd_bp.views.debugger.walk import Stop, Walk
from micrograd_bp.views.number_text import number

ROWS_OF_NEXT = 12
"""How many contributions of one node `next` shows."""


class Debugger(Console):
    """The commands. Each takes what stands behind it on the line; wrong input is answered and changes nothing."""

    def __init__(self, walk: Walk, stdin: IO[str] | None = None, stdout: TextIO | None = None) -> None:
        """Opens a debugger on a walk.

        Args:
            walk: where it is in the recording of a backward pass, and what stops it.
            stdin: where commands come from; the process's input if not given.
            stdout: where answers go; the process's output if not given.
        """
        super().__init__(stdin, stdout)
        self.walk = walk
        self.recording = walk.recording

    def run(self) -> None:
        """Answers commands until `quit` or the end of the input."""
        self.say(reports.beginning(self.recording))
        self.answer()

    # ---- walking

    def do_step(self, argument: str) -> None:
        """`step [N]`: take the next step, or N of them, and show it."""
        for _ in range(_count(argument)):
            if not self.walk.forward():
                break
        self._show("there are no more steps; `back` or `goto` go back")

    def do_next(self, argument: str) -> None:
        """`next`: take the rest of this node's steps, or all those of the next node."""
        _nothing(argument)
        before = self.recording.position
        self._say_why(self.walk.finish_node())
        taken = self.recording.steps[before : self.recording.position]
        if len(taken) == 1 or self.walk.is_forward:
            self._show()
        elif not taken:
            self.say(reports.end(self.recording))
        else:
            self.say(reports.node_steps(self.recording, taken, ROWS_OF_NEXT))

    def do_back(self, argument: str) -> None:
        """`back [N]`: take the latest step back, or N of them."""
        for _ in range(_count(argument)):
            if not self.walk.back():
                break
        self._show()

    def do_continue(self, argument: str) -> None:
        """`continue`: go on to the next breakpoint, or to the end."""
        _nothing(argument)
        if stops := self.walk.run():
            self._say_why(stops)
            self._show()
        else:
            self.say(reports.end(self.recording))

    def do_goto(self, argument: str) -> None:
        """`goto N`: go to where N steps have been taken, forwards or backwards.

        `goto NAME`: go to the first step of a node, or the first one into a leaf.
        """
        if argument.lstrip("-").isdigit():
            self.walk.goto(int(argument))
        else:
            self.walk.goto_value(known_value(argument, self.recording))
        self._show()

    def do_restart(self, argument: str) -> None:
        """`restart`: go back to before the first step; breakpoints stay."""
        _nothing(argument)
        self.walk.restart()
        self._show()

    def _say_why(self, stops: Sequence[Stop]) -> None:
        """Says which breakpoints stopped the walk; of one whose condition cannot be had, why not."""
        for point, problem in stops:
            if problem:
                self.say(f"*** breakpoint {point.number} has no answer here: {problem}")
            else:
                self.say(f"stopped by {point.number}: {point.what}")

    def _show(self, at_end: str = "") -> None:
        self.say(reports.computed(self.walk) if self.walk.is_forward else reports.position(self.recording))
        if at_end and self.walk.position == self.walk.length:
            self.say(at_end)

    # ---- stopping

    def do_break(self, argument: str) -> None:
        """`break PLACE [if CONDITION]`, `break CONDITION`: stop there; `break`: list what stops.

        A PLACE is an operation (tanh, *), a value by its name, or a line (12, train.py:12). An operation, an inner
        value and a line stop at the first step of a node, when its own gradient is complete; a leaf stops at each
        step that adds to its gradient. A CONDITION compares numbers of the step: |grad| > 1e3, grad is nan,
        contribution == 0 and upstream != 0. The words are grad (the operand's, after the step), before, after,
        upstream, local, contribution; a value's name is its number, NAME.grad its gradient so far.
        """
        if argument:
            self._say_set(self.walk.add(breakpoint_at, argument))
        else:
            self.say(reports.points(self.walk.points))

    def do_watch(self, argument: str) -> None:
        """`watch NAME`: stop whenever a step changes the gradient of a value."""
        self._say_set(self.walk.add(watchpoint, argument))

    def _say_set(self, point: Breakpoint) -> None:
        self.say(f"{point.number}: {point.what}")

    def do_delete(self, argument: str) -> None:
        """`delete N`: remove a breakpoint or a watch; `delete`: remove all."""
        if not argument:
            self.walk.points.clear()
            self.say("nothing stops any more")
            return
        kept = [point for point in self.walk.points if str(point.number) != argument]
        if len(kept) == len(self.walk.points):
            raise ValueError(f"there is no breakpoint {argument}; `info` lists them")
        self.walk.points[:] = kept
        self.say(f"deleted {argument}")

    # ---- looking

    def do_info(self, argument: str) -> None:
        """`info`: where the walk is and what stops it; `info NAME`: all about a value."""
        if argument:
            self.say(reports.value(self.recording, known_value(argument, self.recording)))
        else:
            self.say(f"{reports.state(self.recording)}\n{reports.points(self.walk.points)}")

    def do_where(self, argument: str) -> None:
        """`where [NAME]`: the heaviest path from the output to here, or to a value.

        It shows the factors of the chain rule one by one.
        """
        if argument:
            value = known_value(argument, self.recording)
        else:
            latest = self.recording.latest
            value = latest.operand if latest is not None else self.recording.graph.roots[0]
        self.say(path_reports.where(self.walk, value))

    def do_list(self, argument: str) -> None:
        """`list [N]`: the steps around here, N before and N after (5)."""
        self.say(reports.around(self.recording, _count(argument, default=5)))

    def do_print(self, argument: str) -> None:
        """`print EXPRESSION`: a number, such as upstream * local, or tanh(w.grad).

        The words for the step are those of `break`; values go by their names.
        """
        value = self.recording.names.value(argument)
        if value is not None and argument not in WORDS:
            self.say(f"{argument} = {number(value.data)}, gradient so far = {number(self.recording.gradient(value))}")
        else:
            expression = Expression(argument, self.recording.names)
            self.say(f"{argument} = {number(expression.number(self.recording, self.recording.latest))}")

    def do_why(self, argument: str) -> None:
        """`why NAME [all|paths]`: what makes up the gradient of a value.

        Each contribution, its share, and the node it came through, the largest first, and the heaviest path from the
        output; `all` shows every contribution, `paths` the largest paths with their factors, and the sum of the others.
        """
        name, _, more = argument.rpartition(" ")
        if more not in ("all", "paths") or not name:
            name, more = argument, ""
        latest = self.recording.latest
        value = latest.operand if latest is not None and not name else known_value(name.strip(), self.recording)
        if more == "paths":
            self.say(path_reports.paths(self.walk.contributions, value, self.screen.width))
        else:
            self.say(path_reports.why(self.recording, self.walk.contributions, value, more == "all"))

    def do_formula(self, argument: str) -> None:
        """`formula [latex]`: the rule of this step's node, forwards and backwards, as text or as LaTeX."""
        if argument not in ("", "text", "latex"):
            raise ValueError(f"a formula is shown as text or as latex, not as {argument}")
        latest = self.recording.latest
        if latest is None:
            raise ValueError("no step has been taken yet; `step` takes the first one")
        self.say(reports.formula(self.recording, latest, latex=argument == "latex"))

    def completedefault(self, text: str, line: str, begidx: int, endidx: int) -> list[str]:
        """Names of values that begin with `text`; operations and words too where a condition may stand."""
        candidates = self.recording.names.all()
        command = full_name(line.split()[0])
        if command in ("break", "print"):
            candidates = [*candidates, *WORDS]
        if command == "break":
            operations = (node.operation.name for node in self.recording.graph.order if node.operation is not None)
            candidates = [*candidates, *operations]
        return [each for each in dict.fromkeys(candidates) if each.startswith(text)]


def _count(argument: str, default: int = 1) -> int:
    if not argument:
        return default
    if not argument.isdecimal() or len(argument) > 9 or int(argument) == 0:
        raise ValueError(f"a number of steps from 1 up is expected, got {argument}")
    return int(argument)


def _nothing(argument: str) -> None:
    if argument:
        raise ValueError(f"nothing is expected behind this command, got {argument}")
