"""Files that are written whole or not at all; those of our own are JSON with a format and a version."""

import os
from typing import Any

VERSION = 1


def write_json(path: str | os.PathLike[str], kind: str, content: dict[str, Any]) -> None:
    """Writes `content`, with its kind and version, to a file that replaces the old one when it is complete.

    Raises:
        OSError: the file cannot be written; an old one is then as it was.
    """
    import json  # only where a file is written or read, since it takes long to import

    text = json.dumps({"format": f"micrograd_bp {kind}", "version": VERSION, **content}, indent=1)
    write_bytes(path, f"{text}\n".encode())


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Writes a file that replaces the old one when it is complete.

    Raises:
        OSError: the file cannot be written; an old one is then as it was.
    """
    folder, name = os.path.split(os.path.realpath(path))  # a link stays a link
    target = os.path.join(folder, name)
    temporary = os.path.join(folder, f".{name[:50]}.{os.urandom(4).hex()}")  # no longer than a name may be
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(target):
            os.chmod(temporary, os.stat(target).st_mode & 0o777)
        os.replace(temporary, target)
    except BaseException as error:
        if os.path.exists(temporary):
            os.unlink(temporary)
        if isinstance(error, OSError) and error.filename == temporary:
            raise OSError(error.errno, error.strerror, target) from None  # nobody asked for the temporary one
        raise


def read_json(path: str | os.PathLike[str], kind: str) -> dict[str, Any]:
    """The content of a file that `write_json` wrote.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not JSON, or of another kind or version; the message names the file.
    """
    import json

    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise ValueError(f"{path} is not a {kind} file: {error}") from None
    if not isinstance(content, dict) or content.get("format") != f"micrograd_bp {kind}":
        raise ValueError(f"{path} is not a {kind} file: it does not say that it is one")
    if content.get("version") != VERSION:
        raise ValueError(
            f"{path} has version {content.get('version')!r} of the {kind} format; this package reads {VERSION}"
        )
    return content
