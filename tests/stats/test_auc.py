"""The adjusted unpaired AUC."""

import numpy as np
import pytest
from scipy import stats

from mit_harness.errors import InputError
from mit_harness.stats import auc as module
from mit_harness.stats.auc import auc_adjusted
from mit_harness.stats.bootstrap import Resampler


def auc(g, b, cg=None, cb=None, **options):
    cg = np.zeros(len(g)) if cg is None else cg
    cb = np.zeros(len(b)) if cb is None else cb
    return auc_adjusted("auc", g, b, cg, cb, seed=0, **options)


def test_without_covariates_it_is_mann_whitney():
    rng = np.random.default_rng(0)
    g, b = rng.integers(0, 9, size=50) + 1.0, rng.integers(0, 9, size=100) * 1.0
    found = auc(g, b)
    theirs = stats.mannwhitneyu(g, b, alternative="greater")
    assert found.value == pytest.approx(theirs.statistic / 5_000)
    assert found.p == pytest.approx(theirs.pvalue)
    assert found.ties == (g[:, None] == b).sum()
    assert (found.unit, found.n, found.ci_method) == ("AUC", 50, "percentile bootstrap")
    assert "held fixed" in found.note


def test_interval_is_that_of_the_drawn_rows():
    rng = np.random.default_rng(1)
    g, b = rng.normal(0.4, 1, size=12), rng.normal(size=15)
    values = []
    for cg, cb in zip(
        Resampler(12, 0, 300, 0).counts, Resampler(15, 0, 300, 1).counts, strict=True
    ):
        first, second = np.repeat(g, cg.astype(int)), np.repeat(b, cb.astype(int))
        values.append(stats.mannwhitneyu(first, second).statistic / (12 * 15))
    found = auc(g, b, size=300)
    assert (found.ci_low, found.ci_high) == pytest.approx(
        tuple(np.quantile(values, [0.025, 0.975]))
    )


def test_what_the_covariate_explains_is_removed():
    rng = np.random.default_rng(2)
    raw, adjusted, shifted = [], [], []
    for _ in range(30):
        at_g, at_b = rng.normal(54, 4, size=50), rng.normal(50, 4, size=100)
        g, b = at_g + rng.normal(size=50), at_b + rng.normal(size=100)
        raw.append(auc(g, b, size=10).value)
        adjusted.append(auc(g, b, at_g, at_b, size=10).value)
        shifted.append(auc(g + 1, b, at_g, at_b, size=10).value)
    assert np.mean(raw) > 0.7
    assert np.mean(adjusted) == pytest.approx(0.5, abs=0.03)
    assert np.mean(shifted) == pytest.approx(stats.norm.cdf(1 / np.sqrt(2)), abs=0.03)


def test_slopes_are_those_within_groups():
    """Analysis of covariance: the group's own effect does not leak into the slope."""
    x_g, x_b = np.arange(10.0), np.arange(10.0) + 5
    g, b = 2 * x_g + 100, 2 * x_b
    first, second = module._adjust("auc", g, b, x_g[:, None], x_b[:, None])
    assert np.ptp(first) == pytest.approx(0, abs=1e-9)
    assert (first - second) == pytest.approx(np.full(10, 100.0))


def test_ties_survive_the_adjustment():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(20, 2))
    score = x @ [3.0, -1.0]
    found = auc(score, score, x, x)
    assert found.value == 0.5
    assert (found.ties, found.p) == (400, 1.0)


def test_groups_that_the_covariates_tell_apart():
    found = auc([1.0, 2, 3], [4.0, 5], np.ones(3), np.zeros(2))
    assert found.value is None
    assert "tell the groups apart" in found.note


def test_groups_that_do_not_overlap():
    found = auc(np.arange(10.0) + 50, np.arange(10.0))
    assert (found.value, found.ci_low, found.ci_high) == (1, 1, 1)
    assert "zero width" in found.note


def test_large_is_delta_and_agrees(monkeypatch):
    rng = np.random.default_rng(4)
    g, b = rng.normal(0.3, 1, size=300), rng.normal(size=400)
    drawn = auc(g, b)
    monkeypatch.setattr(module, "_MAX_CELLS", 1_000)
    smooth = auc(g, b)
    assert (drawn.ci_method, smooth.ci_method) == ("percentile bootstrap", "delta")
    assert smooth.value == pytest.approx(drawn.value)
    width = drawn.ci_high - drawn.ci_low
    assert (smooth.ci_low, smooth.ci_high) == pytest.approx(
        (drawn.ci_low, drawn.ci_high), abs=0.05 * width
    )


def test_few():
    assert auc([], [1.0]).note == "an empty group"
    assert auc([1.0], [0.0, 2.0]).ci_low is None


@pytest.mark.parametrize(
    ("cg", "cb"),
    [(np.zeros(3), np.zeros(2)), (np.zeros((2, 2)), np.zeros(2)), ([0, np.nan], [0, 0])],
)
def test_refuses(cg, cb):
    with pytest.raises(InputError):
        auc([1.0, 2], [1.0, 2], cg, cb)
