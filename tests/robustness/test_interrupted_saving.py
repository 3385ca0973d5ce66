"""A program that is killed while it saves leaves the old file or the new one, whole, at whatever moment it dies."""

import json
import subprocess
import sys
from pathlib import Path

from tests.robustness import save_and_die

ROOT = Path(__file__).parents[2]
MOMENTS = 10


def test_the_file_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.robustness.save_and_die", str(tmp_path), str(MOMENTS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    report = json.loads(done.stdout)
    assert list(report) == list(save_and_die.SAVERS)
    for kind, outcome in report.items():
        assert outcome["broken"] == [], kind
        assert outcome["differ"], kind
        assert outcome["lines"] >= 8, kind  # it was killed at each line
        assert 0 < outcome["renewed"] < outcome["lines"], kind  # before the new file was there, and after
    for kind in report:  # what was left half-written beside it is in nobody's way
        save_and_die.SAVERS[kind](3.0, tmp_path / kind)
    assert all(path.name.startswith(".") or path.name in report for path in tmp_path.iterdir())
