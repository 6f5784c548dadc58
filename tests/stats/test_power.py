"""The smallest effects that are detected: parity with statsmodels, and simulated power."""

import math

import numpy as np
import pytest

from mit_harness.errors import InputError
from mit_harness.stats.paired import signed_rank_test, smallest_detectable
from mit_harness.stats.power import (
    EFFICIENCY,
    detectable,
    detectable_difference,
    detectable_rank_covariance,
    expected_rank_covariance,
)
from mit_harness.stats.rank import rank_covariance


@pytest.mark.parametrize("n", [0, 1, 5, 6, 30, 100])
def test_a_proportion_is_that_of_the_metrics(n):
    assert detectable("proportion", n) == smallest_detectable(n)
    assert detectable("proportion", n, power=0.9, alpha=0.01) == smallest_detectable(n, 0.01, 0.9)


def test_kinds():
    assert detectable("difference", 30) == detectable_difference(30)
    with pytest.raises(InputError, match="'r' is unknown; known: proportion, difference"):
        detectable("r", 30)


@pytest.mark.parametrize("n", [6, 10, 30, 100, 5_000])
@pytest.mark.parametrize(("power", "alpha"), [(0.8, 0.025), (0.95, 0.05)])
def test_a_difference_is_statsmodels_with_fewer_pairs(n, power, alpha):
    from statsmodels.stats.power import TTestPower

    found = detectable_difference(n, power=power, alpha=alpha)
    theirs = TTestPower().power(found, n * EFFICIENCY, alpha, alternative="larger")
    assert theirs == pytest.approx(power, abs=1e-6)


@pytest.mark.parametrize(("n", "slack"), [(8, 0.06), (15, 0.04), (30, 0.04), (60, 0.04)])
def test_a_difference_has_the_power_it_claims(n, slack):
    draws = np.random.default_rng(n).normal(detectable_difference(n), 1, size=(1_500, n))
    rejected = np.mean([signed_rank_test(row) < 0.025 for row in draws])
    assert rejected == pytest.approx(0.8, abs=slack)


@pytest.mark.parametrize("n", [-1, 0, 1, 5])
def test_too_few_pairs_detect_nothing(n):
    assert detectable("difference", n) is None
    assert detectable("proportion", n) is None
    assert detectable("difference", 6) is not None


def test_more_is_easier():
    for kind in ("proportion", "difference"):
        found = [detectable(kind, n) for n in (6, 12, 20, 50, 100, 1_000, 100_000)]
        assert found == sorted(found, reverse=True)
        assert detectable(kind, 30, power=0.9) > detectable(kind, 30)
        assert detectable(kind, 30, alpha=0.001) > detectable(kind, 30)
    sizes = [(7, 12), (14, 24), (28, 48)]
    found = [detectable_rank_covariance(s) for s in sizes]
    assert found == sorted(found, reverse=True)
    assert detectable_rank_covariance((7, 12), power=0.95) > found[0]


@pytest.mark.parametrize("alpha", [0.3, 0.5])
def test_extremes_are_defined(alpha):
    for n in (2, 3, 4):
        found = detectable_difference(n, alpha=alpha)
        assert (found is None) == (0.5**n >= alpha)
        assert found is None or math.isfinite(found)


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.7, 1.0])
@pytest.mark.parametrize("sizes", [(7, 12), (2, 1, 5)])
def test_the_expected_statistic(rho, sizes):
    rng = np.random.default_rng(0)
    z, e = rng.normal(size=(2, 20_000, sum(sizes)))
    x = rho * z + math.sqrt(1 - rho**2) * e
    above = below = 0.0
    start = 0
    for k in sizes:
        r, q = (v[:, start : start + k].argsort().argsort() - (k - 1) / 2 for v in (z, x))
        above, below = above + (r * q).mean(), below + (r * r).mean()
        start += k
    assert expected_rank_covariance(sizes, rho) == pytest.approx(above / below, abs=0.01)
    assert expected_rank_covariance(sizes, 1.0) == pytest.approx(1)


def test_a_rank_covariance_has_the_power_it_claims():
    """Simulated with the metric itself, from scores to p."""
    sizes, rng = (7, 12), np.random.default_rng(0)
    wanted = detectable_rank_covariance(sizes)
    grid = np.linspace(0, 1, 2_001)
    rho = grid[np.argmin([abs(expected_rank_covariance(sizes, r) - wanted) for r in grid])]
    strata = np.repeat([0, 1], sizes)
    rejected, values = [], []
    for _ in range(500):
        reference = rng.normal(size=19)
        scores = rho * reference + math.sqrt(1 - rho**2) * rng.normal(size=(1, 19))
        found = rank_covariance(
            "r", scores, reference, strata, seed=0, tolerance=0.0, permutations=999
        )
        rejected.append(found.p < 0.025)
        values.append(found.value)
    assert np.mean(rejected) == pytest.approx(0.8, abs=0.06)
    assert np.mean(values) == pytest.approx(wanted, abs=0.03)
    assert 0.55 < wanted < 0.67


def test_the_simulation_is_seeded_small_and_steady():
    detectable_rank_covariance.cache_clear()
    first = detectable_rank_covariance((7, 12))
    detectable_rank_covariance.cache_clear()
    assert detectable_rank_covariance((7, 12)) == first
    for seed in (1, 2):
        assert detectable_rank_covariance((7, 12), seed=seed) == pytest.approx(first, abs=0.03)
    assert detectable_rank_covariance((7, 12, 1, 1)) == first  # a stratum of one adds nothing


@pytest.mark.parametrize("sizes", [(1,), (4,), (3, 3), (1, 1, 1), (2, 2, 2, 2, 2)])
def test_too_few_orders_detect_nothing(sizes):
    """At most 36 equally likely orders: the reference's own has p > 0.025."""
    assert detectable_rank_covariance(sizes) is None
    assert detectable_rank_covariance((*sizes, 5)) is not None


def test_five_variants_have_to_be_in_order():
    # at alpha = 0.01 only the reference's own order of 120 has a p below
    found = detectable_rank_covariance((5,), alpha=0.01)
    rho = 0.999
    assert expected_rank_covariance((5,), 0.9) < found < 1
    assert expected_rank_covariance((5,), rho) < 1


@pytest.mark.parametrize("bad", [(), (0,), (-1, 5)])
def test_refuses_sizes(bad):
    with pytest.raises(InputError, match="strata of at least 1"):
        detectable_rank_covariance(bad)


def test_refuses():
    for function in (detectable_difference, lambda n, **how: detectable("proportion", n, **how)):
        for how in ({"power": 1.0}, {"power": 0.01}, {"alpha": 0.0}, {"alpha": math.nan}):
            with pytest.raises(InputError, match="power and alpha"):
                function(30, **how)
    with pytest.raises(InputError, match="draws >= 1"):
        detectable_rank_covariance((5,), draws=0)
    with pytest.raises(InputError, match="no ranks"):
        expected_rank_covariance((1, 1), 0.5)
