"""Fixtures and options for all tests."""

import gc
import os
from collections import Counter

import pytest

from micrograd_bp.engine import OPERATIONS
from micrograd_bp.engine.methods import Methods
from micrograd_bp.engine.numbers.floats import floats
from micrograd_bp.engine.numbers.namespace import FUNCTIONS, RULES
from tests import counts

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
"""Containers often set it. A hundred processes that tests start would each compile this package anew."""


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="try all graphs and sizes, as CI does: some ten minutes")


@pytest.fixture(scope="session", autouse=True)
def _keeps_no_machine_code(tmp_path_factory):
    """Where the machine code of programs is kept, the tests have a folder of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def pytest_configure(config):
    """The garbage collector need not look at thousands of tests and the packages that they import, again and again.

    They are not frozen: an older hypothesis asks it who holds a generator of random numbers.
    """
    counts.full = config.getoption("--full")
    gc.set_threshold(100_000, 50, 100)


def pytest_terminal_summary(terminalreporter):
    """One line for each reason to skip, however many tests it concerns."""
    reasons = Counter(report.longrepr[2] for report in terminalreporter.stats.get("skipped", []))
    for reason, n_tests in reasons.items():
        terminalreporter.write_line(f"{n_tests} tests were left out. {reason}")


@pytest.fixture(autouse=True)
def _leaves_the_table():
    """A test that adds an operation takes `table`: random graphs of the next test would have it too."""
    before = len(OPERATIONS)
    yield
    assert len(OPERATIONS) == before, f"left in the table: {list(OPERATIONS)[before:]}"


@pytest.fixture
def table():
    """The table, for a test that adds to it; afterwards it is as it was."""
    operations, rules, functions = dict(OPERATIONS), dict(RULES), dict(FUNCTIONS)
    methods, completed = dict(vars(Methods)), dict(vars(floats))
    yield OPERATIONS
    for now, before in (
        (OPERATIONS, operations),
        (RULES, rules),
        (FUNCTIONS, functions),
        (vars(floats), completed),
    ):
        now.clear()
        now.update(before)
    for name, method in dict(vars(Methods)).items():
        if name not in methods:
            delattr(Methods, name)
        elif method is not methods[name]:
            setattr(Methods, name, methods[name])
