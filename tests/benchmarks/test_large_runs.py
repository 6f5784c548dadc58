"""The growth that the script states, and that a failing step is said."""

import subprocess
import sys
from pathlib import Path

import large_runs
import pytest
from large_runs import exponent, run


@pytest.mark.parametrize("power", [0.5, 1, 2])
def test_the_exponent_is_that_of_the_power_law(power):
    sizes = [1e3, 1e4, 1e6]
    assert exponent(sizes, [3 * size**power for size in sizes]) == pytest.approx(power)


def test_a_run_costs_what_its_process_used(tmp_path):
    code = "held = b'x' * 200_000_000; k = 0\nwhile k < 1_000_000: k += 1"
    # From a small process: what a child holds before it becomes a program is its parent's.
    asked = "from large_runs import run; import sys, pathlib; "
    asked += f"print(*run([sys.executable, '-c', {code!r}], pathlib.Path({str(tmp_path)!r})))"
    where = Path(large_runs.__file__).parent
    told = subprocess.run(
        [sys.executable, "-c", asked], cwd=where, capture_output=True, text=True, check=True
    )
    seconds, peak = map(float, told.stdout.split())
    assert seconds > 0.02
    assert 200e6 < peak < 300e6


def test_what_a_failing_run_said_is_told(tmp_path):
    with pytest.raises(RuntimeError, match="no such thing"):
        run([sys.executable, "-c", "raise SystemExit('no such thing')"], tmp_path)
