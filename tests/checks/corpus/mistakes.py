"""What goes wrong in backward passes written by hand: the edits of the right files in `mistakes.txt`.

A block is one mistake. Its first line names what is checked (`@ file:name`, and `in file` where another one is edited),
then comes what is wrong (`#`) and which gradients become wrong (`>`). Lines that go (`-`), that come (`+`) and that
stay (`|`) follow as in a patch. Where nothing comes, the line before the gap shows it, or the one that `~` gives.
"""

from pathlib import Path

from .entries import Mistake


def _read(block: str) -> Mistake:
    lines = [(line[0], line[1:]) for line in block.splitlines()]

    def marked(marks: str) -> str:
        return "\n".join(text for mark, text in lines if mark in marks)

    checked, _, edits = marked("@").strip().partition(" in ")
    path, _, name = checked.partition(":")
    return Mistake(
        path,
        name,
        old=f"\n{marked('-|')}\n",
        new=f"\n{marked('+|')}\n" if marked("+|") else "\n",
        says=marked("#").strip(),
        gradients=tuple(marked(">").split()),
        beside=marked("~").strip(),
        edits=edits,
    )


MISTAKES = [
    _read(block) for block in Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").strip().split("\n\n")
]
