"""Why a claim is wrong: its backward pass is repeated with one thing done wrong, until the numbers are theirs."""

from micrograd_bp.checks.diagnosis.explanations import Explanation, diagnose

__all__ = ["Explanation", "diagnose"]
