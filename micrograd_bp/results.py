"""The types of what the functions of this package give, for annotations: nobody makes one by hand."""

from micrograd_bp.checks import Report
from micrograd_bp.compiler.run.program import Program
from micrograd_bp.engine import Operation
from micrograd_bp.views.explain.explanation import Explanation
from micrograd_bp.views.gradient_report import GradientReport
from micrograd_bp.views.page.page import Page
from micrograd_bp.views.steps.step import Step

__all__ = ["Explanation", "GradientReport", "Operation", "Page", "Program", "Report", "Step"]
