from .base import Module, Parameter
