"""What the debugger prints of a walk: a position, a node, the steps around, the end. Each is some lines of text."""

from collections.abc import Sequence

from micrograd_bp.engine import Value
from micrograd_bp.views.debugger.breakpoints import Breakpoint
from micrograd_bp.views.debugger.walk import Walk
from micrograd_bp.views.number_text import number
from micrograd_bp.views.remarks import remark
from micrograd_bp.views.steps.formulas import NodeFormulas
from micrograd_bp.views.steps.step import CHANGED, Step
from micrograd_bp.views.steps.step_table import HEAD, row
from micrograd_bp.views.steps.steps import Recording

LEAVES_AT_END = 12


def beginning(recording: Recording) -> str:
    """The greeting: what is walked."""
    graph = recording.graph
    roots = ", ".join(f"{recording.names[root]} = {number(root.data)}" for root in graph.roots[:4])
    sizes = f"{counted(len(graph.order), 'value')}, {counted(len(recording.steps), 'step')}"
    return f"The backward pass of {roots or 'nothing'}\n{sizes}; help lists the commands"


def counted(count: int, what: str) -> str:
    """A number of things: `1 step`, `2 steps`."""
    return f"{count:,} {what}" + ("s" if count != 1 else "")


def state(recording: Recording) -> str:
    """How far the walk is."""
    return f"after step {recording.position} of {len(recording.steps)}, {counted(len(recording.graph.order), 'value')}"


def position(recording: Recording) -> str:
    """The step that was taken last, or the start."""
    step = recording.latest
    if step is not None:
        return f"step {step.number} of {len(recording.steps)}: {step}"
    starts = ", ".join(
        f"{recording.names[root]} = {number(recording.gradient(root))}" for root in recording.graph.roots
    )
    line = f"before step 1 of {len(recording.steps)}: gradient of {starts}"
    return line if recording.steps else f"{line}; there are no steps, since nothing was computed from anything"


def computed(walk: Walk) -> str:
    """The value that was computed last in a forward pass, or the start."""
    if not walk.n_computed:
        return "before the first value is computed"
    value = walk.here
    return f"value {walk.n_computed:,} of {len(walk.computed):,}: {walk.recording.names[value]} = {number(value.data)}"


def node_steps(recording: Recording, taken: Sequence[Step], at_most: int) -> str:
    """Several steps of one node."""
    first, last = taken[0], taken[-1]
    lines = [
        f"steps {first.number} to {last.number} of {len(recording.steps)}: {first.node_name}",
        *([f"  made at {first.source}"] if first.source else []),
        f"  upstream gradient = {number(first.upstream_gradient)}",
    ]
    for step in taken[:at_most]:
        lines.append(f"  {step.formula.text}")
        lines.append(f"    gradient of {step.target}: {number(step.before)} → {number(step.after)}")
    if len(taken) > at_most:
        lines.append(f"  … {len(taken) - at_most} more; `list` and `info NAME` show them")
    if first.changed:
        lines.append(f"  note: {CHANGED}")
    return "\n".join(lines)


def end(recording: Recording) -> str:
    """The gradients of the leaves, when all steps have been taken."""
    leaves = [value for value in recording.graph.order if not value.operands]
    lines = [f"the end: all {counted(len(recording.steps), 'step')} taken; the gradients of the leaves:"]
    for leaf in leaves[:LEAVES_AT_END]:
        lines.append(f"  {recording.names[leaf]} = {number(recording.gradient(leaf))}")
    if len(leaves) > LEAVES_AT_END:
        lines.append(f"  … {len(leaves) - LEAVES_AT_END} more; `info NAME` shows one")
    return "\n".join(lines)


def points(stopping: Sequence[Breakpoint]) -> str:
    """The breakpoints and watches."""
    return "\n".join(f"  {point.number}: {point.what}" for point in stopping) or "no breakpoints"


def value(recording: Recording, asked: Value) -> str:
    """All about one value."""
    names = recording.names
    lines = [f"{names[asked]} = {number(asked.data)}"]
    if asked.operation is None:
        lines[0] += ", a leaf"
    elif asked.operation.operand_names:
        lines.append(f"  {NodeFormulas(asked, names).result.text}")
        lines.append(f"  operands: {', '.join(names[operand] for operand in asked.operands[:12])}")
    if asked.origin is not None and asked.origin.scope:
        lines.append(f"  made in {asked.origin.scope} ({asked.origin.kind})")
    if asked.origin is not None and asked.origin.place:
        lines.append(f"  made at {asked.origin.place}")
    if note := remark(asked):
        lines.append(f"  {note}: local derivatives {', '.join(map(number, asked.local_derivatives[:6]))}")
    lines.append(f"  gradient so far = {number(recording.gradient(asked))}")
    return "\n".join(lines)


def around(recording: Recording, n: int) -> str:
    """The steps before and after this position; an arrow marks the latest."""
    first, last = max(0, recording.position - 1 - n), recording.position + n
    lines = [HEAD]
    if recording.position == 0:
        lines.append("-> before the first step")
    for step in recording.steps[first:last]:
        line = row(step)
        lines.append("->" + line[2:] if step.number == recording.position else line)
    return "\n".join(lines)


def formula(recording: Recording, step: Step, *, latex: bool) -> str:
    """The rule of a step's node: the result, then the derivative along the step's operand."""
    derivative = step.formula
    if step.node.operation is None or not step.node.operation.operand_names:
        return derivative.latex if latex else derivative.text
    result = NodeFormulas(step.node, recording.names).result
    return "\n".join([result.latex, derivative.latex] if latex else [result.text, derivative.text])
