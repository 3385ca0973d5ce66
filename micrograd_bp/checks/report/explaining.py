"""From numbers that are wrong to what the report says of them, and which line it points at."""

from collections.abc import Sequence

import numpy as np

from micrograd_bp.checks.diagnosis import diagnose
from micrograd_bp.checks.examine import Examined
from micrograd_bp.checks.readers.subject import Subject
from micrograd_bp.checks.report.report import ArrayResult, Finding
from micrograd_bp.checks.source import first_line


def findings_of(
    seen: Sequence[Examined], results: Sequence[ArrayResult], wrong: Sequence[str], subject: Subject
) -> list[Finding]:
    """The mistakes, and for arrays that no mistake explains, what can be said of their numbers."""
    by_array = {result.array: result for result in results}
    code = subject.code[min(1, len(subject.code) - 1)]
    claims, right = [examined.claim for examined in seen], [examined.right.gradients for examined in seen]
    tolerance = max(examined.right.tolerance for examined in seen)
    explanations = diagnose(claims, right, wrong, tolerance) if wrong else []
    if explanations and explanations[0].name:
        roles = [tuple(by_array[name].role for name in each.arrays) for each in explanations]
        return [
            Finding(each.name, own, each.words, each.also, each.line or first_line(code), each.becomes)
            for each, own in zip(explanations, roles, strict=True)
        ]
    line = explanations[0].line if explanations else first_line(code)
    left = [by_array[name] for name in wrong]
    findings = [
        Finding("", (result.role,), f"it has the {result.message}", line=line) for result in left if result.message
    ]
    unexplained = tuple(result.role for result in left if not result.message)
    if unexplained:
        words = "wrong, by none of the usual mistakes"
        if len(unexplained) == len(results) > 2:
            words += "; all that depends on one line is wrong, so look there first"
        if not all(np.isfinite(result.found) for result in left if not result.message):
            words = "nan or inf stands where a number belongs"
        findings.append(Finding("", unexplained, words, line=line))
    return findings
