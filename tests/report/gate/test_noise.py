"""The band that noise in the scores opens around a metric."""

import math

import pytest

from mit_harness.report.finished import read_run
from mit_harness.report.gate.noise import noise_band

PLACE = ("compensation", "css")


@pytest.fixture
def banded(runs, tmp_path):
    """The band of a number of a model with noise of so many nats; its scores differ a little."""

    def band(noise, claim="compensation", metric="css"):
        folder = tmp_path / str(noise)
        if not folder.exists():
            runs.write(folder, {"mine": "at-content"}, noise=noise, wobble=1.0)
        run = read_run(folder)
        return noise_band(run, run.results.models[0], claim, metric)

    return band


def test_unknown_is_none_with_the_reason(banded, runs, make, tmp_path):
    assert banded(None).width is None
    assert banded(None).reason == "its noise floor was not measured"


@pytest.mark.parametrize("nats", [math.nan, math.inf, -1.0])
def test_a_floor_that_is_no_spread_is_unknown(banded, nats):
    assert banded(nats).width is None


def test_no_noise_is_no_band(banded):
    assert banded(0.0).width == 0.0


def test_more_noise_is_a_wider_band_the_same_each_time(banded):
    small, large = banded(0.01), banded(3.0)
    assert small.width is not None
    assert large.width is not None
    assert small.width <= large.width
    assert large.width > 0.05
    assert banded(3.0) == large


def test_a_mean_moves_by_no_more_than_the_noise_of_its_pairs(banded):
    band = banded(0.01, "compensation", "rescue")
    assert band.width is not None
    assert 0 < band.width <= 0.02 + 0.01  # each difference by two floors, its interval a bit more


def test_noise_that_may_leave_it_undefined_is_endless(banded):
    assert banded(0.01, "compensation", "no_such").width == math.inf
    assert banded(1e308).width == math.inf


def test_a_number_within_the_band_of_its_threshold_blocks(gates, runs, tmp_path):
    quiet = runs.write(tmp_path / "quiet", {"mine": "at-content"}, noise=0.0, wobble=1.0)
    noisy = runs.write(tmp_path / "noisy", {"mine": "at-content"}, noise=3.0, wobble=1.0)
    low = read_run(quiet).results.models[0].claims[0].metrics["css"].ci_low
    rules = {"claims": {"compensation": {"css": {"min_ci_low": low}}}}
    assert gates.ask(quiet, rules).word == "promote"
    ((outcome, _, why),) = gates.stopped(gates.ask(noisy, rules))
    assert outcome == "block"
    assert why.startswith(f"CI low {low:.4g} - band ")


def test_a_regression_within_the_noise_is_none(gates, runs, good, tmp_path):
    quiet = runs.write(tmp_path / "quiet", {"mine": "pa-pwm"}, noise=0.0, wobble=2.0)
    noisy = runs.write(tmp_path / "noisy", {"mine": "pa-pwm"}, noise=8.0, wobble=2.0)
    rules = {"claims": {"scrambled_control": {"scr_decoy": {"max_regression": 0.01}}}}
    assert gates.ask(quiet, rules, good).word == "block"
    decision = gates.ask(noisy, rules, good)
    assert decision.word == "promote"
    assert "noise band, wider than max_regression 0.01" in decision.checks[-1].reason
