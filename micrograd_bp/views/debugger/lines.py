"""Which values of a graph were made on which source line, as far as lines were tracked."""

import os.path
from collections.abc import Sequence

from micrograd_bp.engine import Value


class Lines:
    """The values of a graph by the file and the line that made them."""

    def __init__(self, order: Sequence[Value]) -> None:
        """Reads the origins of all values in `order`."""
        self._made: dict[str, dict[int, list[Value]]] = {}
        for value in order:
            origin = value.origin
            if origin is not None and origin.file is not None and origin.line is not None:
                self._made.setdefault(origin.file, {}).setdefault(origin.line, []).append(value)

    def at(self, file: str | None, line: int) -> dict[str, list[Value]]:
        """What a line made, by file: the nodes, or the leaves where it made no node.

        Args:
            file: a path, or only the name of the file; None for every file.
            line: counted from 1.
        """
        found: dict[str, list[Value]] = {}
        for made_in in self.files(file):
            values = self._made[made_in].get(line, [])
            if nodes := [value for value in values if value.operands] or values:
                found[made_in] = nodes
        return found

    def nearest(self, file: str | None, line: int) -> int | None:
        """The nearest line of a file that made something, the later one of two; None if none did."""
        lines = [made_at for made_in in self.files(file) for made_at in self._made[made_in]]
        return min(lines, key=lambda made_at: (abs(made_at - line), -made_at), default=None)

    def between(self, file: str | None, first: int, last: int) -> list[int]:
        """The lines in a part of a file that made something."""
        lines = {made_at for made_in in self.files(file) for made_at in self._made[made_in]}
        return sorted(made_at for made_at in lines if first <= made_at <= last)

    def files(self, file: str | None) -> list[str]:
        """The files that are meant by a path or a name."""
        return [made_in for made_in in self._made if file is None or _is_meant(made_in, file)]

    def nothing(self) -> str:
        """Why nothing is found on a line: no lines were tracked, or values were made on others."""
        if not self._made:
            return (
                "no source lines were tracked: make the graph inside `with micrograd_bp.track_source():`, "
                "or run `micrograd-bp debug script.py`"
            )
        places = sorted(
            (self.short_name(file), line)
            for file, lines in self._made.items()
            for line, values in lines.items()
            if any(value.operands for value in values)
        )
        return f"no node was made there; nodes were made at {', '.join(f'{name}:{line}' for name, line in places[:12])}"

    @staticmethod
    def short_name(file: str) -> str:
        """What a file is called in a sentence."""
        return os.path.basename(file)


def _is_meant(made_in: str, file: str) -> bool:
    return file in (made_in, os.path.basename(made_in)) or same_path(made_in) == same_path(file)


def same_path(path: str) -> str:
    """One way to write a path, whatever links lead there."""
    return os.path.normcase(os.path.realpath(path))
