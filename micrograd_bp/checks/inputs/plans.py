"""Plans: the ways in which somebody's forward may be called, with which inputs of which shapes."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from micrograd_bp.checks.inputs.building import built
from micrograd_bp.checks.inputs.guessing import features, named
from micrograd_bp.checks.inputs.sizes import dims_of, shape_words, shapes_of, sizes_beside
from micrograd_bp.checks.inputs.specs import BATCHES, Spec, constants, guesses, like, realize
from micrograd_bp.checks.naming import HYPER, is_parameter, letters, parts, relation
from micrograd_bp.checks.readers.subject import Subject
from micrograd_bp.checks.world import (
    CannotCheck,
    World,
    arrays_in,
    arrays_of,
    copied,
    described,
    globals_read,
    is_array,
    is_float,
    running,
)

TRIES = 400


class Plan(NamedTuple):
    """A way to call a subject.

    Attributes:
        subject: what to call.
        thing: the object.
        specs: what to hand over, by name; `parameters['W']` for what is in a dictionary.
        fixed: what the person handed over, by name.
        sizes: of the letters in `specs`.
    """

    subject: Subject
    thing: Any
    specs: Mapping[str, Spec]
    fixed: Mapping[str, Any]
    sizes: Mapping[str, int]

    @property
    def single(self) -> bool:
        """Whether it takes one sample at a time."""
        return bool(self.specs) and all("N" not in spec.shape.split() for spec in self.specs.values())

    @property
    def form(self) -> tuple[Any, ...]:
        """What plans have in common that differ in sizes alone."""
        return self.single, *((spec.kind, len(spec.shape.split()), spec.known) for spec in self.specs.values())

    def says_less(self, other: "Plan") -> bool:
        """Whether this shows less of what may be wrong: one sample, whole numbers or rows of one."""
        if self.single != other.single:
            return self.single
        whole = ("labels", "index")
        for name, spec in self.specs.items():
            before = other.specs[name]
            if spec.kind in whole and before.kind not in whole:
                return True
            if before.kind == "float" and spec.kind in ("unit", "probability"):
                return True
            # Without samples it may be a parameter, of which a batch says nothing.
            if spec.kind == before.kind and spec.known < min(before.known, 2) and spec.has_n == before.has_n:
                return True
        return False

    @property
    def wider(self) -> "Plan | None":
        """The same with any numbers in place of probabilities, where no logarithm and no bound asks for these."""
        names = {name for code in self.subject.code if hasattr(code, "__code__") for name in code.__code__.co_names}
        specs = {
            name: spec._replace(kind="float") if spec.kind in ("unit", "probability") else spec
            for name, spec in self.specs.items()
        }
        asked = names & {"log", "clip", "log1p", "log2", "sqrt"} or specs == dict(self.specs)
        return None if asked else self._replace(specs=specs)

    @property
    def n_given(self) -> int:
        """How many samples the person handed over; 0 if that is not known."""
        places = [
            (name, spec.shape.partition(":")[0].split().index("N"))
            for name, spec in self.specs.items()
            if name in self.fixed and "N" in spec.shape.partition(":")[0].split()
        ]
        return next((np.shape(self.fixed[name])[axis] for name, axis in places), 0)

    @property
    def words(self) -> str:
        """The shapes that are handed over."""
        return ", ".join(
            f"{name} {shape_words(spec, self.sizes)}" for name, spec in self.specs.items() if spec.kind != "value"
        )

    def world(self, n: int, seed: int, *, own: bool = False) -> World:
        """The arguments, and the object with random parameters.

        Args:
            n: the size of the batch.
            seed: for all numbers.
            own: whether the object's parameters, and what the person handed over, stay as they are.
        """
        rng = np.random.default_rng([6, seed])
        sizes = {**self.sizes, "N": n}
        arguments: dict[str, Any] = {}
        for name, spec in self.specs.items():
            container, bracket, key = name.partition("[")
            value = realize(spec, sizes, rng)
            if bracket:
                arguments.setdefault(container, {})[key.strip("'\"]")] = value
            else:
                arguments[name] = dict(value) if isinstance(value, dict) else value
        if own:
            arguments.update(self.fixed)
        found, module = globals_read(self.subject.code)
        made = World(self.thing, arguments, dict(found), module)
        if own:
            return made
        changed = {}
        held_arrays = arrays_in(made)
        for place, held in held_arrays.items():
            if any(relation(place, other) >= 3 for other in held_arrays):
                continue  # a gradient that waits to be added to
            handed = self.specs.get(str(held.steps[1])) if held.steps[0] == "arguments" else None
            drawn = held.steps[0] != "arguments" or (
                handed is not None and handed.kind == "value" and np.ndim(held.array)
            )
            if drawn and is_float(held.array):
                array = np.asarray(held.array, dtype=float)
                if array.ndim or (float(array) in (0.0, 1.0) and letters(parts(place)[-1]) not in HYPER):
                    changed[place] = random_like(array, rng)
        return copied(made, changed)


def random_like(array: np.ndarray[Any, Any], rng: np.random.Generator) -> Any:
    """Distinct numbers in place of parameters: a new layer's are often all close to 0, its scales 1, its biases 0."""
    if not np.all(np.isfinite(array)):
        return array
    if array.size and np.all(array > 0.0):
        return rng.uniform(0.5, 1.5, array.shape)
    if array.ndim < 2 or 1 in array.shape[-2:]:
        return rng.uniform(0.1, 0.6, array.shape) * rng.choice([-1.0, 1.0], array.shape)
    scale = 1.6 / np.sqrt(max(1, min(array.shape[0], array.size // array.shape[0])))
    return scale * rng.uniform(0.2, 1.0, array.shape) * rng.choice([-1.0, 1.0], array.shape)


def choices(
    subject: Subject, dims: Sequence[str], samples: str | None, fixed: Mapping[str, Any]
) -> dict[str, list[Spec]]:
    """What each argument may be."""
    found: dict[str, list[Spec]] = {}
    module = globals_read(subject.code)[1]
    own = {name: module[name] for name in subject.parameters if name in module}  # what the file itself may hand over
    samples_in = {name: array for name, array in {**own, **fixed}.items() if is_array(array) and not is_parameter(name)}
    first = next((np.shape(samples_in[name]) for name in subject.parameters if name in samples_in), ())
    for name in subject.parameters:
        if name in fixed:
            found[name] = like(fixed[name], first)
            continue
        learned = isinstance(own.get(name), (list, dict)) and arrays_of(own[name])
        if learned or (is_array(own.get(name)) and is_parameter(name)):
            found[name] = [Spec("value", value=copy.deepcopy(own[name]))]
            continue
        compared, keys = constants(subject.code, name)
        specs = named(name, dims, scale=compared, first=not found or subject.thing is not None)
        words = {letters(each) for each in subject.parameters}
        if letters(name) == "b" and "a" in words and "w" not in words:
            specs = features(dims)  # the second of two, and no bias
        if keys and specs[0].kind == "value" and specs[0].value == {}:
            for key in keys:
                found[f"{name}[{key!r}]"] = named(key, dims, setting=True)
            continue
        if samples:
            styles = {"rows": "rows", "columns": "columns"}.get(samples, "single")
            form = {"single": 1, "column": 2, "row": 2}.get(samples)
            kept = [spec for spec in specs if spec.style == styles and (not form or len(spec.shape.split()) == form)]
            specs = kept or specs
        if is_array(own.get(name)):
            specs = [*like(own[name], first), *specs]
        found[name] = specs
    known = shapes_of(subject.thing) if subject.thing is not None else []
    if known and found and (name := next(iter(found))) not in fixed:
        found[name] = known + found[name]
    return found


def plans(
    subject: Subject,
    samples: str | None = None,
    fixed: Mapping[str, Any] | None = None,
    wanted: Callable[[Plan], bool] = lambda plan: True,
) -> Iterator[Plan]:
    """The ways to call a subject in which its forward runs, batches first.

    Args:
        subject: what to call.
        samples: how samples lie, if that is known.
        fixed: what the person handed over, by name.
        wanted: whether a plan is worth running; asked just before.

    Raises:
        CannotCheck: there is none.
    """
    fixed = dict(fixed or {})
    failure = ""
    any_plan = False
    sizes = sizes_beside(fixed)
    for thing in built(subject):
        dims = dims_of(thing, given_by_module(subject) if thing is None else {}) or [*"DHCMFVTA"]
        options = choices(replace(subject, thing=thing), dims, samples, fixed)
        later: list[Plan] = []
        for chosen in guesses(options, TRIES):
            plan = Plan(subject, thing, chosen, fixed, sizes)
            if not wanted(plan):
                continue
            try:
                world = plan.world(batches(plan)[0], 0)
                inside = copied(world)
                with running(inside):
                    outputs = subject.forward(inside)
                numbers = [np.asarray(output, dtype=float) for output in outputs]
                if not all(np.all(np.isfinite(array)) and array.size for array in numbers):
                    raise CannotCheck("forward gives nan or inf for inputs of ordinary size")
            except CannotCheck as error:
                failure = failure or str(error)
                if str(error).startswith("forward returns"):
                    raise
            except (Exception, SystemExit) as error:
                failure = failure or f"forward takes none of the inputs tried, hand some over: {described(error)}"
            else:
                any_plan = True
                if plan.single:
                    later.append(plan)
                else:
                    yield plan
        yield from filter(wanted, later)
        if any_plan:
            return
    if not any_plan:
        raise CannotCheck(failure or "no inputs that forward takes were found: hand some over")


def given_by_module(subject: Subject) -> dict[str, Any]:
    """What a file itself has for its functions: globals that they read, and those called like their arguments."""
    read, module = globals_read(subject.code)
    return {**read, **{name: module[name] for name in subject.parameters if name in module}}


def batches(plan: Plan) -> tuple[int, int]:
    """Two sizes of a batch that no array of the object has, neither a power of 2; the first as the person gave it."""
    taken = {int(size) for size in dims_of(plan.thing, given_by_module(plan.subject) if plan.thing is None else {})}
    taken |= {size for given in plan.fixed.values() if is_array(given) for size in np.shape(given)}
    free = [n for n in BATCHES if n not in taken]
    return (plan.n_given, free[0]) if plan.n_given > 1 else (free[0], free[1])
