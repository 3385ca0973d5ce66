"""Files of our own: JSON with a format and a version, written whole or not at all."""

import json
import os
import secrets
import shutil
from pathlib import Path
from typing import Any

VERSION = 1


def write_json(path: str | os.PathLike[str], kind: str, content: dict[str, Any]) -> None:
    """Writes `content`, with its kind and version, to a file that replaces the old one when it is complete.

    Raises:
        OSError: the file cannot be written; an old one is then as it was.
    """
    target = Path(os.path.realpath(path))  # a link stays a link
    text = json.dumps({"format": f"micrograd_bp {kind}", "version": VERSION, **content}, indent=1)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with open(temporary, "x", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read_json(path: str | os.PathLike[str], kind: str) -> dict[str, Any]:
    """The content of a file that `write_json` wrote.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not JSON, or of another kind or version; the message names the file.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise ValueError(f"{path} is not a {kind} file: {error}") from None
    if not isinstance(content, dict) or content.get("format") != f"micrograd_bp {kind}":
        raise ValueError(f"{path} is not a {kind} file: it does not say that it is one")
    if content.get("version") != VERSION:
        raise ValueError(
            f"{path} has version {content.get('version')!r} of the {kind} format; this package reads {VERSION}"
        )
    return content
