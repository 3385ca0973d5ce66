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
        ValueError, match=r"not the parameters of MLP, which has 9: 4 unknown, such as layers\.0\.neurons\.2"
    ):
        network.load(tmp_path / "wider.json")
    assert network.state_dict() == before


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
