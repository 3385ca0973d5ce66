"""A witness that needs no calculus: gradients of a function of arrays, from its values alone."""

import numpy as np

# The error of a central difference is about h² from the curve and eps/h from rounding; both are
# small together at h near the cube root of eps, and leave some ten digits.
H = np.finfo(float).eps ** (1 / 3)


def numeric_gradient(function, array):
    """d(function())/d(array), where function() reads `array`, which is changed and put back."""
    gradient = np.empty_like(array)
    for index in np.ndindex(array.shape):
        kept = array[index]
        array[index] = kept + H
        above = function()
        array[index] = kept - H
        below = function()
        array[index] = kept
        gradient[index] = (above - below) / (2 * H)
    return gradient


def assert_gradient(gradient, function, array):
    """`gradient` is what finite differences of function() over `array` say."""
    numeric = numeric_gradient(function, array)
    assert gradient.shape == numeric.shape
    np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-7)
