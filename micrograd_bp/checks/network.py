"""`check_network`: is the backward of a whole network right, and if not, where?"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.checks.findings import make_findings, names_used
from micrograd_bp.checks.handwritten import BackwardFailed, HandWritten
from micrograd_bp.checks.hints import layer_hints
from micrograd_bp.checks.judge import Probe, compare, observe, remarks
from micrograd_bp.checks.layer import as_stored, check_layer
from micrograd_bp.checks.layouts import Layout, forms
from micrograd_bp.checks.loss import check_loss, loss_gradient, own_loss
from micrograd_bp.checks.mistakes import MISTAKES
from micrograd_bp.checks.names import sublayers
from micrograd_bp.checks.network_mistakes import NETWORK_MISTAKES, Loop, in_layer
from micrograd_bp.checks.network_parts import Part, dense_layers, read_parts
from micrograd_bp.checks.probes import BATCHES, probe_parameters, probe_rows
from micrograd_bp.checks.recognition import Candidate, Case, plain_candidates
from micrograd_bp.checks.report import Finding, Report
from micrograd_bp.checks.source import first_line
from micrograd_bp.checks.world import CannotCheck
from micrograd_bp.engine import GradientError

Array = NDArray[np.float64]


def check_network(
    network: Any,
    inputs: Any = None,
    targets: Any = None,
    loss: Any = None,
    *,
    names: Mapping[str, str] | None = None,
    samples: str | None = None,
    hint: int = 0,
    raise_on_error: bool = False,
) -> Report:
    """Compares every gradient of a hand-written network with the right one, and names the mistake.

    Args:
        network: an object with `forward` and `backward`, and with layers or with arrays such as W1, b1, W2, b2.
        inputs: what to try it on, besides probes of our own, which the mistakes are told apart by.
        targets: for `inputs`.
        loss: "mse" or "softmax_cross_entropy", as `matrix` has them; a function of prediction and target; or an object
            with a `forward` and a `backward`, which is then checked too. If not given, the network's own `loss`
            method, or "mse".
        names: what is not recognized: `{"weights 0": "first_kernel", "d_weights 0": "first_update"}`.
        samples: how samples lie, if that is not recognized: rows or columns.
        hint: how many hints the report gives, 0 to 3.
        raise_on_error: whether a wrong gradient raises.

    Raises:
        CannotCheck: the question cannot be answered; the message says why.
        GradientError: a gradient is wrong, and `raise_on_error` is true; the message is the report.
    """
    subject = HandWritten(network, names)
    report = _check(subject, inputs, targets, loss, samples, hint)
    if raise_on_error and not report.ok:
        raise GradientError(str(report))
    return report


def _check(subject: HandWritten, inputs: Any, targets: Any, loss: Any, samples: str | None, hint: int) -> Report:
    name = type(subject.thing).__name__
    method = getattr(subject.thing, subject.backward_name)
    roles = [*(f"d_{role}" for role in subject.places), "d_inputs"]
    if len(roles) == 1:
        raise CannotCheck(f"{name} has no parameters whose names are known: no layers with W and b, no W1, b1, …")
    assumed = loss is None
    layout, probes = _own_probes(subject, "mse" if assumed else loss, samples)
    if assumed:
        loss = (own_loss(subject.thing, subject.forward_name, probes[0].inputs) if probes else None) or "mse"
        assumed = loss == "mse"
        layout, probes = _own_probes(subject, loss, samples)
    if inputs is not None:
        array = np.array(inputs, dtype=float)
        probes.insert(
            0,
            Probe(
                "the inputs given",
                subject.parameters,
                array,
                lambda output: loss_gradient(loss, output, targets),
                len(layout.to_rows(array)) if layout else len(array),
                targets,
            ),
        )
    if not probes:
        raise CannotCheck("no inputs that forward takes were found: hand some over")
    extra = _parts_alone(subject, loss)
    try:
        seen = observe(subject, probes)
    except BackwardFailed as error:
        finding = Finding("raises", (), str(error), line=error.line or first_line(method))
        hints = tuple(layer_hints(["network"], hint))
        return Report(name, False, (), (_named_by_simulation(subject, probes, finding),), hints=hints, parts=extra)
    places = {role: place for each in seen for role, place in each.theirs.places.items()}
    notes = [
        ("names", names_used(subject, places)),
        ("samples", layout.words if layout else "as given"),
        ("compared", f"with {seen[-1].reference.source}"),
        ("loss", ASSUMED if assumed else loss if isinstance(loss, str) else _name_of(loss)),
    ]
    # What enters a network is data, as a rule: dL/d(inputs) is compared if it is there, and may be left out.
    returned = all("d_inputs" in each.theirs.found for each in seen)
    compared = [role for role in roles if role != "d_inputs" or returned]
    results = compare(subject, seen, compared)
    parts = read_parts(subject, layout, probes) if layout else []
    candidates = list(plain_candidates(compared))
    contexts = [dense_layers(parts, each) for each in seen]
    loop_first = bool(extra) and all(part.ok for part in extra)  # then no layer has the mistake in itself
    if parts and layout and all(context is not None for context in contexts):
        candidates += [
            _candidate(*entry, parts, layout) for entry in _loops([part.number for part in parts], loop_first)
        ]
        notes.append(("layers", ", ".join(part.activation.name or "another" for part in parts)))
    cases = [each.case(context) for each, context in zip(seen, contexts, strict=True)]
    findings = make_findings(results, cases, candidates, method, places, subject, seen)
    if any(not part.ok for part in extra):  # then it is there that one has to look
        findings = [each for each in findings if each.name in {entry.name for entry in NETWORK_MISTAKES}]
        findings += [inner for part in extra for inner in _inner(part)]
    wrong = [result.role for result in results if not result.ok]
    ok = not wrong and all(part.ok for part in extra)
    return Report(
        name,
        ok,
        tuple(results),
        tuple(findings),
        tuple(notes),
        (
            *_about_parts(subject, extra, bool(wrong)),
            *remarks(seen),
            *([] if returned else ["dL/d(inputs) is not returned; only a network before this one would need it"]),
        ),
        (),
        tuple(layer_hints(["network"], hint)) if wrong else (),
        tuple(part for part in extra if not part.ok),
    )


ASSUMED = "mse, the squared errors summed over the outputs, divided by the number of samples (another: --loss, loss=)"


def _name_of(loss: Any) -> str:
    return str(getattr(loss, "__name__", type(loss).__name__))


def _inner(part: Report) -> list[Finding]:
    """The findings of a layer, said of the network."""
    return [finding._replace(words=f"in {part.subject}: {finding.words}") for finding in part.findings]


def _about_parts(subject: HandWritten, extra: Sequence[Report], wrong: bool) -> list[str]:
    if not wrong or not extra:
        return []
    if all(part.ok for part in extra):
        return [f"each layer alone is right: the mistake is in {type(subject.thing).__name__}.{subject.backward_name}"]
    return []


def _own_probes(subject: HandWritten, loss: Any, samples: str | None) -> tuple[Layout | None, list[Probe]]:
    """Batches of 3 and 5 in the first layout in which forward runs on them."""
    first = subject.parameters[next(role for role in subject.places if role.startswith("weights"))]
    for form in forms(first, samples):
        probes = []
        for seed, n in enumerate(BATCHES if form.layout.batches else (1, 1)):
            parameters = probe_parameters(subject.parameters, seed)
            inputs = form.samples(probe_rows(n, form.n_inputs, seed))
            try:
                output = np.asarray(subject.forward(subject.copy(parameters), inputs)[0], dtype=float)
                rows = form.layout.to_rows(output)
                if len(rows) != n:
                    break
            except Exception:  # not this layout
                break
            targets = form.samples(_targets(loss, n, rows.shape[1], seed)).reshape(output.shape)
            probes.append(
                Probe(
                    f"a batch of {n}" if form.layout.batches else "one sample",
                    parameters,
                    inputs,
                    lambda output, targets=targets, layout=form.layout: _in_rows(loss, output, targets, layout),  # type: ignore[misc]
                    n,
                    targets,
                )
            )
        else:
            return form.layout, probes
    return None, []


def _in_rows(loss: Any, output: Array, targets: Array, layout: Layout) -> Array:
    """dL/d(prediction). The losses of `matrix` take rows; a person's own takes what their network gives."""
    if not isinstance(loss, str):
        return loss_gradient(loss, output, targets)
    return layout.from_rows(loss_gradient(loss, layout.to_rows(output), layout.to_rows(targets))).reshape(output.shape)


def _targets(loss: Any, n: int, outputs: int, seed: int) -> Array:
    rows = np.abs(probe_rows(n, outputs, seed + 200))
    return rows / rows.sum(axis=1, keepdims=True) if loss == "softmax_cross_entropy" else rows


def _parts_alone(subject: HandWritten, loss: Any) -> tuple[Report, ...]:
    """The layers and the loss, each checked alone."""
    reports = []
    for number, layer in enumerate(sublayers(subject.thing)):
        try:
            reports.append(check_layer(layer)._replace(subject=f"layers[{number}], a {type(layer).__name__}, alone"))
        except CannotCheck:
            return ()
    if hasattr(loss, "forward") and hasattr(loss, "backward"):
        reports.append(check_loss(loss)._replace(subject=f"the loss, {type(loss).__name__}, alone"))
    return tuple(reports)


def _loops(numbers: Sequence[str], loop_first: bool) -> list[tuple[str, str, str, Loop]]:
    """Every mistake that a network of so many layers can have: name, words, line, loop."""
    entries: list[tuple[str, str, str, Loop]] = []
    for mistake in MISTAKES:
        places: list[tuple[int | None, str]] = [(place, f"in layer {number}: ") for place, number in enumerate(numbers)]
        for which, where in [*places, (None, "in every layer: ")]:
            wrong = in_layer(mistake, which, passed_on=False)
            entries.append((mistake.name, where + mistake.words, mistake.line, wrong))
            if mistake.line == "d_z":
                words = f"{where}in what it passes on to the layer before, {mistake.words}"
                entries.append((mistake.name, words, "d_inputs", in_layer(mistake, which, passed_on=True)))
    loops = [(entry.name, entry.words, entry.line, entry.backward) for entry in NETWORK_MISTAKES]
    return loops + entries if loop_first else entries + loops


def _candidate(name: str, words: str, line: str, wrong: Loop, parts: Sequence[Part], layout: Layout) -> Candidate:
    def predict(case: Case) -> dict[str, Array]:
        layers, upstream = case.context
        gradients, returned = wrong(layers, upstream)
        arrays = {"d_inputs": as_stored("inputs", returned, parts[0].form)}
        for part, gradient in zip(parts, gradients, strict=True):
            for what in ("weights", "biases"):
                if what in gradient:
                    arrays[f"d_{part.role(what)}"] = as_stored(what, gradient[what], part.form)
        return arrays

    return Candidate(name, words, line, predict)


def _named_by_simulation(subject: HandWritten, probes: Sequence[Probe], finding: Finding) -> Finding:
    """A backward that raises: would it, if the layers were looped in forward order?

    The layers of a network rarely fit together in the wrong order, so that mistake ends in an exception.
    """
    layers = sublayers(subject.thing)
    if not layers:
        return finding
    probe = probes[0]
    thing = subject.copy(probe.parameters)
    output, _ = subject.forward(thing, probe.inputs)
    gradient = probe.d_output(np.asarray(output, dtype=float))
    try:
        for layer in sublayers(thing):
            gradient = layer.backward(gradient)
    except Exception as error:
        if str(error).strip() and str(error).strip() in finding.words:
            words = f"{finding.words}; that is what happens when the layers are looped in forward order"
            return finding._replace(name="forward_order", words=words)
    return finding
