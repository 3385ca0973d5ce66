"""Finds out how to call a subject: which inputs its forward takes, in which layout its backward fits."""

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from micrograd_bp.checks.examine import BackwardFailed, Examined, examine
from micrograd_bp.checks.inputs.plans import Plan, batches, plans
from micrograd_bp.checks.inputs.specs import Spec
from micrograd_bp.checks.naming import is_parameter, is_statistic
from micrograd_bp.checks.readers.subject import Subject
from micrograd_bp.checks.world import (
    CannotCheck,
)


class Choice(NamedTuple):
    """A plan that was tried.

    Attributes:
        plan: how it is called.
        examined: what that showed; None where backward raised.
        failed: what backward raised.
        rank: how well it fits, 0 for the best.
        on_a_batch: the same with a batch, where one sample alone fits better.
    """

    plan: Plan
    examined: Examined | None
    failed: BackwardFailed | None
    rank: int
    on_a_batch: "Choice | None" = None

    @property
    def thing(self) -> Any:
        """Their object; None for functions."""
        return self.plan.thing

    @property
    def n_samples(self) -> int:
        """The size of the batch."""
        return batches(self.plan)[0]

    @property
    def misshapen(self) -> list[str]:
        """The arrays whose gradients have a wrong shape."""
        results = self.examined.results if self.examined is not None else {}
        return [name for name, result in results.items() if "shape" in result.message]

    @property
    def takes_a_batch(self) -> bool:
        """Whether gradients of a wrong shape have no samples in it: then one sample alone is not what was meant."""
        if self.rank != 3 or self.examined is None or self.plan.single:
            return False
        shapes = [self.shape(name) for name in self.misshapen]
        return bool(shapes) and not any(self.examined.claim.n_samples in shape for shape in shapes)

    @property
    def sums_a_batch(self) -> bool:
        """Whether a shape is wrong, and the gradient of weights is summed over a batch as it should be."""
        if self.rank != 3 or self.examined is None or self.plan.single:
            return False
        right, n = self.examined.right.gradients, self.examined.claim.n_samples
        own = [name for name in self.examined.results if name not in self.plan.subject.parameters]
        return any(
            self.examined.results[name].ok and right[name].ndim > 1 and n not in right[name].shape for name in own
        )

    def excuses(self, other: "Choice") -> bool:
        """Whether what has a wrong shape in another call has the very shape of its array in this one."""
        assert self.examined is not None
        right = self.examined.right.gradients
        names = [name for name in other.misshapen if name in self.examined.matches]
        return self.plan.single and all(self.shape(name) == right[name].shape for name in names)

    def shape(self, name: str) -> tuple[int, ...]:
        """Of the gradient that is claimed for an array."""
        assert self.examined is not None
        return np.shape(self.examined.matches[name].candidate.array)

    @property
    def key(self) -> tuple[int, int]:
        """The lower, the better it fits."""
        right = sum(result.ok for result in self.examined.results.values()) if self.examined else 0
        return self.rank, -right


MOST_EXAMINED, MOST_ALIKE = 20, 2
MOST_TRIED, MOST_TRIED_AFTER_A_WRONG_ONE = 4000, 200
"""How many inputs are handed to forward, in all the ways in which something may be meant."""


def choose(
    subjects: Sequence[Subject],
    samples: str | None = None,
    fixed: Mapping[str, Any] | None = None,
    names: Mapping[str, str] | None = None,
) -> Choice:
    """The subject and the plan that fit best: the first in which all is right, or that comes closest to it.

    Where a gradient is wrong others are tried for their layout, but no right answer on whole numbers or on one sample
    excuses a wrong one on a batch.

    Raises:
        CannotCheck: forward takes none of the inputs that were tried.
    """
    best: Choice | None = None
    refused: CannotCheck | None = None
    tried: Counter[Any] = Counter()
    for number, subject in enumerate(subjects):
        examined: Counter[Any] = Counter()
        wrong: list[Plan] = []
        summed: Choice | None = None

        def wanted(
            plan: Plan, number: int = number, examined: Counter[Any] = examined, wrong: list[Plan] = wrong
        ) -> bool:
            few = max(examined[plan.single], examined["failed"] / 3) < MOST_EXAMINED
            few = few and examined[plan.form] < MOST_ALIKE and tried.total() < MOST_TRIED
            few = few and tried[number, True] < MOST_TRIED_AFTER_A_WRONG_ONE
            excused = plan.single and examined["a batch"]
            if not few or excused or any(map(plan.says_less, wrong)):
                return False
            tried[number, bool(wrong)] += 1
            return True

        try:
            for plan in plans(subject, samples, fixed, wanted):
                try:
                    made = attempt(plan, names)
                except CannotCheck as error:
                    refused = refused or error
                    continue
                examined.update([plan.form, plan.single if made.failed is None else "failed"])
                if summed is not None and made.examined is not None and not made.excuses(summed):
                    continue
                if best is None or made.key < best.key:
                    best = made
                if made.rank == 0:
                    return _with_one_hot_rows(made, names)._replace(on_a_batch=summed)
                if made.rank in (1, 2):
                    wrong.append(plan)
                examined["a batch"] += made.takes_a_batch
                if made.sums_a_batch:
                    summed = made
        except CannotCheck as error:
            refused = refused or error
    if best is not None and best.rank == 3 and (again := _as_claimed(best, names)) is not None:
        return again
    if best is None:
        raise refused or CannotCheck("no inputs that forward takes were found: hand some over")
    return best


def _as_claimed(choice: Choice, names: Mapping[str, str] | None) -> Choice | None:
    """The same with arguments in the shape that is claimed for them, where what was guessed is stretched to that."""
    plan, n = choice.plan, choice.n_samples
    specs = dict(plan.specs)
    for name in choice.misshapen:
        assert choice.examined is not None
        claimed, right = choice.shape(name), choice.examined.right.gradients[name].shape
        with contextlib.suppress(ValueError):
            stretched = np.broadcast_shapes(claimed, right) == claimed and claimed.count(n) == right.count(n)
            if stretched and name in specs and name not in plan.fixed:
                kind = "float" if specs[name].kind == "value" else specs[name].kind
                words = " ".join("N" if size == n else str(size) for size in claimed)
                specs[name] = Spec(kind, words, specs[name].style)
    with contextlib.suppress(CannotCheck):
        made = attempt(plan._replace(specs=specs), names)
        return made if made.key < choice.key else None
    return None


def _with_one_hot_rows(choice: Choice, names: Mapping[str, str] | None) -> Choice:
    """The same with one-hot rows for labels, if that is what is wrong: code that takes both has a branch for each."""
    plan = choice.plan
    labels = [name for name, spec in plan.specs.items() if spec.kind == "labels" and spec.shape.startswith("N:")]
    rows = [
        spec.shape.split()[1]
        for spec in plan.specs.values()
        if spec.kind == "float" and spec.style == "rows" and spec.known == 2
    ]
    if len(labels) != 1 or not rows:
        return choice
    specs = {**plan.specs, labels[0]: Spec("onehot", f"N {rows[0]}", "rows")}
    try:
        made = attempt(plan._replace(specs=specs), names)
    except (Exception, SystemExit):
        return choice
    return made if made.rank == 2 else choice


def attempt(plan: Plan, names: Mapping[str, str] | None = None) -> Choice:
    """Examines one call.

    Raises:
        CannotCheck: it says nothing.
    """
    n = batches(plan)[0]
    try:
        examined = examine(plan.subject, plan.world(n, 0), 0, n, words=f"a batch of {n}", names=names)
    except BackwardFailed as error:
        return Choice(plan, None, error, 5)
    named = plan.thing is None  # an object holds what is learned
    free = () if plan.subject.upstream else [p for p in plan.subject.parameters if not (named and is_parameter(p))]
    missing = [n for n in examined.missing if n not in plan.subject.data and n not in free and not is_statistic(n)]
    degenerate = any(not np.any(examined.right.gradients[name]) for name in examined.results)
    degenerate = degenerate or examined.identity
    wrong_shape = any("shape" in result.message for result in examined.results.values())
    if not examined.results:
        rank = 4
    elif wrong_shape or degenerate:
        rank = 3
    elif not examined.ok:
        rank = 2
    else:
        rank = 1 if missing else 0
    return Choice(plan, examined, None, rank)
