"""From what was examined to the report: which gradients are right, which are not, and what was not compared."""

from collections.abc import Iterator, Sequence
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
    again = next((each for each in seen if each.claim.earlier is not None), None)
    adding = _adding(first, again) if again is not None and _is_reset(choice.thing) else []
    convention = _convention(first, seen) if choice.thing is None else []  # of a course, whose layers are functions
    results = [
        _worst(name, [each for each in seen if name not in adding or each is not again], name in convention)
        for name in first.claim.arrays
        if name in first.results
    ]
    remarks = [*_remarks(choice, first, [result for result in results if result.ok and result.message])]
    results = [result._replace(message="") if result.ok else result for result in results]
    if adding:
        named = ", ".join(first.results[name].role for name in adding)
        remarks.append(f"{named}: every call adds to what is there, so set it to zero before each batch")
    if convention:
        named = ", ".join(first.results[name].role for name in convention)
        remarks.append(
            f"{named} divided by the number of samples, and what is passed on is not: right where the loss's gradient "
            "comes without that division"
        )
    if any(examined.argument_changed for examined in seen):
        remarks.append("backward writes into the array that it is handed: whoever called it finds it changed")
    wrong = [result.array for result in results if not result.ok]
    findings = findings_of([*map(_by_convention, seen)] if convention else seen, results, wrong, subject)
    missing, data, dropped = _left_out(choice, first)
    if dropped is not None:
        findings.append(dropped)
        results.append(ArrayResult(dropped.roles[0], "", False, message="backward returns nothing", array=missing[0]))
        missing = missing[1:]
    if data:
        remarks.append(f"no gradient is given for {', '.join(data)}: nothing needs one, unless something comes before")
    if not results and not missing:
        raise CannotCheck("nothing that is handed over or held moves the output: there is no gradient to compare")
    right = all(result.ok for result in results)
    if missing and not right:
        lost = "its gradient was" if len(missing) == 1 else "their gradients were"
        remarks.append(f"{', '.join(missing)}: {lost} not found, and so not compared")
    notes = [
        ("names", ", ".join(_named(result, first) for result in results) or "none"),
        ("inputs", choice.plan.words or ("as given" if choice.plan.fixed else "none")),
        ("compared", f"with {first.right.source}"),
        ("loss", subject.note),
    ]
    about = ["network"] if layers_of(choice.thing) else _about(results)
    return Report(
        subject.name,
        None if right and missing else right,
        tuple(results),
        tuple(findings),
        tuple(note for note in notes if note[1]),
        tuple(remarks),
        hints=() if right else tuple(layer_hints(about, hint)),
        missing=tuple(missing),
    )


def _worst(name: str, seen: Sequence[Examined], convention: bool) -> ArrayResult:
    """What the calls say of one array: the first that is wrong, or how far off the right ones are."""
    each = [examined.results[name] for examined in seen if name in examined.results]
    wrong = next((result for result in each if not result.ok), None)
    if wrong is not None and convention:
        return wrong._replace(ok=True, message="")
    return wrong or next((result for result in each if result.message), each[0])


def _remarks(choice: Choice, first: Examined, slightly: Sequence[ArrayResult]) -> Iterator[str]:
    """What is no mistake, but worth knowing, of results that are right and of those that are so but for an epsilon."""
    if slightly:
        named, least = ", ".join(result.role for result in slightly), min(float(r.message) for r in slightly)
        yield f"{named} differ by up to one part in {least:.0e}, as an epsilon in a formula does: that is no mistake"
    if choice.on_a_batch is not None:
        named = ", ".join(first.results[name].role for name in choice.on_a_batch.misshapen if name in first.results)
        yield f"compared on one sample at a time: on a batch {named} would still have to be summed over it"


def _left_out(choice: Choice, first: Examined) -> tuple[list[str], list[str], Finding | None]:
    """Of the arrays without a gradient: those that need one, those that are data, and a `return` that is missing."""
    subject, missing = choice.plan.subject, first.missing
    data = [name for name in missing if name in subject.data or is_statistic(name)]
    if first.results and not subject.upstream:  # what enters a loss is data, unless it is learned
        learned = [name for name in missing if choice.thing is None and is_parameter(name)]
        data += [name for name in missing if name in subject.parameters and name not in (*learned, *data)]
    inputs = [name for name in missing if name not in data and name in subject.parameters]
    handed = [name for name in subject.parameters if name in first.claim.arrays]
    dropped = None
    if inputs and first.results and inputs == handed and first.nothing and choice.thing is not None:
        dropped = _not_returned(inputs, subject)
        if dropped is None:  # a first layer
            data += inputs
    needed = [name for name in missing if name not in data]
    return sorted(needed, key=inputs[:1].__contains__, reverse=True), data, dropped


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
    """The parameters whose gradients are divided by the number of samples, if none of another one's is right."""
    wrong = [name for name, result in first.results.items() if not result.ok]
    right = [name for name, result in first.results.items() if result.ok]
    if len(wrong) < 2 or not right or any(letters(name) in {"w", "b"} for name in right):
        return []
    return [name for name in wrong if all(_is_divided(name, examined) for examined in seen)]


def _is_divided(name: str, examined: Examined) -> bool:
    m, n, right = examined.matches.get(name), examined.claim.n_samples, examined.right
    numbers = as_numbers(m.candidate.array) if m is not None else None
    return bool(n) and numbers is not None and equal(numbers * n, right.gradients[name], right.tolerance)


def _by_convention(examined: Examined) -> Examined:
    """The same with the gradients of parameters divided by the number of samples, as a convention has them."""
    right = examined.right
    divided = {
        name: gradient if examined.results[name].ok else gradient / examined.claim.n_samples
        for name, gradient in right.gradients.items()
        if name in examined.results
    }
    return examined._replace(right=right._replace(gradients={**right.gradients, **divided}))


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
