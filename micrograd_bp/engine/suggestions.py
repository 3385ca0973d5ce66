"""What to say of a name that nobody knows: the known one that was probably meant, or all that there are."""

from collections.abc import Iterable


def did_you_mean(name: object, known: Iterable[str], otherwise: str = "") -> str:
    """The end of a message about an unknown name.

    Args:
        name: what was given; capitals make no difference.
        known: the names that there are.
        otherwise: what to say if none of them is close; all of them if not given.

    Returns:
        "did you mean tanh?" for "tnah" or "Tanh".
    """
    from difflib import get_close_matches  # here, since most programs never need it

    known, given = list(known), str(name).lower()
    lowered = {each.lower(): each for each in known}
    close = get_close_matches(given, lowered)
    if close:  # of these one with the same letters, if there is one: tanh for "tahn", to which tan is closer
        return f"did you mean {lowered[min(close, key=lambda each: sorted(each) != sorted(given))]}?"
    return otherwise or f"there are: {', '.join(known)}"
