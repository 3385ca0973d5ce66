"""Curves fitted to data whose right answer is certified: exact Jacobians for `scipy.optimize.least_squares`.

Data, models, starting points and certified parameters: National Institute of Standards and Technology, Statistical
Reference Datasets, nonlinear regression, sets Misra1a (1978) and Rat42 (Ratkowsky, 1983).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import least_squares

from micrograd_bp import exp, jacobian


class Reference(NamedTuple):
    """A data set with its model, a starting point and the certified parameters."""

    name: str
    model: Callable[[Any, float], Any]
    x: list[float]
    y: list[float]
    start: list[float]
    certified: list[float]


REFERENCES = [
    Reference(
        "Misra1a",
        lambda b, x: b[0] * (1.0 - exp(-b[1] * x)),
        [77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0],
        [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78],
        [500.0, 0.0001],
        [2.3894212918e02, 5.5015643181e-04],
    ),
    Reference(
        "Rat42",
        lambda b, x: b[0] / (1.0 + exp(b[1] - b[2] * x)),
        [9.0, 14.0, 21.0, 28.0, 42.0, 57.0, 63.0, 70.0, 79.0],
        [8.930, 10.800, 18.590, 22.330, 39.350, 56.110, 61.730, 64.620, 67.080],
        [100.0, 1.0, 0.1],
        [7.2462237576e01, 2.6180768402e00, 6.7359200066e-02],
    ),
]

for reference in REFERENCES:

    def residuals(b: Any, reference: Reference = reference) -> np.ndarray:
        """Model minus data: Values where the parameters are Values, floats where they are floats."""
        return np.array([reference.model(b, x) - y for x, y in zip(reference.x, reference.y, strict=True)])

    fit = least_squares(
        residuals,
        np.array(reference.start),
        jac=jacobian(residuals),
        x_scale="jac",
        method="lm",
        xtol=1e-15,
        ftol=1e-15,
        gtol=1e-15,
    )
    print(f"{reference.name}: {fit.nfev} evaluations")
    for place, (found, certified) in enumerate(zip(fit.x, reference.certified, strict=True), start=1):
        digits = -np.log10(max(abs(found - certified) / abs(certified), 1e-16))
        print(f"  b{place}  fitted {found:.10e}  certified {certified:.10e}  {digits:.1f} digits agree")
        assert digits >= 6
