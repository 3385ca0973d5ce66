"""`check_layer`: is the backward of a layer right, and if not, where?"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.checks.dense import Activation, Dense, activation_of, backward, read_off
from micrograd_bp.checks.findings import make_findings, names_used
from micrograd_bp.checks.handwritten import BackwardFailed, HandWritten, described
from micrograd_bp.checks.hints import layer_hints
from micrograd_bp.checks.judge import Probe, Seen, compare, fits, observe, remarks
from micrograd_bp.checks.layouts import Form, forms
from micrograd_bp.checks.mistakes import MISTAKES, Mistake
from micrograd_bp.checks.probes import BATCHES, probe_parameters, probe_rows
from micrograd_bp.checks.recognition import Candidate, Case, plain_candidates, unseen
from micrograd_bp.checks.report import Finding, Report
from micrograd_bp.checks.source import first_line
from micrograd_bp.checks.world import CannotCheck
from micrograd_bp.engine import GradientError

Array = NDArray[np.float64]


def check_layer(
    layer: Any,
    inputs: Any = None,
    d_output: Any = None,
    *,
    names: Mapping[str, str] | None = None,
    activation: str | None = None,
    samples: str | None = None,
    hint: int = 0,
    raise_on_error: bool = False,
) -> Report:
    """Compares every gradient of a hand-written layer with the right one, and names the mistake.

    The layer has a `forward` and a `backward`, arrays of parameters and of their gradients; their names are recognized.
    It is left as it is: only copies of it run.

    Args:
        layer: the object.
        inputs: what to try it on, besides probes of our own, which the mistakes are told apart by.
        d_output: dL/d(output) for `inputs`; distinct numbers if not given.
        names: what is not recognized: `{"weights": "kernel", "d_weights": "kernel_update"}`.
        activation: the operation that is its activation, if its forward does not run on Values.
        samples: how samples lie, if that is not recognized: rows, columns, single, column or row.
        hint: how many hints the report gives, 0 to 3.
        raise_on_error: whether a wrong gradient raises.

    Raises:
        CannotCheck: the question cannot be answered; the message says why.
        GradientError: a gradient is wrong, and `raise_on_error` is true; the message is the report.
    """
    subject = HandWritten(layer, names)
    report = _check(subject, inputs, d_output, activation, samples, hint)
    if raise_on_error and not report.ok:
        raise GradientError(str(report))
    return report


def _check(
    subject: HandWritten, inputs: Any, d_output: Any, activation: str | None, samples: str | None, hint: int
) -> Report:
    name = type(subject.thing).__name__
    method = getattr(subject.thing, subject.backward_name)
    form, failure = find_form(subject, samples)
    probes = []
    if inputs is not None:
        probes.append(_given(subject, form, inputs, d_output))
    if form is not None:
        probes += own_probes(subject, form)
    if not probes:
        raise CannotCheck(failure or "no inputs that forward takes were found: hand some over")
    notes = _notes(subject, form)
    try:
        seen = observe(subject, probes, activation)
    except BackwardFailed as error:
        finding = Finding("raises", (), str(error), line=error.line or first_line(method))
        hints = tuple(layer_hints(["d_z", "d_weights", "d_biases", "d_inputs"], hint))
        return Report(name, False, (), (finding,), tuple(notes), hints=hints)
    places = {role: place for each in seen for role, place in each.theirs.places.items()}
    notes.insert(0, ("names", names_used(subject, places)))
    notes.append(("compared", f"with {seen[-1].reference.source}"))
    roles = [*(f"d_{role}" for role in subject.places), "d_inputs"]
    results = compare(subject, seen, roles)
    layers = read_layers(subject, form, seen)
    cases = [
        each.case((dense, form.layout.to_rows(each.upstream)) if form and dense else None)
        for each, dense in zip(seen, layers, strict=True)
    ]
    candidates = list(plain_candidates(roles))
    if form is not None and all(dense is not None for dense in layers):
        candidates += [dense_candidate(mistake, form) for mistake in MISTAKES]
        known = layers[-1].name if layers[-1] else ""
        notes.append(("activation", known or "none of the usual ones, as its forward has it"))
    findings = make_findings(results, cases, candidates, method, places, subject, seen)
    known_ones = [candidate for candidate in candidates if candidate.name in WORTH_SAYING]
    hidden = [candidate.words for candidate in unseen(cases, known_ones)]
    wrong = [result.role for result in results if not result.ok]
    return Report(
        name,
        not wrong,
        tuple(results),
        tuple(findings),
        tuple(notes),
        tuple(remarks(seen)),
        tuple(hidden),
        tuple(layer_hints(_about(wrong), hint)) if wrong else (),
    )


def _notes(subject: HandWritten, form: Form | None) -> list[tuple[str, str]]:
    if form is None:
        return []
    stored = "weights are stored (neurons, inputs); " if form.transposed and "weights" in subject.places else ""
    return [("samples", f"{stored}{form.layout.words}; {form.n_inputs} inputs, {form.n_outputs} outputs")]


WORTH_SAYING = ("forgotten_derivative", "derivative_at_output", "output_formula_at_z")
"""Mistakes of which the report says so where they would not show."""


def find_form(subject: HandWritten, samples: str | None) -> tuple[Form | None, str]:
    """How a layer takes its samples: the first form in which forward runs, and backward gives weights that fit.

    Returns:
        The form, or None; and why none was found.
    """
    weights = subject.parameters.get("weights")
    runs: list[tuple[int, Form]] = []
    failure = ""
    for form in forms(weights, samples):
        batches = BATCHES if form.layout.batches else (1, 1)
        rank = 0
        for seed, n in enumerate(batches):
            probe = _probe(subject, form, n, seed)
            try:
                output = subject.forward(subject.copy(probe.parameters), probe.inputs)[0]
                if output is None:
                    raise CannotCheck(f"{subject.forward_name} returns nothing: it should end with `return output`")
                expected = form.samples(np.zeros((n, form.n_outputs))).shape
                if np.shape(output) != expected and not (n == 1 and np.size(output) == form.n_outputs):
                    raise ValueError(f"{np.shape(probe.inputs)} gives {np.shape(output)}, not {expected}")
                rank = max(rank, _rank(subject, probe, np.shape(output)))
            except CannotCheck:
                raise
            except (Exception, SystemExit) as error:
                failure = failure or f"forward takes none of the inputs tried, hand some over: {described(error)}"
                break
        else:
            if rank == 0:
                return form, ""
            runs.append((rank, form))
    if not runs and not subject.places:
        failure += "; no parameters were recognized either: say weights=NAME, biases=NAME"
    return (min(runs, key=lambda run: run[0])[1] if runs else None), failure


def _rank(subject: HandWritten, probe: Probe, output: tuple[int, ...]) -> int:
    """0 where backward gives weights' gradients of the weights' shape, 1 where it gives others, 2 where it raises."""
    try:
        found = subject.run(subject.copy(probe.parameters), probe.inputs, np.ones(output)).found
    except BackwardFailed:
        return 2
    weights = probe.parameters.get("weights")
    if weights is None or "d_weights" not in found:
        return 0
    shape = np.shape(found["d_weights"])
    return 0 if fits(shape, weights.shape) or fits(shape, weights.shape[::-1]) else 1


def own_probes(subject: HandWritten, form: Form) -> list[Probe]:
    """Batches of 3 and 5, or three samples where it takes one at a time."""
    batches = BATCHES if form.layout.batches else (1, 1, 1)
    return [_probe(subject, form, n, seed) for seed, n in enumerate(batches)]


def _probe(subject: HandWritten, form: Form, n: int, seed: int) -> Probe:
    rows = form.samples(probe_rows(n, form.n_inputs, seed))
    upstream = form.samples(probe_rows(n, form.n_outputs, seed + 100))
    words = f"a batch of {n}" if form.layout.batches else "one sample"
    return Probe(
        words, probe_parameters(subject.parameters, seed), rows, lambda output: upstream.reshape(output.shape), n
    )


def _given(subject: HandWritten, form: Form | None, inputs: Any, d_output: Any) -> Probe:
    array = np.array(inputs, dtype=float)
    given = None if d_output is None else np.array(d_output, dtype=float)

    def upstream(output: Array) -> Array:
        if given is None:
            return probe_rows(1, output.size, 7).reshape(output.shape)
        if given.shape != output.shape:
            raise CannotCheck(f"d_output has the shape {given.shape}, and the output has {output.shape}")
        return given

    n = len(form.layout.to_rows(array)) if form and array.ndim in (1, 2) else len(np.atleast_2d(array))
    return Probe("the inputs given", subject.parameters, array, upstream, n)


def read_layers(subject: HandWritten, form: Form | None, seen: Sequence[Seen]) -> list[Dense | None]:
    """The layer as a dense one in each call, or None where it is none."""
    if form is None or set(subject.parameters) - {"weights", "biases"}:
        return [None] * len(seen)
    layers: list[Dense | None] = []
    activation: Activation | None = None
    for each in seen:
        made = None
        try:
            activation = activation or activation_of(subject, form, each.probe.parameters)
            made = read_off(subject, form, activation, each.probe.parameters, each.probe.inputs)
        except (CannotCheck, ValueError, ArithmeticError):
            pass
        if made is not None:
            rows = form.layout.to_rows(each.upstream)
            right = form.layout.to_rows(each.reference.gradients["d_inputs"])
            # It must be dense in its gradient too: an activation may mix the neurons, as softmax does.
            if not np.allclose(backward(made, rows)["inputs"], right, rtol=1e-3, atol=1e-4):
                made = None
        if made is not None:
            after = each.theirs.after.get("weights")
            changed = None if after is None else form.weights(np.asarray(after, dtype=float))
            made = made._replace(changed=changed, earlier=layers[-1] if each.earlier and layers else None)
        layers.append(made)
    return layers


def dense_candidate(mistake: Mistake, form: Form) -> Candidate:
    """A mistake of the table, its arrays in the shapes of this layer."""

    def predict(case: Case) -> dict[str, Array]:
        dense, upstream = case.context
        return {f"d_{role}": as_stored(role, array, form) for role, array in mistake.backward(dense, upstream).items()}

    return Candidate(mistake.name, mistake.words, mistake.line, predict)


def as_stored(role: str, array: Array, form: Form) -> Array:
    """A gradient of the tables' form in that of somebody's layer."""
    array = np.asarray(array)
    if role == "weights":
        return form.weights(array) if array.ndim == 2 else array
    return form.samples(array) if array.ndim == 2 else array


def _about(wrong: Sequence[str]) -> list[str]:
    """What hints are to be about: dL/dz first, where everything that depends on it is wrong."""
    return [*(["d_z"] if len(wrong) > 2 else []), *wrong]
