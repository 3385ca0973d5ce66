"""Ways to look at a graph: drawn, stepped through, explained. Nothing is imported before it is used."""

import micrograd_bp.views.notebook  # noqa: F401  # teaches notebooks to show Values
