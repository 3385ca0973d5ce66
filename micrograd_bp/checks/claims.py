"""The claim: the one form to which everything that can be checked is brought.

Named arrays go in, something comes out, and for an upstream gradient (1 for a loss) some arrays are claimed to be the
gradients along those that went in. A reader makes claims from somebody's code; witnesses and diagnosis know claims
alone, neither classes nor functions nor names of theirs.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.checks.value_arrays import numpy_on_values, to_values
from micrograd_bp.engine import Value
from micrograd_bp.engine.origin import track_source

Array = NDArray[np.float64]
Arrays = dict[str, Array]
MOST_VALUES = 20_000


class OnValues(NamedTuple):
    """Somebody's forward, run on arrays of Values. Each node knows the source line that made it.

    Attributes:
        leaves: for each array of floating-point numbers, by name, the Values that stood in for it, in its shape.
        outputs: the Values that came out, in the shapes of the outputs. What does not depend on a leaf is a leaf too.
    """

    leaves: dict[str, NDArray[Any]]
    outputs: tuple[NDArray[Any], ...]


@dataclass(frozen=True)
class Claim:
    """Gradients that somebody's code claims, at one point.

    Attributes:
        name: what they call it: `affine`, `Dense`.
        arrays: what goes in, by their name for it: arrays of floating-point numbers of any shape, () for one number.
            They are compared; whole numbers (labels, indices) are not among them.
        run: their forward with some of `arrays` changed, by name; an array of objects may stand in for one of numbers.
            It gives the outputs. Every call starts from the same state: random numbers, running statistics,
            parameters that take a step; and leaves nothing behind.
        upstream: the upstream gradients, in the shapes of the outputs; one of () that is 1 for a loss.
        gradients: what they claim, by the name of the array it is claimed for, as it is: of any shape or kind.
        places: their own name for each of these: `dgamma`, `grads['W1']`.
        after: `arrays` as their backward left them: some take their own step.
        n_samples: the size of the batch; 0 where it is not known.
        earlier: the claim of the call before, on the same object; None for the first call.
        backward_code: their functions that run backward, the outermost first, for source lines.
        backward: runs their forward and backward once more, on a copy, and gives what they claim then, by name; None if
            that cannot be.
        graph: what `on_values` gave, once it has run.
    """

    name: str
    arrays: Arrays
    run: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    upstream: tuple[Array, ...]
    gradients: Mapping[str, Any]
    places: Mapping[str, str]
    after: Mapping[str, Array] = field(default_factory=dict)
    n_samples: int = 0
    earlier: "Claim | None" = None
    backward_code: tuple[Callable[..., Any], ...] = ()
    backward: Callable[[], Mapping[str, Any]] | None = None
    graph: list[OnValues] = field(default_factory=list, repr=False, compare=False)

    def outputs(self, changed: Mapping[str, Any] | None = None) -> tuple[Array, ...]:
        """What comes out with some arrays changed.

        Raises:
            Whatever their forward raises.
        """
        return tuple(np.asarray(output, dtype=float) for output in self.run(changed or {}))

    def number(self, changed: Mapping[str, Any] | None = None) -> float:
        """Σ upstream · output: the number whose gradients are claimed."""
        pairs = zip(self.upstream, self.outputs(changed), strict=True)
        return float(sum(np.sum(upstream * output) for upstream, output in pairs))

    def on_values(self) -> OnValues:
        """Their forward on arrays of Values. It runs once.

        Raises:
            Whatever stops it: not every forward runs on arrays of objects.
        """
        if self.graph:
            return self.graph[0]
        if sum(array.size for array in self.arrays.values()) > MOST_VALUES:
            raise ValueError("these are too many numbers for a graph of scalars")
        leaves = {name: to_values(array, name) for name, array in self.arrays.items()}
        with track_source(outside_of=sys._getframe()), numpy_on_values() as left:
            returned = self.run({name: array.copy() for name, array in leaves.items()})
        by_number = {value.data: value for value in left}  # of `return float(loss)`
        outputs = []
        for output, upstream in zip(returned, self.upstream, strict=True):
            array = np.asarray(output, dtype=object).view(np.ndarray)
            plain = [
                by_number.pop(node) if not isinstance(node, Value) and node in by_number else node
                for node in array.flat
            ]
            nodes = [node if isinstance(node, Value) else Value(node) for node in plain]
            outputs.append(np.array(nodes, dtype=object).reshape(upstream.shape))
        if by_number:
            raise TypeError("a Value has left the graph")
        self.graph.append(OnValues({name: array.view(np.ndarray) for name, array in leaves.items()}, tuple(outputs)))
        return self.graph[0]
