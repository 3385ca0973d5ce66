"""All steps as tables, one for each layer: what people read and print, and what the script of the page walks along."""

from collections.abc import Sequence
from html import escape

from micrograd_bp.views.page.story import PageStep

FORWARD, BACKWARD = (
    ("step", "value", "computed as"),
    ("step", "from → to", "local derivative", "contribution", "gradient"),
)


def tables(story: Sequence[PageStep]) -> str:
    """The tables of the forward pass, if there is one, then those of the backward pass."""
    sections = []
    for forward, heading, kind in ((True, "Forward pass", "forward"), (False, "Backward pass", "backward")):
        steps = [step for step in story if step.forward is forward]
        if not steps:
            continue
        layers: dict[str, list[PageStep]] = {}
        for step in steps:
            layers.setdefault(step.layer, []).append(step)
        sections.append(f'<section class="{kind}"><h3>{heading}</h3>')
        for layer, members in layers.items():
            sections.append(_table(layer, members, heading, alone=len(layers) == 1))
        sections.append("</section>")
    return "\n".join(sections) or "<p>There are no steps: nothing was computed from anything.</p>"


def _table(layer: str, steps: Sequence[PageStep], heading: str, *, alone: bool) -> str:
    heads = FORWARD if steps[0].forward else BACKWARD
    where = layer or ("" if alone else "outside of layers")
    caption = f"{heading}{', ' if where else ''}<bdi>{escape(where)}</bdi>"
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    rows = "\n".join(map(_row, steps))
    return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table>"


def _row(step: PageStep) -> str:
    data = {
        "step": step.number,
        "pass": "forward" if step.forward else "backward",
        "node": "" if step.node is None else step.node,
        "lines": " ".join(map(str, step.lines)),
        "changes": ";".join(f"{change.box}|{change.before}|{change.after}" for change in step.changes),
        "stops": " ".join(map(str, step.stops)),
        "quantity": step.quantity,
        "receiver": step.receiver,
        "module": step.module,
        "source": step.source,
        "note": step.note,
    }
    attributes = " ".join(f'data-{name}="{escape(str(value))}"' for name, value in data.items() if value != "")
    names = " → ".join(f"<bdi>{escape(name)}</bdi>" for name in step.names)
    formula = escape(step.formula)
    formula += "".join(f"<small>{escape(remark)}</small>" for remark in (step.source, step.note) if remark)
    cells = [str(step.number), names, formula]
    if not step.forward:
        cells += [step.product, step.change]
    return f"<tr {attributes}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
