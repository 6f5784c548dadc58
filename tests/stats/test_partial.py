"""The partial Spearman correlation: what a score says beyond its covariates."""

import numpy as np
import pytest
from scipy import stats

from mit_harness.errors import InputError
from mit_harness.stats.partial import (
    Residuals,
    mean_of_groups,
    partial,
    partial_r,
    spearman,
    spearman_r,
)


def ranks(values):
    return stats.rankdata(values, axis=0)


def by_hand(scores, measured, covariates):
    design = np.column_stack([np.ones(len(scores)), ranks(covariates)])
    left = [
        ranks(y) - design @ np.linalg.lstsq(design, ranks(y), rcond=None)[0]
        for y in (scores, measured)
    ]
    return np.corrcoef(*left)[0, 1]


def data(seed=0, n=200):
    rng = np.random.default_rng(seed)
    covariates = rng.integers(0, 12, (n, 3)).astype(float)
    own = rng.normal(size=n)
    measured = covariates @ [1, 2, 0] + 3 * own + rng.normal(size=n)
    return covariates @ [2, 1, 1] + 4 * own + rng.normal(size=n), measured, covariates


def test_it_is_the_correlation_of_what_is_left_of_ranks():
    scores, measured, covariates = data()
    kept = Residuals.of(measured, covariates)
    found = partial("p", scores, kept, 0.0)
    assert found.value == pytest.approx(by_hand(scores, measured, covariates))
    assert found.ci_low < found.value < found.ci_high
    assert spearman("s", scores, kept, 0.0).value == pytest.approx(
        stats.spearmanr(scores, measured).statistic
    )


def test_covariates_may_repeat_each_other():
    scores, measured, covariates = data()
    twice = np.column_stack([covariates, covariates[:, ::-1], np.ones(len(scores))])
    once = partial_r("p", scores, Residuals.of(measured, covariates), 0.0)
    assert partial_r("p", scores, Residuals.of(measured, twice), 0.0) == pytest.approx(once)
    assert Residuals.of(measured, twice).basis.shape[1] == 3


def test_a_score_that_covariates_explain_is_exactly_nothing():
    _, measured, covariates = data()
    kept = Residuals.of(measured, covariates)
    for scores in (covariates[:, 0] * 1e-3 + 7, -covariates[:, 1], np.full(200, 0.3)):
        found = partial("p", scores, kept, 1e-9)
        assert (found.value, found.ci_low, found.ci_high) == (0.0, 0.0, 0.0)


def test_an_order_is_all_that_counts_of_a_score():
    scores, measured, covariates = data()
    kept = Residuals.of(measured, covariates)
    once = partial_r("p", scores, kept, 0.0)
    assert partial_r("p", np.exp(scores / 9), kept, 0.0) == pytest.approx(once)
    assert partial_r("p", -scores, kept, 0.0) == pytest.approx(-once)


def test_fishers_interval_covers():
    inside = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        covariates = rng.normal(size=(60, 2))
        kept = Residuals.of(rng.normal(size=60), covariates)
        found = partial("p", rng.normal(size=60), kept, 0.0)
        inside += found.ci_low <= 0 <= found.ci_high
    assert inside / 200 > 0.9


def test_what_cannot_be_said_is_undefined():
    flat = Residuals.of(np.ones(20), np.arange(20.0)[:, None])
    assert partial("p", np.arange(20.0), flat, 0.0).value is None
    assert spearman("p", np.arange(20.0), flat, 0.0).value is None
    explained = Residuals.of(np.arange(20.0), np.arange(20.0)[:, None])
    assert partial_r("p", np.random.default_rng(0).normal(size=20), explained, 0.0) is None
    few = Residuals.of([1.0, 2.0, 0.5], np.array([[0.0], [1.0], [3.0]]))
    assert "too few" in partial("p", [0.0, 2.0, 1.0], few, 0.0).note
    empty = Residuals.of([], np.empty((0, 2)))
    assert spearman_r("p", [], empty, 0.0) is None


def test_what_does_not_fit_is_refused():
    kept = Residuals.of(np.arange(9.0), np.ones((9, 1)))
    with pytest.raises(InputError, match="8 scores and 9 measurements"):
        partial_r("p", np.arange(8.0), kept, 0.0)
    with pytest.raises(InputError, match="need finite scores"):
        partial_r("p", np.full(9, np.nan), kept, 0.0)
    with pytest.raises(InputError, match="9 measurements have 8 rows"):
        Residuals.of(np.arange(9.0), np.ones((8, 1)))


def test_the_mean_of_groups_is_a_t_interval():
    values = [0.3, 0.5, 0.2, 0.6, 0.4, 0.5, 0.1, 0.4]
    found = mean_of_groups("m", values, unit="r", against=0.0)
    theirs = stats.ttest_1samp(values, 0.0, alternative="greater")
    assert found.p == pytest.approx(theirs.pvalue)
    low, high = stats.ttest_1samp(values, 0.0).confidence_interval()
    assert (found.ci_low, found.ci_high) == (pytest.approx(low), pytest.approx(high))
    assert (found.n, found.ci_method) == (8, "t, 7 df")


def test_groups_without_an_estimate_are_left_out_and_counted():
    found = mean_of_groups("m", [0.3, None, 0.5], unit="r", against=0.0, what="backgrounds")
    assert (found.n, found.ci_method) == (2, "t, 1 df")
    assert "1 of 3 backgrounds undefined" in found.note
    for values in ([], [None], [0.4]):
        assert mean_of_groups("m", values, unit="r", against=0.0).value is None


def test_groups_that_are_all_alike_have_no_width():
    zero = mean_of_groups("m", [0.0] * 8, unit="r", against=0.0)
    assert (zero.ci_low, zero.ci_high, zero.p) == (0.0, 0.0, 1.0)
    half = mean_of_groups("m", [0.5, 0.5 + 1e-15, 0.5], unit="AUROC", against=0.5)
    assert (half.ci_low, half.ci_high, half.p) == (0.5, 0.5, 1.0)
    above = mean_of_groups("m", [0.7] * 8, unit="AUROC", against=0.5)
    assert (above.ci_low, above.p) == (0.7, 0.0)
