"""Paired proportions and differences."""

import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mit_harness.errors import InputError
from mit_harness.stats.bootstrap import interval
from mit_harness.stats.checks import ranked_levels
from mit_harness.stats.paired import (
    contrasts,
    mean_difference,
    proportion,
    signed_rank_test,
    smallest_detectable,
    wins,
)

quick = settings(max_examples=40, deadline=None, database=None, derandomize=True)
pairs = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=30)


def css(a, b, tolerance=0.0, seed=0, size=2_000):
    return proportion("css", a, b, tolerance=tolerance, seed=seed, size=size)


def scores(share, n=100, ties=0):
    """Pairs of which the given share is won and the last few tie."""
    a = np.where(np.arange(n) < round(share * n), 1.0, -1.0)
    a[n - ties :] = 0
    return a, np.zeros(n)


def test_wins():
    assert wins([1, 2, 3, 3.05], [2, 1, 3, 3], 0.1).tolist() == [0, 1, 0.5, 0.5]
    assert wins([1.5, 0.5], [[1, 2, 1.5], [1, 0, 0.5]], 0).tolist() == [[1, 0, 0.5], [0, 1, 0.5]]


def test_by_hand():
    found = css([3, 3, 3, 3, 3, 3, 0, 1], [1, 1, 1, 1, 1, 1, 1, 1])
    assert found.value == (6 + 0.5) / 8
    assert (found.n, found.ties, found.unit, found.level) == (8, 1, "proportion", 0.95)
    assert found.p == pytest.approx(8 / 128)  # 6 or more of 7: (7 + 1) / 2^7
    assert found.ci_method == "BCa bootstrap"
    assert found.ci_low <= found.ci90_low < found.value < found.ci90_high <= found.ci_high


def test_interval_is_the_bootstrap_of_the_wins():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 60))
    found = css(a, b, size=10_000)
    direct = interval([wins(a, b, 0)], lambda m: m[..., 0], seed=0)
    assert (found.ci_low, found.ci_high) == direct.at(0.95)
    assert (found.ci90_low, found.ci90_high) == direct.at(0.90)


@given(pairs)
@quick
def test_sign_test_is_scipys(data):
    a, b = np.array(data, dtype=float).T
    won, lost = int((a > b).sum()), int((a < b).sum())
    expected = stats.binomtest(won, won + lost, alternative="greater").pvalue if won + lost else 1
    assert css(a, b, size=100).p == pytest.approx(expected)


@given(pairs, st.sampled_from([np.exp, np.arctan, lambda x: x**3 + x, lambda x: 1e6 * x - 3]))
@quick
def test_only_the_order_matters(data, transform):
    a, b = np.array(data, dtype=float).T
    before, after = css(a, b, size=200), css(transform(a), transform(b), size=200)
    assert before == after


@given(pairs)
@quick
def test_swapping_the_sides_mirrors(data):
    a, b = np.array(data, dtype=float).T
    found, swapped = css(a, b), css(b, a)
    assert swapped.value == pytest.approx(1 - found.value)
    assert (swapped.ties, swapped.ci_method) == (found.ties, found.ci_method)
    if found.ci_low is not None:
        assert swapped.ci_low == pytest.approx(1 - found.ci_high, abs=1e-9)
        assert swapped.ci_high == pytest.approx(1 - found.ci_low, abs=1e-9)


@given(pairs)
@quick
def test_interval_surrounds_a_proportion(data):
    a, b = np.array(data, dtype=float).T
    found = css(a, b, size=500)
    if found.ci_low is not None:
        assert 0 <= found.ci_low <= found.ci90_low <= found.ci90_high <= found.ci_high <= 1


def test_same_bytes_for_a_seed_and_others_for_another():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 80))
    first = mean_difference("m", a, b, tolerance=0, seed=3)
    assert repr(first) == repr(mean_difference("m", a, b, tolerance=0, seed=3))
    assert first.ci_low != mean_difference("m", a, b, tolerance=0, seed=4).ci_low


def test_levels_join_neighbours_up_to_the_tolerance():
    values = np.array([3.0, 1.0, 1.5, 2.25, 9.0])
    assert ranked_levels(values, 0.5).tolist() == [3, 1, 1, 2, 4]
    assert ranked_levels(values, 0.0).tolist() == [4, 1, 2, 3, 5]
    assert ranked_levels(values[:0], 0.0).tolist() == []


def test_no_pairs():
    found = css([], [])
    assert (found.value, found.ci_low, found.p, found.n, found.note) == (None,) * 3 + (
        0,
        "no pairs",
    )


@pytest.mark.parametrize("n", [1, 5, 6, 100])
@pytest.mark.parametrize("won", [True, False])
def test_a_degenerate_proportion_has_an_exact_interval(n, won):
    found = css(*scores(float(won), n))
    exact = stats.binomtest(n * won, n).proportion_ci(0.95, "exact")
    assert (found.value, found.ci_method) == (float(won), "Clopper-Pearson")
    assert (found.ci_low, found.ci_high) == pytest.approx(tuple(exact))
    assert found.p == pytest.approx(0.5**n if won else 1)
    assert found.ci90_high - found.ci90_low < found.ci_high - found.ci_low


def test_six_wins_are_the_fewest_that_can_hold():
    five, six = css(*scores(1, 5)), css(*scores(1, 6))
    assert five.p > 0.025 > six.p
    assert five.ci_low < 0.5 < six.ci_low
    assert five.mde is None
    assert six.mde == pytest.approx(0.8 ** (1 / 6))


def test_wins_with_ties_are_not_degenerate():
    assert css(*scores(1, 10, ties=1)).ci_method == "BCa bootstrap"


@pytest.mark.parametrize("n", [1, 5, 6, 100, 20_000])
def test_all_ties(n):
    found = css(*scores(0, n, ties=n))
    assert (found.value, found.ci_low, found.ci_high, found.p) == (0.5, 0.5, 0.5, 1.0)
    assert (found.ci90_low, found.ci90_high, found.ties) == (0.5, 0.5, n)
    assert found.note == "every pair is a tie: zero width"


def test_noise_within_the_tolerance_is_a_tie():
    a = np.random.default_rng(0).normal(size=100)
    found = css(a + 1e-12, a, tolerance=1e-9)
    assert (found.value, found.ties) == (0.5, 100)


def test_large_n_is_delta_and_stays_a_proportion():
    a, b = scores(2 / 20_000, 20_000)
    found = css(a, b)
    assert found.ci_method == "delta"
    assert found.ci_low == 0 < found.value < found.ci_high


def test_sets_of_comparisons():
    a = np.array([5.0, 5, 5, 1, 3])
    b = np.array([[1, 2, 3], [1, 2, 9], [1, 2, 5], [9, 9, 9], [3, 3, 3]])
    found = css(a, b)
    assert found.value == pytest.approx((3 + 2 + 2.5 + 0 + 1.5) / 15)
    assert (found.n, found.ties) == (5, 4)
    assert found.p == pytest.approx(stats.binomtest(3, 4, alternative="greater").pvalue)
    assert found.note == "3 comparisons in each matched set; resampled and tested by set"
    level = css(np.zeros(8), np.tile([1.0, -1.0], (8, 1)))
    assert (level.value, level.ci_low, level.ci_high, level.p) == (0.5, 0.5, 0.5, 1.0)


def test_coverage_of_a_proportion():
    rng = np.random.default_rng(2)
    inside = 0
    for _ in range(500):
        found = css(rng.random(60) + 0.2, rng.random(60), size=1_000)
        inside += found.ci_low <= 0.68 <= found.ci_high  # 1 - 0.8^2 / 2
    assert 0.92 <= inside / 500 <= 0.985


def brute_force_mde(n):
    critical = next((k for k in range(n + 1) if stats.binom.sf(k - 1, n, 0.5) < 0.025), None)
    if critical is None:
        return None
    grid = np.linspace(0.5, 1, 50_001)
    return grid[np.argmax(stats.binom.sf(critical - 1, n, grid) >= 0.8)]


@pytest.mark.parametrize("n", [0, 1, 5, 6, 7, 12, 30, 50, 100, 1_000])
def test_mde_against_brute_force(n):
    assert smallest_detectable(n) == pytest.approx(brute_force_mde(n), abs=2e-5)


def test_mde_has_the_power_it_claims():
    assert [round(smallest_detectable(n), 2) for n in (30, 50, 100)] == [0.75, 0.70, 0.65]
    assert smallest_detectable(5, alpha=1 / 32) is None  # p < alpha is strict
    assert smallest_detectable(5, alpha=0.04) == pytest.approx(0.8**0.2)


class TestMeanDifference:
    def of(self, a, b, tolerance=0.0):
        return mean_difference("rescue", a, b, tolerance=tolerance, seed=0)

    def test_against_scipy(self):
        rng = np.random.default_rng(0)
        a, b = rng.normal(size=(2, 40))
        found = self.of(a + 0.5, b)
        assert found.value == pytest.approx((a + 0.5 - b).mean())
        assert found.p == pytest.approx(stats.wilcoxon(a + 0.5 - b, alternative="greater").pvalue)
        assert (found.ci_method, found.unit, found.n) == ("BCa bootstrap", "nats", 40)
        assert found.ci90_low is None

    def test_zeros_are_dropped_and_small_samples_exact(self):
        found = self.of([1, 2, 3, 4, 5, 6, 0, 0], np.zeros(8))
        assert found.p == pytest.approx(1 / 64)
        assert found.ties == 2

    def test_equal_sizes_stay_equal_under_rounding(self):
        exact = np.array([1.0, 1, 1, 1, 1, 1, 1, -1])
        noisy = exact + np.array([3, 1, 4, 1, -5, 9, -2, 6]) * 1e-16
        assert self.of(noisy, np.zeros(8)).p == self.of(exact, np.zeros(8)).p

    @pytest.mark.parametrize("n", [1, 6, 100])
    def test_all_within_the_tolerance(self, n):
        a = np.random.default_rng(0).normal(size=n)
        found = self.of(a + 1e-12, a, tolerance=1e-9)
        assert (found.value, found.p, found.ties) == (0, 1, n)
        if n > 1:
            assert (found.ci_low, found.ci_high) == (0, 0)

    def test_few(self):
        assert self.of([], []).note == "no pairs"
        one = self.of([2.0], [1.0])
        assert (one.value, one.ci_low, one.p, one.note) == (
            1,
            None,
            0.5,
            "one row gives no interval",
        )

    def test_sets_are_averaged(self):
        found = self.of(np.array([1.0, 2, 3]), np.array([[0, 1], [0, 1], [1, 2.0]]))
        assert found.value == pytest.approx((0.5 + 1.5 + 1.5) / 3)


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=9))
@quick
def test_signed_ranks_are_exact_with_equal_sizes(values):
    """Against every assignment of signs."""
    x = np.array(values, dtype=float)
    moved = x[x != 0]
    ranks = stats.rankdata(np.abs(moved))
    signs = np.array(list(itertools.product([0, 1], repeat=len(moved))))
    reached = signs @ ranks >= ranks[moved > 0].sum() if len(moved) else [True]
    assert signed_rank_test(x) == np.mean(reached)


@pytest.mark.parametrize("seed", range(4))
def test_signed_ranks_with_equal_sizes_are_scipys_permutation_test(seed):
    x = np.random.default_rng(seed).integers(-3, 5, size=11).astype(float)
    x = x[x != 0]

    def statistic(d):
        return (stats.rankdata(np.abs(d)) * (d > 0)).sum()

    every = stats.permutation_test(
        (x,), statistic, permutation_type="samples", alternative="greater", n_resamples=2**11
    )
    assert signed_rank_test(x) == pytest.approx(every.pvalue, rel=1e-12)


@pytest.mark.parametrize("n", [1, 2, 6, 13, 14, 30, 50])
@pytest.mark.parametrize("shift", [-0.5, 0.0, 0.5, 5.0])
def test_signed_ranks_without_equal_sizes_are_scipys(n, shift):
    x = np.random.default_rng(n).normal(shift, size=n)
    expected = stats.wilcoxon(x, alternative="greater", method="exact").pvalue
    assert signed_rank_test(x) == pytest.approx(expected, rel=1e-12)


def test_signed_ranks_against_a_simulation_beyond_scipys_exact():
    x = np.random.default_rng(0).integers(-3, 5, size=40).astype(float)
    moved = x[x != 0]
    ranks = stats.rankdata(np.abs(moved))
    signs = np.random.default_rng(1).integers(0, 2, size=(200_000, len(moved)))
    reached = (signs @ ranks >= ranks[moved > 0].sum()).mean()
    assert 0.001 < reached < 0.5
    assert signed_rank_test(x) == pytest.approx(reached, abs=0.004)


def test_signed_ranks_at_the_exact_boundary():
    assert signed_rank_test(np.ones(50)) == 0.5**50
    x = np.random.default_rng(0).integers(-4, 6, size=200).astype(float)
    x = x[x != 0][:51]
    theirs = stats.wilcoxon(x, alternative="greater").pvalue  # approximated, as ours
    assert signed_rank_test(x) == pytest.approx(theirs)
    assert signed_rank_test(x[:50]) == pytest.approx(
        stats.wilcoxon(x[:50], alternative="greater").pvalue, rel=0.05
    )


def test_signed_ranks_are_fast_with_equal_sizes():
    x = np.r_[np.ones(12), -np.ones(1)]
    signed_rank_test(x)
    start = time.perf_counter()
    for _ in range(20):
        signed_rank_test(x)
    assert time.perf_counter() - start < 1  # scipy takes a second for each


class TestContrasts:
    def test_by_hand(self):
        found = contrasts("c", [[1, 2, 3], [4, 4, 4]], [1, -0.5, -0.5])
        assert found.tolist() == [-1.5, 0]

    def test_rounding_is_zero(self):
        scores = np.repeat(np.random.default_rng(0).normal(-140, 9, size=(50, 1)), 9, axis=1)
        weights = np.r_[np.full(3, 1 / 3), np.full(6, -1 / 6)]
        assert (scores @ weights != 0).any()
        assert (contrasts("c", scores, weights) == 0).all()
        moved = scores + 1e-9 * np.arange(9)
        assert (contrasts("c", moved, weights) != 0).all()

    def test_empty(self):
        assert contrasts("c", np.zeros((0, 3)), np.ones(3)).tolist() == []

    @pytest.mark.parametrize(
        ("scores", "weights", "words"),
        [
            (np.ones((2, 3)), [1, -1], "3 columns of scores have 2 weights"),
            (np.ones(3), [1, 1, -2], "dimension"),
            (np.ones((2, 2)), [1, np.nan], "weights: the value at 1 is nan"),
            ([[1, np.inf]], [1, -1], r"value at \(0, 1\) is inf"),
        ],
    )
    def test_refuses(self, scores, weights, words):
        with pytest.raises(InputError, match=words):
            contrasts("c", scores, weights)


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ([1, np.nan], [1, 2], "value at 1 is nan"),
        ([1, 2], [np.inf, 2], "value at 0 is inf"),
        ([1, 2], [1, 2, 3], "do not match"),
        ([[1, 2]], [[1, 2, 3]], "do not match"),
        (np.zeros((2, 0)), np.zeros(2), "do not match"),
        (1.0, 2.0, "dimension"),
        (["x"], [1], "not an array of numbers"),
        ([1e200], [0], "overflows"),
    ],
)
def test_refuses(a, b, words):
    for function in (proportion, mean_difference):
        with pytest.raises(InputError, match=words):
            function("css", a, b, tolerance=0, seed=0)


@pytest.mark.parametrize("tolerance", [-1, np.nan, np.inf])
def test_refuses_a_tolerance(tolerance):
    with pytest.raises(InputError, match="tolerance"):
        css([1], [2], tolerance=tolerance)
