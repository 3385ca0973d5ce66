"""How much the tests try: what fits into three minutes, or all of it, with `python -m pytest --full`.

Only files of tests import `count`, all in the same words: by them `.ci/run` knows what to run in full after the rest.
"""

full = False
"""Set by `conftest.py`, before any test is read."""


def count(usual: int, in_full: int) -> int:
    """How many graphs, samples or values a test takes."""
    return in_full if full else usual
