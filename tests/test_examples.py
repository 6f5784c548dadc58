"""The examples run as their README says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def run(tmp_path: Path, folder: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--import-mode=importlib"]
    return subprocess.run(
        [*command, "--mit-report", str(tmp_path / "report"), *arguments],
        cwd=EXAMPLES / folder,
        env={**os.environ, "MIT_HARNESS_STORE": str(tmp_path / "s.sqlite")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_own_model_fails_what_it_cannot_do_and_says_so(tmp_path: Path):
    done = run(tmp_path, "own_model", "--pyargs", "mit_harness.evals",
               "--mit-model", "py:my_model:load")  # fmt: skip
    assert done.returncode == 1
    assert "11 failed, 3 passed" in done.stdout  # compensation, and the two diagnostics
    assert "scrambled_control refuted" in done.stdout


def test_a_registered_reference_model_is_measured_only(tmp_path: Path):
    done = run(tmp_path, "registered_model", ".", "--mit-model", "gc-skew")
    assert done.returncode == 0, done.stdout
    assert "1 xfailed" in done.stdout


@pytest.mark.parametrize(
    ("model", "outcome"), [("pa-pwm", "1 passed"), ("at-content", "1 xfailed")]
)
def test_own_claim_is_judged(model: str, outcome: str, tmp_path: Path):
    done = run(tmp_path, "own_claim", ".", "--mit-model", model)
    assert done.returncode == 0, done.stdout
    assert outcome in done.stdout
