"""What to say of a name that nobody knows: the known one that was probably meant, or all that there are."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


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


def says_what_to_write(
    without_name: str, **instead: str
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Makes a function say what to write in place of arguments that it does not have.

    Args:
        without_name: what, for more arguments without a name than it takes.
        instead: what, for those that other libraries call so.
    """

    def decorate(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        @wraps(function)
        def call(*given: Arguments.args, **named: Arguments.kwargs) -> Result:
            try:
                return function(*given, **named)
            except TypeError:
                from inspect import signature  # here, since most programs never need it

                known = signature(function).parameters
                unknown = next((name for name in named if name not in known), None)
                n_unnamed = sum(parameter.kind <= parameter.POSITIONAL_OR_KEYWORD for parameter in known.values())
                if unknown is not None:
                    answer = f"no {unknown!r}: {instead.get(unknown) or did_you_mean(unknown, known)}"
                elif len(given) > n_unnamed:
                    answer = f"{n_unnamed} argument{'s' * (n_unnamed > 1)} without a name: {without_name}"
                else:
                    raise
            raise TypeError(f"{function.__name__} takes {answer}")

        return call

    return decorate
