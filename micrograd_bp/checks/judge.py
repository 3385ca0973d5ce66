"""The comparison: their backward on probes, entry by entry, against the right gradients of their own forward."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.checks.claims import Claim
from micrograd_bp.checks.handwritten import BackwardFailed, HandWritten, Pass
from micrograd_bp.checks.recognition import Case, matches
from micrograd_bp.checks.reference import Reference, contradicted, reference
from micrograd_bp.checks.report import ArrayResult

Array = NDArray[np.float64]


class Probe(NamedTuple):
    """What goes into one forward and backward.

    Attributes:
        words: what it is, for the report.
        parameters: by role.
        inputs: as their forward takes them.
        d_output: from the output to dL/d(output).
        n_samples: the size of the batch.
        targets: for a network whose backward takes them.
    """

    words: str
    parameters: dict[str, Array]
    inputs: Array
    d_output: Callable[[Array], Array]
    n_samples: int
    targets: Any = None


class Seen(NamedTuple):
    """One backward on one probe, beside the right gradients.

    Attributes:
        probe: what went in.
        reference: the right gradients.
        upstream: dL/d(output).
        theirs: what their backward left behind.
        earlier: the call before this one on the same object, if there was one.
    """

    probe: Probe
    reference: Reference
    upstream: Array
    theirs: Pass
    earlier: "Seen | None" = None

    @property
    def tolerance(self) -> float:
        """The relative error that passes."""
        kinds = [np.asarray(array).dtype for array in self.theirs.found.values()]
        single = any(kind in (np.float32, np.float16) for kind in kinds)
        return max(self.reference.tolerance, 2e-3 if single else 0.0)

    def case(self, context: Any = None) -> Case:
        """This, for the recognition of mistakes."""
        n_outputs = max(1, self.reference.output.size // self.probe.n_samples)
        earlier = self.earlier.reference.gradients if self.earlier else None
        gradients = self.reference.gradients
        return Case(gradients, self.theirs.found, self.probe.n_samples, n_outputs, self.tolerance, earlier, context)


def observe(subject: HandWritten, probes: Sequence[Probe], activation: str | None = None) -> list[Seen]:
    """Runs backward on every probe, each on a fresh copy; after the first, a second time on the same copy.

    The second call shows what the first one left behind.

    Raises:
        BackwardFailed: backward raises.
        CannotCheck: forward does.
    """
    seen = []
    for number, probe in enumerate(probes):
        thing = subject.copy(probe.parameters)
        first = _observe(subject, thing, probe, activation)
        seen.append(first)
        if number == 0:
            again = probe._replace(words=f"{probe.words}, a second call", inputs=probe.inputs[..., ::-1] * 0.9)
            subject.reset(thing)
            try:
                seen.append(_observe(subject, subject.copy(again.parameters, thing), again, activation, first))
            except BackwardFailed as error:
                raise BackwardFailed(f"called a second time, {error}", error.line) from error
    return seen


def _observe(
    subject: HandWritten, thing: Any, probe: Probe, activation: str | None, earlier: Seen | None = None
) -> Seen:
    right = reference(subject, probe.parameters, probe.inputs, probe.d_output, activation)
    upstream = probe.d_output(right.output)
    theirs = subject.run(thing, probe.inputs, upstream, probe.targets)
    return Seen(probe, right, upstream, theirs, earlier)


def claims_of(subject: HandWritten, seen: Sequence[Seen]) -> tuple[list[Claim], list[dict[str, Array]], dict[str, str]]:
    """Calls as claims for the diagnosis, the right gradients of each, and the role of each array that they name."""
    parameters = inspect.signature(getattr(subject.thing, subject.forward_name)).parameters
    taken = next((name for name in parameters if name not in subject.places.values()), "inputs")
    roles = {**{place: f"d_{role}" for role, place in subject.places.items()}, taken: "d_inputs"}
    claims: list[Claim] = []
    right = []
    for each in seen:
        probe = each.probe
        arrays = {subject.places[role]: array for role, array in probe.parameters.items()} | {taken: probe.inputs}

        def run(changed: Mapping[str, Any], arrays: Mapping[str, Array] = arrays) -> tuple[Any, ...]:
            now = {**arrays, **changed}
            thing = subject.copy({role: now[place] for role, place in subject.places.items()})
            return (subject.forward(thing, now[taken])[0],)

        def run_backward(seen: Seen = each) -> Any:
            thing = subject.copy(seen.probe.parameters)
            return subject.run(thing, seen.probe.inputs, seen.upstream, seen.probe.targets)

        claims.append(
            Claim(
                subject.backward_name,
                arrays,
                run,
                (each.upstream,),
                {place: each.theirs.found[role] for place, role in roles.items() if role in each.theirs.found},
                {place: each.theirs.places.get(role, "") for place, role in roles.items()},
                after={
                    place: np.asarray(each.theirs.after[role], dtype=float) for role, place in subject.places.items()
                },
                n_samples=probe.n_samples,
                earlier=claims[-1] if each.earlier is not None else None,
                backward=run_backward,
            )
        )
        right.append({place: each.reference.gradients[role] for place, role in roles.items()})
    return claims, right, roles


def compare(subject: HandWritten, seen: Sequence[Seen], roles: Sequence[str]) -> list[ArrayResult]:
    """One result for each gradient: that of the first probe that shows something wrong, if one does."""
    return [_first_wrong([_compare(subject, each, role) for each in seen]) for role in roles]


def _first_wrong(results: Sequence[ArrayResult]) -> ArrayResult:
    return next((result for result in results if not result.ok), results[0])


def _compare(subject: HandWritten, seen: Seen, role: str) -> ArrayResult:
    right = seen.reference.gradients[role]
    result = ArrayResult(role, seen.theirs.places.get(role, ""), False, n_entries=right.size, probe=seen.probe.words)
    if role not in seen.theirs.found:
        if role == "d_inputs" and seen.theirs.returned_nothing:
            return result._replace(message=f"{subject.backward_name} returns nothing")
        return result._replace(message="not found")
    raw = seen.theirs.found[role]
    try:
        found = np.asarray(raw, dtype=float)
    except (TypeError, ValueError):
        return result._replace(message=f"no numbers: {raw!s:.40}")
    if not fits(found.shape, right.shape):
        return result._replace(message=f"shape {found.shape}, expected {right.shape}")
    found = found.reshape(right.shape)
    if matches(found, right, seen.tolerance):
        return result._replace(ok=True)
    scale = max(float(np.max(np.abs(right))), 1e-8)
    errors = np.where(np.isfinite(found), np.abs(found - right), np.inf)
    order = [np.unravel_index(place, right.shape) for place in np.argsort(-errors, axis=None)]
    suspects = [tuple(int(i) for i in index) for index in order if errors[index] > seen.tolerance * scale]
    # A kink has two right slopes, and a graph shows one. So finite differences must contradict as well.
    numbers = {f"d_{each}": array for each, array in seen.probe.parameters.items()}
    numbers["d_inputs"] = seen.probe.inputs
    for place, index in enumerate(suspects):
        value = float(found[index])
        if not np.isfinite(value) or contradicted(subject, numbers, role, seen.upstream, index, value, scale):
            return result._replace(n_wrong=len(suspects) - place, where=index, found=value, right=float(right[index]))
    return result._replace(ok=True)


def fits(found: tuple[int, ...], right: tuple[int, ...]) -> bool:
    """Whether an array of the shape `found` can be subtracted from one of the shape `right` as it should.

    (3,) and (1, 3) are the same for a row of biases; (3,) and (3, 1) are not, since their difference is (3, 3).
    """
    try:
        return int(np.prod(found)) == int(np.prod(right)) == int(np.prod(np.broadcast_shapes(found, right)))
    except ValueError:
        return False


def remarks(seen: Sequence[Seen]) -> list[str]:
    """What is no wrong number, but will make trouble."""
    found = [
        f"the output does not change with the {role[2:]}: forward does not use the array that was found"
        for role in seen[0].reference.gradients
        if all(not np.any(each.reference.gradients[role]) for each in seen)
    ]
    if any(each.theirs.argument_changed for each in seen):
        found.append("backward writes into the array that it is handed: whoever called it finds it changed")
    return found
