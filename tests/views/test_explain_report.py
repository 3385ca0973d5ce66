"""What an explanation says: readable in any terminal, whatever the labels and however large the numbers."""

import io
import math

import pytest
from rich.console import Console

from micrograd_bp import MLP, Value, mse
from micrograd_bp.engine.origin import track_source
from micrograd_bp.views.explain.any_size import ARITHMETIC, counted, written
from micrograd_bp.views.explain.explain import explain
from micrograd_bp.views.explain.path_sums import PathSums

from .test_debugger import CONTROL, neuron
from .test_explain import ladder


def labelled(label, value=3.0):
    return Value(value, label=label)


def bent():
    """x·2 - x·6 + (-x)·relu: two paths that disagree, two that carry nothing."""
    x = labelled("x")
    root = x * 2.0 - x * 6.0 + (-x).relu() * 5.0
    root.label = "y"
    return root, x


BENT = """\
∂y/∂x = -4, the sum over 3 paths, 1 of them 0
   product    share  path
        -6     75 %  x → multiply_2 → subtract → y
                     = 6 · -1 · 1
         2     25 %  x → multiply → subtract → y
                     = 2 · 1 · 1
         0           x → negative → relu → multiply_3 → y
                     = -1 · 0 · 5 · 1
                     because ∂relu/∂negative = 0, off
50 % of this cancels: the paths come to 8 in magnitude, and to -4 in sum."""


class TestText:
    def test_paths_and_what_cancels(self):
        root, x = bent()
        assert str(explain(root, x)) == BENT

    def test_what_is_not_listed_is_summed_up(self):
        root, x = bent()
        text = str(explain(root, x, paths=1))
        assert "         2     25 %  in 1 more path\n" in text
        assert "in 1 more path, 0 each" not in text
        text = str(explain(root, x, paths=0))
        assert "        -4    100 %  in 2 paths\n                     in 1 path, 0 each\n" in text

    def test_where_it_gets_small(self):
        root = neuron()
        x = next(value for value in PathSums(root).graph.order if value.label == "w")
        assert str(explain(root, x)).splitlines()[-2:] == [
            "On the largest path the only factor below 1:",
            "  ∂a/∂n = 0.5591, by tanh",
        ]

    def test_where_it_gets_small_with_the_source_line(self):
        with track_source():
            x = Value(0.5, label="x")
            root = (x.tanh() * 20.0).tanh() * 0.5
        text = str(explain(root, x))
        assert "On the largest path the smallest of 3 factors below 1:\n  ∂tanh_2/∂multiply = " in text
        assert ", saturated, test_explain_report.py:" in text

    def test_the_output_itself(self):
        x = labelled("x")
        assert str(explain(x, x)) == (
            "∂x/∂x = 1, the sum over 1 path\n   product    share  path\n"
            "         1    100 %  x\n                     = 1"
        )  # fmt: skip

    def test_equal_operands_are_told_apart(self):
        x = labelled("x")
        text = str(explain(x * x, x))
        assert "x (operand 1 of 2) → multiply" in text
        assert "x (operand 2 of 2) → multiply" in text

    def test_nan_and_inf_come_first_and_say_where_from(self):
        x = labelled("x", 0.0)
        lines = str(explain(x.sqrt() * 0.0 + x.sqrt() + x, x)).splitlines()
        assert lines[0] == "∂add_2/∂x = nan, the sum over 3 paths, 1 of them infinite, 1 of them nan"
        assert [line.split()[0] for line in lines[2:4]] == ["nan", "="]
        assert lines[4].strip() == "because ∂sqrt/∂x = inf"
        assert lines[5].strip() == "because ∂multiply/∂sqrt = 0, off"
        assert lines[6].split()[0] == "inf"

    def test_every_path_is_zero(self):
        x = labelled("x", -1.0)
        assert str(explain(x.relu(), x)).startswith("∂relu/∂x = 0, the sum over 1 path, which is 0\n")
        assert str(explain(x.relu() + x.relu(), x)).startswith("∂add/∂x = 0, the sum over 2 paths, all of them 0\n")

    def test_several_outputs(self):
        a, b = labelled("a"), labelled("b")
        text = str(explain(PathSums([a * b, a], [0.5, 3.0]), a))
        assert text.startswith("gradient of a = 4.5, the sum over 2 paths\n")
        assert "a\n                     = 3" in text
        assert "a → multiply\n                     = 3 · 0.5" in text

    def test_names_that_the_caller_has(self):
        x = Value(2.0)
        assert str(explain(x * 3.0, x, names={"rent": x})).startswith("∂multiply/∂rent = 3")


class TestLongPaths:
    def test_are_cut_in_the_middle(self):
        value = x = labelled("x", 1.0)
        for _ in range(5_000):
            value = value * 0.5
        text = str(explain(value, x))
        assert len(text) < 1_500
        flat = " ".join(text.split())
        assert "x → multiply → multiply_2 → multiply_3 → multiply_4 → … 4,992 more … → multiply_4997 →" in flat
        assert "= 0.5 · 0.5 · 0.5 · 0.5 · 0.5 · … 4,991 more … · 0.5 · 0.5 · 0.5 · 0.5" in flat
        assert "the smallest of 5,000 factors below 1" in flat

    def test_another_path_is_shown_where_it_turns_off(self):
        value = x = labelled("x", 1.0)
        for stage in range(30):
            value = value * 0.5 + value * (-0.375 if stage == 14 else 0.125)
        text = str(explain(value, x, paths=2))
        assert "x → … 27 more … → add_14 → multiply_30 → add_15 → … 29 more … → add_30\n" in text
        assert "= 0.5 · … 27 more … · -0.375 · 1 · … 29 more … · 1\n" in text

    def test_numbers_beyond_floats(self):
        value = x = labelled("x", 0.0)
        for _ in range(40):
            value = value * 1e-10
        lines = str(explain(value * 1.25, x)).splitlines()
        assert lines[0] == "∂multiply_41/∂x = 1.25e-400, the sum over 1 path"
        assert lines[1] == "backward gives 0: on the way the numbers leave the range of floats."

    def test_more_paths_than_python_writes_as_text(self):
        root, x = ladder(15_000)
        text = str(explain(root, x, paths=0))
        assert "the sum over 2.818e+4515 paths" in text
        assert "100 %  in 2.818e+4515 paths" in text


class TestTerminals:
    @pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
    def test_in_ascii_where_the_output_can_write_no_more(self, encoding, monkeypatch):
        root, x = bent()
        out = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
        monkeypatch.setattr("sys.stdout", out)
        text = str(explain(root, x))
        print(text)  # can be encoded
        assert text.startswith("dy/dx = -4")
        assert "x -> multiply_2 -> subtract -> y" in text
        assert "= 6 * -1 * 1" in text

    def test_rich_shows_the_same(self):
        root, x = bent()
        console = Console(width=100, file=io.StringIO(), color_system=None)
        console.print(explain(root, x))
        assert [line.rstrip() for line in console.file.getvalue().splitlines()] == BENT.splitlines()
        plain = Console(width=100, file=io.TextIOWrapper(io.BytesIO(), encoding="ascii"), color_system=None)
        plain.print(explain(root, x))

    def test_in_a_notebook_it_is_the_text(self):
        root, x = bent()
        assert explain(root, x)._repr_mimebundle_() == {"text/plain": BENT}

    def test_fits_the_width(self):
        network = MLP(3, [4, 2, 1], activation="tanh", rng=1)
        loss = mse([network([1e-9, -2e11, 3.0])], [1.0])
        explanation = explain(loss, network.parameters()[0])
        assert max(map(len, str(explanation).splitlines())) <= 100
        assert max(map(len, explanation.text(width=60).splitlines())) <= 60

    def test_labels_cannot_steer_the_terminal_nor_the_markup(self):
        hostile = "[bold red]x[/] \x1b[2J\x1b]0;title\x07\r\n\x9b31m\u202e"
        x = Value(0.5, label=hostile)
        root = x.tanh() * x
        root.label = hostile + "2"
        text = str(explain(root, x))
        assert not CONTROL & set(text)
        assert "\u202e" not in text
        assert "[bold red]x[/]" in text


class TestNumbers:
    @pytest.mark.parametrize(
        ("number", "expected"),
        [
            ("0", "0"), ("-0", "0"), ("1", "1"), ("0.00012345", "0.0001234"), ("123456", "1.235e+05"),
            ("-2.5e-400", "-2.5e-400"), ("1e400", "1e+400"), ("1.23456e-320", "1.235e-320"), ("nan", "nan"),
            ("-inf", "-inf"), ("9.99996e-1000000", "1e-999999"),
        ],
    )  # fmt: skip
    def test_four_digits_whatever_the_size(self, number, expected):
        assert written(ARITHMETIC.create_decimal(number)) == expected

    @pytest.mark.parametrize(
        ("count", "expected"),
        [
            (0, "0"), (1_024, "1,024"), (10**15 - 1, "999,999,999,999,999"), (10**15, "1e+15"), (2**60, "1.153e+18"),
            (7 * 10**300, "7e+300"),
        ],
    )  # fmt: skip
    def test_counts_of_any_length(self, count, expected):
        assert counted(count) == expected

    def test_counts_that_str_refuses(self):
        with pytest.raises(ValueError, match="4300 digits"):
            str(2**100_000)
        assert counted(2**100_000 - 1) == f"{10 ** (100_000 * math.log10(2) % 1):.4g}e+30102"
