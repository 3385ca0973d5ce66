"""Who takes part: this package, and those of the others that are installed."""

import os
import platform
from collections.abc import Iterable
from importlib.metadata import version
from importlib.util import find_spec

import micrograd_bp

OURS = "micrograd_bp"
BY_HAND = "by hand"


def needed(contender: str) -> list[str]:
    """The packages of a contender: the first word of `micrograd_bp unfused`; NumPy for what is written by hand."""
    packages = ["numpy" if contender == BY_HAND else contender.partition(" ")[0]]
    packages += ["jax"] if "on JAX" in contender else []
    return [*packages, "llvmlite"] if "native" in contender else packages


def installed(contenders: Iterable[str]) -> list[str]:
    """Those contenders whose packages can be imported."""
    return [contender for contender in contenders if all(map(find_spec, needed(contender)))]


def versions(packages: Iterable[str]) -> dict[str, str | None]:
    """The version of each package; None for one that is absent."""
    return {
        name: (micrograd_bp.__version__ if name == OURS else version(name)) if find_spec(name) else None
        for name in packages
    }


def machine() -> dict[str, str]:
    """What the figures depend on, and nothing that says whose machine it is."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "processors": f"{os.cpu_count()} processors",
    }
