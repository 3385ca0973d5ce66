"""Numbers that a model is called with: inputs, and not constants, where they meet the model's parameters.

A model is called with plain numbers, `neuron([2.0, 3.0])`, and its own code multiplies them: `w * x`. The number
object that arrives there is the very one that came in as an argument: of the method that runs, or of the model's method
that has called it. Python keeps one object for equal numbers here and there, so it is taken for an input only beside a
parameter: the 1.0 of `1.0 / (1.0 + e)` is none. A row of NumPy's makes a number object each time that it is asked for
one, which has the type of its numbers. A parameter meets an input once in a call: the second time is another call.
"""

from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from inspect import CO_VARARGS
from types import FrameType
from typing import Any, TypeVar

from micrograd_bp.engine.made import INSIDE, record_of
from micrograd_bp.engine.origin import Leaf, LeafOrigin, Origin, current_origin, is_machinery

Node = TypeVar("Node")
Call = tuple[Origin, list[tuple[str, Any]]]
"""A model whose method runs, and what that was called with, under the names of its arguments."""

REMEMBERED = 32  # arguments whose leaves are known; with more, all of them are forgotten


def calls_around(frame: FrameType | None) -> Iterator[Call]:
    """The methods of models that have called each other, from the inside out, up to a frame."""
    reached = False
    while frame is not None:
        code = frame.f_code
        if code.co_name not in INSIDE and not is_machinery(frame):
            names = code.co_varnames[: code.co_argcount + bool(code.co_flags & CO_VARARGS)]
            variables = frame.f_locals if names else {}
            model = _outermost(variables.get(names[0])) if names else None
            if model is not None:
                reached = True
                yield model, [(name, variables[name]) for name in names[1:] if name in variables]
            elif reached:
                break
        frame = frame.f_back


def _outermost(thing: object) -> Origin | None:
    """The record of a model, or of the one that it is a part of; None if it is none."""
    origin: Origin | None = record_of(thing)
    if origin is None and hasattr(type(thing), "named_parameters"):  # the module that runs
        running = current_origin.get()
        origin = running.module if running is not None else None
    return origin.chain()[-1] if origin is not None else None


class _Argument:
    """What a model was called with under one name, and the leaves of the numbers in it."""

    def __init__(self, name: str, given: Any, model: Origin) -> None:
        self.name = name
        self.given = given
        self.model = model
        self._members = _members(given)  # kept, so that no other object gets their ids
        self._keys = [*map(_key, (given,) if self._members is None else self._members)]
        self.places: dict[object, list[int]] = {}
        for place, key in enumerate(self._keys):
            self.places.setdefault(key, []).append(place)
        self._turns: dict[int, int] = {}
        self._leaves: dict[int, tuple[Any, set[int]]] = {}

    def leaf(self, number: Any, meets: object, make: Callable[[Any, Origin], Node]) -> Node | None:
        """The leaf of a number; None if it is not in here, or the argument is not any more what it was.

        Equal numbers take turns, since `zip(weights, inputs)` goes through all in order, again and again.
        """
        places = self.places.get(_key(number))
        if places is None:
            return None
        turn = self._turns.get(places[0], 0)
        self._turns[places[0]] = turn + 1
        place = places[turn % len(places)]
        leaf, met = self._leaves.get(place, (None, {id(meets)}))
        if id(meets) in met:
            several = self._members is not None
            if several and place == 0 and [*map(_key, _members(self.given) or ())] != self._keys:
                return None
            name = f"{self.name}.{place}" if several else self.name
            leaf, met = self._leaves[place] = make(number, LeafOrigin(Leaf.INPUT, name, self.model)), set()
        met.add(id(meets))
        return leaf  # type: ignore[no-any-return]  # what `make` has made


def _members(given: Any) -> tuple[Any, ...] | None:
    """The numbers in a list, a tuple or a row of NumPy's; None for anything else."""
    is_row = type(given).__module__ == "numpy" and getattr(given, "ndim", 0) == 1
    return tuple(given) if is_row or type(given) is list or type(given) is tuple else None


def _key(number: Any) -> object:
    """What tells a number from others: which object it is; or of one of NumPy's, another each time, how large."""
    kind = type(number)
    return (kind, number) if kind.__module__ == "numpy" and kind.__hash__ is not None else id(number)


_recent: ContextVar[dict[int, _Argument]] = ContextVar("recent")


def handed(number: Any, meets: object, calls: Iterable[Call], make: Callable[[Any, Origin], Node]) -> Node | None:
    """The leaf of a number that a model was called with; None if it was not.

    Args:
        number: the very object.
        meets: the parameter beside it, or the module that takes it.
        calls: where it may come from, as `calls_around` gives them; the outermost one counts.
        make: makes a leaf with an origin.
    """
    recent = _recent.get(None)
    if recent is None:
        _recent.set(recent := {})
    found: _Argument | None = None
    for model, arguments in calls:
        for name, given in arguments:
            known = recent.get(id(given))
            if known is not None and known.given is given and known.model is model:
                leaf = known.leaf(number, meets, make)
                if leaf is not None:
                    return leaf
            argument = _Argument(name, given, model)
            if _key(number) in argument.places:
                found = argument
    if found is None:
        return None
    if len(recent) >= REMEMBERED:
        recent.clear()
    recent[id(found.given)] = found
    return found.leaf(number, meets, make)
