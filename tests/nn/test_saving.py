"""state_dict, save, load and from_file: round trips, and files that are broken."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from micrograd_bp import MLP, Layer, Module, Value
from micrograd_bp.engine import size


def test_state_dict_round_trip() -> None:
    network, other = MLP(2, [3, 1], rng=0), MLP(2, [3, 1], rng=1)
    state = network.state_dict()
    assert list(state) == [name for name, _ in network.named_parameters()]
    assert all(type(number) is float for number in state.values())
    kept = other.parameters()
    other.load_state_dict(state)
    assert other.state_dict() == state
    assert all(a is b for a, b in zip(other.parameters(), kept, strict=True))  # the same Values, other numbers


@pytest.mark.parametrize("number", [0.1, 1e-320, -0.0, math.inf, math.pi])
def test_numbers_come_back_bit_for_bit(tmp_path: Path, number: float) -> None:
    network, other = Layer(1, 1), Layer(1, 1)
    network.neurons[0].weights[0].data = number
    network.save(tmp_path / "layer.json")
    other.load(tmp_path / "layer.json")
    assert other.neurons[0].weights[0].data.hex() == number.hex()


def test_load_into_a_module_of_the_user(tmp_path: Path) -> None:
    class Line(Module):
        def __init__(self, slope: float, shift: float) -> None:
            self.slope, self.shift = Value(slope), Value(shift)

    Line(2.0, -1.0).save(tmp_path / "line.json")
    line = Line(0.0, 0.0)
    line.load(tmp_path / "line.json")
    assert line.state_dict() == {"slope": 2.0, "shift": -1.0}
    with pytest.raises(ValueError, match=r"line\.json does not describe an MLP"):
        MLP.from_file(tmp_path / "line.json")


@pytest.mark.parametrize(
    "arguments", [{}, {"activation": "tanh", "output_activation": "sigmoid", "init": "xavier", "fused": False}]
)
def test_from_file_gives_the_whole_network(tmp_path: Path, arguments: dict[str, Any]) -> None:
    path = tmp_path / "network.json"
    network = MLP(2, (3, 2), rng=0, **arguments)
    network.save(str(path))
    again = MLP.from_file(path)
    assert again.state_dict() == network.state_dict()
    assert repr(again) == repr(network)
    x = [0.3, -0.7]
    assert [y.data for y in again(x)] == [y.data for y in network(x)]
    assert size(*again(x)) == size(*network(x))  # fused or not
    again.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()


WEIGHT = "layers.0.neurons.0.weights.0"
LAST = "layers.1.neurons.0.bias"


def without(content: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in content.items() if key != name}


def with_parameter(content: dict[str, Any], name: str, number: Any) -> dict[str, Any]:
    return {**content, "parameters": {**content["parameters"], name: number}}


BROKEN = {
    "another format": (lambda c: {**c, "format": "another model"}, "not a model file"),
    "no format": (lambda c: without(c, "format"), "not a model file"),
    "a training run": (lambda c: {**c, "format": "micrograd_bp training run"}, "not a model file"),
    "a later version": (lambda c: {**c, "version": 2}, "version 2 of the model format; this package reads 1"),
    "a list": (lambda c: [c], "not a model file"),
    "no parameters": (lambda c: without(c, "parameters"), "parameters"),
    "parameters that are a list": (lambda c: {**c, "parameters": [1.0]}, "parameters"),
    "parameters that are a number": (lambda c: {**c, "parameters": 5}, "parameters"),
    "a missing parameter": (
        lambda c: {**c, "parameters": without(c["parameters"], LAST)},
        f"of MLP, which has 9: 1 missing, such as {LAST}$",
    ),
    "an unknown parameter": (lambda c: with_parameter(c, "w.7", 1.0), r"1 unknown, such as w\.7$"),
    "a parameter that is a string": (
        lambda c: with_parameter(c, LAST, "0.5"),
        rf"the parameter {LAST} needs a number, got '0\.5'",
    ),
    "a parameter that is null": (lambda c: with_parameter(c, LAST, None), f"{LAST} needs a number, got None"),
    "a parameter too large for a float": (lambda c: with_parameter(c, LAST, 10**400), LAST),
}


@pytest.fixture
def network() -> MLP:
    return MLP(2, [2, 1], rng=0)


def assert_refused(path: Path, network: MLP, message: str) -> None:
    """`path` is refused with `message`, and the network stays as it was."""
    before = network.state_dict()
    with pytest.raises(ValueError, match=message):
        network.load(path)
    assert network.state_dict() == before
    with pytest.raises(ValueError, match=message):
        MLP.from_file(path)


@pytest.mark.parametrize(("change", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused(tmp_path: Path, network: MLP, change: Any, message: str) -> None:
    path = tmp_path / "model.json"
    MLP(2, [2, 1], rng=1).save(path)
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    assert_refused(path, network, message)


@pytest.mark.parametrize("content", [b"", b"not JSON", b"\xff\xfe\x00", b"[" * 100_000, b"null"], ids=range(5))
def test_a_file_that_is_no_json_of_ours_is_refused(tmp_path: Path, network: MLP, content: bytes) -> None:
    path = tmp_path / "model.json"
    path.write_bytes(content)
    assert_refused(path, network, r"model\.json is not a model file")


def test_a_truncated_file_is_refused_wherever_it_ends(tmp_path: Path, network: MLP) -> None:
    path = tmp_path / "model.json"
    MLP(2, [2, 1], rng=1).save(path)
    whole = path.read_bytes().rstrip()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        assert_refused(path, network, r"model\.json is not a model file")


@pytest.mark.parametrize("architecture", [None, [2, [2, 1]], {"nin": 2}, {"nin": 0, "nouts": [1]}, {"depth": 3}])
def test_an_architecture_that_is_none_is_refused(tmp_path: Path, network: MLP, architecture: Any) -> None:
    path = tmp_path / "model.json"
    network.save(path)
    path.write_text(json.dumps({**json.loads(path.read_text()), "architecture": architecture}))
    with pytest.raises(ValueError, match=r"model\.json does not describe an MLP"):
        MLP.from_file(path)


def test_an_activation_that_is_not_defined_here_is_named(tmp_path: Path, network: MLP) -> None:
    path = tmp_path / "model.json"
    network.save(path)
    path.write_text(path.read_text().replace('"relu"', '"softsign_of_mine"'))
    with pytest.raises(ValueError, match="unknown activation 'softsign_of_mine'; there are: "):
        MLP.from_file(path)


def test_the_file_of_another_network_is_refused(tmp_path: Path, network: MLP) -> None:
    MLP(2, [3, 1]).save(tmp_path / "wider.json")
    before = network.state_dict()
    with pytest.raises(
        ValueError, match=r"wider\.json is of an MLP\(2, \[3, 1\], .*this is an MLP\(2, \[2, 1\], .*MLP\.from_file"
    ):
        network.load(tmp_path / "wider.json")
    assert network.state_dict() == before


def other_activations() -> dict[str, MLP]:
    changed = MLP(2, [2, 1], rng=0)
    for neuron in changed.layers[0].neurons:
        neuron.activation = "tanh"
    linear = MLP(2, [2, 1], rng=0)
    for neuron in linear.layers[0].neurons:
        neuron.nonlin = False
    return {
        "tanh": MLP(2, [2, 1], activation="tanh"),
        "a list": MLP(2, [2, 1], activation=["relu", "tanh"]),
        "output": MLP(2, [2, 1], output_activation="sigmoid"),
        "changed since": changed,
        "made linear since": linear,
    }


@pytest.mark.parametrize("name", other_activations())
def test_the_file_of_a_network_with_other_activations_is_refused(tmp_path: Path, network: MLP, name: str) -> None:
    other = other_activations()[name]
    other.save(tmp_path / "other.json")
    before = network.state_dict()
    with pytest.raises(ValueError, match=r"activation=\['relu', 'linear'\]\): MLP\.from_file\('.*other\.json'\) makes"):
        network.load(tmp_path / "other.json")
    assert network.state_dict() == before
    again = MLP.from_file(tmp_path / "other.json")
    assert again([1.0, -2.0]).data == other([1.0, -2.0]).data
    assert again.architecture() == other.architecture()


def test_a_network_of_which_no_arguments_make_the_like_is_loaded_into_its_like(tmp_path: Path, network: MLP) -> None:
    network.layers[0].neurons[1].activation = "tanh"
    assert network.architecture() is None
    network.save(tmp_path / "mixed.json")
    with pytest.raises(ValueError, match=r"mixed\.json does not describe an MLP: .* model\.load"):
        MLP.from_file(tmp_path / "mixed.json")
    like = MLP(2, [2, 1], rng=5)
    like.layers[0].neurons[1].activation = "tanh"
    like.load(tmp_path / "mixed.json")
    assert like([1.0, -2.0]).data == network([1.0, -2.0]).data


@pytest.mark.parametrize(
    "written", [{"activation": "relu", "output_activation": "linear"}, {"activation": ["relu", "linear"]}, {}]
)
def test_the_same_activations_may_be_written_in_several_ways(tmp_path: Path, network: MLP, written: Any) -> None:
    path = tmp_path / "model.json"
    MLP(2, [2, 1], rng=1, fused=False).save(path)
    content = json.loads(path.read_text())
    content["architecture"] = {"nin": 2, "nouts": [2, 1], "fused": False, **written}
    path.write_text(json.dumps(content))
    network.load(path)
    assert network.state_dict() == MLP(2, [2, 1], rng=1).state_dict()


class Classifier(MLP):
    """A network of somebody's own: with more behind its layers, and arguments of its own."""

    def __init__(self, width: int) -> None:
        super().__init__(2, [width, 1], rng=0)
        self.width = width
        self.layers.append(Scaled(2))  # type: ignore[arg-type]  # as people do


def test_a_network_with_other_layers_is_saved_and_loaded(tmp_path: Path) -> None:
    model = Classifier(3)
    assert model.architecture() is None
    model.save(tmp_path / "model.json")
    again = Classifier(3)
    again.layers[0].neurons[0].bias.data = 7.0
    again.load(tmp_path / "model.json")
    assert again.state_dict() == model.state_dict()


def test_a_network_that_says_itself_how_it_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Classifier, "architecture", lambda self: {"width": self.width})
    Classifier(3).save(tmp_path / "model.json")
    Classifier(3).load(tmp_path / "model.json")
    with pytest.raises(ValueError, match=r"is of a model with width=3, this one has 4"):
        Classifier(4).load(tmp_path / "model.json")


class Scaled(Module):
    """A model of somebody's own that says how it is made."""

    def __init__(self, power: int) -> None:
        self.power, self.weight = power, Value(float(power))

    def forward(self, x: Any) -> Value:
        return (self.weight * x) ** self.power

    def architecture(self) -> dict[str, Any]:
        return {"power": self.power}


def test_the_architecture_of_a_module_of_ones_own_is_compared(tmp_path: Path) -> None:
    Scaled(2).save(tmp_path / "model.json")
    Scaled(2).load(tmp_path / "model.json")
    other = Scaled(3)
    with pytest.raises(ValueError, match=r"model\.json is of a model with power=2, this one has 3"):
        other.load(tmp_path / "model.json")
    assert other.weight.data == 3.0


def test_a_file_that_is_not_there(tmp_path: Path, network: MLP) -> None:
    with pytest.raises(FileNotFoundError):
        network.load(tmp_path / "model.json")
    with pytest.raises(FileNotFoundError):
        network.save(tmp_path / "no_folder" / "model.json")


@pytest.mark.parametrize("number", ["1.0", None, [1.0], 1j, 10**400], ids=lambda number: repr(number)[:8])
def test_load_state_dict_changes_all_or_nothing(network: MLP, number: Any) -> None:
    before = network.state_dict()
    state = dict.fromkeys(before, 7.0) | {LAST: number}
    with pytest.raises(ValueError, match=LAST):
        network.load_state_dict(state)
    assert network.state_dict() == before
