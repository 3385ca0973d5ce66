"""What is measured of a drawing, on pictures where one sees what is wrong."""

import pytest

from micrograd_bp import MLP, Neuron, Value, draw, explain, mse
from micrograd_bp.views.drawing import readability as measure
from micrograd_bp.views.drawing.geometry import Curve, Geometry, Point, Rectangle
from micrograd_bp.views.drawing.picture import Box, Line, Picture
from micrograd_bp.views.drawing.readability import first_readable, readability
from micrograd_bp.views.drawing.renderer import VARIABLE
from micrograd_bp.views.names import Role

from .support_drawing import counts, in_rows, nodes, texts


def picture(n_boxes: int, *lines: tuple[int, int], dense: bool = False) -> Picture:
    boxes = [Box(f"box {i}", Role.OPERATION, rows=[("data", "0.1234")]) for i in range(n_boxes)]
    return Picture(boxes, [Line(tail, head, 1.0) for tail, head in lines], dense=dense)


def straight(*ends: tuple[float, float, float, float]) -> list[Curve]:
    return [Curve([Point(a, b), Point(a, b), Point(c, d), Point(c, d)], Point(c, d), None) for a, b, c, d in ends]


@pytest.mark.parametrize(("y", "hidden"), [(50.0, 1), (92.0, 1), (98.0, 0), (120.0, 0)])
def test_a_line_that_passes_behind_a_box_is_hidden(y: float, hidden: int, monkeypatch: pytest.MonkeyPatch) -> None:
    boxes = [Rectangle(x, 0.0, 40.0, 100.0) for x in (0.0, 100.0, 200.0)]
    geometry = Geometry(240.0, 100.0, boxes, straight((40.0, y, 200.0, y)), [])
    monkeypatch.setattr(measure, "laid_out", lambda picture, direction: geometry)
    measured = readability(picture(3, (0, 2)), "LR")
    assert measured.hidden == hidden
    assert measured.is_readable == (not hidden)


def test_crossings_are_counted_from_end_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    boxes = [Rectangle(x, y, 10.0, 10.0) for x in (0.0, 100.0) for y in (0.0, 50.0)]
    crossing, apart = (10.0, 5.0, 100.0, 55.0), (10.0, 55.0, 100.0, 5.0)
    monkeypatch.setattr(
        measure,
        "laid_out",
        lambda *_: Geometry(110.0, 60.0, boxes, straight(crossing, apart, (10.0, 5.0, 100.0, 5.0)), []),
    )
    assert readability(picture(4, (0, 3), (1, 2), (0, 2)), "LR").crossings == 1 / 3


def test_text_shrinks_with_a_drawing_wider_than_a_screen() -> None:
    short, long = (readability(picture(n, *((i, i + 1) for i in range(n - 1))), "LR") for n in (4, 40))
    assert short.text == pytest.approx(12.0)
    assert long.text < 5.0
    assert short.is_readable
    assert not long.is_readable


def test_a_column_that_cannot_be_read_is_not_laid_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "laid_out", lambda *_: pytest.fail("laid out"))
    assert first_readable([picture(40, *((i, 39) for i in range(39)))], "LR") is None


def test_without_a_renderer_there_is_still_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "absent")
    assert draw(MLP(2, [2, 1], rng=0)([1.0, 2.0])).source.startswith("digraph")


def test_parameters_of_a_neuron_stand_in_their_order() -> None:
    y = Neuron(3, rng=0)([1.0, 2.0, 3.0])
    assert in_rows(draw(y, detail="values"), "weights", sideways=True) == [["weights.0", "weights.1", "weights.2"]]
    (shown,) = [text for text in nodes(draw(y, detail="tables")) if "weights.0" in text]
    assert [text for text in shown if text.startswith(("weights", "bias"))] == [
        "weights.0",
        "weights.1",
        "weights.2",
        "bias",
    ]


@pytest.mark.parametrize("direction", ["LR", "RL", "TB", "BT"])
def test_tables_show_what_boxes_show(direction: str) -> None:
    y = MLP(2, [3, 1], rng=0)([1.0, 2.0])
    y.backward()
    drawing = draw(y, detail="tables", direction=direction)
    assert counts(drawing) == (2 + 3 + 3 + 1, 6 + 3 + 3)
    for parameter in MLP(2, [3, 1], rng=0).parameters():
        assert f"{parameter.data:.4g}" in texts(drawing)


# ---- a square is a square


def test_a_squared_error_is_drawn_as_one_edge_of_twice_the_error_and_explained_once() -> None:
    p = Value(3.0, label="p")
    loss = mse([p], [1.0])
    loss.backward()
    shown = draw(loss)
    assert "×4" in texts(shown)
    assert "**2" in texts(shown)
    assert "Σwx+b" not in texts(shown)
    assert explain(loss, p).n_paths == 1
    assert explain(mse([p, p * 2.0], [1.0, 0.0]), p).n_paths == 2
