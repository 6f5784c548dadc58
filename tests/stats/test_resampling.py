"""Large samples: compact counts are the same counts, normal means stand in for resampled ones."""

import tracemalloc

import numpy as np
import pytest

from mit_harness.stats import bootstrap, paired, resampling
from mit_harness.stats.bootstrap import NORMAL_MEANS, interval
from mit_harness.stats.correlation import pearson, slope
from mit_harness.stats.effect import cohen_d
from mit_harness.stats.peak import peak
from mit_harness.stats.ratio import cm
from mit_harness.stats.resampling import Resampler, normal_means


@pytest.fixture
def small_limits(monkeypatch):
    """Counts of any sample are kept as bytes."""
    monkeypatch.setattr(resampling, "_KEPT_CELLS", 0)
    monkeypatch.setattr(resampling, "_CHUNK_CELLS", 1_000)
    resampling._compact_counts.cache_clear()
    yield
    resampling._compact_counts.cache_clear()


@pytest.mark.parametrize("compact", [0, 30_000])
def test_counts_are_the_same_however_they_are_kept(monkeypatch, compact):
    columns = np.random.default_rng(0).normal(size=(30, 2))
    whole = Resampler(30, 3, 1_000)
    kept, means = whole.counts, whole.means(columns)
    monkeypatch.setattr(resampling, "_KEPT_CELLS", 0)
    monkeypatch.setattr(resampling, "_CHUNK_CELLS", 1_000)
    monkeypatch.setattr(resampling, "_COMPACT_CELLS", compact)
    assert len(list(whole.chunks())) == 31
    np.testing.assert_array_equal(whole.counts, kept)
    np.testing.assert_array_equal(whole.means(columns), means)


def test_compact_counts_are_bytes_drawn_once(small_limits):
    whole = Resampler(30, 3, 1_000)
    list(whole.chunks())
    parts = resampling._compact_counts(whole)
    assert {part.dtype for part in parts} == {np.dtype(np.uint8)}
    assert resampling._compact_counts.cache_info().hits == 1


def test_a_count_above_255_is_kept_whole(small_limits, monkeypatch):
    drawn = [np.array([[300, 0]]), np.array([[1, 299]])]
    monkeypatch.setattr(resampling, "_draw", lambda _: iter(drawn))
    np.testing.assert_array_equal(Resampler(2, 0, 2).counts, np.concatenate(drawn))


def test_normal_means_have_the_resampled_means_moments():
    rng = np.random.default_rng(1)
    x = rng.gamma(2, size=4_000)
    columns = np.column_stack([x, x**2, 3 * x + 1])  # the third depends on the first
    drawn = normal_means(columns, 0, 40_000)
    covariance = np.cov(columns.T) / len(x)
    np.testing.assert_allclose(np.cov(drawn.T), covariance, rtol=0.05)
    sigma = np.sqrt(np.diag(covariance))
    assert (abs(drawn.mean(axis=0) - columns.mean(axis=0)) < 5 * sigma / 200).all()
    np.testing.assert_allclose(drawn[:, 2], 3 * drawn[:, 0] + 1, rtol=1e-12)
    np.testing.assert_array_equal(drawn, normal_means(columns, 0, 40_000))
    assert not np.array_equal(drawn, normal_means(columns, 0, 40_000, stream=1))


def test_normal_means_of_one_value_do_not_vary():
    assert (normal_means(np.full((100, 2), 7.0), 0, 50) == 7).all()


def test_a_peak_by_normal_means_agrees_with_the_bootstrap_at_the_boundary(monkeypatch):
    rng = np.random.default_rng(2)
    scores = rng.normal(size=(10_000, 8)) - 0.02 * abs(np.arange(8) - 4)
    drawn = place(scores)
    monkeypatch.setattr("mit_harness.stats.bootstrap.DELTA_ABOVE", 9_999)
    monkeypatch.setattr("mit_harness.stats.peak.DELTA_ABOVE", 9_999)
    smooth = place(scores)
    assert (drawn.ci_method, smooth.ci_method) == ("percentile bootstrap", NORMAL_MEANS)
    assert (drawn.value, drawn.ci_low, drawn.ci_high) == (
        smooth.value,
        smooth.ci_low,
        smooth.ci_high,
    )
    first, second = shares(drawn.note), shares(smooth.note)
    assert len(first) > 1
    assert {k: second.get(k, 0) for k in first} == pytest.approx(first, abs=4)


def place(scores):
    return peak("pk", scores, np.arange(8), seed=0, tolerance=0, unit="bp", size=2_000)


def shares(note):
    pairs = (part.split(": ") for part in note.split(", "))
    return {place: float(share.split()[0]) for place, share in pairs}


METRICS = {
    "proportion": lambda c, d, e: paired.proportion("p", e, d, tolerance=0, seed=0, size=4_000),
    "mean": lambda c, d, e: paired.mean_difference("m", e, d, tolerance=0, seed=0, size=4_000),
    "d": lambda c, d, e: cohen_d("d", c, d, paired_index=True, seed=0, tolerance=0, size=4_000),
    "cm": lambda c, d, e: cm("cm", c, d, e, paired_index=True, seed=0, tolerance=0, size=4_000),
    "r": lambda c, d, e: pearson("r", c, e, seed=0, size=4_000),
    "slope": lambda c, d, e: slope("b", c, e, seed=0, unit="nats", size=4_000),
}


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_delta_agrees_with_the_bootstrap_at_the_boundary(monkeypatch, metric):
    """At n = 10,000, where one takes over from the other: within 4 % of the interval's width."""
    rng = np.random.default_rng(3)
    level = rng.gamma(2, 2, size=10_000)
    c, d, e = (level + shift + rng.gamma(1, size=10_000) for shift in (2, 0, 0.5))
    drawn = metric(c, d, e)
    monkeypatch.setattr(bootstrap, "DELTA_ABOVE", 9_999)
    smooth = metric(c, d, e)
    assert (drawn.ci_method, smooth.ci_method) == ("BCa bootstrap", "delta")
    slack = 0.04 * (drawn.ci_high - drawn.ci_low)
    assert smooth.value == drawn.value
    assert smooth.ci_low == pytest.approx(drawn.ci_low, abs=slack)
    assert smooth.ci_high == pytest.approx(drawn.ci_high, abs=slack)


def test_delta_intervals_cover_in_simulation():
    """500 samples of 10,001 pairs: a proportion, a skewed mean and a ratio of means."""
    rng = np.random.default_rng(4)
    statistics = {
        "proportion": (lambda m: m[..., 0], 0.9),
        "mean": (lambda m: m[..., 1], 2.0),
        "ratio": (lambda m: m[..., 1] / m[..., 2], 0.5),
    }
    inside = dict.fromkeys(statistics, 0)
    for _ in range(500):
        y = rng.gamma(1, 2, size=10_001)
        rows = np.column_stack([rng.random(10_001) < 0.9, y, 4 + (y - 2) / 2])
        for name, (statistic, truth) in statistics.items():
            found = interval([rows], statistic, seed=0)
            assert found.method == "delta"
            inside[name] += found.low <= truth <= found.high
    # Three standard errors of 95 % over 500 samples are 3 %.
    assert {name: hits / 500 for name, hits in inside.items()} == pytest.approx(
        dict.fromkeys(statistics, 0.95), abs=0.03
    )


def test_memory_of_large_samples_is_that_of_their_rows():
    scores = np.random.default_rng(5).normal(size=(50_000, 6))
    tracemalloc.start()
    normal_means(scores, 0, 10_000)
    interval([scores], lambda m: m[..., 0] - m[..., 1], seed=0)
    top = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert top < 40e6  # the scores are 2.4 MB; 10,000 resamples of all rows would be 4 GB
