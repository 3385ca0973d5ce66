"""From what was examined to the report: which gradients are right, which are not, and what was not compared."""

from collections.abc import Sequence
from typing import Any

from micrograd_bp.checks.examine import BackwardFailed, Examined
from micrograd_bp.checks.inputs.choice import Choice
from micrograd_bp.checks.matching import as_numbers, equal
from micrograd_bp.checks.naming import is_parameter, is_statistic, letters, relation
from micrograd_bp.checks.parts import layers_of
from micrograd_bp.checks.readers.subject import Subject
from micrograd_bp.checks.report.explaining import findings_of
from micrograd_bp.checks.report.hints import layer_hints
from micrograd_bp.checks.report.report import ArrayResult, Finding, Report
from micrograd_bp.checks.source import drops, first_line
from micrograd_bp.checks.world import CannotCheck


def report_of_failure(choice: Choice, error: BackwardFailed, hint: int) -> Report:
    """The report where backward raises.

    Raises:
        CannotCheck: it may be the fault of inputs that were guessed.
    """
    subject = choice.plan.subject
    guessed = choice.examined is None and len(choice.plan.specs) != 1
    if guessed and isinstance(error.__cause__, (ValueError, IndexError, TypeError)):
        raise CannotCheck(
            f"{error}, on inputs that were guessed ({choice.plan.words or 'none'}): hand some over"
        ) from error
    line = error.line or first_line(subject.code[min(1, len(subject.code) - 1)])
    finding = Finding("raises", (), str(error), line=line)
    about = ["network"] if layers_of(choice.thing) else ["d_z"] if subject.upstream else ["loss"]
    return Report(subject.name, False, (), (finding,), hints=tuple(layer_hints(about, hint)))


def report_of(choice: Choice, seen: Sequence[Examined], hint: int) -> Report:
    """The report on several calls.

    Raises:
        CannotCheck: there was nothing to compare.
    """
    subject, first = choice.plan.subject, choice.examined
    assert first is not None
    remarks: list[str] = []
    slightly: list[ArrayResult] = []
    results: list[ArrayResult] = []
    order = [name for name in first.claim.arrays if name in first.results]
    again = next((each for each in seen if each.claim.earlier is not None), None)
    adding = _adding(first, again) if again is not None and _is_reset(choice.thing) else []
    # Of a course, whose layers are functions.
    convention = _convention(first, seen) if choice.thing is None else []
    for name in order:
        each = [examined.results[name] for examined in seen if name in examined.results]
        if name in adding:
            each = [examined.results[name] for examined in seen if examined is not again and name in examined.results]
        wrong = next((result for result in each if not result.ok), None)
        slight = next((result for result in each if result.ok and result.message), None)
        if wrong is not None and name in convention:
            wrong = wrong._replace(ok=True, message="divided by the number of samples")
        elif wrong is None and slight is not None:
            slightly.append(slight)
        results.append(wrong or each[0]._replace(message=""))
    if slightly:
        named = ", ".join(result.role for result in slightly)
        least = min(float(result.message) for result in slightly)
        remarks.append(
            f"{named} differ by up to one part in {least:.0e}, as an epsilon in a formula does: that is no mistake"
        )
    if adding:
        named = ", ".join(first.results[name].role for name in adding)
        remarks.append(f"{named}: every call adds to what is there, so set it to zero before each batch")
    if convention:
        named = ", ".join(first.results[name].role for name in convention)
        remarks.append(
            f"{named} divided by the number of samples, and what is passed on is not: right where the loss's gradient "
            "comes without that division"
        )
    if choice.on_a_batch is not None:
        named = ", ".join(first.results[name].role for name in choice.on_a_batch.misshapen if name in first.results)
        remarks.append(f"compared on one sample at a time: on a batch {named} would still have to be summed over it")
    if any(examined.argument_changed for examined in seen):
        remarks.append("backward writes into the array that it is handed: whoever called it finds it changed")
    missing = list(first.missing)
    findings: list[Finding] = []
    data = [name for name in missing if name in subject.data or is_statistic(name)]
    if first.results and not subject.upstream:  # what enters a loss is data, unless it is learned
        learned = [name for name in missing if choice.thing is None and is_parameter(name)]
        data += [name for name in missing if name in subject.parameters and name not in (*learned, *data)]
    inputs = [name for name in missing if name not in data and name in subject.parameters]
    handed = [n for n in subject.parameters if n in first.claim.arrays]
    if inputs and first.results and inputs == handed and first.nothing and choice.thing is not None:
        finding = _not_returned(inputs, subject)
        if finding is not None:
            findings.append(finding)
            role = f"d_{inputs[0]}"
            results.append(ArrayResult(role, "", False, message="backward returns nothing", array=inputs[0]))
            missing.remove(inputs[0])
        else:  # of a first layer
            data += inputs
    missing = [name for name in missing if name not in data]
    if data:
        remarks.append(f"no gradient is given for {', '.join(data)}: nothing needs one, unless something comes before")
    wrong_names = [result.array for result in results if not result.ok and result.message != "backward returns nothing"]
    findings = findings_of(seen, results, wrong_names, subject) + findings
    ok: bool | None = not any(not result.ok for result in results)
    if ok and missing:
        ok = None
    elif missing:
        lost = "its gradient was" if len(missing) == 1 else "their gradients were"
        remarks.append(f"{', '.join(missing)}: {lost} not found, and so not compared")
    notes = [
        ("names", ", ".join(_named(result, first) for result in results) or "none"),
        ("inputs", choice.plan.words or ("as given" if choice.plan.fixed else "none")),
        ("compared", f"with {first.right.source}"),
    ]
    if subject.note:
        notes.append(("loss", subject.note))
    if not results and not missing:
        raise CannotCheck("nothing that is handed over or held moves the output: there is no gradient to compare")
    return Report(
        subject.name,
        ok,
        tuple(results),
        tuple(findings),
        tuple(notes),
        tuple(remarks),
        hints=tuple(layer_hints(["network"] if layers_of(choice.thing) else _about(results), hint))
        if ok is False
        else (),
        missing=tuple(missing),
    )


def _named(result: ArrayResult, first: Examined) -> str:
    m = first.matches.get(result.array)
    place = m.candidate.place or m.candidate.words if m is not None else "not returned"
    return f"{result.array} (gradient {place})"


def _about(results: Sequence[ArrayResult]) -> list[str]:
    """What hints are to be about: dL/dz first, where everything that depends on it is wrong."""
    wrong = [result for result in results if not result.ok]
    about = ["d_z"] if len(wrong) > 2 else []
    for result in wrong:
        for role, name in (("d_weights", "d_w"), ("d_biases", "d_b"), ("d_inputs", "d_x")):
            if relation(name, result.array) >= 3:
                about.append(role)
    return about or ["loss" if len(results) == 1 else "d_z"]


def _is_reset(thing: Any) -> bool:
    """Whether gradients are meant to add up: something sets them to zero, or parameters hold their own."""
    parts = [thing, *vars(thing).values()] if hasattr(thing, "__dict__") else [thing]
    resets = any(name.startswith(("zero", "reset", "clear_g")) for part in parts for name in dir(part))
    return resets or any(hasattr(part, "grad") for part in parts)


def _adding(first: Examined, again: Examined) -> list[str]:
    """The arrays whose gradient in the second call is that of the first and its own together."""
    found = []
    for name, result in again.results.items():
        if result.ok or name not in first.matches or not first.results[name].ok:
            continue
        before, now = as_numbers(first.matches[name].candidate.array), as_numbers(again.matches[name].candidate.array)
        right = again.right.gradients[name]
        if before is None or now is None or not before.size == now.size == right.size:
            continue
        if equal(now.reshape(right.shape) - before.reshape(right.shape), right, 10 * again.right.tolerance):
            found.append(name)
    return found


def _convention(first: Examined, seen: Sequence[Examined]) -> list[str]:
    """The parameters' gradients, if all of them are divided by the number of samples and the inputs' one is not."""
    wrong = [name for name, result in first.results.items() if not result.ok]
    right = [name for name, result in first.results.items() if result.ok]
    if len(wrong) < 2 or not right or any(letters(name) in {"w", "b"} for name in right):
        return []
    for examined in seen:
        for name in wrong:
            if name not in examined.matches or not examined.claim.n_samples:
                return []
            numbers = as_numbers(examined.matches[name].candidate.array)
            if numbers is None or not equal(
                numbers * examined.claim.n_samples, examined.right.gradients[name], examined.right.tolerance
            ):
                return []
    return wrong


def _not_returned(inputs: Sequence[str], subject: Subject) -> Finding | None:
    """Whether backward computes the gradient that it does not return."""
    code = subject.code[1] if len(subject.code) > 1 else subject.code[0]
    if not drops(code):
        return None
    return Finding(
        "returns_nothing",
        (f"d_{inputs[0]}",),
        f"backward returns nothing: it should end by returning dL/d({inputs[0]}), which the layer before needs",
        line=first_line(code),
    )
