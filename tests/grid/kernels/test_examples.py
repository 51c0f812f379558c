"""The examples in the docstrings run and give what they say."""

import doctest

import pytest

from grid.kernels import (
    baseline,
    commitment,
    dispatch,
    error_patterns,
    holt_winters,
    ml_poly,
    naive,
    natural,
    quantiles,
    reconcile,
    skill,
    sums,
    thermal,
    typical,
)


@pytest.mark.parametrize(
    "module",
    [
        *(baseline, commitment, dispatch, error_patterns, holt_winters, ml_poly, naive),
        *(natural, quantiles, reconcile, skill, sums, thermal, typical),
    ],
)
def test_the_examples_of_a_kernel_module_run_as_written(module):
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0
