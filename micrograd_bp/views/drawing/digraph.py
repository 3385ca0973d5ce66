"""`Drawing`: the object that `draw` returns, and how it becomes a picture."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import graphviz

from micrograd_bp.engine.refusals import CalledOtherwise
from micrograd_bp.files import write_bytes
from micrograd_bp.views.drawing.renderer import WrongPictureError, render

PICTURES = frozenset(graphviz.FORMATS) - {"gv", "dot"}
"""How the name of a picture ends; a name that ends with .gv is that of a source."""


FONT = "Helvetica"
WIDEST = "DejaVu Sans"
"""What a text may turn up in where there is no Helvetica; no usual font needs more room."""
FONTS = f"{FONT},Arial,Liberation Sans,Nimbus Sans,{WIDEST},Verdana,sans-serif"
"""What an SVG asks for: first the fonts that are as wide as Helvetica."""
OF_A_TEXT = re.compile(rb'(<text [^<>]*font-family=")[^"]*')


class Drawing(graphviz.Digraph):  # type: ignore[misc]  # graphviz has no type hints
    """A `graphviz.Digraph` that is rendered by the program that was found, which need not be an installed Graphviz.

    If the program reports that it could not draw everything, simpler drawings of the same graph are tried.
    """

    _simpler: tuple[Callable[[], "Drawing"], ...] = ()

    def pipe(
        self,
        format: str | None = None,
        renderer: str | None = None,
        formatter: str | None = None,
        neato_no_op: bool | int | None = None,
        quiet: bool = False,
        *,
        engine: str | None = None,
        encoding: str | None = None,
    ) -> bytes | str:
        """The picture, as bytes, or as text in an `encoding`; the arguments are those of `graphviz.Digraph`.

        Raises:
            RenderingError: there is no program for it, or it failed; the message says what to do.
        """
        output_format = ":".join(part for part in (format or self.format, renderer, formatter) if part)
        picture = self._render(output_format, engine or self.engine)
        return picture if encoding is None else picture.decode("utf-8").encode(encoding).decode(encoding)

    def _render(self, output_format: str, engine: str) -> bytes:
        try:
            return _rendered(self.source, output_format, engine)
        except WrongPictureError:
            for simpler in self._simpler:
                try:
                    return _rendered(simpler().source, output_format, engine)
                except WrongPictureError:
                    continue
            raise

    def save(
        self,
        filename: str | os.PathLike[str] | None = None,
        directory: str | os.PathLike[str] | None = None,
        **more: Any,
    ) -> str:
        """Writes the source; or, where the name ends like a picture, `save("neuron.png")`, the picture alone.

        Returns:
            The path of the file.

        Raises:
            RenderingError: as for `render`.
            OSError: the file cannot be written.
        """
        if filename is not None and _kind(filename) in PICTURES:
            return self.render(filename, directory, cleanup=True)
        return str(super().save(filename, directory=directory, **more))

    if not TYPE_CHECKING:
        show = CalledOtherwise("a notebook shows it; drawing.view() opens it, and drawing.save('name.svg') writes it")

    def render(
        self,
        filename: str | os.PathLike[str] | None = None,
        directory: str | os.PathLike[str] | None = None,
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,
        *,
        outfile: str | os.PathLike[str] | None = None,
        engine: str | None = None,
        **_: Any,
    ) -> str:
        """Writes the source and the picture to files; the arguments are those of `graphviz.Digraph`.

        A `filename` that ends like a picture is that of the picture: `render("a.svg")` is `render(outfile="a.svg")`.

        Returns:
            The path of the picture.

        Raises:
            ValueError: `outfile` does not end like any kind of picture, and no format is given.
            RenderingError: there is no program for it, or it failed; nothing is written then.
            OSError: a file cannot be written.
        """
        if outfile is None and filename is not None and format in (None, kind := _kind(filename)) and kind in PICTURES:
            outfile = Path(directory or "", filename)
        if outfile is not None:
            target = Path(outfile)
            output_format = format or _kind(target) or self.format
            if output_format not in graphviz.FORMATS and format is None:
                raise ValueError(f"unknown kind of file {str(outfile)!r}: its name ends with .svg, .png, .pdf or .gv")
            source = target.with_suffix(".gv")
        else:
            if filename is not None:
                self.filename = os.fspath(filename)
            if directory is not None:
                self.directory = os.fspath(directory)
            source = Path(self.filepath)
            output_format = format or self.format
            target = Path(f"{source}.{output_format}")
        picture = self.pipe(output_format, engine=engine)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(target, picture)  # type: ignore[arg-type]  # without an encoding these are bytes
        if not cleanup and source != target:
            write_bytes(source, self.source.encode("utf-8"))
        if view:
            self._view(str(target), format=output_format, quiet=True)
        return str(target)


def _rendered(source: str, output_format: str, engine: str) -> bytes:
    """The picture of a source, with room for the widest font where the reader's machine chooses the font."""
    if not output_format.startswith(("svg", "json")):
        return render(source, output_format, engine=engine)
    widened = source.replace(
        f"fontname={FONT}", f'fontname="{WIDEST}"', 3
    )  # those of graph, boxes and lines come first
    return OF_A_TEXT.sub(rb"\g<1>" + FONTS.encode(), render(widened, output_format, engine=engine))


def _kind(path: str | os.PathLike[str]) -> str:
    """How the name of a file ends, without the dot."""
    return Path(path).suffix.lstrip(".").lower()
