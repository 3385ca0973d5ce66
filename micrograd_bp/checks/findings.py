"""From numbers that are wrong to what the report says of them, and which line it points at."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from micrograd_bp.checks.diagnosis import diagnose
from micrograd_bp.checks.handwritten import HandWritten
from micrograd_bp.checks.judge import Seen, claims_of
from micrograd_bp.checks.recognition import Candidate, Case, explain
from micrograd_bp.checks.report import ArrayResult, Finding
from micrograd_bp.checks.source import first_line, line_of


def make_findings(
    results: Sequence[ArrayResult],
    cases: Sequence[Case],
    candidates: Sequence[Candidate],
    method: Any,
    places: Mapping[str, str],
    subject: HandWritten,
    seen: Sequence[Seen],
) -> list[Finding]:
    """The mistakes, from the tables and then by trial; for arrays that nothing explains, what their numbers say."""
    missing = [result for result in results if result.message == "not found" or "nothing" in result.message]
    wrong = [result.role for result in results if not result.ok and result not in missing]
    findings = []
    for explanation in explain(cases, wrong, candidates):
        roles, words, what = explanation.roles, explanation.words, explanation.line
        if what == "d_z" and any(result.ok for result in results) and len(roles) == 1:
            what, words = roles[0], f"{words} (only here: dL/dz is right elsewhere)"
        line = line_of(method, what or ("d_z" if len(roles) > 1 else roles[0]), places, roles)
        findings.append(Finding(explanation.name, roles, words, explanation.also, line))
    findings += [_missing(result, method) for result in missing]
    explained = {role for finding in findings for role in finding.roles}
    left = [result for result in results if not result.ok and result.role not in explained]
    found = by_trial(subject, seen, [result.role for result in left if result not in missing], places, method)
    findings += found
    left = [result for result in left if not any(result.role in finding.roles for finding in found)]
    for result in left:
        if result.message:
            line = line_of(method, result.role, places, [result.role])
            findings.append(Finding("", (result.role,), f"it has the {result.message}", line=line))
    roles = tuple(result.role for result in left if not result.message)
    if roles:
        line = line_of(method, "d_z" if len(roles) > 1 else roles[0], places, roles)
        findings.append(Finding("", roles, _unexplained(roles, results), line=line))
    return findings


def by_trial(
    subject: HandWritten, seen: Sequence[Seen], wrong: Sequence[str], places: Mapping[str, str], method: Any
) -> list[Finding]:
    """What the diagnosis by trial finds wrong with some arrays."""
    if not wrong:
        return []
    claims, right, roles = claims_of(subject, seen)
    names = [name for name, role in roles.items() if role in wrong]
    findings = []
    for explanation in diagnose(claims, right, names, max(each.tolerance for each in seen)):
        explained = tuple(roles[name] for name in explanation.arrays)
        line = explanation.backward or line_of(method, explained[0], places, explained)
        findings.append(Finding(explanation.name, explained, explanation.words, explanation.also, line))
    return findings


def _missing(result: ArrayResult, method: Any) -> Finding:
    what = result.role.removeprefix("d_")
    if result.role == "d_inputs":
        what = "nothing" if "nothing" in result.message else "no array of numbers"
        return Finding(
            "returns_nothing",
            (result.role,),
            f"backward returns {what}: it should end by returning dL/d(inputs), which the layer before needs",
            line=first_line(method),
        )
    return Finding(
        "not_found",
        (result.role,),
        f"no array with the gradient of the {what} after backward: it is never stored, or its name is not known "
        f"(then give d_{what}=NAME)",
        line=first_line(method),
    )


def _unexplained(roles: Sequence[str], results: Sequence[ArrayResult]) -> str:
    right = {each.role for each in results if each.ok}
    if not all(np.isfinite(each.found) for each in results if each.role in roles):
        return "nan or inf stands where a number belongs"
    text = "wrong, by none of the usual mistakes"
    if "d_biases" in right:
        return f"{text}; d_biases are right, so dL/dz is, and the mistake is where it is used"
    if {"d_weights", "d_biases", "d_inputs"} <= {*roles}:
        return f"{text}; all that depends on dL/dz is wrong, so look at dL/dz first"
    return text


def names_used(subject: HandWritten, places: Mapping[str, str]) -> str:
    """Which array was taken for what: `weights = W (gradient dW), …`."""
    pairs = [
        f"{role} = {place}" + (f" (gradient {places[f'd_{role}']})" if f"d_{role}" in places else "")
        for role, place in subject.places.items()
    ]
    if "d_inputs" in places:
        pairs.append(f"dL/d(inputs) = {places['d_inputs']}")
    return ", ".join(pairs)
