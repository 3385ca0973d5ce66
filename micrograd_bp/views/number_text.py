"""How numbers are written in every view: one format."""

NOT_KNOWN = "–"
"""What is shown for a gradient before `backward` has run."""


def number(value: float | None) -> str:
    """A number as people read it here: four significant digits; `–` for one that is not known."""
    if value is None:
        return NOT_KNOWN
    return f"{value + 0.0:.4g}"  # adding 0.0 makes -0.0 a plain 0


def share(part: float) -> str:
    """A share such as `3.1 %`."""
    return f"{100.0 * part:.3g} %"
