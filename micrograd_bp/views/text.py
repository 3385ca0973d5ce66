"""Text from outside, made harmless: labels and names that people, files and other programs have chosen.

`printable` makes every character visible and bounds the length. `as_html` and `as_quoted` write the outcome into DOT.
"""

import unicodedata
from html import escape

BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
JOINERS = frozenset("\u200c\u200d")  # emoji are made with them


def printable(text: object, limit: int = 40) -> str:
    """`text` on one line, with visible signs for what cannot be seen, and an ellipsis where it is cut.

    Args:
        text: what somebody else wrote.
        limit: the largest number of characters.
    """
    written = shortened(str(text), limit)
    if written.isascii() and written.isprintable():  # as nearly all are
        return written
    return "".join(character if character.isalnum() else _visible(character) for character in written)


def shortened(text: str, width: int) -> str:
    """`text` without its middle, if it has more than `width` characters: both ends tell more."""
    if len(text) <= width:
        return text
    end = (width - 1) // 2
    return f"{text[: width - 1 - end]}…{text[len(text) - end :]}"


def _visible(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)  # the pictures of control characters: ␀ ␁ …
    if code == 0x7F:
        return "␡"
    hidden = unicodedata.category(character) in ("Cc", "Cs", "Cn", "Co", "Zl", "Zp") or character in BIDI_CONTROLS
    if hidden or (unicodedata.category(character) == "Cf" and character not in JOINERS and code < 0xE0000):
        return f"⟨{code:04X}⟩"
    return character


def as_html(text: str) -> str:
    r"""For the inside of an HTML-like label of DOT, where `\N` would be the name of the node as well."""
    return escape(text, quote=True).replace("\\", "\\\\")


def as_quoted(text: str) -> str:
    r"""For an attribute of DOT between quotes, where `\N` would be the name of the node; quoted, whatever it holds."""
    return '"' + text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"') + '"'
