"""Backward passes that people write by hand, in the many ways in which they do, and the mistakes that they make.

`people/` has a folder per author, each in that author's own style. `RIGHT` lists what is right in it, `MISTAKES` the
edits that make a gradient wrong. Both were written without a look at the code that judges them;
`test_corpus_itself.py` compares them with differences of their own forward passes.
"""

from .entries import PEOPLE, Mistake, Right, load
from .mistakes import MISTAKES
from .right import RIGHT

__all__ = ["MISTAKES", "PEOPLE", "RIGHT", "Mistake", "Right", "load"]
