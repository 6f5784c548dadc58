"""Correlations over sequences and over means, and slopes."""

import numpy as np
import pytest
from scipy import stats

from mit_harness.stats.correlation import pearson, pearson_of_means, slope


def data(n=40, m=1, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.uniform(0.3, 0.8, size=(n, m))
    return x, -140 + 20 * x + rng.normal(0, 3, size=(n, m))


def test_r_against_scipy():
    x, y = (v[:, 0] for v in data())
    found = pearson("r", x, y, seed=0)
    theirs = stats.pearsonr(x, y)
    assert found.value == pytest.approx(theirs.statistic)
    assert found.p == pytest.approx(theirs.pvalue)
    assert found.test == "two-sided t-test of r = 0"

    def statistic(u, v):
        return stats.pearsonr(u, v).statistic

    low, high = stats.bootstrap(
        (x, y), statistic, paired=True, vectorized=False, method="BCa", random_state=1
    ).confidence_interval
    assert (found.ci_low, found.ci_high) == pytest.approx((low, high), abs=0.06 * (high - low))


def test_matched_sets_are_resampled_whole():
    x, y = data(n=30, m=4)
    y = y + 15 * np.random.default_rng(1).normal(size=(30, 1))  # what a background adds to its set
    found = pearson("r", x, y, seed=0)
    loose = pearson("r", x.ravel(), y.ravel(), seed=0)
    assert found.value == pytest.approx(np.corrcoef(x.ravel(), y.ravel())[0, 1])
    assert found.value == pytest.approx(loose.value)
    assert (found.n, loose.n) == (30, 120)
    assert (found.p, found.test) == (None, "")
    assert "not independent" in found.note
    assert found.ci_low != loose.ci_low


def test_r_over_means_is_another_number():
    levels = np.repeat([[0.3, 0.4, 0.5, 0.6, 0.7, 0.8]], 30, axis=0)
    y = 20 * levels + np.random.default_rng(2).normal(0, 4, size=levels.shape)
    means = pearson_of_means("at_ll_r_means", levels, y, seed=0)
    single = pearson("at_ll_r_sequences", levels, y, seed=0)
    assert means.value == pytest.approx(np.corrcoef(levels[0], y.mean(axis=0))[0, 1])
    assert means.value > single.value + 0.05
    assert means.p is None
    assert "means of 6 conditions" in means.note
    assert means.ci_low < means.ci_high


def test_slope_against_scipy():
    x, y = (v[:, 0] for v in data())
    found = slope("at_slope", x, y, seed=0, unit="nats")
    assert found.value == pytest.approx(stats.linregress(x, y).slope)
    assert found.ci_low < 20 < found.ci_high
    assert (found.unit, found.p) == ("nats", None)


def test_a_flat_score_has_a_slope_but_no_correlation():
    x = np.arange(20.0)
    y = np.full(20, 3.0)
    flat = slope("s", x, y, seed=0, unit="nats")
    assert (flat.value, flat.ci_low, flat.ci_high) == (0, 0, 0)
    assert pearson("r", x, y, seed=0).note == "the score does not vary"
    assert pearson("r", x, y + 1e-6 * x, seed=0, tolerance=1e-3).value is None
    assert pearson("r", y, y, seed=0).note == "x and the score do not vary"
    assert slope("s", y, x, seed=0, unit="nats").note == "x does not vary"
    rows = np.tile(x, (5, 1))
    assert pearson_of_means("r", rows, np.ones((5, 20)), seed=0).note == "the score does not vary"


@pytest.mark.parametrize("function", [pearson, pearson_of_means])
def test_few(function):
    assert function("r", [1.0], [2.0], seed=0).value is None
    assert slope("s", [1.0], [2.0], seed=0, unit="x").value is None


def test_perfect():
    x = np.arange(20.0)
    assert pearson("r", x, 3 - x, seed=0).value == pytest.approx(-1)
