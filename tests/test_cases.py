"""Cases that share one test are all run, and the report names each that fails."""

import pytest

from tests.cases import each_case


def test_every_case_is_run_and_those_that_fail_are_named():
    run = []

    @each_case("name, number", [("one", 1), ("two", 2), ("three", 3), ("four", 4)])
    def odd(name, number, log):
        log.append(name)
        if number == 4:
            pytest.fail("four")
        assert number % 2

    with pytest.raises(BaseExceptionGroup, match=r"odd fails for two, 2 \| four, 4") as caught:
        odd(log=run)
    assert run == ["one", "two", "three", "four"]
    assert [type(each) for each in caught.value.exceptions] == [AssertionError, pytest.fail.Exception]


@each_case("number", [1, 2])
@pytest.mark.parametrize("factor", [3, 4])
def test_fixtures_and_parameters_are_handed_on(number, factor, tmp_path):
    assert (number * factor) in (3, 4, 6, 8)
    assert tmp_path.is_dir()
