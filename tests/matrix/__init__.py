"""Tests of micrograd_bp.matrix, one file for each of its files."""
