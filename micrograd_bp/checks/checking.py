"""`check`, and the same for a layer, a network and a loss: is a backward right, and if not, where?"""

import contextlib
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from micrograd_bp.checks.examine import BackwardFailed, Examined, examine
from micrograd_bp.checks.inputs.choice import Choice, choose
from micrograd_bp.checks.inputs.plans import batches
from micrograd_bp.checks.parts import layers_of, with_parts
from micrograd_bp.checks.readers import read
from micrograd_bp.checks.readers.losses import named_loss
from micrograd_bp.checks.readers.subject import Subject
from micrograd_bp.checks.report.report import Report
from micrograd_bp.checks.report.verdict import report_of, report_of_failure
from micrograd_bp.checks.world import CannotCheck, arrays_in, copied, is_array, random_numbers_kept
from micrograd_bp.engine import GradientError

SAMPLES = ("rows", "columns", "single", "column", "row")
"""How samples may lie in arrays."""


def check(
    thing: Any,
    *,
    inputs: Mapping[str, Any] | Sequence[Any] | None = None,
    d_output: Any = None,
    loss: Any = None,
    names: Mapping[str, str] | None = None,
    samples: str | None = None,
    hint: int = 0,
    raise_on_error: bool = False,
) -> Report:
    """Compares every gradient that hand-written code claims with the right one, and names the mistake.

    Args:
        thing: a layer, loss or network, object or class; a function that gives a loss and its gradient; a pair of
            functions, forward and backward, as a tuple. Only copies of objects run.
        inputs: what to hand to forward, by name or in order, besides what is tried anyway.
        d_output: the upstream gradient for `inputs`; distinct numbers if not given.
        loss: of a network whose backward takes targets: "mse" or "softmax_cross_entropy", as `matrix` has them, a
            function of prediction and target, or an object with a `forward`. If not given, its own, or the one that
            fits.
        names: what is not recognized: `{"d_kernel": "kernel_update"}` says where the gradient of `kernel` is;
            `forward` and `backward` name methods; `weights` and `biases` name arrays, `d_weights` the gradient of such.
        samples: how samples lie, if that is not recognized: rows, columns, single, column or row.
        hint: how many hints the report gives, 0 to 3.
        raise_on_error: whether a wrong gradient raises.

    Raises:
        CannotCheck: the question cannot be answered; the message says why.
        GradientError: a gradient is wrong, and `raise_on_error` is true; the message is the report.
    """
    subjects, names = _read(thing, loss, names)
    report = check_subjects(subjects, inputs=inputs, d_output=d_output, names=names, samples=samples, hint=hint)
    return _raised(report, raise_on_error)


def _read(thing: Any, loss: Any, names: Mapping[str, str] | None) -> tuple[list[Subject], dict[str, str]]:
    """What something may mean, with the methods that names give, and the names that are left."""
    methods = {which: name for which, name in (names or {}).items() if which in ("forward", "backward")}
    rest = {which: name for which, name in (names or {}).items() if which not in methods}
    return list(read(thing, loss=named_loss(loss), **methods)), rest


def _raised(report: Report, raise_on_error: bool) -> Report:
    if raise_on_error and report.wrong:
        raise GradientError(str(report))
    return report


def check_layer(
    layer: Any,
    inputs: Any = None,
    d_output: Any = None,
    *,
    names: Mapping[str, str] | None = None,
    activation: str | None = None,
    samples: str | None = None,
    hint: int = 0,
    raise_on_error: bool = False,
) -> Report:
    """`check` for a layer.

    Args:
        layer: an object with a `forward` and a `backward`. It is left as it is: only copies of it run.
        inputs: what to try it on, besides inputs of our own.
        d_output: dL/d(output) for `inputs`; distinct numbers if not given.
        names: as for `check`.
        activation: deprecated, and of no effect: a forward that does not run on Values is differentiated by
            differences.
        samples: how samples lie, if that is not recognized: rows, columns, single, column or row.
        hint: how many hints the report gives, 0 to 3.
        raise_on_error: whether a wrong gradient raises; what is raised is the same as for `check`.
    """
    if activation is not None:
        words = (
            "check_layer(activation=…) has no effect any more: leave it out, the activation is found by what it does"
        )
        warnings.warn(words, DeprecationWarning, stacklevel=2)
    handed = None if inputs is None else [inputs]
    return check(
        layer, inputs=handed, d_output=d_output, names=names, samples=samples, hint=hint, raise_on_error=raise_on_error
    )


def check_network(
    network: Any,
    inputs: Any = None,
    targets: Any = None,
    loss: Any = None,
    *,
    names: Mapping[str, str] | None = None,
    samples: str | None = None,
    hint: int = 0,
    raise_on_error: bool = False,
) -> Report:
    """`check` for a network.

    Args:
        network: an object with a `forward` and a `backward`.
        inputs: what to try it on, besides inputs of our own.
        targets: for `inputs`, where backward takes any.
        loss: as for `check`. One with a `backward` of its own is checked too.
        names: as for `check`.
        samples: how samples lie, if that is not recognized: rows or columns.
        hint: how many hints the report gives, 0 to 3.
        raise_on_error: whether a wrong gradient raises; what is raised is the same as for `check`.
    """
    subjects, names = _read(network, loss, names)
    handed = [each for each in (inputs, targets) if each is not None]
    if len(handed) == 2 and len(subjects[0].parameters) == 1:
        handed.pop()  # backward is handed an upstream gradient
    report = check_subjects(subjects, inputs=handed or None, names=names, samples=samples, hint=hint)
    if hasattr(loss, "forward") and hasattr(loss, "backward"):
        report = with_parts(report, {f"the loss, {type(loss).__name__}": check(loss)})
    return _raised(report, raise_on_error)


def check_loss(
    loss: Any, prediction: Any = None, target: Any = None, *, hint: int = 0, raise_on_error: bool = False
) -> Report:
    """`check` for a loss.

    Args:
        loss: an object with `forward(prediction, target)`, which gives a number, and `backward`, which takes nothing or
            the same again, and returns dL/d(prediction).
        prediction: what to try it on, besides inputs of our own.
        target: for `prediction`.
        hint: how many hints the report gives, 0 to 3.
        raise_on_error: whether a wrong gradient raises; what is raised is the same as for `check`.
    """
    handed = [each for each in (prediction, target) if each is not None]
    return check(loss, inputs=handed or None, hint=hint, raise_on_error=raise_on_error)


def check_subjects(
    subjects: Sequence[Subject],
    *,
    inputs: Mapping[str, Any] | Sequence[Any] | None = None,
    d_output: Any = None,
    names: Mapping[str, str] | None = None,
    samples: str | None = None,
    hint: int = 0,
) -> Report:
    """The report on what readers made of somebody's code: the ways in which it may be meant.

    Raises:
        CannotCheck: the question cannot be answered; the message says why.
    """
    if samples not in (None, *SAMPLES):
        raise CannotCheck(f"samples lie in one of these ways: {', '.join(SAMPLES)}, got {samples!r}")
    if d_output is not None and inputs is None:
        raise CannotCheck("d_output is the upstream gradient for inputs of one's own, and none are given")
    fixed = _by_name(subjects[0], inputs)
    places = places_of(names or {})
    with random_numbers_kept():
        choice = choose(subjects, samples, fixed, _gradients(places))
        report = _examined(choice, fixed, d_output, places, hint)
        if report.wrong and (layers := layers_of(choice.thing)):
            try:
                alone = {f"{place}, a {type(layer).__name__}": check(layer) for place, layer in layers.items()}
            except CannotCheck:
                return report
            return with_parts(report, alone, choice)
        return report


def _examined(choice: Choice, fixed: Mapping[str, Any], d_output: Any, places: Mapping[str, str], hint: int) -> Report:
    if choice.failed is not None:
        return report_of_failure(choice, choice.failed, hint)
    assert choice.examined is not None
    _all_there(places, choice.examined)
    names = _gradients(places)
    seen = [choice.examined]
    n1, n2 = batches(choice.plan)
    try:
        seen += _more(choice, n1, n2, names)
        if fixed:
            world = choice.plan.world(n1, 0, own=True)
            subject, n = choice.plan.subject, choice.plan.n_given
            seen.insert(0, examine(subject, world, 7, n, words="the inputs given", names=names, given=d_output))
    except BackwardFailed as error:
        return report_of_failure(choice, error, hint)
    return report_of(choice, seen, hint)


def _by_name(subject: Subject, inputs: Mapping[str, Any] | Sequence[Any] | None) -> dict[str, Any]:
    if inputs is None:
        return {}
    if not isinstance(inputs, Mapping) and len(inputs) > len(subject.parameters):
        raise CannotCheck(f"{subject.name} takes {', '.join(subject.parameters)}, and {len(inputs)} inputs are given")
    handed = inputs if isinstance(inputs, Mapping) else dict(zip(subject.parameters, inputs, strict=False))
    unknown = [name for name in handed if name not in subject.parameters]
    if unknown:
        raise CannotCheck(f"{subject.name} takes {', '.join(subject.parameters)}, and no {', '.join(unknown)}")
    made = {}
    for name, value in handed.items():
        array = np.asarray(value) if is_array(value) else value
        made[name] = array.astype(float) if is_array(array) and array.dtype.kind == "f" else array
    return made


def places_of(names: Mapping[str, str]) -> dict[str, str]:
    """From what a person calls arrays to the place of each one's gradient, "" where they say nothing of that."""
    arrays = {role: place for role, place in names.items() if not role.startswith("d_")}
    found = dict.fromkeys(arrays.values(), "")
    for role, place in names.items():
        if role.startswith("d_"):
            found[arrays.get(role[2:], role[2:])] = place
    return found


def _gradients(places: Mapping[str, str]) -> dict[str, str]:
    return {array: place for array, place in places.items() if place}


def _all_there(places: Mapping[str, str], examined: Examined) -> None:
    held = {*arrays_in(examined.after), *(candidate.place for candidate in examined.found)}
    absent = [place for pair in places.items() for place in pair if place and place not in held]
    if absent:
        known = ", ".join(place for place in held if place)
        raise CannotCheck(f"there is no array {', '.join(absent)} after backward, as a name says; there are {known}")


def _more(choice: Choice, n1: int, n2: int, names: Mapping[str, str] | None) -> list[Examined]:
    """Another batch with other parameters, and a second call on what the first one left behind."""
    plan, first = choice.plan, choice.examined
    assert first is not None
    seen = []
    try:
        seen.append(examine(plan.subject, plan.world(n2, 1), 1, n2, words=f"a batch of {n2}", names=names))
    except CannotCheck:  # it may take one size alone
        seen.append(examine(plan.subject, plan.world(n1, 1), 1, n1, words="other numbers", names=names))
    if (wide := plan.wider) is not None:
        with contextlib.suppress(CannotCheck):
            seen.append(examine(plan.subject, wide.world(n1, 3), 3, n1, words="wider numbers", names=names))
    if choice.thing is not None:
        places = {name: m.candidate.place for name, m in first.matches.items() if m.candidate.how == "stored"}
        again = plan.world(n1, 2)
        world = copied(first.after)._replace(arguments=again.arguments)
        with contextlib.suppress(CannotCheck):
            seen.append(examine(plan.subject, world, 2, n1, words="a second call", names=places, earlier=first.claim))
    return seen
