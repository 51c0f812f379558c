"""The examples in the docstrings run and give what they say."""

import doctest

import pytest

from grid.kernels import (
    baseline,
    baseline_day,
    baseline_error,
    baseline_weather,
    dispatch,
    error_patterns,
    holt_winters,
    ml_poly,
    naive,
    natural,
<<<<<<< HEAD
    overload,
=======
    power_flow,
    power_flow_unbalanced,
>>>>>>> w-network
    quantiles,
    reconcile,
    skill,
    sums,
    typical,
)


@pytest.mark.parametrize(
    "module",
    [
<<<<<<< HEAD
        *(baseline, baseline_day, baseline_error, baseline_weather),
        *(dispatch, error_patterns, holt_winters, ml_poly, naive),
        *(natural, overload, quantiles, reconcile, skill, sums, typical),
=======
        *(baseline, dispatch, error_patterns, holt_winters, ml_poly, naive),
        *(natural, power_flow, power_flow_unbalanced, quantiles, reconcile, skill, sums, typical),
>>>>>>> w-network
    ],
)
def test_the_examples_of_a_kernel_module_run_as_written(module):
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert result.attempted > 0
    assert result.failed == 0
