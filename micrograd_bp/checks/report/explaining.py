"""From numbers that are wrong to what the report says of them, and which line it points at."""

from collections.abc import Sequence

import numpy as np

from micrograd_bp.checks.diagnosis import diagnose
from micrograd_bp.checks.examine import Examined
from micrograd_bp.checks.readers.subject import Subject
from micrograd_bp.checks.report.report import ArrayResult, Finding
from micrograd_bp.checks.source import line_of


def findings_of(
    seen: Sequence[Examined], results: Sequence[ArrayResult], wrong: Sequence[str], subject: Subject
) -> list[Finding]:
    """The mistakes, and for arrays that no mistake explains, what can be said of their numbers."""
    by_array = {result.array: result for result in results}
    places = {by_array[name].role: by_array[name].place for name in wrong}
    code = subject.code[1] if len(subject.code) > 1 else subject.code[0]
    claims, right = [examined.claim for examined in seen], [examined.right.gradients for examined in seen]
    tolerance = max(examined.right.tolerance for examined in seen)
    findings = []
    for explanation in diagnose(claims, right, wrong, tolerance) if wrong else ():
        roles = tuple(by_array[name].role for name in explanation.arrays)
        what = "d_z" if explanation.line is None and len(roles) > 1 else roles[0]
        line = explanation.backward or line_of(code, what, places, roles)
        findings.append(
            Finding(explanation.name, roles, explanation.words, explanation.also, line, explanation.becomes)
        )
    explained = {role for finding in findings for role in finding.roles}
    left = [by_array[name] for name in wrong if by_array[name].role not in explained]
    for result in left:
        if result.message:
            line = line_of(code, result.role, places, [result.role])
            findings.append(Finding("", (result.role,), f"it has the {result.message}", line=line))
    unexplained = tuple(result.role for result in left if not result.message)
    if unexplained:
        line = line_of(code, "d_z" if len(unexplained) > 1 else unexplained[0], places, unexplained)
        words = "wrong, by none of the usual mistakes"
        if len(unexplained) == len(results) > 2:
            words += "; all that depends on one line is wrong, so look there first"
        if not all(np.isfinite(result.found) for result in left if not result.message):
            words = "nan or inf stands where a number belongs"
        findings.append(Finding("", unexplained, words, line=line))
    return findings
