"""Each operation on complex numbers: real parts are those of floats, small imaginary parts carry the derivative."""

import pytest

from micrograd_bp.engine.complexes import complexes
from micrograd_bp.engine.numbers.formulas import evaluate

from .support import each_operation, moved, sample_points, slope

NO_COMPLEX_FORM = {"erf", "erfc", "gelu"}


@each_operation
def test_a_step_along_the_imaginary_axis_is_the_derivative(name):
    for operation, point in sample_points(name, 2):
        for place in range(len(point)):
            environment = operation.environment(operation.arranged(moved(point, place, 1e-20j)))
            if name in NO_COMPLEX_FORM:
                with pytest.raises(NotImplementedError):
                    evaluate([operation.trace.result], environment, complexes)
                continue
            (result,) = evaluate([operation.trace.result], environment, complexes)
            assert result.real == pytest.approx(operation.result(point), rel=1e-13, abs=1e-15)
            by_differences = slope(lambda h, to=operation, at=point, place=place: to.result(moved(at, place, h)))
            assert result.imag / 1e-20 == pytest.approx(by_differences, rel=1e-7, abs=1e-9)
