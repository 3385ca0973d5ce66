"""`micrograd-bp check --input …`: inputs from words, from a file of arrays, and from a function of somebody's file."""

import numpy as np
import pytest

from tests.cli.checking import run

FILE = """
import numpy as np

TABLE = {"red": 0, "green": 1, "blue": 2}

def affine_forward(x, w, b):
    return x @ w + b, (x, w, b)

def affine_backward(dout, cache):
    x, w, b = cache
    return dout @ w.T, x.T @ dout, dout.sum(0)

def mean_forward(x, w, b):
    return x @ w + b, (x, w, b)

def mean_backward(dout, cache):
    x, w, b = cache
    return dout @ w.T, x.T @ dout, dout.mean(0)

class Embedding:
    def __init__(self):
        self.W = np.ones((3, 2))

    def forward(self, words):
        self.indices = np.array([[TABLE[word] for word in row] for row in words])
        return self.W[self.indices].sum(axis=1)

    def backward(self, d):
        self.dW = np.zeros_like(self.W)
        for row, upstream in zip(self.indices, d):
            for index in row:
                self.dW[index] += upstream

class Forgets(Embedding):
    def backward(self, d):
        self.dW = np.zeros_like(self.W)
        self.dW[self.indices] += d[:, None]

def by_name():
    print("this function prints")
    return {"x": np.linspace(-1, 1, 6).reshape(2, 3), "w": np.ones((3, 5)), "b": np.zeros(5)}

def in_order():
    return np.linspace(-1, 1, 6).reshape(2, 3), np.ones((3, 5)), np.zeros(5)

def one_sample():
    return {"x": np.ones((1, 3)), "w": np.ones((3, 5)), "b": np.zeros(5)}

def one_input():
    return {"x": np.ones((1, 3))}

def sentence():
    return [[["red", "blue", "red"], ["green", "green", "red"]]]

def raises():
    raise KeyError("no such data")

def needs(path):
    return {}

def unknown():
    return {"x": np.ones((2, 3)), "q": np.ones(3)}

def nothing():
    return None

def many():
    return np.ones((2, 3)), np.ones((3, 5)), np.zeros(5), np.zeros(5)
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(FILE, encoding="utf-8")
    np.savez(tmp_path / "inputs.npz", x=np.linspace(-1, 1, 6).reshape(2, 3), w=np.ones((3, 5)), b=np.zeros(5))
    return path


@pytest.mark.parametrize("source", ["inputs.npz", "mine.py:by_name", "mine.py:in_order"])
def test_inputs_from_a_file(file, source, capsys):
    assert run(f"{file}:affine", "--input", str(file.parent / source)) == 0
    captured = capsys.readouterr()
    assert "d_w          all 15 right" in captured.out
    assert "prints" not in captured.out
    assert run(f"{file}:mean", "--input", str(file.parent / source)) == 1
    assert "d_b: `mean` stands where `sum` belongs" in capsys.readouterr().out


@pytest.mark.parametrize("given", ["one_sample", "one_input"])
def test_one_sample_that_was_handed_over_hides_no_mistake_of_a_batch(file, given, capsys):
    assert run(f"{file}:mean", "--input", f"{file}:{given}") == 1
    assert "d_b wrong" in capsys.readouterr().out
    assert run(f"{file}:affine", "--input", f"{file}:{given}") == 0


def test_inputs_that_nobody_could_guess(file, capsys):
    assert run(f"{file}:Embedding") == 2
    assert "hand some over" in capsys.readouterr().err
    assert run(f"{file}:Embedding", "--input", f"{file}:sentence") == 0
    assert run(f"{file}:Forgets", "--input", f"{file}:sentence") == 1
    assert "the last gradient alone remains" in " ".join(capsys.readouterr().out.split())


def test_a_file_of_arrays_for_all_that_is_in_a_file(file, capsys):
    assert run(str(file), "--input", str(file.parent / "inputs.npz")) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "affine: every gradient is right." in lines
    assert "mean: d_b wrong." in lines


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("mine.py:raises", "raises KeyError: 'no such data' (line"),
        ("mine.py:needs", "needs the arguments path"),
        ("mine.py:unknown", "takes x, w, b, and no q"),
        ("mine.py:nothing", "gives NoneType, expected a dictionary of inputs by name"),
        ("mine.py:many", "gives 4 inputs, and forward takes x, w, b"),
        ("mine.py:absent", "has no 'absent'; it has"),
        ("absent.py:x", "there is no file"),
        ("absent.npz", "there is no file"),
        ("text.npz", "cannot be read as a file of arrays"),
        ("objects.npz", "cannot be read as a file of arrays"),
        ("empty.npz", "holds no arrays"),
        ("words.npz", "x in"),
        ("nan.npz", "has nan or inf in it"),
        ("single.npz", "holds one array without a name"),
        ("mine.txt", "--input takes NAME=WHAT"),
    ],
)
def test_a_wrong_file_is_refused(file, source, says, capsys):
    folder = file.parent
    (folder / "text.npz").write_text("x = 5", encoding="utf-8")
    np.savez(folder / "objects.npz", x=np.array([{"a": 1}]))
    np.savez(folder / "empty.npz")
    np.savez(folder / "words.npz", x=np.array(["red", "green"]))
    np.savez(folder / "nan.npz", x=np.array([1.0, np.nan]))
    np.save(folder / "single.npy", np.ones(3))
    (folder / "single.npy").rename(folder / "single.npz")
    assert run(f"{file}:affine", "--input", str(folder / source)) == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert captured.out == ""


def test_an_input_that_is_given_twice_is_refused(file, capsys):
    assert run(f"{file}:affine", "--input", f"{file}:by_name", "--input", "x=2x3") == 2
    assert "x is given twice, the second time by x=2x3" in capsys.readouterr().err
