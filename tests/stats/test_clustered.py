"""The weighted, stratified AUROC of pairs that share members, and what goes with it."""

import numpy as np
import pytest
from scipy import stats

from mit_harness.errors import InputError
from mit_harness.stats.clustered import (
    Grouping,
    average_ranks,
    concordance,
    rank_correlation,
    weighted_mean,
)


def plain(n):
    return Grouping(np.zeros(n), np.arange(n), np.ones(n))


def drawn(seed, cells=300, effect=0.6):
    """Pairs of which two share a cell, in strata, weighted; scores share noise within a cell."""
    rng = np.random.default_rng(seed)
    cell = np.repeat(np.arange(cells), 2)
    shared = np.repeat(rng.normal(size=cells), 2)
    rise = rng.normal(0.4, 1, 2 * cells) + np.repeat(rng.normal(size=cells), 2)
    scores = effect * (rise > 0) + shared + rng.normal(size=2 * cells)
    strata = np.tile([0, 1], cells) + 2 * (cell % 3)
    return scores, rise > 0, Grouping(strata, cell, rng.uniform(0.5, 2, 2 * cells))


def brute(scores, rises, grouping):
    won = compared = 0.0
    s, _, w = (np.asarray(part) for part in (grouping.strata, grouping.clusters, grouping.weights))
    for i in np.flatnonzero(rises):
        for j in np.flatnonzero(~rises):
            if s[i] == s[j]:
                won += w[i] * w[j] * (0.5 + 0.5 * np.sign(scores[i] - scores[j]))
                compared += w[i] * w[j]
    return won / compared


def test_it_is_the_share_of_comparisons_won():
    scores, rises, grouping = drawn(0, cells=40)
    scores = np.round(scores)  # with ties
    found = concordance("a", scores, rises, grouping)
    assert found.value == pytest.approx(brute(scores, rises, grouping))
    assert found.ties > 0


def test_alone_and_unweighted_it_is_mann_whitney_with_delongs_variance():
    rng = np.random.default_rng(1)
    scores, rises = rng.normal(size=90), np.arange(90) < 40
    found = concordance("a", scores, rises, plain(90))
    u = stats.mannwhitneyu(scores[rises], scores[~rises]).statistic
    assert found.value == pytest.approx(u / (40 * 50))
    one = [(x > scores[~rises]).mean() for x in scores[rises]]
    other = [(scores[rises] > x).mean() for x in scores[~rises]]
    delong = np.sqrt(np.var(one, ddof=1) / 40 + np.var(other, ddof=1) / 50)
    assert (found.ci_high - found.ci_low) / 3.92 == pytest.approx(delong, rel=0.02)


def test_the_interval_agrees_with_a_bootstrap_of_clusters():
    scores, rises, grouping = drawn(2)
    found = concordance("a", scores, rises, grouping)
    rng = np.random.default_rng(0)
    strata, weights = np.asarray(grouping.strata), np.asarray(grouping.weights)
    values = []
    for _ in range(400):
        times = np.repeat(np.bincount(rng.integers(0, 300, 300), minlength=300), 2)
        rows = np.repeat(np.arange(600), times)
        again = Grouping(strata[rows], rows // 2, weights[rows])
        values.append(concordance("a", scores[rows], rises[rows], again).value)
    error = (found.ci_high - found.ci_low) / 3.92
    assert error == pytest.approx(np.std(values), rel=0.12)


def test_the_interval_covers_chance():
    inside = 0
    for seed in range(200):
        scores, rises, grouping = drawn(100 + seed, cells=100, effect=0.0)
        found = concordance("a", scores, rises, grouping)
        inside += found.ci_low <= 0.5 <= found.ci_high
    assert 0.90 <= inside / 200 <= 0.985


def test_clusters_widen_what_they_share():
    scores, rises, grouping = drawn(3)
    doubled = np.repeat(scores, 2), np.repeat(rises, 2)
    parts = [np.repeat(np.asarray(p), 2) for p in (grouping.strata, grouping.clusters)]
    whole = Grouping(*parts, np.repeat(np.asarray(grouping.weights), 2))
    once, twice = concordance("a", scores, rises, grouping), concordance("a", *doubled, whole)
    assert twice.value == pytest.approx(once.value)
    assert (twice.ci_low, twice.n) == (pytest.approx(once.ci_low), once.n)


def test_all_ties_are_exactly_one_half_without_a_width():
    """0.5 but for rounding must not lie above 0.5."""
    for seed in range(20):
        _, rises, grouping = drawn(seed, cells=50)
        per_stratum = np.asarray(grouping.strata) * 1.7
        found = concordance("a", per_stratum, rises, grouping, tolerance=1e-9)
        assert (found.value, found.ci_low, found.ci_high) == (0.5, 0.5, 0.5)


def test_differences_up_to_the_tolerance_tie():
    scores = np.array([0.0, 0.1, 0.25, 0.0])
    rises = np.array([False, True, True, False])
    assert concordance("a", scores, rises, plain(4), tolerance=0.1).value == 0.75
    assert concordance("a", scores, rises, plain(4)).value == 1.0


def test_what_cannot_be_compared_is_undefined():
    ones = np.ones(5, dtype=bool)
    found = concordance("a", np.arange(5.0), ones, plain(5))
    assert (found.value, found.n) == (None, 0)
    assert "no stratum has both" in found.note
    apart = Grouping(np.arange(2), np.arange(2), np.ones(2))
    assert concordance("a", np.arange(2.0), np.array([True, False]), apart).value is None
    nothing = Grouping([], [], [])
    for found in (
        concordance("a", [], [], nothing),
        rank_correlation("a", [], [], nothing),
        weighted_mean("a", [], nothing, unit="proportion"),
    ):
        assert found.value is None
    one = Grouping([0, 0], [7, 7], [1, 1])
    assert concordance("a", [0.0, 1.0], [False, True], one).note.startswith("one cluster")


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="2 values have 3 strata"):
        concordance("a", [0.0, 1.0], [True, False], plain(3))
    with pytest.raises(InputError, match=r"the weight 0\.0 has to be above 0"):
        concordance("a", [0.0], [True], Grouping([0], [0], [0.0]))
    with pytest.raises(InputError, match="need finite scores"):
        concordance("a", [np.nan], [True], plain(1))
    with pytest.raises(InputError, match="1 scores and 2 outcomes"):
        concordance("a", [0.0], [True, False], plain(1))
    with pytest.raises(InputError, match="1 scores and 2 references"):
        rank_correlation("a", [0.0], [0.0, 1.0], plain(1))


def test_alone_and_unweighted_the_rank_correlation_is_spearmans():
    rng = np.random.default_rng(4)
    x = rng.integers(0, 9, 80).astype(float)
    y = x + rng.normal(0, 4, 80)
    found = rank_correlation("r", x, y, plain(80))
    assert found.value == pytest.approx(stats.spearmanr(x, y).statistic)
    assert found.ci_low < found.value < found.ci_high
    # A stratum's own level says nothing.
    strata = np.repeat([0, 1], 40)
    moved = rank_correlation("r", x + 100 * strata, y - 50 * strata, Grouping(strata, *two(80)))
    apart = [stats.spearmanr(x[k], y[k]).statistic for k in (slice(40), slice(40, 80))]
    assert moved.value == pytest.approx(np.mean(apart), abs=0.02)


def two(n):
    return np.arange(n), np.ones(n)


def test_a_score_that_does_not_vary_has_exactly_no_correlation():
    found = rank_correlation("r", np.full(9, 0.1), np.arange(9.0), plain(9))
    assert (found.value, found.ci_low, found.ci_high) == (0.0, 0.0, 0.0)
    assert rank_correlation("r", np.arange(9.0), np.ones(9), plain(9)).value is None


def test_the_mean_has_a_clustered_interval():
    values, cell = np.repeat([0.0, 1.0, 1.0, 0.0, 1.0], 2), np.repeat(np.arange(5), 2)
    found = weighted_mean("m", values, Grouping(cell, cell, np.ones(10)), unit="proportion")
    assert (found.value, found.n) == (pytest.approx(0.6), 5)
    alone = np.std([0, 1, 1, 0, 1], ddof=1) / np.sqrt(5)
    assert (found.ci_high - found.ci_low) / 3.92 <= alone + 1e-3
    assert found.ci_high == 1.0  # cut to what a proportion can be


def test_ranks_share_ties():
    values = np.array([3.0, 1.0, 3.0 + 1e-12, 2.0])
    np.testing.assert_array_equal(average_ranks(values, 1e-9), [3.5, 1, 3.5, 2])
    np.testing.assert_array_equal(average_ranks(values, 0.0), [3, 1, 4, 2])
    assert len(average_ranks(np.empty(0), 0.0)) == 0
