"""What an entry of the corpus is, and how its files are run."""

import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

PEOPLE = Path(__file__).parent / "people"


class Right(NamedTuple):
    """Something that is right as it stands."""

    path: str
    """The file, from `PEOPLE` on."""
    name: str
    """What a person types after the colon: a class, a function, what a pair has in common. Empty: the file alone."""
    note: str
    """What it is, and in which form it is written."""
    inputs: tuple[str, ...] = ()
    """What a person has to say of the inputs, each as `name=what`. Empty where they can be guessed."""


class Mistake(NamedTuple):
    """An edit of a right file that changes a gradient and nothing else."""

    path: str
    name: str
    """What is checked, as in `Right`."""
    old: str
    """Whole lines, which stand once in the file that is edited."""
    new: str
    says: str
    """What is wrong."""
    gradients: tuple[str, ...]
    """All gradients that become wrong, as their author calls them, or by the input's name where they have none."""
    beside: str = ""
    """The line that shows it, where it is neither the first that came nor the one before the gap."""
    edits: str = ""
    """The file that is edited, where it is another than `path`."""

    @property
    def edited(self) -> str:
        """The source of the edited file with the mistake in it."""
        source = (PEOPLE / (self.edits or self.path)).read_text(encoding="utf-8")
        assert source.count(self.old) == 1, f"{self.path}: {self.old!r} stands {source.count(self.old)} times"
        return source.replace(self.old, self.new)

    @property
    def line(self) -> str:
        """The line that shows the mistake, without its indentation."""
        if self.beside:
            return self.beside
        before = (PEOPLE / (self.edits or self.path)).read_text(encoding="utf-8").splitlines()
        after = self.edited.splitlines()
        first = next(number for number, line in enumerate(after) if line != before[number])
        gone = before[first + len(before) - len(after) :] == after[first:]
        return after[first - gone].strip()

    def plant(self, folder: Path) -> Path:
        """Copy its author's files to `folder` with the mistake in them; the file to check is returned."""
        author = Path(self.path).parts[0]
        shutil.copytree(PEOPLE / author, folder / author, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / (self.edits or self.path)).write_text(self.edited, encoding="utf-8")
        return folder / self.path


def load(path: str, people: Path = PEOPLE) -> ModuleType:
    """Run a file of `people` with what is beside it and above it importable, as on its author's machine."""
    file = people / path
    roots = [str(folder) for folder in file.parents if folder != people and folder.is_relative_to(people)]
    known, writes = set(sys.modules), sys.dont_write_bytecode
    sys.path[:0], sys.dont_write_bytecode = roots, True
    try:
        module = ModuleType(file.stem)
        exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), module.__dict__)
    finally:
        del sys.path[: len(roots)]
        sys.dont_write_bytecode = writes
        for name in set(sys.modules) - known:
            if str(people) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]
    return module
