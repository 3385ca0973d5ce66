"""The contenders of W4 and W5: the cross-entropy of a batch of images in an MLP with ReLU, and its gradient."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from benchmarks.compiled import by_hand_networks, plain
from benchmarks.compiled.this_package import Compiled, compiled, on_jax
from benchmarks.workload import Iteration, Outcome, Prepared, prepare


class Images(TypedDict):
    """The sizes of the network, its weights, pixels as whole numbers and the class of each image."""

    sizes: list[int]
    parameters: list[float]
    images: list[list[int]]
    brightest: int
    classes: list[int]


def pixels(problem: Images) -> NDArray[np.float64]:
    """The pixels from 0 to 1, (images, pixels)."""
    return np.array(problem["images"]) / problem["brightest"]


def one_hot(problem: Images) -> NDArray[np.float64]:
    """A row for each image, with a 1 at its class."""
    rows: NDArray[np.float64] = np.eye(problem["sizes"][-1])[problem["classes"]]
    return rows


def by_hand(problem: Images) -> Prepared:
    """In NumPy."""
    layers, x, t = plain.as_layers(problem["parameters"], problem["sizes"]), pixels(problem), one_hot(problem)
    return Prepared(lambda: by_hand_networks.cross_entropy(layers, x, t), plain.layers)


def program(problem: Images, *, form: str = "matrices", fused: bool = True) -> Compiled:
    """The graph of one image, compiled, with all images as its batch."""
    from micrograd_bp import MLP, Value, compile, cross_entropy

    nin, *nouts = problem["sizes"]
    model = MLP(nin, nouts, fused=fused)
    parameters = model.parameters()
    for p, number in zip(parameters, problem["parameters"], strict=True):
        p.data = number
    batch, targets = pixels(problem), one_hot(problem)
    x, t = list(map(Value, batch[0])), list(map(Value, targets[0]))
    return compile(cross_entropy([model(x)], [t]), inputs={"X": x, "T": t}, parameters=parameters, form=form), (
        batch,
        targets,
    )


def eager(problem: Images) -> Iteration:
    """The graph of all images, built anew for each iteration."""
    from micrograd_bp import MLP, cross_entropy

    nin, *nouts = problem["sizes"]
    model = MLP(nin, nouts)
    parameters = model.parameters()
    for p, number in zip(parameters, problem["parameters"], strict=True):
        p.data = number
    batch = pixels(problem).tolist()

    def iteration() -> Outcome:
        model.zero_grad()
        loss = cross_entropy([model(x) for x in batch], problem["classes"])
        loss.backward()
        return loss.data, [p.grad for p in parameters]

    return iteration


def jax(problem: Images) -> Prepared:
    """With matrices."""
    from benchmarks.compiled.jax_in_doubles import jax

    layers = jax.tree.map(jax.numpy.array, plain.as_layers(problem["parameters"], problem["sizes"]))
    batch, targets = jax.numpy.array(pixels(problem)), jax.numpy.array(one_hot(problem))

    def loss(layers: Any, x: Any, t: Any) -> Any:
        *hidden, (last_weights, last_biases) = layers
        for weights, biases in hidden:
            x = jax.nn.relu(x @ weights + biases)
        return -(t * jax.nn.log_softmax(x @ last_weights + last_biases)).sum() / len(x)

    def build() -> Any:
        function = jax.jit(jax.value_and_grad(loss))
        return lambda: jax.block_until_ready(function(layers, batch, targets))

    return prepare(build, plain.layers)


def torch(problem: Images) -> Prepared:
    """A module and a loss of PyTorch's own, as its user writes it."""
    from benchmarks.compiled.torch_network import layers_of, network, torch

    model = network(plain.as_layers(problem["parameters"], problem["sizes"]))
    parameters = list(model.parameters())
    x, t = torch.from_numpy(pixels(problem)), torch.from_numpy(one_hot(problem))

    def run() -> Any:
        loss = torch.nn.functional.cross_entropy(model(x), t)
        return loss.item(), torch.autograd.grad(loss, parameters)

    return Prepared(run, lambda result: plain.layers((result[0], layers_of(result[1]))))


def casadi(problem: Images) -> Prepared:
    """A graph of matrices."""
    from benchmarks.compiled.casadi_network import casadi, forward, outcome, symbols

    batch, targets = casadi.DM(pixels(problem)), casadi.DM(one_hot(problem))
    layers = plain.as_layers(problem["parameters"], problem["sizes"])
    numbers = [casadi.DM(each) for layer in layers for each in layer]

    def build() -> Any:
        parameters = symbols(problem["sizes"])
        x, t = casadi.MX.sym("x", batch.shape), casadi.MX.sym("t", targets.shape)
        logits = forward(parameters, x)
        largest = logits[:, 0]
        for column in casadi.horzsplit(logits)[1:]:
            largest = casadi.fmax(largest, column)
        shifted = logits - casadi.repmat(largest, 1, logits.shape[1])
        log_totals = casadi.log(casadi.sum2(casadi.exp(shifted)))
        loss = (casadi.sum1(log_totals) - casadi.dot(t, shifted)) / len(problem["images"])
        outputs = [loss, *(casadi.gradient(loss, p) for p in parameters)]
        function = casadi.Function("classifier", [*parameters, x, t], outputs)
        return lambda: function(*numbers, batch, targets)

    return prepare(build, outcome)


CONTENDERS: Mapping[str, Callable[[Any], Iteration | Prepared]] = {
    "by hand": by_hand,
    "micrograd_bp compiled": compiled(program),
    "micrograd_bp compiled unfused": compiled(partial(program, fused=False)),
    "micrograd_bp native": compiled(partial(program, form="native")),
    "micrograd_bp on JAX": on_jax(program),
    "micrograd_bp eager": eager,
    "jax": jax,
    "torch": torch,
    "casadi": casadi,
}
