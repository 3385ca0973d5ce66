"""From DOT to a picture: finds a program that can do it, and does not trust it blindly.

`graphviz-pure` comes along as a wheel that holds a program and no Python. A `dot` on the PATH serves where that is
missing and for the formats it lacks. The environment variable MICROGRAD_BP_DOT names another program.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

VARIABLE = "MICROGRAD_BP_DOT"
TIMEOUT = 60.0
"""Seconds that one call may take."""

ONLY_IN_GRAPHVIZ = frozenset(["pdf", "ps", "ps2", "eps", "cmapx", "imap", "xlib", "webp", "gif"])
"""Formats that graphviz-pure does not write."""

# Both programs print a picture and end with 0 though they have lost an edge; they say so on stderr. Harmless
# remarks, on fonts for instance, stand there too.
WRONG_PICTURE = re.compile(r"^Error|\blost\b|\bfailed\b|syntax error", re.MULTILINE | re.IGNORECASE)


class RenderingError(RuntimeError):
    """A drawing could not be turned into a picture."""


class NoRendererError(RenderingError):
    """There is no program that turns DOT into this format."""


class WrongPictureError(RenderingError):
    """The program says that it could not draw this as it should be."""


def programs(output_format: str) -> Iterator[str]:
    """The programs to try for a format, the preferred one first."""
    named = os.environ.get(VARIABLE)
    if named:
        yield named
        return
    bundled = graphviz_pure()
    if bundled and output_format.partition(":")[0] not in ONLY_IN_GRAPHVIZ:
        yield bundled
    installed = shutil.which("dot")
    if installed:
        yield installed


def graphviz_pure() -> str | None:
    """The program of the wheel graphviz-pure: where its metadata say, or on the PATH."""
    try:
        files = metadata.files("graphviz-pure") or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name in ("graphviz-pure", "graphviz-pure.exe"):
            program = Path(str(file.locate()))
            if program.is_file():
                return str(program)
    return shutil.which("graphviz-pure")


def render(source: str, output_format: str, *, engine: str = "dot") -> bytes:
    """The picture of a DOT source.

    Args:
        source: the text in the DOT language.
        output_format: "svg", "png", "json", or "pdf" where Graphviz itself is installed.
        engine: the layout engine.

    Raises:
        NoRendererError: no program was found; the message says what to install.
        WrongPictureError: the program failed or reported something that it could not draw.
        RenderingError: it cannot be run, or took too long.
    """
    for program in programs(output_format):
        return _run(program, source, output_format, engine)
    if output_format.partition(":")[0] in ONLY_IN_GRAPHVIZ:
        advice = "install Graphviz (https://graphviz.org/download, its `dot` on the PATH), or write svg or png"
    else:
        advice = "pip install graphviz-pure, or install Graphviz (https://graphviz.org/download, its `dot` on the PATH)"
    raise NoRendererError(
        f"no program was found that draws {output_format}: {advice}, or name one in {VARIABLE}. "
        f"The drawing as DOT text is there without: drawing.source"
    )


def _run(program: str, source: str, output_format: str, engine: str) -> bytes:
    try:
        done = subprocess.run(
            [program, f"-K{engine}", f"-T{output_format}"],
            input=source.encode("utf-8"),
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows would flash a console
        )
    except subprocess.TimeoutExpired:
        raise RenderingError(
            f"{program} was stopped after {TIMEOUT:g} s: draw less, with a coarser detail= or with around=node, hops=2"
        ) from None
    except OSError as error:
        raise RenderingError(f"{program} cannot be run: {error.strerror or error}") from None
    said = done.stderr.decode("utf-8", "replace").strip()
    if done.returncode != 0 or not done.stdout or WRONG_PICTURE.search(said):
        raise WrongPictureError(
            f"{program} did not draw this (exit code {done.returncode}): {said[:500] or 'no reason'}"
        )
    return done.stdout
