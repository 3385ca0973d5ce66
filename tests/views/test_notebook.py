"""What notebooks show; and micrograd's own notebook."""

import graphviz
import pytest

from micrograd_bp import Value, draw
from micrograd_bp.views.drawing import renderer
from micrograd_bp.views.notebook import SMALL

from .support_drawing import micrograd_readme, network_loss, neuron


def test_a_small_graph_shows_as_its_drawing() -> None:
    o = neuron()
    o.backward()
    bundle = o._repr_mimebundle_()
    assert bundle["text/plain"] == repr(o)
    assert bundle["image/svg+xml"] == draw(o).pipe("svg", encoding="utf-8")


def test_leaves_and_large_graphs_show_as_text() -> None:
    assert Value(1.0)._repr_mimebundle_() == {"text/plain": repr(Value(1.0))}
    loss = network_loss(4, 12, 11, 1)
    assert loss._repr_mimebundle_() == {"text/plain": repr(loss)}
    chain = Value(0.0)
    for _ in range(SMALL):
        chain = chain + chain
    assert set(chain._repr_mimebundle_()) == {"text/plain"}


def test_without_a_renderer_a_value_shows_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renderer, "programs", lambda output_format: iter(()))
    assert set(neuron()._repr_mimebundle_()) == {"text/plain"}


# From micrograd's notebook trace_graph.ipynb (MIT licence), as it stands there.


def trace(root):
    nodes, edges = set(), set()

    def build(v):
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(root)
    return nodes, edges


def draw_dot(root, format="svg", rankdir="LR"):
    """
    format: png | svg | ...
    rankdir: TB (top to bottom graph) | LR (left to right)
    """
    assert rankdir in ["LR", "TB"]
    nodes, edges = trace(root)
    dot = graphviz.Digraph(format=format, graph_attr={"rankdir": rankdir})  # , node_attr={'rankdir': 'TB'})

    for n in nodes:
        dot.node(name=str(id(n)), label="{ data %.4f | grad %.4f }" % (n.data, n.grad), shape="record")  # noqa: UP031
        if n._op:
            dot.node(name=str(id(n)) + n._op, label=n._op)
            dot.edge(str(id(n)) + n._op, str(id(n)))

    for n1, n2 in edges:
        dot.edge(str(id(n1)), str(id(n2)) + n2._op)

    return dot


def test_micrograds_own_draw_dot_runs_on_our_values() -> None:
    g = micrograd_readme()
    g.backward()
    source = draw_dot(g).source
    assert "data 24.7041 | grad 1.0000" in source
    assert "data -4.0000 | grad 138.8338" in source
    assert renderer.render(source, "svg").startswith(b"<?xml")
