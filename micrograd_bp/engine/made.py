"""Leaves that a person made: the call in the source that made each, and the object in whose constructor it was made.

Neither is read before somebody asks: a leaf keeps the code and the instruction. The object of a class that has nothing
to do with this package, such as a `Neuron` typed from memory, has a record like that of a module, found through the
`self` of the constructor that runs. No frame is kept, and nothing that lives in one.
"""

from sys import _getframe
from types import CodeType, FrameType
from typing import Any, ClassVar
from weakref import ref

from micrograd_bp.engine.origin import Leaf, LeafOrigin, Origin, is_machinery

CONSTRUCTORS = frozenset({"__init__", "__post_init__"})
INSIDE = frozenset({"<listcomp>", "<genexpr>", "<dictcomp>", "<setcomp>", "<lambda>"})
SITES_UP_TO = 10_000


class _Site:
    """A call in somebody's source that has made leaves, or objects that hold some.

    Attributes:
        code: the code with the call in it.
        instruction: the call's place there.
        count: how many leaves it has made one after the other, outside of constructors.
        constructs: whether it stands in a constructor, or in a comprehension there.
    """

    __slots__ = ("_name", "_numbered", "code", "constructs", "count", "instruction")

    def __init__(self, frame: FrameType) -> None:
        self.code: CodeType = frame.f_code
        self.instruction = frame.f_lasti
        self.count = 0
        self.constructs = _constructor(frame) is not None and not is_machinery(frame)
        self._name: str | None = None  # until somebody asks
        self._numbered = False

    def name(self, number: int, *, again: bool = False) -> str:
        """What the source calls that which the call has made.

        Args:
            number: how many it had made before.
            again: whether a second one, in the same object, is numbered also where the source does not say that it
                makes a list, as in `self.layers.append(…)`.
        """
        from micrograd_bp.engine.source_names import assigned_name  # reads syntax trees

        if self._name is None:
            self._name, self._numbered = assigned_name(self.code, self.instruction)
        numbered = self._name and (self._numbered or (again and number > 0))
        return f"{self._name}.{number}" if numbered else self._name


_sites: dict[tuple[int, int], _Site] = {}
"""By the identity of the code, which the site keeps alive, and the instruction."""


def _site(frame: FrameType) -> _Site:
    key = id(frame.f_code), frame.f_lasti
    site = _sites.get(key)
    if site is None:
        if len(_sites) >= SITES_UP_TO:  # cells of a notebook, run again and again
            _sites.clear()
        site = _sites[key] = _Site(frame)
    return site


# ---- objects


class ObjectOrigin(Origin):
    """The record of an object whose constructor made leaves: what holds them, and not what made the other nodes."""

    __slots__ = ("__weakref__", "_counts", "_number", "_object", "_site")

    def __init__(
        self, name: str | None, kind: str, parent: Origin | None, site: _Site | None = None, number: int = 0
    ) -> None:
        super().__init__(name or "", kind, parent)
        if name is None:
            del self.name  # until somebody asks
        self._site = site
        self._number = number
        self._counts: dict[_Site, int] = {}
        self._object: object = None  # which lives as long, where it cannot be referred to weakly

    def number(self, site: _Site) -> int:
        """How many the call has made before in this object; counts one more."""
        counts = self._counts
        number = counts.get(site, 0)
        counts[site] = number + 1
        return number

    def __getattr__(self, attribute: str) -> Any:
        if attribute != "name":
            raise AttributeError(attribute)
        self.name = self._site.name(self._number, again=True) if self._site is not None else ""
        return self.name

    def __reduce__(self) -> tuple[Any, ...]:
        return ObjectOrigin, (self.name, self.kind, self.parent)


_objects: dict[int, tuple[ref[Any], ObjectOrigin | None]] = {}
"""The objects that live, by their ids, and their records; or records that keep their objects alive."""


def record_of(thing: object) -> ObjectOrigin | None:
    """The record of an object that holds parameters, or None."""
    reference, record = _objects.get(id(thing), (None, None))
    referent = reference() if reference is not None else None
    if record is None:
        return referent
    return record if referent is thing else None


def _constructor(frame: FrameType | None) -> FrameType | None:
    """The frame of the constructor that a frame belongs to: its own, or that around a comprehension."""
    while frame is not None:
        code = frame.f_code
        if code.co_name in CONSTRUCTORS:
            return frame if code.co_argcount else None
        if code.co_name not in INSIDE:
            break
        frame = frame.f_back
    return None


def _self(constructor: FrameType) -> Any:
    return constructor.f_locals.get(constructor.f_code.co_varnames[0])


def _record(frame: FrameType | None) -> ObjectOrigin | None:
    """The record of the model whose constructor runs in a frame; None if none does.

    A module has a record of its own, and what can neither be called nor has parameters is no model.
    """
    constructor = _constructor(frame)
    if constructor is None:
        return None
    made = _self(constructor)
    known = record_of(made)
    if known is not None:
        return known
    kind = type(made)  # an object that is not complete yet is not asked for its attributes
    if hasattr(kind, "named_parameters") or not (callable(made) or hasattr(kind, "parameters")):
        return None
    parent, site = _around(made, constructor)
    key = id(made)
    record = ObjectOrigin(None, kind.__name__, parent, site, parent.number(site) if parent and site else 0)
    try:
        _objects[key] = ref(made, lambda _: _objects.pop(key, None)), record
    except TypeError:  # its class has __slots__ without room for weak references
        record._object = made
        _objects[key] = ref(record, lambda _: _objects.pop(key, None)), None
    return record


def _around(made: object, frame: FrameType | None) -> tuple[ObjectOrigin | None, _Site | None]:
    """The model whose constructor makes an object, and the call there; `frame` is that of the object's constructor."""
    while (constructor := _constructor(frame)) is not None and _self(constructor) is made:  # or of its base class
        frame = constructor.f_back
    parent = _record(frame)
    return parent, _site(frame) if parent is not None and frame is not None else None


def place_of(module: object) -> tuple[str, ObjectOrigin] | None:
    """Where a module is that is being made: its name, and the model, which is no module itself; None if in none."""
    frame: FrameType | None = _getframe(1)
    while frame is not None and is_machinery(frame) and _constructor(frame) is None:
        frame = frame.f_back
    parent, site = _around(module, frame)
    return (site.name(parent.number(site), again=True), parent) if parent is not None and site is not None else None


# ---- leaves


class MadeOrigin(LeafOrigin):
    """The origin of a leaf that a person made: a call in the source, which is read when somebody asks.

    In the constructor of a model the leaf is a parameter of it. Copied or pickled it is a plain `LeafOrigin`.
    """

    __slots__ = ("_number", "_object", "_site", "_tracked")
    _latest: ClassVar[_Site | None] = None

    def __init__(self, frame: FrameType, tracked: bool) -> None:
        """What `frame` is calling; quick, since it is a part of making a leaf."""
        site = _sites.get((id(frame.f_code), frame.f_lasti)) or _site(frame)
        if site is not MadeOrigin._latest:  # another list, made by the same call
            site.count = 0
            MadeOrigin._latest = site
        self._site = site
        self._tracked = tracked
        self._number = site.count
        site.count += 1
        self.leaf = _MADE
        self._object = None
        if site.constructs:
            self._object = holder = _record(frame)
            if holder is not None:
                self.leaf = Leaf.PARAMETER
                self._number = holder.number(site)

    def __getattr__(self, attribute: str) -> Any:
        """Fills in everything at once, when the first of it is asked for."""
        if attribute not in ("name", "kind", "parent", "file", "line", "_module"):
            raise AttributeError(attribute)
        from micrograd_bp.engine.source_names import is_a_persons, line_of

        site = self._site
        name = site.name(self._number, again=self._object is not None)
        super().__init__(_MADE if self._object is None else Leaf.PARAMETER, name, self._object)
        if self._tracked and is_a_persons(site.code):
            self.file, self.line = site.code.co_filename, line_of(site.code, site.instruction)
        return getattr(self, attribute)


_MADE = Leaf.MADE
