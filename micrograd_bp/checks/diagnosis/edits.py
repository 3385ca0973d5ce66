"""The small changes of a line by which a wrong gradient may become right: what people forget, exchange or add.

Read it as a list. A new way of being wrong is a line or two in one of the generators. The change is text.
"""

import ast
import itertools
from collections.abc import Iterator, Mapping

from micrograd_bp.checks.diagnosis.edit import AS_IT_WAS, SIGNS, Edit, Simple, text
from micrograd_bp.checks.diagnosis.rewriting import Kind, Unit
from micrograd_bp.checks.diagnosis.substitutes import inserted, replaced, slopes
from micrograd_bp.checks.diagnosis.vocabulary import Vocabulary

SWAPPED = {
    "+": "-", "-": "+", "*": "/", "/": "*", "<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "!=", "!=": "==",
}  # fmt: skip
RENAMED = {
    "mean": "sum", "sum": "mean", "max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum",
    "argmax": "argmin", "argmin": "argmax", "sin": "cos", "cos": "sin", "vstack": "hstack", "hstack": "vstack",
}  # fmt: skip
REDUCTIONS = {"sum", "mean", "max", "min"}
AXES = ("None", "0", "1", "2", "-1", "(0, 1)", "(0, 2)", "(1, 2)", "(0, 2, 3)", "(2, 3)")


def edits(unit: Unit, vocabulary: Vocabulary) -> Iterator[Edit]:
    """All changes of one expression, and of the statement that it stands in."""
    function, scope = unit.function, unit.function.scope.get(unit.at, {})
    yield from _statement(unit)
    yield from _lines(unit, scope)
    for node in ast.walk(unit.node):
        if not isinstance(node, ast.expr) or isinstance(getattr(node, "ctx", None), ast.Store):
            continue
        parent, field, _ = function.parents[id(node)]
        kind = function.seen.get(id(node))
        if isinstance(unit.statement, ast.If) or getattr(parent, "attr", "") in ("shape", "size"):
            continue  # almost anything makes a condition true, or a size another one
        yield from _operators(node, kind)
        yield from slopes(node)
        yield from _constants(node, parent, vocabulary)
        own, whole = text(node), text(unit.node)
        if own in vocabulary.stepped:
            says = f"`{own}` has taken its step already, and is needed as it was before"
            yield Edit(1.1, "step_too_early", says, node, f"{AS_IT_WAS}[{vocabulary.stepped[own]!r}]")
        changes = list(_calls(node, vocabulary))
        yield from _order(node)
        called = isinstance(parent, ast.Call) and field == "func"
        # A function and a module are no arrays.
        if not (called or isinstance(parent, ast.keyword) or (isinstance(node, ast.Name) and kind is None)):
            yield from _turned(node, parent, kind)
            changes += replaced(node, parent, scope, kind)
            yield from inserted(node, parent, scope, kind, vocabulary)
        for edit in changes:
            yield edit
            if whole.count(own) > 1:  # what is wrong in a(1 - a) is wrong twice
                yield edit._replace(rank=edit.rank + 0.02, old=unit.node, new=whole.replace(own, edit.new))


def _statement(unit: Unit) -> Iterator[Edit]:
    statement = unit.statement
    if isinstance(statement, ast.If) and unit.node is statement.test:
        for new in ("True", f"not ({text(unit.node)})"):
            yield Edit(1.2, "condition", f"the condition `{text(unit.node)}` is wrong", unit.node, new)
    if isinstance(statement, ast.For) and unit.node is statement.iter:
        own = text(unit.node)
        yield Edit(1.0, "order", f"`{own}` is gone through in the wrong order", unit.node, f"list({own})[::-1]")
    called = getattr(statement, "value", None)
    if (
        isinstance(statement, (ast.Expr, ast.Assign))
        and isinstance(called, ast.Call)
        and isinstance(unit.node, ast.Name)
    ):
        says = f"what `{text(called)}` gives is not passed on"
        yield Edit(1.1, "not_passed_on", says, statement, f"{text(unit.node)} = {text(statement)}")
    if getattr(statement, "value", None) is not unit.node:
        return
    value = text(unit.node)
    whole = getattr(statement, "targets", [getattr(statement, "target", None)])[0]
    if isinstance(whole, ast.Subscript):
        place, index = text(whole.value), text(whole.slice)
        says = f"where an index comes twice, the last gradient alone remains in `{place}`"
        yield Edit(1.2, "assigned_not_added", says, statement, f"np.add.at({place}, {index}, {value})")
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], Simple):
        for sign in ("+=", "-="):
            says = f"`=` stands where `{sign}` belongs"
            yield Edit(0.8, "assigned_not_added", says, statement, f"{text(statement.targets[0])} {sign} {value}")
    if isinstance(statement, ast.AugAssign):
        target, sign = text(statement.target), SIGNS.get(type(statement.op), "+")
        if sign in ("*", "/"):
            yield Edit(0.95, "factor_too_much", f"the factor `{value}` is too much", statement, "pass")
        if sign in SWAPPED:
            says = f"`{sign}=` stands where `{SWAPPED[sign]}=` belongs"
            yield Edit(1.0, "operator", says, statement, f"{target} {SWAPPED[sign]}= {value}")
        yield Edit(1.0, "added_not_assigned", f"`{sign}=` stands where `=` belongs", statement, f"{target} = {value}")
        for part in ("[1:]", "[:, 1:]"):
            says = f"`{value}` belongs to `{target}{part}` alone"
            yield Edit(1.1, "too_large_a_part", says, statement, f"{target}{part} {sign}= ({value}){part}")


def _operators(node: ast.expr, value: Kind | None) -> Iterator[Edit]:
    """Another operator, or an operand that is too much."""
    own = text(node)
    if isinstance(node, ast.Compare):
        left, sign, right = text(node.left), SIGNS.get(type(node.ops[0]), ""), text(node.comparators[0])
        if sign in SWAPPED:
            yield Edit(1.0, "mask_inverted", f"the mask `{own}` is inverted", node, f"{left} {SWAPPED[sign]} {right}")
    elif isinstance(node, ast.UnaryOp):
        if isinstance(node.op, ast.USub):
            yield Edit(1.0, "sign", f"the sign of `{own}` is wrong", node, text(node.operand))
        else:
            yield Edit(1.0, "mask_inverted", f"the mask `{own}` is inverted", node, text(node.operand))
    elif isinstance(node, ast.BinOp):
        left, sign, right = text(node.left), SIGNS.get(type(node.op), ""), text(node.right)
        if sign in SWAPPED:
            new = f"({left}) {SWAPPED[sign]} ({right})"
            if sign in "+-":
                yield Edit(1.0, "sign", f"the sign of `{right}` is wrong", node, new)
                says = f"`{left}` and `{right}` are added instead of multiplied"
                yield Edit(1.2, "operator", says, node, f"({left}) * ({right})")
            else:
                done, due = ("multiplied with", "divided by")[:: 1 if sign == "*" else -1]
                yield Edit(1.05, "operator", f"`{left}` is {done} `{right}` instead of {due} it", node, new)
        kind = "term" if sign in ("+", "-") else "factor" if sign in ("*", "/", "@") else "operand"
        for kept, gone in ((left, right), (right, left)):
            if kind == "term" and gone == "1" and value is not None and value.is_like(Kind("i", ())):
                yield Edit(1.0, "one_step_off", f"`{own}` is one off", node, kept)
            yield Edit(1.0, f"{kind}_too_much", f"the {kind} `{gone}` in `{own}` is too much", node, kept)


def _lines(unit: Unit, scope: Mapping[str, Kind]) -> Iterator[Edit]:
    """A line that is missing: what is assigned has to be changed once more."""
    statement = unit.statement
    targets = getattr(statement, "targets", [getattr(statement, "target", None)])
    target = targets[0].value if isinstance(targets[0], ast.Subscript) else targets[0]
    if getattr(statement, "value", None) is not unit.node or not isinstance(target, (ast.Name, ast.Attribute)):
        return
    own, name = text(statement), text(target)
    for other, kind in scope.items():
        if kind == Kind("i", (), kind.value):
            says = f"`{name}` is not divided by `{other}`"
            yield Edit(1.25, "factor_missing", says, statement, f"{own}; {name} /= {other}")
        elif kind.numbers == "i" and len(kind.shape) == 1:
            says = f"1 is not subtracted where `{other}` says"
            new = f"{own}; {name}[np.arange(len({other})), {other}] -= 1"
            yield Edit(1.25, "one_hot_missing", says, statement, new)
        elif kind.numbers == "b" and kind.shape:
            says = f"`{name}` is not set to 0 where `{other}` says"
            yield Edit(1.25, "mask_missing", says, statement, f"{own}; {name}[{other}] = 0.0")


def _constants(node: ast.expr, parent: ast.AST, vocabulary: Vocabulary) -> Iterator[Edit]:
    options: list[object] = []
    value = node.value if isinstance(node, ast.Constant) and not isinstance(node.value, bool) else None
    if isinstance(value, int):
        options = [value + 1, value - 1, -value, 2 * value]
    elif isinstance(value, float):
        options = [2.0 * value, 0.5 * value, -value, value + 1.0]
    elif isinstance(value, str) and _is_a_kind(parent):
        options = [*vocabulary.words]
    for option in options:
        if option != value:
            says = f"`{value!r}` stands where `{option!r}` belongs"
            yield Edit(1.3 if isinstance(value, str) else 1.1, "constant", says, node, repr(option))
    if isinstance(node, ast.Subscript):
        turned = "::-1" in text(node.slice)
        says = f"`{text(node)}` is turned" if turned else f"only a part of `{text(node.value)}` is taken"
        rank = 1.05 if isinstance(node.slice, ast.Slice) or turned else 1.4
        yield Edit(rank, "turned" if turned else "part", says, node, text(node.value))
        yield Edit(
            1.4, "part", f"only a part of `{text(node.value)}` is taken", node, f"{text(node.value)}.sum(axis=0)"
        )
        parts = getattr(node.slice, "elts", [node.slice])
        ends = [part for part in parts if isinstance(part, ast.Slice) and part.upper and not part.lower]
        for name in dict.fromkeys(n.id for n in ast.walk(node) if isinstance(n, ast.Name)) if ends else ():
            inner = [f"{name}:{name} + {text(part.upper)}" if part in ends else text(part) for part in parts]
            yield Edit(1.3, "part", "it begins at the wrong place", node, f"{text(node.value)}[{', '.join(inner)}]")


def _is_a_kind(parent: ast.AST) -> bool:
    """Whether what stands in it is a key, or says of which kind something is; a name of an attribute is neither."""
    return isinstance(parent, (ast.Subscript, ast.Compare)) or (
        isinstance(parent, ast.Call) and text(parent.func) not in ("getattr", "hasattr", "setattr")
    )


def _calls(node: ast.expr, vocabulary: Vocabulary) -> Iterator[Edit]:
    if not isinstance(node, ast.Call):
        return
    own, called = text(node), text(node.func)
    for each in [*node.args[:2], *([node.func.value] if isinstance(node.func, ast.Attribute) else [])]:
        if not isinstance(each, (ast.Constant, ast.Tuple)) and text(each) not in ("np", "self"):
            yield Edit(1.1, "call_too_much", f"`{own}` stands where `{text(each)}` belongs", node, text(each))
    before, _, name = called.rpartition(".")
    if name in RENAMED:
        other = f"{before}.{RENAMED[name]}" if before else RENAMED[name]
        says = f"`{name}` stands where `{RENAMED[name]}` belongs"
        yield Edit(1.0, "another_function", says, node, own.replace(called, other, 1))
    for other in vocabulary.functions:
        if len(node.args) == 1 and other != called and not node.keywords:
            says = f"`{called}` stands where `{other}` belongs"
            yield Edit(1.4, "another_function", says, node, f"{other}({text(node.args[0])})")
    if name in REDUCTIONS:
        first = int(before in ("np", "numpy"))
        axis = next((text(each.value) for each in node.keywords if each.arg == "axis"), "None")
        axis = text(node.args[first]) if len(node.args) > first else axis
        others = [*map(text, node.args[:first]), *(text(each) for each in node.keywords if each.arg != "axis")]
        over = {each: "everything" if each == "None" else f"axis {each}" for each in (*AXES, axis)}
        for other in AXES:
            if other != axis:
                says = f"the {name} is taken over {over[axis]} instead of {over[other]}"
                yield Edit(0.98, "axis", says, node, f"{called}({', '.join([*others, f'axis={other}'])})")
                if other in ("0", "1") and "keepdims" not in own:
                    new = f"{called}({', '.join([*others, f'axis={other}, keepdims=True'])})"
                    yield Edit(0.99, "axis", says, node, new)


def _order(node: ast.expr) -> Iterator[Edit]:
    parts = node.elts if isinstance(node, (ast.Tuple, ast.List)) else node.args if isinstance(node, ast.Call) else []
    if 2 <= len(parts) <= 4 and (len(parts) == 2 or not isinstance(node, ast.Call)):
        says = f"`{text(node)}`: the order is wrong"
        for order in itertools.islice(itertools.permutations(map(text, parts)), 1, None):
            inner = ", ".join(order)
            new = f"{text(node.func)}({inner})" if isinstance(node, ast.Call) else f"[{inner}]"
            new = f"({inner})" if isinstance(node, ast.Tuple) else new
            yield Edit(1.05, "order", says, node, new)


def _turned(node: ast.expr, parent: ast.AST, kind: Kind | None) -> Iterator[Edit]:
    """Its axes exchanged, or turned."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        says = f"`{text(node)}` stands where `{text(node.value)}` belongs"
        yield Edit(1.0, "transposed", says, node, text(node.value))
    if isinstance(node, (ast.Constant, ast.Slice, ast.Tuple, ast.Compare)) or isinstance(parent, ast.Subscript):
        return
    own, n = text(node), len(kind.shape) if kind is not None else 2
    if n >= 2:
        new = f"({own}).T" if n == 2 else f"({own}).swapaxes(-1, -2)"
        yield Edit(1.0, "not_transposed", f"`{own}` is not transposed", node, new)
    if kind is not None and isinstance(node, Simple) and n >= 1:
        says = f"`{own}` is not turned"
        new, rank = (f"{own}[::-1]", 1.3) if n == 1 else (f"{own}[..., ::-1, ::-1]", 1.1)
        yield Edit(rank, "not_turned", says, node, new)
