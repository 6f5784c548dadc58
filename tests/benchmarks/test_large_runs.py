"""The growth that the script states, and that a failing step is said."""

import sys

import pytest
from large_runs import exponent, run


@pytest.mark.parametrize("power", [0.5, 1, 2])
def test_the_exponent_is_that_of_the_power_law(power):
    sizes = [1e3, 1e4, 1e6]
    assert exponent(sizes, [3 * size**power for size in sizes]) == pytest.approx(power)


def test_a_run_costs_what_its_process_used(tmp_path):
    code = "held = b'x' * 200_000_000; k = 0\nwhile k < 1_000_000: k += 1"
    cost = run([sys.executable, "-c", code], tmp_path)
    assert cost.seconds > 0.02
    assert cost.peak > 200e6  # no upper bound: Linux counts what the forking process held, too
    with pytest.raises(RuntimeError, match="no such thing"):
        run([sys.executable, "-c", "raise SystemExit('no such thing')"], tmp_path)
