"""How numbers are written in every view: one format."""

from micrograd_bp.engine.numbers.notation import number as four_digits

NOT_KNOWN = "–"
"""What is shown for a gradient before `backward` has run."""


def number(value: float | None) -> str:
    """A number as people read it here: four significant digits; `–` for one that is not known."""
    if value is None:
        return NOT_KNOWN
    return four_digits(value + 0.0)  # adding 0.0 makes -0.0 a plain 0


def share(part: float) -> str:
    """A share such as `3.1 %`."""
    return f"{100.0 * part:.3g} %"
