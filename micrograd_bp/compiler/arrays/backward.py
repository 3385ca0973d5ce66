"""The way back: the chain rule over the arrays of a program, and over loops, of which the derivative is a loop."""

from collections.abc import Iterable, Sequence

from micrograd_bp.compiler.arrays.gradient import contributions, stated
from micrograd_bp.compiler.arrays.language import (
    Array,
    Part,
    broadcast_to,
    call,
    laid_out,
    parts_of,
    reduce_to,
    scatter,
    signed,
    variable,
)
from micrograd_bp.compiler.arrays.loops import Accumulated, Carried, Kept, Loop
from micrograd_bp.compiler.arrays.lowering import Lowered
from micrograd_bp.compiler.arrays.reading import shape_of, variable_of
from micrograd_bp.compiler.arrays.rolling import Item, Rounds, groups_in, reads_of
from micrograd_bp.compiler.arrays.statements import BACKWARD, FORWARD, Accumulating, GradientOf, HandedBack, Statement
from micrograd_bp.compiler.find.groups import Group, View


class Gradients:
    """What has come to the gradients of groups so far.

    Attributes:
        of: for each group, the contributions to its gradient.
        kept: for each loop, what the way back needs of its rounds.
    """

    def __init__(self, parameters: Group, moving: Iterable[Group]) -> None:
        """Starts without any. `moving` are the groups besides the parameters along which gradients are wanted."""
        self.parameters = parameters
        self.moving = {parameters, *moving}
        self.of: dict[Group, list[Array]] = {}
        self.kept: dict[Rounds, list[Kept]] = {}

    def follow(self, items: Iterable[Item]) -> None:
        """Finds out what moves with the parameters, and with the others along which gradients are wanted."""
        for item in items:
            if isinstance(item, Rounds):
                before = -1
                while before < (before := len(self.moving)):  # what is carried may come to move in any round
                    for each in item.carried:
                        if each.own in self.moving or not self.moving.isdisjoint(groups_in([each.initial])):
                            self.moving.add(each.before)
                    self.follow(item.body)
            elif isinstance(item.group, View) or not self.moving.isdisjoint(reads_of(item)):
                self.moving.add(item.group)

    def give(self, y: Array, d: Array) -> None:
        """Adds what comes from an array with the gradient `d` to the gradients of what it is computed from."""
        for x, contribution in contributions(y, d, lambda x: x.detail in self.moving or x.detail == "parameters"):
            group = self.parameters if x.detail == "parameters" else x.detail
            self.of.setdefault(group, []).append(contribution)

    def through(self, items: Sequence[Item], statements: list[Statement]) -> None:
        """Goes back, each array giving its gradient to those that it was computed from."""
        for item in reversed(items):
            if isinstance(item, Rounds):
                self._through_rounds(item, statements)
            elif item.group in self.of:
                self._through_array(item, named_gradient(item.group, self.of.pop(item.group), statements))

    def _through_array(self, done: Lowered, d: Array) -> None:
        if done.formulas is None:
            self.give(done.value, d)
            return
        d = laid_out(d, shape_of(done.group), done.extents)
        for x, contribution in stated(done.derivatives(), d, done.extents):
            self.give(x, contribution)

    def _through_rounds(self, rounds: Rounds, statements: list[Statement]) -> None:
        """The derivative of a loop is a loop, which runs backwards over what has been kept."""
        carried = [each for each in rounds.carried if each.own in self.moving or each.before in self.moving]
        if not any(each.own in self.of for each in carried):
            return
        last = {each: named_gradient(each.own, self.of.pop(each.own, []), statements) for each in carried}
        symbols = {each: variable(HandedBack(each.own), shape_of(each.own)) for each in carried}
        while True:
            inner, body = Gradients(self.parameters, self.moving), list[Statement]()
            inner.of = {each.own: [symbols.get(each, last[each])] for each in carried}
            inner.through(rounds.body, body)
            handed = {each: named_gradient(each.before, inner.of.pop(each.before, []), body) for each in symbols}
            unchanged = [each for each, symbol in symbols.items() if handed[each] is symbol]
            if not unchanged:
                break
            for each in unchanged:  # the gradient of a sum is that of all its terms
                del symbols[each]
        for each in carried:
            inner.of.pop(each.before, None)
        handed_on = [Carried(symbol, broadcast_to(handed[each], symbol.shape)) for each, symbol in symbols.items()]
        initials = [broadcast_to(last[each], symbol.shape) for each, symbol in symbols.items()]
        accumulated = []
        for group, summands in inner.of.items():
            target = variable(Accumulating(group), shape_of(group))
            goes_on = target in self.of.setdefault(group, [])
            accumulated.append(Accumulated(target, _with_one_whole(parts_in(summands)), goes_on))
            self.of[group] += [] if goes_on else [target]
        if handed_on or body or accumulated:  # else what comes back goes through the rounds as it is
            loop = self._loop(rounds, handed_on, body, accumulated)
            statements.append(Statement(variable(loop), loop.starting(*initials), BACKWARD))
        for each in carried:
            d, whole = symbols.get(each, last[each]), shape_of(each.own)
            if each.initial.shape != whole:  # as weight decay, which has no samples, before the losses of samples
                d = reduce_to(broadcast_to(d, whole), whole, each.initial.shape)
            self.give(each.initial, d)

    def _loop(
        self,
        rounds: Rounds,
        handed_on: Sequence[Carried],
        body: Sequence[Statement],
        accumulated: Sequence[Accumulated],
    ) -> Loop:
        """The loop that runs backwards. Notes what is to be kept for it."""
        values = [*(each.value for each in body), *(part.array for each in accumulated for part in each.parts)]
        read = set(groups_in([*values, *(each.following for each in handed_on)]))
        views = [
            Statement(variable_of(done.group), done.value, BACKWARD, done.group)
            for done in rounds.body
            if isinstance(done.group, View) and done.group in read
        ]
        carried = {each.own for each in rounds.carried}
        befores = {each.own: variable_of(each.before) for each in rounds.carried if each.before in read}
        self.kept[rounds] = [
            Kept(variable_of(done.group), befores.get(done.group), done.group in carried)
            for done in rounds.body
            if not isinstance(done.group, View) and (done.group in read or done.group in befores)
        ]
        return Loop(rounds.n, rounds.first, True, handed_on, [*views, *body], self.kept[rounds], accumulated)


def forward_loop(rounds: Rounds, kept: Sequence[Kept]) -> Array:
    """Rounds as a loop that runs forward."""
    carried = [Carried(variable_of(each.before), variable_of(each.own)) for each in rounds.carried]
    body = [Statement(variable_of(done.group), done.value, FORWARD, done.group) for done in rounds.body]
    loop = Loop(rounds.n, rounds.first, False, carried, body, kept)
    return loop.starting(*(each.initial for each in rounds.carried))


def _with_one_whole(parts: list[Part]) -> list[Part]:
    """Parts, with those of all entries added up."""
    whole = [part.array for part in parts if part.places is None]
    return [*([Part(_added(whole), None)] if whole else []), *(part for part in parts if part.places is not None)]


def parts_in(contributions: Iterable[Array]) -> list[Part]:
    """What is added up, and where. What a loop has added up comes first, since it stands in the array already."""
    parts = [part for each in contributions for part in parts_of(each)]
    return sorted(parts, key=lambda part: not isinstance(part.array.detail, Accumulating))


def named_gradient(group: Group, contributions: Sequence[Array], statements: list[Statement]) -> Array:
    """What has been given to a group, added up, with a name; a number that holds for all entries needs none."""
    if len(contributions) == 1 and isinstance(contributions[0].detail, Accumulating):
        return contributions[0]  # which has the name that it is to have
    shape, parts = shape_of(group), parts_in(contributions)
    if not parts or any(part.places is not None for part in parts):
        value = scatter(sorted(parts, key=lambda part: part.places is not None), shape)
    else:
        value = _added([part.array for part in parts])
        # A view's gradient is put to its place as it is; any other may stay a number that holds for all entries.
        if isinstance(group, View):
            value = broadcast_to(value, shape)
        elif value.function in ("variable", "literal"):
            return value
    if not parts:
        return value
    gradient = variable(GradientOf(group), value.shape)
    statements.append(Statement(gradient, value, BACKWARD, group))
    return gradient


def _added(contributions: Iterable[Array]) -> Array:
    """The sum of contributions, with what is subtracted last; a number that multiplies them all does so once."""
    first, *others = sorted(contributions, key=lambda each: signed(each)[0] < 0.0)
    terms = [signed(each) for each in (first, *others)]
    factor, *different = {rest.operands[0] if rest.function == "multiply" else None for _, rest in terms}
    if others and not different and factor is not None and factor.function == "variable" and not factor.shape:
        shares = [(sign, rest.operands[1]) for sign, rest in terms]
        return call("multiply", factor, _added([x if sign > 0.0 else call("negative", x) for sign, x in shares]))
    for sign, rest in terms[1:]:
        first = call("add" if sign > 0.0 else "subtract", first, rest)
    return first
