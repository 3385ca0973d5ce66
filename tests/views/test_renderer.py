"""Finding a program that draws, and not trusting it."""

import importlib.metadata
import os
from pathlib import Path

import pytest

from micrograd_bp import Value
from micrograd_bp.views.drawing import renderer
from micrograd_bp.views.drawing.digraph import Drawing
from micrograd_bp.views.drawing.drawing import draw
from micrograd_bp.views.drawing.renderer import NoRendererError, RenderingError, WrongPictureError, render

from .support_drawing import counts, network_loss, neuron, path_without_programs, program

SOURCE = "digraph { a -> b }"


@pytest.fixture
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where neither graphviz-pure nor Graphviz is there."""

    def no_files(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(renderer.metadata, "files", no_files)
    monkeypatch.setenv("PATH", path_without_programs(tmp_path))
    monkeypatch.delenv(renderer.VARIABLE, raising=False)


def test_needs_nothing_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", path_without_programs(tmp_path))
    drawing = draw(neuron())
    assert drawing.pipe("svg").startswith(b"<?xml")
    assert drawing.pipe("png").startswith(b"\x89PNG")
    assert drawing._repr_mimebundle_()["image/svg+xml"].startswith("<?xml")


@pytest.mark.usefixtures("nothing_installed")
def test_without_a_renderer_the_error_says_what_to_install_and_the_source_is_there() -> None:
    drawing = draw(neuron())
    with pytest.raises(NoRendererError) as caught:
        drawing.pipe("svg")
    for words in ("svg", "pip install graphviz-pure", "MICROGRAD_BP_DOT", "drawing.source"):
        assert words in str(caught.value)
    assert drawing.source.startswith("digraph")
    with pytest.raises(NoRendererError, match="write svg or png"):
        drawing.pipe("pdf")


@pytest.mark.usefixtures("nothing_installed")
def test_a_dot_on_the_path_serves_where_the_wheel_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "dot", "print('<svg>of dot</svg>', sys.argv[1:])")
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    assert render(SOURCE, "svg") == b"<svg>of dot</svg> ['-Kdot', '-Tsvg']\n"


def test_formats_that_the_wheel_lacks_go_to_dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "dot", "print('%PDF of dot')")
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    assert render(SOURCE, "pdf") == b"%PDF of dot\n"
    assert b"of dot" not in render(SOURCE, "svg")


def test_the_variable_names_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(renderer.VARIABLE, str(program(tmp_path, "mine", "print('mine')")))
    assert render(SOURCE, "svg") == b"mine\n"
    monkeypatch.setenv(renderer.VARIABLE, str(tmp_path / "absent"))
    with pytest.raises(RenderingError, match="absent cannot be run"):
        render(SOURCE, "svg")


def test_a_program_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(renderer.VARIABLE, str(program(tmp_path, "slow", "time.sleep(60)")))
    monkeypatch.setattr(renderer, "TIMEOUT", 0.5)
    with pytest.raises(RenderingError, match=r"stopped after 0\.5 s.*hops=2"):
        draw(neuron()).pipe("svg")


@pytest.mark.parametrize(
    "code",
    [
        "print('<svg/>'); print('Error: lost n0 n1 edge', file=sys.stderr)",
        "print('<svg/>'); print('Warning: in routesplines, edge n0 -> n1 was lost', file=sys.stderr)",
        "print('<svg/>'); sys.exit(1)",
        "print('Error: <stdin>: syntax error in line 1', file=sys.stderr)",
        "",
    ],
)
def test_a_picture_with_a_complaint_is_no_picture(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(renderer.VARIABLE, str(program(tmp_path, "wrong", code)))
    with pytest.raises(WrongPictureError, match="did not draw this"):
        draw(neuron()).pipe("svg")


def test_a_remark_on_fonts_is_no_complaint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "print('<svg/>'); print('Warning: no value for width of non-ASCII character 194', file=sys.stderr)"
    monkeypatch.setenv(renderer.VARIABLE, str(program(tmp_path, "remark", code)))
    assert render(SOURCE, "svg") == b"<svg/>\n"


LOSES_EDGES = """
import subprocess
done = subprocess.run([{program!r}, *sys.argv[1:]], input=source, capture_output=True, text=True, encoding="utf-8")
print(done.stdout)
if {condition}:
    print("Error: lost n0 n1 edge", file=sys.stderr)
"""


def test_a_lost_edge_leads_to_a_flat_drawing_and_then_to_a_collapsed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing = draw(network_loss(2, 3, 1))
    whole = counts(drawing)
    pure = renderer.graphviz_pure()
    no_frames = program(tmp_path, "no_frames", LOSES_EDGES.format(program=pure, condition="'cluster' in source"))
    monkeypatch.setenv(renderer.VARIABLE, str(no_frames))
    assert "cluster" in drawing.source
    assert counts(drawing) == whole
    assert b"cluster" not in drawing.pipe("svg")
    few = program(tmp_path, "few", LOSES_EDGES.format(program=pure, condition="source.count('->') > 8"))
    monkeypatch.setenv(renderer.VARIABLE, str(few))
    assert counts(drawing)[0] < whole[0]


def test_render_writes_the_source_and_the_picture(tmp_path: Path) -> None:
    drawing = draw(neuron())
    assert drawing.render(outfile=tmp_path / "neuron.svg") == str(tmp_path / "neuron.svg")
    assert (tmp_path / "neuron.svg").read_bytes() == drawing.pipe("svg")
    assert (tmp_path / "neuron.gv").read_text(encoding="utf-8") == drawing.source
    path = drawing.render("again", directory=tmp_path / "new", format="png", cleanup=True)
    assert Path(path) == tmp_path / "new" / "again.png"
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["again.png"]


@pytest.mark.usefixtures("nothing_installed")
def test_render_leaves_no_file_behind_when_it_fails(tmp_path: Path) -> None:
    with pytest.raises(NoRendererError):
        draw(neuron()).render(outfile=tmp_path / "new" / "neuron.svg")
    assert not (tmp_path / "new").exists()


def test_the_package_graphviz_stays_as_it_was() -> None:
    import graphviz

    before = graphviz.backend.dot_command.DOT_BINARY
    drawing = draw(neuron())
    drawing.pipe("svg")
    assert isinstance(drawing, graphviz.Digraph)
    assert before == graphviz.backend.dot_command.DOT_BINARY
    assert drawing.copy().source == drawing.source


def test_render_takes_the_name_of_a_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    drawing = draw(neuron())
    assert drawing.render("a.svg", cleanup=True) == "a.svg"
    assert Path("a.svg").read_bytes() == drawing.pipe("svg")
    assert drawing.render("b.PNG", directory="new", cleanup=True) == os.path.join("new", "b.PNG")
    assert Path("new", "b.PNG").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["a.svg", "b.PNG"]
    assert drawing.render("c.gv", format="svg") == "c.gv.svg"  # the name of a source, as in the package graphviz
    assert Path("c.gv").read_text(encoding="utf-8") == drawing.source


def test_render_refuses_an_unknown_kind_of_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"unknown kind of file '.*a\.foo': its name ends with \.svg, \.png, \.pdf"):
        draw(neuron()).render(outfile=tmp_path / "a.foo")
    assert not list(tmp_path.iterdir())
    assert draw(neuron()).render(outfile=tmp_path / "a.foo", format="svg") == str(tmp_path / "a.foo")


def test_a_drawing_is_a_picture_for_which_nothing_need_be_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Drawing, "_view", lambda self, path, **_: shown.append(path))
    y = Value(2.0, label="x").tanh()
    assert draw(y).format == "svg"
    draw(y).view()
    assert shown == ["gradient_flow.gv.svg"]
    assert "<svg" in Path(shown[0]).read_text(encoding="utf-8")
    assert draw(y).render() == "gradient_flow.gv.svg"
