"""`page` and `write_page`: what they take, what they refuse, and what is in the file."""

import base64
import hashlib
import html
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from micrograd_bp import MLP, Neuron, Value, mse
from micrograd_bp.engine import topological_order
from micrograd_bp.views.drawing import renderer
from micrograd_bp.views.page.page import page, write_page
from tests.views.page.graphs import network, neuron


class Reader(HTMLParser):
    """What a file of HTML holds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        if self.tags:
            self.texts.setdefault(self.tags[-1][0], []).append(data)

    def attributes(self, name: str) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get(name)) is not None]


def test_the_path_is_returned_and_the_folder_made(tmp_path: Path) -> None:
    target = tmp_path / "new" / "steps.html"
    assert write_page(neuron(), target) == str(target)
    assert [file.name for file in target.parent.iterdir()] == ["steps.html"]
    assert target.read_text(encoding="utf-8") == page(neuron()).html
    assert write_page(neuron(), str(target)) == str(target)


def test_an_old_file_stays_when_something_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "steps.html"
    target.write_text("old")
    monkeypatch.setattr(renderer, "programs", lambda output_format: iter(()))
    with pytest.raises(renderer.NoRendererError, match="pip install graphviz-pure"):
        write_page(neuron(), target)
    assert target.read_text() == "old"


def test_gradients_are_left_alone() -> None:
    model, loss = network()
    loss.backward()
    before = [parameter.grad for parameter in model.parameters()]
    page(loss)
    assert [parameter.grad for parameter in model.parameters()] == before


def test_the_same_graph_gives_the_same_page() -> None:
    assert page(network()[1]).html == page(network()[1]).html


def test_small_enough_to_mail() -> None:
    assert len(page(network()[1]).html) < 120_000
    model = MLP(4, [10, 10, 1], activation="tanh", rng=0, fused=False)
    loss = mse([model([0.1 * i, 0.2, 0.3, 0.4]) for i in range(2)], [0.5] * 2)
    made = page(loss, detail="values")
    assert len(made.picture.boxes) > 800
    assert len(made.html) < 1_100 * len(made.picture.boxes)  # 2 MB for 1,800


# ---- one file that allows nothing


def test_the_policy_allows_the_one_script_and_the_one_style_alone() -> None:
    for made in (page(neuron()), page(neuron(), hide="gradients")):
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', made.html)[1]
        assert "unsafe" not in policy
        assert policy.startswith("default-src 'none';")
        for kind in ("script", "style"):
            (text,) = re.findall(rf"<{kind}>(.*?)</{kind}>", made.html, re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"{kind}-src 'sha256-{digest}'" in policy


def test_nothing_is_fetched_and_nothing_is_styled_or_scripted_by_attributes() -> None:
    reader = Reader(page(network()[1]).html)
    tags = {tag for tag, _ in reader.tags}
    assert not tags & {"img", "link", "iframe", "object", "embed", "use", "a", "base", "form"}
    names = {name for _, attributes in reader.tags for name in attributes}
    assert not {name for name in names if name.startswith("on")} | (names & {"style", "src", "href", "xlink:href"})


def test_ids_are_there_once() -> None:
    for made in (page(network()[1], forward=True), page(neuron(), hide="gradients")):
        ids = Reader(made.html).attributes("id")
        assert len(ids) == len(set(ids))


def test_the_drawing_is_well_formed() -> None:
    drawing = re.search(r"<svg id=.*?</svg>", page(network()[1]).html, re.DOTALL)[0]
    root = ElementTree.fromstring(drawing)
    assert len(root.findall(".//*[@role='button']")) == 31


# ---- what is shown


def test_the_title_says_what_the_page_is_of() -> None:
    assert "<title>The gradient of o, step by step</title>" in page(neuron()).html
    assert "<title>Find the gradients of o</title>" in page(neuron(), hide="gradients").html
    assert "<title>Lesson 1</title>" in page(neuron(), title="Lesson 1").html
    assert "<title>The gradient of 2 outputs, step by step</title>" in page([neuron(), neuron()]).html


def test_names_from_a_module_and_from_a_mapping() -> None:
    model, loss = network()
    assert 'data-name="layers.0.neurons.1.weights.0"' in page(loss, names=model).html
    x = Value(1.0)
    assert 'data-name="mine"' in page(x.tanh(), names={"mine": x}).html


def test_a_source_line_that_was_tracked() -> None:
    from micrograd_bp import track_source

    with track_source():
        y = Value(1.0, label="x").tanh()
    assert re.search(r'"sources":{.*"1":"test_page.py:\d+"}', page(y).html)


def test_longer_numbers_on_the_way_have_room() -> None:
    x = Value(1.0, label="x")
    widths = []
    for small in (0.0, 1.23456e-13):
        y = x * (1.0 + small)
        made = page(y + x * -1.0)
        box = re.search(r'data-name="x".*?width="([\d.]+)"', made.html, re.DOTALL)
        widths.append(float(box[1]))
    assert widths[1] >= widths[0]


def test_only_the_paths_from_a_leaf() -> None:
    root = neuron()
    x1 = next(node for node in root.operands[0].operands[0].operands[0].operands if node.label == "x1")
    made = page(root, leaf=x1)
    assert 'data-name="x1"' in made.html
    assert 'data-name="x2"' not in made.html


def test_no_edge_labels_on_many_values() -> None:
    x = Value(0.5)
    y = x
    for _ in range(320):
        y = (y * 1.01).tanh() if y is x else y.tanh()
    assert "text" not in Reader(page(y, detail="values").html).texts
    assert "×" in "".join(Reader(page(neuron()).html).texts["text"])


# ---- notebooks


def test_a_notebook_gets_a_frame_and_a_picture() -> None:
    made = page(neuron())
    bundle: dict[str, Any] = made._repr_mimebundle_()
    ElementTree.fromstring(bundle["image/svg+xml"].encode())
    frame, details = re.fullmatch(
        r"(<iframe .*</iframe>)(<details>.*</details>)", bundle["text/html"], re.DOTALL
    ).groups()
    assert html.unescape(re.search(r'srcdoc="([^"]*)"', frame)[1]) == made.html
    assert "allow-same-origin" not in frame
    picture = base64.b64decode(re.search(r"base64,([^\"]*)", details)[1]).decode()
    assert picture == bundle["image/svg+xml"]
    assert repr(made) == bundle["text/plain"] == "<page of 10 boxes, 0.1 MB>"


def test_an_exercise_shows_no_answer_in_a_notebook() -> None:
    bundle = page(neuron(), hide="gradients")._repr_mimebundle_()
    assert "1.002" not in bundle["image/svg+xml"]
    assert "-1.503" not in bundle["image/svg+xml"]


# ---- refused


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"root": 3.0}, TypeError, "expected a Value or a list of Values, got float: 3.0"),
        ({"root": []}, ValueError, "got an empty list"),
        ({"detail": "all"}, ValueError, "unknown detail 'all'; there are: auto, values, neurons, layers"),
        ({"direction": "up"}, ValueError, "unknown direction 'up'; there are: LR, RL, TB, BT"),
        ({"hide": "data"}, ValueError, 'a page hides "gradients", "local derivatives", .*, got \'data\''),
        ({"hide": ["gradients", 1]}, ValueError, r"a list of both, or nothing, got \['gradients', 1\]"),
        ({"hide": True}, ValueError, "got True"),
        ({"title": 3}, TypeError, "the title is a text, got int: 3"),
        ({"names": 3}, TypeError, "names is a module or a mapping"),
        ({"gradients": [1.0, 2.0]}, ValueError, "one gradient for each output: 1 outputs, 2 gradients"),
        ({"gradients": ["a"]}, TypeError, "a"),
        ({"around": Value(1.0)}, ValueError, "is not in the graph"),
        ({"leaf": 3.0}, TypeError, "the leaf is a Value, got float"),
        ({"hops": -1, "around": "root"}, ValueError, "hops is a whole number from 0 up"),
        ({"leaf": "root", "around": "root"}, ValueError, "a page shows one part"),
        ({"detail": "layers", "hide": "gradients"}, ValueError, "an exercise needs a box for each value"),
    ],
)
def test_bad_input_is_refused(options: dict[str, Any], error: type[Exception], words: str) -> None:
    given = network()[1] if options.get("detail") == "layers" else neuron()
    options = {name: given if value == "root" else value for name, value in options.items()}
    with pytest.raises(error, match=words):
        page(options.pop("root", given), **options)


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("steps.txt", ValueError, "ends with .html, got 'steps.txt'"),
        (3, TypeError, "int"),
        ("", ValueError, "ends with .html"),
    ],
)
def test_a_path_that_is_none(path: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        write_page(neuron(), path)


def test_of_a_large_graph_the_end_is_shown_and_says_so() -> None:
    chain = Value(0.5)
    for _ in range(2_001):
        chain = chain + 1.0
    many = sum((Neuron(1, rng=i)([1.0]) for i in range(450)), Value(0.0))
    for root, what_to_do in ((chain, "derive them from micrograd_bp.Module"), (many, "show a part, with around=node")):
        shown = page(root)
        assert 20 < len(shown.picture.boxes) <= 60
        assert "values nearest to the output, of" in shown.html
        assert what_to_do in shown.html


def test_it_shows_as_much_as_a_drawing() -> None:
    network = MLP(3, [4, 1], rng=1)
    sample, samples = network([2.0, 3.0, -1.0]), [network([2.0, 3.0, x]) for x in range(4)]
    assert len(page(sample).picture.boxes) == len(topological_order(sample))  # drawn with tables: each value is there
    assert {box.title for box in page(mse(samples, [1.0] * 4)).picture.boxes} >= {f"neurons.{i}" for i in range(4)}
    assert "detail='values' steps through each value" in html.unescape(page(mse(samples, [1.0] * 4)).html)
    assert len(page(mse(samples, [1.0] * 4), hide="gradients").picture.boxes) > 60


def test_write_still_saves_and_says_what_to_write(tmp_path):
    with pytest.warns(DeprecationWarning, match=r"page\.save\(path\)"):
        path = page(Value(1.0)).write(tmp_path / "steps.html")
    assert Path(path).read_text(encoding="utf-8") == page(Value(1.0)).html
