"""What the debugger prints: a position, a node, a path, the make-up of a gradient. Each is some lines of text."""

from collections.abc import Sequence

from micrograd_bp.engine import Value
from micrograd_bp.views.debugger.breakpoints import Breakpoint
from micrograd_bp.views.debugger.contributions import Contributions, remark, shares
from micrograd_bp.views.looks import number, share
from micrograd_bp.views.steps.formulas import NodeFormulas
from micrograd_bp.views.steps.step_table import HEAD, ending, row
from micrograd_bp.views.steps.steps import CHANGED, Recording, Step

LEAVES_AT_END = 12
ROWS_OF_WHY = 10
FACTORS_OF_PATH = 24
PATH_NAME = 26
SMALL_FACTOR = 0.01


def beginning(recording: Recording) -> str:
    """The greeting: what is walked."""
    graph = recording.graph
    roots = ", ".join(f"{recording.names[root]} = {number(root.data)}" for root in graph.roots[:4])
    sizes = f"{_counted(len(graph.order), 'value')}, {_counted(len(recording.steps), 'step')}"
    return f"The backward pass of {roots or 'nothing'}\n{sizes}; help lists the commands"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("s" if count != 1 else "")


def state(recording: Recording) -> str:
    """How far the walk is."""
    return f"after step {recording.position} of {len(recording.steps)}, {_counted(len(recording.graph.order), 'value')}"


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
    lines = [f"the end: all {_counted(len(recording.steps), 'step')} taken; the gradients of the leaves:"]
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


def path(recording: Recording, contributions: Contributions, target: Value) -> str:
    """The factors of the chain rule on the way from the output to a value."""
    steps = contributions.heaviest_path(target)
    names = recording.names
    if not steps:
        return f"{names[target]} is where it starts: gradient = {number(recording.graph.start[target])}"
    root = steps[0].node
    product = recording.graph.start[root]
    lines = [
        f"to {names[target]}, along the largest contributions:",
        f"  {'value':<{PATH_NAME}} {'factor':>10} {'product':>10}",
        f"  {ending(names[root], PATH_NAME):<{PATH_NAME}} {'':>10} {number(product):>10}  {_aside(root)}".rstrip(),
    ]
    shown = (
        steps if len(steps) <= FACTORS_OF_PATH else [*steps[: FACTORS_OF_PATH // 2], *steps[-FACTORS_OF_PATH // 2 :]]
    )
    for place, step in enumerate(steps):
        product *= step.local_derivative
        if step in shown:
            name, factor = ending(step.operand_name, PATH_NAME), number(step.local_derivative)
            line = f"  {name:<{PATH_NAME}} {factor:>10} {number(product):>10}"
            lines.append(f"{line}  {_aside(step.operand)}".rstrip())
        elif place == FACTORS_OF_PATH // 2:
            lines.append(f"  … {len(steps) - len(shown)} more")
    return "\n".join(lines)


def _aside(node: Value) -> str:
    place = node.origin.place if node.origin is not None else ""
    return ", ".join(part for part in (remark(node), place) if part)


def why(recording: Recording, contributions: Contributions, asked: Value, everything: bool) -> str:
    """The contributions that make up a gradient, and where it was lost if it is small."""
    names = recording.names
    parts = shares(contributions.to(asked))
    started = recording.graph.start[asked]
    lines = [f"gradient of {names[asked]} = {number(contributions.to(asked)[-1].after if parts else started)}"]
    if parts:
        arrived = sum(part.step.number <= recording.position for part in parts)
        how_many = _counted(len(parts), "contribution")
        lines.append(f"  the sum of {how_many}, {arrived} taken so far:")
    if started != 0.0 or not parts:
        lines.append(f"  {number(started):>10}           as an output, where the backward pass starts")
    listed = parts if everything else parts[:ROWS_OF_WHY]
    sources = {part.step.source for part in listed}
    for step, part in listed:
        source = f", {step.source}" if step.source and len(sources) > 1 else ""
        lines.append(
            f"  {number(step.contribution):>10}  {share(part):>7}  = {number(step.upstream_gradient)} · "
            f"{number(step.local_derivative)} through {step.node_name}{source}"
        )
    if len(parts) > len(listed):
        rest = sum(part.step.contribution for part in parts[len(listed) :])
        lines.append(f"  {number(rest):>10}           in {len(parts) - len(listed)} more (why NAME all lists them)")
    if listed and len(sources) == 1 and (source := sources.pop()):
        lines.append(f"  through what was made at {source}")
    if parts and all(part.step.contribution == 0.0 for part in parts):
        lines.append("  every contribution is 0")
    smallest = min(contributions.heaviest_path(asked), key=lambda step: abs(step.local_derivative), default=None)
    if smallest is not None and abs(smallest.local_derivative) < SMALL_FACTOR:
        note = remark(smallest.node)
        lines.append(
            f"  the smallest factor on the way: {number(smallest.local_derivative)}, through {smallest.node_name}"
            + (f" ({note})" if note else "")
            + (f", {smallest.source}" if smallest.source else "")
        )
    return "\n".join(lines)


def formula(recording: Recording, step: Step, *, latex: bool) -> str:
    """The rule of a step's node: the result, then the derivative along the step's operand."""
    derivative = step.formula
    if step.node.operation is None or not step.node.operation.operand_names:
        return derivative.latex if latex else derivative.text
    result = NodeFormulas(step.node, recording.names).result
    return "\n".join([result.latex, derivative.latex] if latex else [result.text, derivative.text])
