"""Problems with the structure of networks, by name: `PATTERNS`."""

from . import layers, oddities, products
from .drawer import PATTERNS, Drawer

__all__ = ["PATTERNS", "Drawer", "layers", "oddities", "products"]
