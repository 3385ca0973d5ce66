"""Real data that comes with the package, and what is done to data before training."""

from micrograd_bp.datasets.iris import Iris, load_iris
from micrograd_bp.datasets.preparation import standardize, stratified_split

__all__ = ["Iris", "load_iris", "standardize", "stratified_split"]
