"""Layers with one mistake planted, as lines of their backward: written by hand, not through the table of mistakes."""

import linecache
import zlib

import numpy as np

RIGHT = """\
d_z = d_output * slope(self.z)
self.d_weights = self.inputs.T @ d_z
self.d_biases = d_z.sum(axis=0)
return d_z @ self.weights.T"""

FUNCTIONS = {
    "sigmoid": ("1.0 / (1.0 + np.exp(-z))", "np.exp(-z) / (1.0 + np.exp(-z)) ** 2"),
    "tanh": ("np.tanh(z)", "1.0 - np.tanh(z) ** 2"),
    "relu": ("np.maximum(z, 0.0)", "np.where(z > 0, 1.0, 0.0)"),
    "linear": ("1.0 * z", "np.ones(z.shape)"),
}


def layer(*changes, activation="sigmoid", sizes=(4, 3), forward=""):
    """A layer whose backward has each `(line, changed line)` of `changes`."""
    body = RIGHT
    for old, new in changes:
        assert body.count(old) == 1, old
        body = body.replace(old, new)
    function, slope = FUNCTIONS[activation]
    source = f"""
def f(z):
    return {function}
def slope(z):
    return {slope}
class Layer:
    def __init__(self):
        self.weights, self.biases = 0.1 * np.random.default_rng(0).normal(size={sizes}), np.zeros({sizes[1]})
        self.d_weights, self.d_biases, self.lr = np.zeros({sizes}), np.zeros({sizes[1]}), 0.1
    def forward(self, inputs):
        self.inputs = inputs
        self.z = inputs @ self.weights + self.biases
        self.output = f(self.z)
        {forward or "pass"}
        return self.output
    def backward(self, d_output):
{chr(10).join("        " + line for line in body.splitlines())}
"""
    name = f"/planted/{zlib.crc32(source.encode())}.py"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    scope = {"np": np, "__name__": "planted"}
    exec(compile(source, name, "exec"), scope)
    return scope["Layer"]()
