"""The same source, interpreted and compiled."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = Path(__file__).with_name("every_kernel.py")


def results(folder, name, **environment):
    target = folder / f"{name}.npz"
    subprocess.run(
        [sys.executable, SCRIPT, target],
        check=True,
        timeout=170,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
    )
    with np.load(target) as saved:
        return dict(saved)


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    return results(folder, "compiled"), results(folder, "interpreted", NUMBA_DISABLE_JIT="1")


def test_every_kernel_gives_the_same_with_jit_off_and_on(both):
    compiled, interpreted = both
    assert compiled.keys() == interpreted.keys()
    for name, values in compiled.items():
        np.testing.assert_allclose(values, interpreted[name], rtol=1e-8, atol=1e-8, err_msg=name)


def test_the_comparison_covers_every_method_and_a_shortage(both):
    compiled, _ = both
    assert set(compiled["method"]) == {0, 1, 2, 3, 4, 5}
    assert compiled["missing"].max() > 0.0
    assert compiled["cut_slot"].any()
    assert compiled["shadow"].max() > 0.0
