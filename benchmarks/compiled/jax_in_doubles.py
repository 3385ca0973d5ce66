"""JAX as the other contenders compute: in float64, and in the thread that asks.

By default JAX hands each computation to another thread, which takes longer for small ones than the computation.
"""

from importlib import import_module
from typing import Any

jax: Any = import_module("jax")  # not an `import`: it may be absent
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_cpu_enable_async_dispatch", False)
