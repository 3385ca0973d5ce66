"""What a type checker reads is what the table makes."""

from pathlib import Path

from micrograd_bp.engine import OPERATIONS, stubs
from micrograd_bp.engine.stubs import function_stubs, method_stubs

FOLDER = Path(stubs.__file__).parent


def test_stubs_are_those_of_the_table():
    """After a change: python -m micrograd_bp.engine.stubs."""
    assert (FOLDER / "methods.pyi").read_text(encoding="utf-8") == method_stubs()
    assert (FOLDER / "operations.pyi").read_text(encoding="utf-8") == function_stubs()


def test_stubs_name_every_method_and_function():
    for name, entry in OPERATIONS.items():
        assert f"\ndef {name}(" in function_stubs()
        for method_name in () if entry.many else (name, *entry.aliases):
            assert f"    def {method_name}(self" in method_stubs()


def test_constants_and_their_defaults_are_in_the_signature():
    assert "def constant_power(self, *, exponent: float) -> Value" in method_stubs()
    assert "def elu(self, *, alpha: float = ...) -> Value" in method_stubs()
