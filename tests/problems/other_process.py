"""Scripts in a Python of their own, such as those that do without a package."""

import os
import subprocess
import sys


def printed_by(script: str) -> list[str]:
    """The lines that a script prints, which finds all packages that the tests find."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()
