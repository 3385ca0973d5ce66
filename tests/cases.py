"""Many small cases of one test, run as one, where what pytest does around each would take longer than the case."""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest


def each_case(names: str, cases: Iterable[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Like `pytest.mark.parametrize`, in one test that runs all cases and names those that fail.

    Args:
        names: the parameters of the test that a case gives, with commas between them.
        cases: a value for each test; for several parameters a tuple.
    """
    parameters = names.replace(",", " ").split()
    rows = [case if len(parameters) > 1 else (case,) for case in cases]

    def decorated(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def all_cases(*self: Any, **fixtures: Any) -> None:
            failures: dict[str, BaseException] = {}
            for row in rows:
                try:
                    test(*self, **fixtures, **dict(zip(parameters, row, strict=True)))
                except (Exception, pytest.fail.Exception) as failure:
                    failures[", ".join(map(str, row))] = failure
            if failures:
                raise BaseExceptionGroup(f"{test.__name__} fails for {' | '.join(failures)}", [*failures.values()])

        signature = inspect.signature(test)
        others = [each for name, each in signature.parameters.items() if name not in parameters]
        vars(all_cases)["__signature__"] = signature.replace(parameters=others)
        return all_cases

    return decorated
