"""The examples in the docstrings run and give what they say."""

import doctest

import pytest

from grid.kernels import (
    baseline,
    baseline_day,
    baseline_error,
    baseline_weather,
    commitment,
    dispatch,
    dispatch_nested,
    dispatch_total,
    error_patterns,
    holt_winters,
    ml_poly,
    naive,
    natural,
    overload,
    power_flow,
    power_flow_unbalanced,
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
        *(baseline, baseline_day, baseline_error, baseline_weather, commitment),
        *(dispatch, dispatch_nested, dispatch_total, error_patterns, holt_winters, ml_poly, naive),
        *(natural, overload, power_flow, power_flow_unbalanced, quantiles, reconcile, skill, sums, thermal, typical),
    ],
)
def test_the_examples_of_a_kernel_module_run_as_written(module):
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert result.attempted > 0
    assert result.failed == 0
