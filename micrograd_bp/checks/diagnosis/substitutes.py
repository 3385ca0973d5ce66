"""What may belong in the place of an expression, or beside it: another array, a factor, a term, a sum, a derivative."""

import ast
import itertools
import re
from collections.abc import Iterator, Mapping

from micrograd_bp.checks.diagnosis.edit import Edit, Simple, text
from micrograd_bp.checks.diagnosis.rewriting import Kind
from micrograd_bp.checks.diagnosis.vocabulary import Vocabulary

SUMS = (".sum(axis=0)", ".sum(axis=0, keepdims=True)", ".sum(axis=1)", ".sum(axis=1, keepdims=True)", ".sum()")


def replaced(node: ast.expr, parent: ast.AST, scope: Mapping[str, Kind], kind: Kind | None) -> Iterator[Edit]:
    """Another array, or another number, in its place."""
    if isinstance(node, (ast.Constant, ast.Tuple, ast.List, ast.Slice, ast.Dict)):
        return
    simple, own = isinstance(node, Simple), text(node)
    for other, theirs in scope.items():
        number = isinstance(parent, ast.BinOp) and not simple and kind == Kind("f", ()) and theirs.numbers != "i"
        if other == own or (kind is not None and not kind.is_like(theirs) and not number):
            continue
        says = f"`{own}` stands where `{other}` belongs"
        yield Edit(1.05 if simple else 1.35, "another_array", says, node, other)
    if kind is not None and kind.numbers == "i" and simple and not kind.shape:
        for new, word in ((f"{own} - 1", "before"), (f"{own} + 1", "after")):
            yield Edit(1.1, "one_step_off", f"`{own}` is one off: that {word} it belongs there", node, f"({new})")
        yield Edit(1.3, "order", f"`{own}` counts from the wrong end", node, f"-1 - {own}")
    if isinstance(node, ast.Subscript) and kind is not None and not kind.shape:  # one number, by its indices
        indices = [each for each in map(text, getattr(node.slice, "elts", [node.slice])) if each in scope]
        indices += [name for name, theirs in scope.items() if theirs.is_like(Kind("i", ())) and name.isidentifier()]
        for other, theirs in scope.items():
            if 0 < len(theirs.shape) <= 2 and theirs.numbers == "f":
                for chosen in itertools.permutations(list(dict.fromkeys(indices))[:5], len(theirs.shape)):
                    new = f"{other}[{', '.join(chosen)}]"
                    yield Edit(1.35, "another_array", f"`{own}` stands where `{new}` belongs", node, new)


def inserted(
    node: ast.expr, parent: ast.AST, scope: Mapping[str, Kind], kind: Kind | None, vocabulary: Vocabulary
) -> Iterator[Edit]:
    """A factor, a term, a sum or a function that is missing."""
    nothing = (ast.Tuple, ast.List, ast.Slice, ast.Compare, ast.Starred, ast.Dict, ast.Constant)
    if isinstance(node, nothing) or isinstance(parent, (ast.Subscript, ast.Compare)):
        return
    whole = kind is not None and kind.numbers == "i"
    own = text(node)
    if whole:
        return  # among sizes, one number is easily another
    in_product = isinstance(parent, ast.BinOp) and isinstance(parent.op, (ast.Mult, ast.Div))
    sizes = {
        theirs.value: name for name, theirs in [*scope.items()][::-1] if theirs.numbers == "i" and not theirs.shape
    }
    for size, name in list(sizes.items()):  # of a window
        sizes.setdefault(size * size, f"({name} * {name})")
    for name, theirs in scope.items():
        for axis, size in enumerate(theirs.shape):
            sizes.setdefault(size, f"{name}.shape[{axis}]")
    for name, theirs in scope.items():  # the pixels of an image, with channels first or last
        for axis in (1, 2) if len(theirs.shape) == 4 else ():
            pixels = theirs.shape[axis] * theirs.shape[axis + 1]
            sizes.setdefault(pixels, f"({name}.shape[{axis}] * {name}.shape[{axis + 1}])")
    if not in_product:  # in a product once for all of its factors
        yield Edit(1.15, "sign", f"the sign of `{own}` is wrong", node, f"-({own})")
        for factor, words in (
            ("2.0", "2"),
            ("0.5", "1 / 2"),
            *((name, name) for size, name in sizes.items() if size > 1),
        ):
            says = f"the factor `{words}` is missing in `{own}`"
            yield Edit(1.1, "factor_missing", says, node, f"({own}) * {factor}")
            if factor == words:
                yield Edit(1.1, "factor_missing", f"`{own}` is not divided by `{factor}`", node, f"({own}) / {factor}")
                for form, new in (
                    (f"1 / np.sqrt({factor})", f"({own}) / np.sqrt({factor})"),
                    (f"2 / {factor}", f"2.0 * ({own}) / {factor}"),
                ):
                    yield Edit(1.3, "factor_missing", f"the factor `{form}` is missing in `{own}`", node, new)
    for name, theirs in scope.items():
        form = name if kind is None else kind.fitting(name, theirs)
        if not form or (theirs.numbers == "i" and not theirs.shape):
            continue
        if not in_product:
            says = f"the factor `{form}` is missing in `{own}`" if form != own else f"`{own}` is not squared"
            yield Edit(1.2, "factor_missing", says, node, f"({own}) * {form}")
            if form != own:
                yield Edit(1.25, "factor_missing", f"`{own}` is not divided by `{form}`", node, f"({own}) / {form}")
            if theirs.numbers == "f":
                slopes = (f"1 - {form}", f"1 - {form} ** 2", f"{form} * (1 - {form})", f"{form} > 0", f"{form} ** 2")
                for extra in (*slopes, *(f"{function}({form})" for function in vocabulary.functions)):
                    says = f"the factor `{extra}` is missing in `{own}`"
                    yield Edit(1.4, "factor_missing", says, node, f"({own}) * ({extra})")
        if form != own and not (
            in_product and isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Div))
        ):
            yield Edit(
                1.25, "term_missing", f"the term `{form}` is missing beside `{own}`", node, f"(({own}) + {form})"
            )
            yield Edit(1.25, "term_missing", f"`{form}` is not subtracted from `{own}`", node, f"(({own}) - {form})")
    if kind is not None and len(kind.shape) == 2 and isinstance(node, Simple):
        for name, theirs in scope.items():
            for place in (0, 1) if len(theirs.shape) == 2 and theirs.numbers == "f" else ():
                if theirs.shape[place] == kind.shape[1]:
                    form = name if place == 0 else f"{name}.T"
                    says = f"the product with `{form}` is missing in `{own}`"
                    yield Edit(1.4, "factor_missing", says, node, f"({own} @ {form})")
    yield Edit(1.3, "term_missing", f"`{own}` stands where `1 - {own}` belongs", node, f"(1 - ({own}))")
    for end in SUMS if kind is None or kind.shape else ():
        yield Edit(1.2, "not_summed", f"`{own}` is not summed", node, f"({own}){end}")
    for function in vocabulary.functions:
        says = f"`{own}` stands where `{function}({own})` belongs"
        yield Edit(1.3, "function_missing", says, node, f"{function}({own})")


def slopes(node: ast.expr) -> Iterator[Edit]:
    """The derivative of sigmoid at its output for that of tanh or of softmax, where none belongs, or for the first."""
    own = text(node)
    one_less = r"([\w.\[\]']+) \* \((1(?:\.0)?) - "
    before, after = re.fullmatch(rf"(?:(.*) \* )?{one_less}\2\)", own), re.fullmatch(rf"()?{one_less}\2\) \* (.*)", own)
    if match := before or after:
        d, a, one = match[1] or (match[4] if match is after else None), match[2], match[3]
        times = f"{d} * " if d else ""
        says = "the derivative of sigmoid stands where that of tanh belongs"
        yield Edit(1.1, "another_derivative", says, node, f"{times}({one} - {a} ** 2)")
        yield Edit(1.1, "factor_too_much", f"the factor `{a} * ({one} - {a})` is too much", node, d or "1.0")
        says = "only the diagonal of softmax's Jacobian is there"
        for axis in (-1, 0) if d else ():
            new = f"{a} * ({d} - ({d} * {a}).sum(axis={axis}, keepdims=True))"
            yield Edit(1.15, "only_the_diagonal", says, node, new)
    if match := re.fullmatch(r"(np\.diag(?:flat)?)\((.+) \* \(1(?:\.0)? - \2\)\)", own):
        says, a = "only the diagonal of softmax's Jacobian is there", match[2]
        yield Edit(1.1, "only_the_diagonal", says, node, f"({match[1]}({a}) - np.outer({a}, {a}))")
    if match := re.fullmatch(r"(1(?:\.0)?) - ([\w.\[\]']+) \*\* 2", own):
        says = "the derivative of tanh stands where that of sigmoid belongs"
        yield Edit(1.1, "another_derivative", says, node, f"({match[2]} * ({match[1]} - {match[2]}))")
