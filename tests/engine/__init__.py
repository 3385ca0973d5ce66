"""Tests of micrograd_bp.engine, one file for each of its files or promises."""
