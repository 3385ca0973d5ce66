"""What somebody's `backward` returned: dL/d(inputs) alone, or with other gradients, in a tuple or by name."""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from micrograd_bp.checks.names import arrays_in, role_of, without_lonely_number

Shape = tuple[int, ...]


def sort_returned(
    returned: Any, shapes: Mapping[str, Shape], inputs: Shape, method: str = "backward"
) -> dict[str, tuple[Any, str]]:
    """The returned arrays by role, each with its place.

    Named arrays go by their names. The rest goes by the order in which people return it, dL/d(inputs) first and then
    parameter by parameter, if the shapes fit that; otherwise by whichever order the shapes fit best.

    Args:
        returned: anything.
        shapes: the parameters whose gradients were not found elsewhere, with their shapes.
        inputs: the shape of the inputs.
        method: what the method is called, for the place.
    """
    if hasattr(returned, "_asdict"):
        returned = returned._asdict()
    if isinstance(returned, (int, float, np.number)):
        returned = np.asarray(returned)
    call = f"{method}()"
    arrays = [(place, array) for place, array in arrays_in(returned)]
    if not isinstance(returned, (tuple, list)) or len(arrays) == 1:
        if len(arrays) == 1 and not isinstance(returned, Mapping):
            return {"d_inputs": (arrays[0][1], f"what {call} returns")}
        named = {role_of(f"returned.{place}".replace(".[", "["), array): place for place, array in arrays}
        named = {(role if role.startswith("d_") else "d_" + role): place for role, place in named.items() if role}
        by_place = dict(arrays)
        return {role: (by_place[place], f"{call}{place}") for role, place in without_lonely_number(named).items()}
    parameters = [f"d_{role}" for role in shapes]
    wanted = {"d_inputs": inputs, **{f"d_{role}": shape for role, shape in shapes.items()}}
    orders = [["d_inputs", *parameters], parameters, [*parameters, "d_inputs"]]
    if len(parameters) < 4:
        orders += [list(order) for order in itertools.permutations(["d_inputs", *parameters])]
    orders = [order for order in orders if len(order) >= len(arrays)]
    if not orders:
        return {}

    def fits(order: list[str]) -> int:
        return sum(np.shape(array) == wanted[role] for role, (_, array) in zip(order, arrays, strict=False))

    best = max(orders, key=fits)
    return {role: (array, f"{call}{place}") for role, (place, array) in zip(best, arrays, strict=False)}
