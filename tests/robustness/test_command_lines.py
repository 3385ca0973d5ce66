"""Whatever is typed, a command ends with an exit code and, where something was wrong, words instead of a traceback."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_bp import MLP
from micrograd_bp.cli import main
from tests.robustness.hostile import EXPRESSIONS, HOSTILE_TEXTS, NUMBERS, cases


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


@contextmanager
def streams(typed: str, encoding: str) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    """Standard streams as strict as those of a process."""
    before = sys.stdin, sys.stdout, sys.stderr
    out, err = io.BytesIO(), io.BytesIO()
    sys.stdin = io.StringIO(typed)
    sys.stdout = io.TextIOWrapper(out, encoding=encoding)
    sys.stderr = io.TextIOWrapper(err, encoding=encoding, errors="backslashreplace")
    try:
        yield out, err
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            stream.detach()
        sys.stdin, sys.stdout, sys.stderr = before


def run(arguments: list[str], typed: str = "", encoding: str = "utf-8") -> Outcome:
    """What becomes of a command line; an exception fails the test."""
    with streams(typed, encoding) as (out, err):
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1 if ended.code else 0
    # DOT is UTF-8, whatever the stream's encoding is.
    return Outcome(code, out.getvalue().decode("utf-8", "backslashreplace"), err.getvalue().decode(encoding))


def assert_answered(outcome: Outcome) -> None:
    """It went well, or there is a reason on stderr."""
    assert outcome.code in (0, 1, 2)
    assert "Traceback" not in outcome.err
    if outcome.code:
        assert outcome.err.strip()
        assert len(outcome.err) < 4_000


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder in which everything is typed, with files that a command can be given."""
    path, before = tmp_path_factory.mktemp("typed"), Path.cwd()
    os.chdir(path)
    MLP(2, [2, 1], rng=0).save("model.json")
    for name, content in FILES.items():
        Path(name).write_bytes(content)
    Path("folder.json").mkdir()
    Path("folder.py").mkdir()
    Path("folder.svg").mkdir()
    Path("folder.html").mkdir()
    yield path
    os.chdir(before)


FILES = {
    "empty.json": b"",
    "broken.json": b'{"format": "micrograd_bp model", "version": 1, "arch',
    "binary.json": bytes(range(256)),
    "empty.py": b"",
    "binary.py": bytes(range(256)),
    "null.py": b"x = 1\0",
    "unfinished.py": b"def f(:\n",
    "leaves.py": b"import sys\nsys.exit('no')\n",
    "script.py": b"""
from micrograd_bp import Value
x = Value(2.0, label='<b>&"\\x1b[31m')
loss = x * x
def raising(): raise RuntimeError('as asked')
def leaving(): raise SystemExit(3)
def endless(): return endless()
def needing(a): return a
text = 'a'
loss.backward()
""",
    "layer.py": b"""
import numpy as np
class Layer:
    def __init__(self): self.W, self.b = np.ones((2, 3)), np.zeros(3)
    def forward(self, x): self.x = x; return x @ self.W + self.b
    def backward(self, d): self.dW = self.x.T @ d; self.db = d.sum(axis=0); return d @ self.W.T
class Nothing(Layer):
    def forward(self, x): return None
class Raising(Layer):
    def backward(self, d): raise RuntimeError('as asked')
class Leaving(Layer):
    def backward(self, d): raise SystemExit(3)
class Endless(Layer):
    def forward(self, x): return self.forward(x)
class NotFinite(Layer):
    def backward(self, d): return super().backward(d) * np.nan
class Shapeless(Layer):
    def backward(self, d): super().backward(d); return 3
class Texts(Layer):
    def __init__(self): self.W, self.b = 'W', 'b'
class Hiding(Layer):
    def __getattr__(self, name): raise RuntimeError('as asked')
class Anything:
    def __getattr__(self, name): return self
    def __call__(self, *a): return self
class Needing:
    def __init__(self, n): pass
class Unborn:
    def __init__(self): raise SystemExit(3)
def nothing(): return None
number = 3
array = np.ones(3)
""",
}
NAMES_IN_FILES = ["loss", "x", "raising", "leaving", "endless", "needing", "text", "nowhere", "", "1", "a.b"]
LAYERS = ["Layer", "Nothing", "Raising", "Leaving", "Endless", "NotFinite", "Shapeless", "Texts", "Hiding", "Anything"]
LAYERS += ["Needing", "Unborn", "nothing", "number", "array", "nowhere", "np", "Layer.forward", "Layer.W", "__doc__"]

numbers = st.lists(
    st.builds("{}={}".format, st.sampled_from(["w", "x", "b", "", "1"]), NUMBERS) | HOSTILE_TEXTS, max_size=3
)
given_numbers = st.just(["w=-3", "x=2", "b=6.8"]) | numbers
files = st.sampled_from([*FILES, "model.json", "absent.json", "absent.py", "folder.json", "folder.py"])
scripts = st.builds("{}:{}".format, files, st.sampled_from(NAMES_IN_FILES) | HOSTILE_TEXTS)
whats = EXPRESSIONS | files | scripts | HOSTILE_TEXTS
outputs = st.sampled_from(
    ["a.svg", "a.gv", "a.html", "a.png", "", ".", "/", "a", ".svg", ".html", "absent/a.svg", "folder.svg"]
)
outputs |= st.sampled_from(
    ["empty.py/a.svg", "empty.py/a.html", "a\0.svg", "a\n.svg", "\udcff.svg", "n" * 300 + ".svg", "-"]
)
inputs = st.sampled_from(["1,2", "1", "", ",", "1,two", "nan,inf", "1e999,1", "1," * 50, "١,٢"]) | HOSTILE_TEXTS
options = st.one_of(
    st.builds("--output={}".format, outputs),
    st.builds("--input={}".format, inputs),
    st.builds("--title={}".format, HOSTILE_TEXTS),
    st.sampled_from(
        ["--detail=values", "--detail=layers", "--direction=TB", "--direction=XX", "--forward", "--exercise"]
    ),
    st.sampled_from(["--", "--unknown", "-o", "--json", "--hint=2", "--hint=9", "--loss=mse", "--samples=rows"]),
)
encodings = st.sampled_from(["utf-8", "ascii", "cp1252"])


@cases(60)
@given(st.sampled_from(["draw", "page"]), whats, given_numbers, st.lists(options, max_size=3), encodings)
def test_draw_and_page(command: str, what: str, numbers: list[str], options: list[str], encoding: str) -> None:
    assert_answered(run([command, what, *numbers, *options], encoding=encoding))


commands = st.sampled_from(
    ["step", "s", "next", "back", "continue", "goto", "break", "watch", "info", "delete", "where"]
)
commands |= st.sampled_from(["why", "list", "print", "p", "formula", "restart", "help", "", "fly", "!", "?", "EOF"])
arguments = st.sampled_from(
    ["w", "n", "3", "-1", "99999999999999999999", "latex", "all", "paths", "|grad| > 1e3", "grad is nan"]
)
arguments |= st.sampled_from(
    ["tanh if local < (", "train.py:12", "1/0", "grad >", "if", "tanh", "a:b:c", "0x10", "1e9"]
)
arguments |= EXPRESSIONS | HOSTILE_TEXTS
lines = st.lists(st.builds("{} {}".format, commands, arguments) | commands | HOSTILE_TEXTS, max_size=8)


@cases(60)
@given(whats, given_numbers, lines, encodings)
def test_debug(what: str, numbers: list[str], lines: list[str], encoding: str) -> None:
    assert_answered(run(["debug", what, *numbers], "\n".join(lines), encoding))


@cases(60)
@given(lines, encodings)
def test_the_debuggers_commands(lines: list[str], encoding: str) -> None:
    outcome = run(["debug", "tanh((n := w*x + b))", "w=-3", "x=2", "b=6.8"], "\n".join(lines), encoding)
    assert (outcome.code, outcome.err) == (0, "")


layers = st.builds("layer.py:{}".format, st.sampled_from(LAYERS) | HOSTILE_TEXTS)
check_options = st.one_of(
    st.sampled_from(
        ["--hint", "--hint=3", "--json", "--samples=columns", "--loss=mse", "--loss=layer.py:number", "--loss="]
    ),
    st.builds("--loss={}".format, layers | HOSTILE_TEXTS),
    st.builds("--activation={}".format, st.sampled_from(["tanh", "linear"]) | HOSTILE_TEXTS),
    st.builds("--name={}".format, HOSTILE_TEXTS),
    st.builds("--name={}={}".format, st.sampled_from(["weights", "d_weights", "forward", "x"]), HOSTILE_TEXTS),
)


@cases(60)
@given(layers | scripts | files | whats, st.lists(check_options, max_size=3), encodings)
def test_check(target: str, options: list[str], encoding: str) -> None:
    outcome = run(["check", target, *options], encoding=encoding)
    assert_answered(outcome._replace(err=outcome.err + outcome.out))  # what is wrong with a layer is the report


@cases(60)
@given(
    st.lists(
        st.sampled_from(["demo", "draw", "page", "debug", "check", "--help", "-h"]) | options | HOSTILE_TEXTS,
        max_size=4,
    )
)
def test_any_words(words: list[str]) -> None:
    if "demo" not in words:  # it trains a network
        assert_answered(run(words))


@pytest.mark.parametrize("words", [["--seed=1.5"], ["--seed="], ["--folder"], ["--fold", "a", "b"], ["\ud800"]])
def test_demo(words: list[str]) -> None:
    assert_answered(run(["demo", *words]))


NEURON = ["tanh(w*x + b)", "w=-3", "x=2", "b=6.8"]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_dot_is_utf_8_whatever_the_terminals_encoding(encoding: str) -> None:
    outcome = run(["draw", *NEURON], encoding=encoding)
    assert (outcome.code, outcome.err) == (0, "")
    assert "1×0.5591" in outcome.out


@pytest.mark.parametrize("name", ["重み", "n" * 251])
@pytest.mark.parametrize(("command", "ending"), [("draw", ".svg"), ("page", ".htm")])
def test_a_name_that_cannot_be_printed_or_is_as_long_as_can_be(command: str, ending: str, name: str) -> None:
    outcome = run([command, *NEURON, "-o", name + ending], encoding="ascii")
    assert (outcome.code, outcome.err) == (0, "")
    assert Path(name + ending).stat().st_size > 1_000


@pytest.mark.parametrize(
    ("command", "target"), [("draw", "absent/a.svg"), ("draw", "folder.svg"), ("page", "folder.html")]
)
def test_a_refusal_names_the_file_that_was_asked_for(command: str, target: str) -> None:
    outcome = run([command, *NEURON, "-o", target])
    assert outcome.code == 2
    assert f"{target}'\n" in outcome.err
    assert "->" not in outcome.err


@pytest.mark.parametrize("command", ["draw", "page", "debug"])
def test_python_does_not_add_a_warning_of_its_own(command: str) -> None:
    outcome = run([command, "1if x else 2", "x=1"])  # a warning is an error in these tests
    assert outcome.code == 2
    assert "is not understood" in outcome.err


@pytest.mark.parametrize("command", ["check", "page", "debug"])
def test_a_function_that_ends_the_program_is_named(command: str) -> None:
    outcome = run([command, "script.py:leaving"])
    assert outcome.code == 2
    assert "leaving()" in outcome.err
    assert "SystemExit" in outcome.err
