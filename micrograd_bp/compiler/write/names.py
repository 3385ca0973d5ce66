"""Names for the arrays of a program: from labels and origins where there are any, and those of the textbooks."""

import keyword
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile

from micrograd_bp.compiler.arrays.reading import Reader
from micrograd_bp.compiler.find.grouping import Grouping
from micrograd_bp.compiler.find.groups import Entries, Group, Matrix, OperationGroup, Parameters, SumGroup, Terms, View
from micrograd_bp.engine import Value
from micrograd_bp.engine.numbers.arrays import LACKING
from micrograd_bp.engine.numbers.namespace import FUNCTIONS

RESERVED = {"np", "xp", "batch", "few", "ones", "views", "parameters", "gradient", "value", "predict"}
"""Our own names in the source of a program, besides functions of numbers. Where an input is called so, ours is another
(see `Constants.free`)."""


def give_names(
    grouping: Grouping,
    reader: Reader,
    loss: Value,
    outputs: Mapping[str, Sequence[Value]],
    chains: Iterable[Iterable[Group]] = (),
) -> None:
    """Names every group: `W0`, `b0`, `z0`, `a0` for a layer, after a label, or after the operation.

    Args:
        grouping: the groups.
        reader: has the views of the parameters.
        loss: the loss.
        outputs: groups of values by name.
        chains: groups that are the same array in the rounds of a loop, and have one name.
    """
    in_chains: dict[Group, tuple[int, ...]] = {}
    for number, chain in enumerate(chains):
        for group in chain:
            in_chains[group] = (*in_chains.get(group, ()), number)
    first_in: dict[tuple[int, ...], Group] = {}  # of groups that are in the same chains, or in none
    names = _Names({*RESERVED, *FUNCTIONS, *LACKING, "value_and_gradient", "range", "reversed", *grouping.inputs})

    def give(group: Group, name: str) -> None:
        first = first_in.setdefault(in_chains.get(group, (-group.number,)), group)
        group.name = names.unique(name) if first is group else first.name

    whole = {tuple(nodes): name for name, nodes in outputs.items()}
    known: dict[Group, str] = {}
    for group in grouping.groups:
        ends = [grouping.stand_ins.get(node, node) for node in group.members]
        output = "loss" if ends == [loss] else whole.get(tuple(ends), "")
        known[group] = _identifier(output) or _label(group.members)
    for group, original in reader.same.items():
        known[original] = known[group] or known.get(original, "")
    layers = 0
    suffixes: dict[Group, str] = {}
    for group in grouping.groups:
        if any(_is_matrix_of_weights(part) for part in _parts(group)):
            suffix = _scope_suffix(group.members) or str(layers)
            suffixes[group] = suffix if suffix not in suffixes.values() else f"{suffix}_{layers}"
            layers += 1
    # What all rounds add to is called as it is after the last one.
    for group in sorted(grouping.groups, key=lambda group: group.members[0] in grouping.totals):
        name = known[group]
        if not name and group in suffixes:
            name = f"z{suffixes[group]}"
        if not name and isinstance(group, OperationGroup) and len(group.operands) == 1 and not group.operation.many:
            layer = suffixes.get(group.operands[0].group)
            name = f"a{layer}" if layer else ""
        give(group, name or _kind_name(group))
    for group in in_chains:
        if not group.name and not isinstance(group, View):  # a part of a sum, which grows in a loop
            give(group, _label(group.members[:1]) or "total")
    grouping.parameters.gradient_name = "gradient"
    while grouping.parameters.gradient_name in grouping.inputs:
        grouping.parameters.gradient_name += "_"
    roles = _roles(grouping, suffixes)
    for view in reader.views:
        members = tuple(view.members)
        name = _label(view.members) or roles.get(members) or ("w" if len(members) < len(grouping.parameters) else "p")
        give(view, name)
    for group in in_chains:
        group.name = group.name or names.unique("w")  # parameters that a loop and others read
    for group in (*grouping.inputs.values(), *grouping.groups, *reader.views, *in_chains):
        group.gradient_name = names.of_gradient(group.name)


def _roles(grouping: Grouping, suffixes: Mapping[Group, str]) -> dict[tuple[Value, ...], str]:
    """`W0` and `b0` for the parameters that the sum of a layer reads; the first layer that does so counts."""
    roles: dict[tuple[Value, ...], str] = {}
    for group, suffix in suffixes.items():
        for part in _parts(group):
            letters = [(part.a, "W")] if _is_matrix_of_weights(part) else [(part.b, "b")] if part.a is None else []
            for column, letter in letters:
                if column is not None and column.group is grouping.parameters:
                    entries = column.index.ravel().tolist()
                    members = tuple([column.group.members[entry] for entry in entries if entry >= 0])
                    roles.setdefault(members, letter + suffix)
                    roles.setdefault(tuple(dict.fromkeys(members)), letter + suffix)
    return roles


def _parts(group: Group) -> Sequence[Terms]:
    return group.parts if isinstance(group, SumGroup) else []


def _is_matrix_of_weights(part: Terms) -> bool:
    return isinstance(part, Matrix) and part.a is not None and not isinstance(part.b.group, Parameters)


def _label(members: Sequence[Value]) -> str:
    """The label of a single node, or what the labels of several have in common, as a name; "" if there is none."""
    labels = [member.label for member in members]
    if not all(labels):
        return ""
    common = labels[0] if len(set(labels)) == 1 else "".join(_common_start(labels)).rstrip("0123456789_[(, ")
    return _identifier(common)


def _common_start(sequences: Sequence[Sequence[str]]) -> list[str]:
    """What several texts, or lists of texts, begin with."""
    columns = zip(*sequences, strict=False)
    return [column[0] for column in takewhile(lambda column: len(set(column)) == 1, columns)]


def _identifier(text: str) -> str:
    """A text as a name of Python; "" where nothing of it can be one."""
    plain = unicodedata.normalize("NFKC", text)
    name = re.sub(r"[^0-9A-Za-z_]+", "_", plain).strip("_")
    return name if name.isidentifier() and not keyword.iskeyword(name) else ""


def _scope_suffix(members: Sequence[Value]) -> str:
    """What tells a layer from others: "0" for `layers.0.neurons.3`, "_encoder" for `encoder.neurons.0`."""
    scopes = [member.origin.scope.split(".") for member in members if member.origin is not None]
    if len(scopes) < len(members):
        return ""
    common = _common_start(scopes)
    parts = [part for part in common if part not in ("layers", "neurons")]
    if common[-2:-1] == ["neurons"]:  # the only neuron of its layer
        parts = parts[:-1]
    suffix = "_".join(parts)
    return suffix if suffix.isdigit() or not suffix else f"_{suffix}"


def _kind_name(group: Group) -> str:
    if isinstance(group, OperationGroup):
        return group.operation.name
    if isinstance(group, SumGroup):
        signs = [part.sign for part in group.parts]
        if len(signs) == 1 and isinstance(group.parts[0], Entries) and group.parts[0].a is not None:
            return "product"
        return "difference" if sorted(signs) == [-1.0, 1.0] else "sum"
    return "joined"


class _Names:
    """Names that are taken."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = set(taken)
        self._latest: dict[str, int] = {}  # the number that a name was last given

    def unique(self, name: str) -> str:
        """The name, with a number if it is taken; one that a gradient or a constant may have gets a v before it."""
        if re.fullmatch(r"[ci]\d+|d_.*", name):
            name = f"v_{name}"
        separator = "_" if name[-1:].isdigit() or name in ("c", "i") else ""
        candidate, number = name, self._latest.get(name, 0)
        while not self._taken.isdisjoint((candidate, f"d_{candidate}")) or keyword.iskeyword(candidate):
            number += 1
            candidate = f"{name}{separator}{number}"
        self._taken.add(candidate)
        self._latest[name] = number
        return candidate

    def of_gradient(self, name: str) -> str:
        """`d_W0` for `W0`; with a _ where an input is called so."""
        gradient = f"d_{name}"
        while gradient in self._taken:
            gradient += "_"
        return gradient
