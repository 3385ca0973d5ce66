"""Names that must be shortened: they lose what they have in common, and keep what tells them apart."""

import re
from collections.abc import Collection, Sequence

from micrograd_bp.views.text import shortened


def short_names(names: Collection[str], width: int) -> dict[str, str]:
    """Each name in at most `width` characters: `l…2.n…0.tanh` for `layers.2.neurons.0.tanh`.

    Args:
        names: all those that stand together.
        width: how many characters there is room for, at least five.
    """
    around = _around_all([name.split(".") for name in names if len(name) > width and "." in name])
    short = {name: _abbreviated(name, width, around) for name in names}
    alike: dict[str, list[str]] = {}
    for name, written in short.items():
        alike.setdefault(written, []).append(name)
    for group in alike.values():
        if len(group) > 1:
            start = _shared(group)
            end = _shared([name[:start:-1] for name in group])
            short.update((name, _piece(name, start, len(name) - end, width)) for name in group)
    return short


def _around_all(paths: Sequence[Sequence[str]]) -> int:
    """How many words all paths begin with, but for one that a number follows, which says of what."""
    count = min(_shared(paths), len(paths[0]) - 1) if paths else 0
    while count and paths[0][count].isdigit():
        count -= 1
    return count


def _abbreviated(name: str, width: int, around: int) -> str:
    """A path without the words around all of them, the others cut to their first letters, the last one to its end."""
    if len(name) <= width:
        return name
    words = name.split(".")
    start = ""
    for _ in range(min(around, len(words) - 1)):
        if len(start + _joined(words)) > width:
            start, words = "…", words[1:]
    for n_letters in (1, 0):
        for place, word in enumerate(words[:-1]):
            if len(start + _joined(words)) > width and not word.isdigit() and len(word) > n_letters + 1:
                words[place] = f"{word[:n_letters]}…"
    room = width - len(start + _joined([*words[:-1], ""]))
    if len(words[-1]) > room > 2:
        words[-1] = f"{words[-1][0]}…{words[-1][2 - room :]}"  # a number at its end tells it from others
    return shortened(start + _joined(words), width)


def _joined(words: Sequence[str]) -> str:
    return re.sub(r"…\.(?=\d)", "…", ".".join(words))


def _shared(names: Sequence[Sequence[str]]) -> int:
    """With how many characters, or words, all begin alike."""
    differ = (place for place, parts in enumerate(zip(*names, strict=False)) if len(set(parts)) > 1)
    return next(differ, min(map(len, names)))


def _piece(name: str, start: int, end: int, width: int) -> str:
    """The part of a name from `start` to `end`, with as much around it as there is room for."""
    if end - start > width - 2:
        return shortened(name[start:], width)
    before = max(0, min(start, (width - 2 - (end - start)) // 2))
    piece = ("…" if start > before else "") + name[start - before :]
    return piece if len(piece) <= width else f"{piece[: width - 1]}…"
