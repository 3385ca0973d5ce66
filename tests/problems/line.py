"""The smallest program that has everything: a line through two inputs, with its squared error."""

import numpy as np

from micrograd_bp import Value, compile, dot

INPUTS = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
TARGETS = np.array([[1.0], [0.0], [2.0]])


def a_line(form="auto"):
    """w·x + b of two inputs, with the squared error: a program, and its parameters."""
    x, t = [Value(0.5, label="x0"), Value(-0.5, label="x1")], [Value(1.0, label="t")]
    w, b = [Value(2.0, label="w0"), Value(3.0, label="w1")], Value(1.0, label="b")
    score = dot(w, x, b)
    loss = (score - t[0]) ** 2
    outputs = {"score": [score], "half": score / 2}
    program = compile(loss, inputs={"X": x, "T": t}, parameters=[*w, b], outputs=outputs, form=form)
    return program, [*w, b]


def errors(parameters=(2.0, 3.0, 1.0)):
    w, b = np.array(parameters[:2]), parameters[2]
    return INPUTS @ w + b - TARGETS[:, 0]
