"""`names=`: the same in every view, and what counts when a value has several names."""

import pytest

from micrograd_bp import MLP, Recording, Value, draw, explain, page, steps
from micrograd_bp.views.given_names import GivenNames


@pytest.mark.parametrize(
    "shown",
    [
        lambda y, x, names: str(steps(y, names=names)),
        lambda y, x, names: Recording(y, names=names).names[x],
        lambda y, x, names: str(explain(y, x, names=names)),
        lambda y, x, names: str(draw(y, names=names)),
        lambda y, x, names: page(y, names=names).html,
    ],
    ids=["steps", "Recording", "explain", "draw", "page"],
)
def test_every_view_takes_names_to_values_and_puts_a_label_first(shown) -> None:
    x = Value(2.0)
    assert "wages" in shown(x.tanh(), x, {"wages": x})
    x = Value(2.0, label="pressure")
    text = shown(x.tanh(), x, {"wages": x})
    assert "pressure" in text
    assert "wages" not in text


def test_modules_lists_and_dictionaries_name_what_they_hold() -> None:
    model, x = MLP(2, [1], rng=0), [Value(1.0), Value(2.0)]
    found = GivenNames({"model": model, "x": x, "by_name": {"a": [Value(3.0, label="three")]}, "other": 7, "kind": MLP})
    assert list(found.names.values()) == ["x.0", "x.1", "by_name.a.0"]
    assert found.parameters == set(model.parameters())
    output = model(x)
    named = Recording(output, names={"model": model}).names
    assert set(named.values()) >= {f"model.layers.0.neurons.0.{name}" for name in ("weights.0", "bias", "dot")}
    assert "layers.0.neurons.0.dot" in Recording(output, names=model).names.values()


def test_the_first_name_counts_and_private_ones_come_last() -> None:
    x, y, z = Value(1.0), Value(2.0), Value(3.0)
    found = GivenNames({"_": x, "__out__": [y], "x": x, "same": x, "_z": z})
    assert found.names == {x: "x", z: "_z"}


class Line:
    """A model that derives from nothing."""

    def __init__(self) -> None:
        self.slope, self.offset = Value(2.0), Value(1.0)

    def __call__(self, x: float) -> Value:
        return self.slope * x + self.offset


@pytest.mark.parametrize(("model", "path"), [(Line(), "model.slope"), (MLP(1, [1]), "model.layers.0.neurons.0.bias")])
def test_a_parameter_has_its_path_in_a_model_with_a_name_and_not_that_of_a_loop(model, path) -> None:
    output = model(3.0) if isinstance(model, Line) else model([3.0])
    parameter = model.slope if isinstance(model, Line) else model.parameters()[-1]
    assert Recording(output, names={"p": parameter, "model": model}).names[parameter] == path
    assert Recording(output, names={"p": parameter}).names[parameter] == "p"
    assert draw(output, names={"p": parameter, "model": model}).source.count("<B>p</B>") == 0


def test_a_list_that_holds_itself_is_read_once() -> None:
    held: list[object] = [Value(1.0)]
    held.append(held)
    assert list(GivenNames({"held": held}).names.values()) == ["held.0"]


@pytest.mark.parametrize("names", [[Value(1.0)], {Value(1.0): "x"}, "x", 3])
def test_other_kinds_are_refused(names) -> None:
    with pytest.raises(TypeError, match="names is a module or a mapping from names to Values"):
        steps(Value(1.0) * 2.0, names=names)
