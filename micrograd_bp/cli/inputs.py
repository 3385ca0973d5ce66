"""What a person hands to forward, for `check --input …`: from words, from a file of arrays, from a function."""

import contextlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from micrograd_bp.cli.loading import find, last_line, needed


class Source(NamedTuple):
    """What one `--input` says.

    Attributes:
        name: what was written.
        given: by the names of parameters, or in their order.
    """

    name: str
    given: dict[str, Any] | tuple[Any, ...]


def read(entries: Sequence[str]) -> list[Source]:
    """The inputs that a command line names: `NAME=WHAT`, `FILE.npz` or `FILE.py:NAME`. Files are run before others.

    Raises:
        CannotCheck: an entry has none of these forms, or its file cannot be read.
    """
    from micrograd_bp.checks import CannotCheck
    from micrograd_bp.checks.inputs.specs import from_words

    sources = []
    for entry in entries:
        name, equals, what = entry.partition("=")
        name = name.strip()
        if equals and name.isidentifier():
            sources.append(Source(entry, {name: from_words(name, what.strip())}))
        elif entry.endswith(".npz"):
            sources.append(Source(entry, _arrays(Path(entry))))
        elif ":" in entry:
            sources.append(Source(entry, _example(entry)))
        else:
            raise CannotCheck(
                f"--input takes NAME=WHAT, such as x=5x4, a file of arrays, FILE.npz, or what gives them, "
                f"FILE.py:NAME; got {entry!r}"
            )
    return sources


def handed(sources: Sequence[Source], parameters: Mapping[str, Any], *, strict: bool = True) -> dict[str, Any] | None:
    """What goes to a forward with these parameters, by name; None if nothing does.

    Args:
        sources: what was read.
        parameters: of the forward, in order.
        strict: whether a name that it does not have is kept, to be refused; otherwise it is for another one's forward.

    Raises:
        CannotCheck: two sources say what one parameter is, or there are more in order than it has parameters.
    """
    from micrograd_bp.checks import CannotCheck

    made: dict[str, Any] = {}
    for source in sources:
        given = source.given
        if isinstance(given, tuple):
            if len(given) > len(parameters):
                if not strict:
                    continue
                raise CannotCheck(f"{source.name} gives {len(given)} inputs, and forward takes {', '.join(parameters)}")
            given = dict(zip(parameters, given, strict=False))
        for name, value in given.items():
            if name in made:
                raise CannotCheck(f"{name} is given twice, the second time by {source.name}")
            if strict or name in parameters:
                made[name] = value
    return made or None


def _arrays(path: Path) -> dict[str, Any]:
    """The arrays in an `.npz` file, by name. One number is a number."""
    import zipfile

    import numpy as np

    from micrograd_bp.checks import CannotCheck

    try:
        archive = np.load(path, allow_pickle=False)
        if isinstance(archive, np.ndarray):
            raise CannotCheck(f"{path} holds one array without a name: save it by np.savez({str(path)!r}, x=array)")
        with archive:
            arrays = {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise CannotCheck(f"there is no file {path}") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise CannotCheck(f"{path} cannot be read as a file of arrays: {error}") from error
    if not arrays:
        raise CannotCheck(f"{path} holds no arrays")
    for name, array in arrays.items():
        if array.dtype.kind not in "fiub":
            raise CannotCheck(f"{name} in {path} has the dtype {array.dtype}, expected numbers")
        if not np.all(np.isfinite(array)):
            raise CannotCheck(f"{name} in {path} has nan or inf in it, where nothing can be compared")
    return {name: array if array.ndim else array.item() for name, array in arrays.items()}


def _example(target: str) -> dict[str, Any] | tuple[Any, ...]:
    """What a function without arguments returns, or a variable holds: inputs by name, or in order."""
    import numpy as np

    from micrograd_bp.checks import CannotCheck

    found = find(target)
    if callable(found):
        if arguments := needed(found):
            raise CannotCheck(f"{target} needs the arguments {', '.join(arguments)}: inputs come from one without any")
        try:
            with contextlib.redirect_stdout(sys.stderr):
                found = found()
        except (Exception, SystemExit) as error:
            raise CannotCheck(f"{target} raises {last_line(error)}") from error
    if isinstance(found, Mapping) and found and all(isinstance(name, str) for name in found):
        return dict(found)
    if isinstance(found, (tuple, list)) and found:
        return tuple(found)
    if isinstance(found, np.ndarray):
        return (found,)
    raise CannotCheck(
        f"{target} gives {type(found).__name__}, expected a dictionary of inputs by name, or a tuple of them in order"
    )
