"""Names that must be shortened: they lose what they have in common, and keep what tells them apart."""

from collections.abc import Iterable, Sequence

from micrograd_bp.views.text import shortened

SHORTEST_WORD = 3


def short_names(names: Iterable[str], width: int) -> dict[str, str]:
    """Each name in at most `width` characters: `l…2.n…0.tanh` for `layers.2.neurons.0.tanh`.

    Args:
        names: all those that stand together.
        width: how many characters there is room for, at least five.
    """
    short = {name: _abbreviated(name, width) for name in names}
    alike: dict[str, list[str]] = {}
    for name, written in short.items():
        alike.setdefault(written, []).append(name)
    for group in alike.values():
        if len(group) > 1:
            start = _shared(group)
            end = _shared([name[:start:-1] for name in group])
            short.update((name, _around(name, start, len(name) - end, width)) for name in group)
    return short


def _abbreviated(name: str, width: int) -> str:
    """The words of a path cut to their first letter, from the outermost on; then the last one, but for its end."""
    words = name.split(".")
    for place, word in enumerate(words[:-1]):
        if len(_joined(words)) > width and len(word) >= SHORTEST_WORD and not word.isdigit():
            words[place] = f"{word[0]}…"
    room = width - len(_joined([*words[:-1], ""]))
    if len(words[-1]) > room >= SHORTEST_WORD:
        words[-1] = f"{words[-1][0]}…{words[-1][2 - room :]}"  # a number at its end tells it from others
    return shortened(_joined(words), width)


def _joined(words: list[str]) -> str:
    return ".".join(words).replace("….", "…")


def _shared(names: Sequence[str]) -> int:
    """With how many characters all begin alike."""
    differ = (place for place, letters in enumerate(zip(*names, strict=False)) if len(set(letters)) > 1)
    return next(differ, min(map(len, names)))


def _around(name: str, start: int, end: int, width: int) -> str:
    """The part of a name from `start` to `end`, with as much around it as there is room for."""
    if end - start > width - 2:
        return shortened(name[start:], width)
    before = max(0, min(start, (width - 2 - (end - start)) // 2))
    piece = ("…" if start > before else "") + name[start - before :]
    return piece if len(piece) <= width else f"{piece[: width - 1]}…"
