"""What `where` and `why` print: a path with its factors, and what makes up a gradient. Each is some lines of text."""

import math
from collections.abc import Sequence

from micrograd_bp.engine import Value
from micrograd_bp.views.debugger.call_stack import Frame
from micrograd_bp.views.debugger.contributions import Contributions, shares
from micrograd_bp.views.debugger.reports import counted
from micrograd_bp.views.debugger.walk import Walk
from micrograd_bp.views.explain.any_size import written
from micrograd_bp.views.explain.explain import explain
from micrograd_bp.views.explain.heaviest_paths import heaviest_path
from micrograd_bp.views.explain.ways import in_words, n_paths, route
from micrograd_bp.views.names import Names
from micrograd_bp.views.number_text import number, share
from micrograd_bp.views.remarks import aside, remark, source
from micrograd_bp.views.steps.steps import Recording

ROWS_OF_WHY = 10
FACTORS_OF_PATH = 24
PATH_NAME = 26
SMALL_FACTOR = 0.01
MENTIONED = 1e-3
"""What cancels is mentioned from this share on."""


def where(walk: Walk, target: Value) -> str:
    """The factors of the chain rule on the heaviest path from the output to a value."""
    names, contributions = walk.recording.names, walk.contributions
    if not contributions.to(target):
        return f"{names[target]} is where it starts: gradient = {number(walk.recording.graph.start[target])}"
    count = contributions.paths.count(target).all
    which = f"the heaviest of {n_paths(count)}" if count > 1 else "the only path"
    head = f"  {'value':<{PATH_NAME}} {'factor':>10} {'product':>10}"
    frames = list(walk.call_stack.frame(target).upwards())[::-1]
    return "\n".join([f"to {names[target]}, along {which}:", head, *_rows(frames, names)])


def _rows(frames: Sequence[Frame], names: Names) -> list[str]:
    """A line for each value on a path, from the output on: its name, the factor on the way, the product so far."""
    n_more = len(frames) - 1 - FACTORS_OF_PATH
    at_either_end = FACTORS_OF_PATH // 2
    if n_more > 0:
        frames = [*frames[: at_either_end + 1], *frames[at_either_end + 1 + n_more :]]
    rows = []
    for node, factor, product in ((frame.node, frame.factor, frame.product) for frame in frames):
        name = names.short(node, PATH_NAME)
        numbers = f"{'' if factor is None else number(factor):>10} {written(product):>10}"
        rows.append(f"  {name:<{PATH_NAME}} {numbers}  {aside(node)}".rstrip())
    if n_more > 0:
        rows.insert(at_either_end + 1, f"  … {n_more} more")
    return rows


def why(recording: Recording, contributions: Contributions, asked: Value, everything: bool) -> str:
    """The contributions that make up a gradient, and the paths that it came along."""
    names = recording.names
    parts = shares(contributions.to(asked))
    started = recording.graph.start[asked]
    lines = [f"gradient of {names[asked]} = {number(contributions.to(asked)[-1].after if parts else started)}"]
    if parts:
        arrived = sum(part.step.number <= recording.position for part in parts)
        how_many = counted(len(parts), "contribution")
        lines.append(f"  the sum of {how_many}, {arrived} taken so far:")
    if started != 0.0 or not parts:
        lines.append(f"  {number(started):>10}           as an output, where the backward pass starts")
    listed = parts if everything else parts[:ROWS_OF_WHY]
    sources = {part.step.source for part in listed}
    for step, part in listed:
        place = f", {step.source}" if step.source and len(sources) > 1 else ""
        of_all = share(part) if math.isfinite(step.contribution) else ""
        lines.append(
            f"  {number(step.contribution):>10}  {of_all:>7}  = {number(step.upstream_gradient)} · "
            f"{number(step.local_derivative)} through {step.node_name}{place}"
        )
    if len(parts) > len(listed):
        rest = sum(part.step.contribution for part in parts[len(listed) :])
        lines.append(f"  {number(rest):>10}           in {len(parts) - len(listed)} more (why NAME all lists them)")
    if listed and len(sources) == 1 and (place := sources.pop()):
        lines.append(f"  through what was made at {place}")
    if parts and all(part.step.contribution == 0.0 for part in parts):
        lines.append("  every contribution is 0")
    return "\n".join([*lines, *(_along_paths(contributions, asked) if parts else [])])


def _along_paths(contributions: Contributions, asked: Value) -> list[str]:
    """How many paths there are, the heaviest of them, what cancels, and the smallest factor where it is small."""
    explanation = explain(contributions.paths, asked, paths=1)
    heaviest = heaviest_path(contributions.paths, asked)
    way = route(heaviest, explanation.graph.names, heaviest)
    if explanation.n_paths == 1:
        lines = [f"  along 1 path: {way}"]
    else:
        which = f"the heaviest, {share(heaviest.share)}" if heaviest.share else "such as"
        lines = [f"  along {in_words(explanation.counts)} (why NAME paths lists them); {which}:", f"      {way}"]
    if explanation.leaves_floats:
        lines.append(f"  it would be {written(explanation.net)}, but the numbers leave the range of floats on the way")
    if explanation.cancelled >= MENTIONED:
        lines.append(f"  {share(explanation.cancelled)} of what they carry cancels")
    for edge in heaviest.weakest(1):
        if abs(edge.local_derivative) < SMALL_FACTOR:
            note, place = remark(edge.node), source(edge.node)
            lines.append(
                f"  the smallest factor on the way: {number(edge.local_derivative)}, through "
                f"{explanation.graph.names[edge.node]}"
                + (f" ({note})" if note else "")
                + (f", {place}" if place else "")
            )
    return lines


def paths(contributions: Contributions, asked: Value, width: int) -> str:
    """The largest paths that a gradient came along, and the sum of the others."""
    return explain(contributions.paths, asked).text(width=width)
