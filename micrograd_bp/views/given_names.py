"""What a caller says that values are called: `names=` of every view."""

from collections.abc import Mapping
from typing import Any

from micrograd_bp.engine import Origin, Value
from micrograd_bp.engine.made import record_of
from micrograd_bp.engine.origin import is_parameter


class GivenNames:
    """The names that come with a module or a mapping, such as `locals()`.

    Attributes:
        names: the name of each Value that was found; a Value's own label comes before it, wherever both are known.
        parameters: those that a module holds.
        modules: what the outermost modules are called, by their origins: their parameters' names follow from that.
    """

    def __init__(self, given: Any) -> None:
        """Reads what was given.

        Args:
            given: None, a module, or a mapping from names to Values, modules, and lists or dictionaries of them; what
                is none of these is passed over, so that `locals()` will do. Of several names for a Value the first
                counts, and one that begins with an underscore only where there is no other.

        Raises:
            TypeError: it is none of these.
        """
        self.names: dict[Value, str] = {}
        self.parameters: set[Value] = set()
        self.modules: dict[Origin, str] = {}
        if given is None:
            return
        if hasattr(given, "named_parameters"):
            self._read("", given)
        elif isinstance(given, Mapping) and not any(isinstance(key, Value) for key in given):
            named = [(str(name), each) for name, each in given.items()]
            for name, each in sorted(named, key=lambda item: item[0].startswith("_")):
                if not name.startswith("__"):  # what Python keeps in every namespace
                    self._read(name, each)
        else:
            raise TypeError(
                f"names is a module or a mapping from names to Values, lists of them and modules, got "
                f"{type(given).__name__}: names={{'x': x, 'model': model}}"
            )

    def name(self, value: Value) -> str:
        """What a Value is called, or "". A parameter has the path in its model, where that has a name, and not `p`."""
        origin = value.origin
        if origin is not None and is_parameter(origin) and self.modules.get(origin.chain()[-1]):
            return ""
        return self.names.get(value, "")

    def _read(self, name: str, named: Any) -> None:
        seen: set[int] = set()  # a list may hold itself
        stack = [(name, named)]
        while stack:
            name, named = stack.pop()
            if isinstance(named, Value):
                self.names.setdefault(named, name)
            elif isinstance(named, (list, tuple, dict)):
                if id(named) not in seen:
                    seen.add(id(named))
                    parts = named.items() if isinstance(named, dict) else enumerate(named)
                    stack += [(f"{name}.{place}", each) for place, each in reversed(list(parts))]
            elif (record := record_of(named)) is not None:
                if record.parent is None:
                    self.modules.setdefault(record, name)
            elif not isinstance(named, type) and callable(getattr(named, "named_parameters", None)):
                for path, parameter in named.named_parameters():
                    self.parameters.add(parameter)
                    if parameter.origin is not None and parameter.origin.scope == path:
                        self.modules.setdefault(parameter.origin.chain()[-1], name)
                    else:  # of a part of a module, or of one that records nothing
                        self.names.setdefault(parameter, f"{name}.{path}" if name else path)
