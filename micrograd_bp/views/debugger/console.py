"""A prompt: reads commands from a terminal or a pipe, answers wrong ones, explains the right ones.

It knows nothing of gradients; a subclass has the commands, each a method `do_…` with its help as its docstring.
"""

import cmd
import inspect
import sys
from collections.abc import Callable
from typing import IO, Any, TextIO

from micrograd_bp.engine.suggestions import did_you_mean
from micrograd_bp.views.debugger.screen import Screen

PROMPT = "(chain) "

ALIASES = {
    "s": "step",
    "n": "next",
    "c": "continue",
    "b": "break",
    "w": "where",
    "bt": "where",
    "l": "list",
    "p": "print",
    "i": "info",
    "h": "help",
    "?": "help",
    "q": "quit",
    "exit": "quit",
    "EOF": "quit",
}
"""Short forms of commands."""

COMMANDS = "step next back continue goto restart break watch delete info where list print why formula help quit"
"""The order in which `help` lists the commands."""


class Console(cmd.Cmd):
    """Answers commands; an empty line repeats the last one."""

    prompt = PROMPT

    def __init__(self, stdin: IO[str] | None = None, stdout: TextIO | None = None) -> None:
        """Opens a prompt.

        Args:
            stdin: where commands come from; the process's input if not given.
            stdout: where answers go; the process's output if not given.
        """
        super().__init__(stdin=stdin or sys.stdin, stdout=stdout or sys.stdout)
        self.screen = Screen(stdout or sys.stdout)
        # Lines come through `input`, with history and completion, only where both ends are this process's terminal.
        self.interactive = stdin is None and stdout is None and sys.stdin.isatty() and self.screen.is_terminal
        self.use_rawinput = self.interactive
        if not self.interactive:
            self.prompt = ""  # the commands are written with their prompt as they are read

    def say(self, text: str) -> None:
        """Writes some lines."""
        self.screen.say(text)

    def answer(self) -> None:
        """Answers commands until `quit` or the end of the input; Ctrl-C at the prompt gives a new one."""
        while True:
            try:
                self.cmdloop()
                return
            except KeyboardInterrupt:
                if not self.interactive:
                    raise
                self.say("\ninterrupted; `quit` leaves the debugger")
            except OSError as error:  # pytest, which captures the input, refuses to read it
                self.say(f"the debugger cannot read commands here ({error}); under pytest, run it with -s")
                return

    def precmd(self, line: str) -> str:
        """Shows a command that came through a pipe, so that the output reads like a session."""
        if not self.interactive and line != "EOF":
            self.say(f"{PROMPT}{line}".rstrip())
        return line

    def onecmd(self, line: str) -> bool:
        """Runs one command; what is wrong with it is said in one line."""
        if line.startswith("#"):
            return False
        try:
            return bool(super().onecmd(line))
        except (ValueError, ArithmeticError, TypeError) as error:
            self.say(f"*** {error}")
            return False

    def parseline(self, line: str) -> tuple[str | None, str | None, str]:
        """As `cmd` does it, with short forms of the commands."""
        command, argument, line = super().parseline(line)
        return full_name(command or ""), argument, line

    def default(self, line: str) -> None:
        """Answers what is no command."""
        raise _unknown(line.split()[0])

    def do_help(self, arg: str) -> None:
        """`help [COMMAND]`: all commands, or all about one."""
        command = full_name(arg)
        if command:
            method = getattr(self, f"do_{command}", None)
            if method is None:
                raise _unknown(arg)
            self.say("\n".join(_paragraphs(method)))
            return
        for name in COMMANDS.split():
            self.say("  " + _paragraphs(getattr(self, f"do_{name}"))[0])
        shortened = ", ".join(f"{short} {full}" for short, full in ALIASES.items() if len(short) == 1 and short != "?")
        self.say(f"Short forms: {shortened}. An empty line repeats the last command.")

    def do_quit(self, argument: str) -> bool:
        """`quit`: leave; nobody's `grad` has been changed."""
        if self.interactive and argument == "EOF":
            self.say("")
        return True

    def completenames(self, text: str, *ignored: Any) -> list[str]:
        """Commands that begin with `text`."""
        return [name for name in COMMANDS.split() if name.startswith(text)]

    complete_help: Callable[..., list[str]] = completenames


def full_name(command: str) -> str:
    """The command that a short form means."""
    return ALIASES.get(command, command)


def _unknown(command: str) -> ValueError:
    hint = did_you_mean(command, COMMANDS.split(), "`help` lists them")
    return ValueError(f"there is no command {command}; {hint}")


def _paragraphs(method: Callable[..., Any]) -> list[str]:
    paragraphs = inspect.cleandoc(method.__doc__ or "").replace("`", "").split("\n\n")
    return [" ".join(paragraph.split()) for paragraph in paragraphs]
