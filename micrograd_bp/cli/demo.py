"""`micrograd-bp demo`: once through what the package is for, on real data."""

import argparse
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from micrograd_bp.cli.progress import progress
from micrograd_bp.datasets import load_iris, standardize, stratified_split
from micrograd_bp.engine import Value, gradcheck, no_graph, size
from micrograd_bp.engine.numbers.notation import in_encoding
from micrograd_bp.nn import MLP, cross_entropy
from micrograd_bp.optimizers import Adam
from micrograd_bp.training import ModelObjective, Training
from micrograd_bp.views.steps.steps import steps

HELD_OUT = 1 / 3
HIDDEN = 8
EPOCHS = 30
BATCH_SIZE = 10
LEARNING_RATE = 0.02
WEIGHT_DECAY = 0.01
MEASUREMENTS = ("sepal length", "sepal width", "petal length", "petal width")
FOLDER = Path("micrograd_bp_demo")


def add_parser(subparsers: Any) -> None:
    """Adds the command to the parser of `micrograd-bp`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "demo", help="train a network of Values on real data, and check its gradients"
    )
    parser.add_argument("--seed", type=int, default=0, help="for the split, the weights and the order (default 0)")
    parser.add_argument(
        "--folder",
        type=Path,
        default=FOLDER,
        help=f"where the drawing and the page go (default {FOLDER})",
    )
    parser.set_defaults(run=lambda arguments: run(arguments.seed, arguments.folder))


class Trained(NamedTuple):
    """A network and what came of it."""

    network: MLP
    training: Training
    seconds: float
    held_out_inputs: list[list[float]]
    held_out_targets: list[int]
    accuracy: float
    baseline: float


def train_on_iris(seed: int, *, show: bool = False) -> Trained:
    """Trains on two thirds of the flowers and counts the species recognized among the rest.

    Args:
        seed: for the split, the weights and the order of the samples.
        show: whether to print the progress.
    """
    data = load_iris()
    train, test = stratified_split(data.targets, HELD_OUT, seed)
    inputs, test_inputs = standardize([data.inputs[i] for i in train], [data.inputs[i] for i in test])
    targets, test_targets = [data.targets[i] for i in train], [data.targets[i] for i in test]
    network = MLP(4, [HIDDEN, 3], activation="tanh", init="xavier", rng=seed)
    objective = ModelObjective(network, cross_entropy)
    optimizer = Adam(LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    training = Training(objective, optimizer, inputs, targets, batch_size=BATCH_SIZE, seed=seed)
    started = time.perf_counter()
    if show:
        with progress("training", EPOCHS) as advance:
            training.run(EPOCHS, advance)
    else:
        training.run(EPOCHS)
    seconds = time.perf_counter() - started
    # What somebody would reach who always names the most frequent species of the training flowers.
    most_frequent = max(set(targets), key=targets.count)
    return Trained(
        network,
        training,
        seconds,
        test_inputs,
        test_targets,
        accuracy=accuracy(network, test_inputs, test_targets),
        baseline=test_targets.count(most_frequent) / len(test_targets),
    )


def accuracy(network: MLP, inputs: list[list[float]], targets: list[int]) -> float:
    """The share of samples whose largest output is that of their class."""
    with no_graph():
        predictions = [max(range(3), key=[output.data for output in network(sample)].__getitem__) for sample in inputs]
    return sum(p == t for p, t in zip(predictions, targets, strict=True)) / len(targets)


def say(text: str = "") -> None:
    """Prints, with ASCII in place of signs that the output cannot write."""
    print(in_encoding(text, sys.stdout.encoding))


def run(seed: int = 0, folder: Path = FOLDER) -> int:
    """The demo; returns the exit code."""
    data = load_iris()
    say(f"Data: {len(data.inputs)} iris flowers, 4 measurements each, 3 species (Anderson, Fisher 1936).")
    say(f"Network: 4 inputs, {HIDDEN} tanh neurons, 3 outputs, made of Values; cross-entropy, Adam.")
    trained = train_on_iris(seed, show=True)
    n_test = len(trained.held_out_targets)
    say(f"Trained for {EPOCHS} epochs in {trained.seconds:.1f} s.")
    say(
        f"Held-out accuracy: {trained.accuracy:.1%} of {n_test} flowers "
        f"(always naming one species: {trained.baseline:.1%})."
    )
    say()
    show_chain_rule(trained)
    draw_gradient_flow(trained, folder)
    write_page_of_a_neuron(trained, folder)
    say()
    check_gradients(trained)
    difference = compare_with_matrices(trained)
    return 0 if max(difference, train_compiled(seed, trained)) < 1e-9 else 1


def show_chain_rule(trained: Trained) -> None:
    """One neuron of the network, and how its gradient reaches a weight: its first steps of the backward pass."""
    network, sample, target = trained.network, trained.held_out_inputs[0], trained.held_out_targets[0]
    hidden_layer, output_layer = network.layers
    hidden = hidden_layer(sample)
    loss = cross_entropy(output_layer(hidden), target)
    a = hidden[0]
    (z,) = a.operands
    weight, bias = hidden_layer.neurons[0].weights[0], hidden_layer.neurons[0].bias
    names = {"loss": loss, "a": a, "z": z, "w₀": weight, "b": bias}
    say(f"The chain rule at work: neuron 0, one flower (a graph of {size(loss).nodes} values).")
    for step in steps(loss, names=names):
        if step.node is a or (step.node is z and step.operand in (weight, bias)):
            say(f"step {step.number}: {step}")


def draw_gradient_flow(trained: Trained, folder: Path) -> None:
    """A picture of the gradient flow through the trained network, for one flower."""
    from micrograd_bp.views.drawing.drawing import draw
    from micrograd_bp.views.drawing.renderer import RenderingError

    network, sample, target = trained.network, trained.held_out_inputs[0], trained.held_out_targets[0]
    inputs = [Value(number, label=name) for number, name in zip(sample, MEASUREMENTS, strict=True)]
    loss = cross_entropy(network(inputs), target)
    loss.label = "loss"
    network.zero_grad()
    loss.backward()
    try:
        path = draw(loss, names=network, detail="neurons").render(outfile=folder / "gradient_flow.svg", cleanup=True)
        say(f"The gradient flow through the trained network, for the same flower: {path}")
    except (RenderingError, OSError) as error:
        say(f"The gradient flow could not be drawn: {error}")


def write_page_of_a_neuron(trained: Trained, folder: Path) -> None:
    """One neuron of the trained network as a page in which one walks the chain rule, for the same flower."""
    from micrograd_bp.views.drawing.renderer import RenderingError
    from micrograd_bp.views.page.page import write_page

    neuron, sample = trained.network.layers[0].neurons[0], trained.held_out_inputs[0]
    output = neuron([Value(number, label=name) for number, name in zip(sample, MEASUREMENTS, strict=True)])
    output.label = "a"
    title = "The output a of one neuron of the trained network, and its gradient, step by step"
    try:
        path = write_page(output, folder / "neuron.html", names=neuron, title=title, forward=True)
        say(f"The gradient of one neuron's output a, and not of the loss, step by step, for a browser: {path}")
    except (RenderingError, OSError) as error:
        say(f"The page could not be written: {error}")


def check_gradients(trained: Trained) -> None:
    """The network's gradient on one sample, against finite differences."""
    sample, target = trained.held_out_inputs[0], trained.held_out_targets[0]
    network = trained.network
    comparisons = gradcheck(lambda *_: cross_entropy(network(sample), target), network.parameters())
    worst = max(comparison.relative for comparison in comparisons)
    say(
        f"Check: all {len(comparisons)} gradients agree with finite differences; "
        f"largest relative difference {worst:.1e}."
    )


def compare_with_matrices(trained: Trained) -> float:
    """The network's gradients on all held-out flowers, against those of its twin made of matrices.

    Returns:
        The largest difference of any gradient.
    """
    # NumPy is only needed from here on.
    import numpy as np

    from micrograd_bp.checks import largest_difference, values_to_matrix
    from micrograd_bp.matrix import softmax_cross_entropy_gradient

    network, inputs, targets = trained.network, trained.held_out_inputs, trained.held_out_targets
    network.zero_grad()
    cross_entropy([network(sample) for sample in inputs], targets).backward()
    twin = values_to_matrix(network)
    twin.backward(softmax_cross_entropy_gradient(twin.forward(np.array(inputs)), targets))
    largest = largest_difference(network, twin)
    say(
        f"Matrix twin: the same network by hand, with matrices, on {len(inputs)} flowers at once; "
        f"largest difference of any gradient {largest:.1e}."
    )
    return largest


def train_compiled(seed: int, trained: Trained) -> float:
    """The same training run once more, with the graph of one flower compiled into a program of matrices.

    Returns:
        The largest relative difference of the loss after any epoch.
    """
    import numpy as np

    from micrograd_bp.compiler import compile

    started = time.perf_counter()
    network = MLP(4, [HIDDEN, 3], activation="tanh", init="xavier", rng=seed)
    flower, species = [Value(0.0) for _ in range(4)], [Value(1 / 3) for _ in range(3)]
    loss = cross_entropy(network(flower), species)
    program = compile(loss, inputs={"flower": flower, "species": species}, parameters=network.parameters())
    inputs, targets = np.array(trained.training.inputs), np.array(trained.training.targets)
    optimizer = Adam(LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    training = Training(program, optimizer, inputs, targets, batch_size=BATCH_SIZE, seed=seed)
    history = training.run(EPOCHS)
    seconds = time.perf_counter() - started
    difference = max(abs(a - b) / b for a, b in zip(history, trained.training.history, strict=True))
    say(
        f"Compiled: the graph of one flower as a program of matrices trains the same network in {seconds:.2f} s, "
        f"{trained.seconds / seconds:.0f} times as fast;"
    )
    say(f"largest relative difference of any epoch's loss {difference:.1e}.")
    return difference
