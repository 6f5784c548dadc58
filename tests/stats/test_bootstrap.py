"""Intervals: parity with scipy, coverage, fallbacks, and what is shared or never built."""

import subprocess
import sys
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from mit_harness.errors import InputError
from mit_harness.stats import bootstrap
from mit_harness.stats.bootstrap import Interval, Resampler, interval


def mean(means):
    return means[..., 0]


def difference(means):
    return means[..., 0] - means[..., 1]


def deviation(means):
    return np.sqrt(means[..., 1] - means[..., 0] ** 2)


def test_counts_are_multinomial_and_shared():
    counts = Resampler(20, seed=1, size=5_000).counts
    assert counts.shape == (5_000, 20)
    assert counts.dtype == np.float64
    assert (counts.sum(axis=1) == 20).all()
    assert counts.mean() == 1
    assert counts.var() == pytest.approx(1 - 1 / 20, rel=0.02)
    assert Resampler(20, seed=1, size=5_000).counts is counts
    assert not counts.flags.writeable


@pytest.mark.parametrize("other", [{"seed": 2}, {"stream": 1}])
def test_another_seed_or_stream_has_other_counts(other):
    first = Resampler(20, seed=1, size=50)
    assert not np.array_equal(
        first.counts, Resampler(**{"n": 20, "seed": 1, "size": 50} | other).counts
    )


def test_means_are_those_of_the_drawn_rows():
    columns = np.random.default_rng(0).normal(size=(7, 3))
    resampler = Resampler(7, 0, 20)
    for counts, found in zip(resampler.counts, resampler.means(columns), strict=True):
        rows = np.repeat(np.arange(7), counts.astype(int))
        np.testing.assert_allclose(found, columns[rows].mean(axis=0), rtol=1e-12)


@pytest.mark.parametrize("method", ["BCa", "percentile"])
@pytest.mark.parametrize("shape", ["one block", "two blocks", "two columns"])
def test_equals_scipy_on_the_same_resamples(method, shape):
    """The arithmetic of the interval, without Monte Carlo error."""
    rng = np.random.default_rng(5)
    x, y = rng.exponential(size=40), rng.exponential(size=25) + 1
    if shape == "one block":
        blocks, statistic, data = [x], mean, (x,)
        function = np.mean
    elif shape == "two blocks":
        blocks, statistic, data = [x, y], difference, (x, y)

        def function(a, b, axis=-1):
            return a.mean(axis=axis) - b.mean(axis=axis)
    else:
        blocks, statistic, data = [np.column_stack([x, x**2])], deviation, (x,)
        function = np.std
    prepared = [block if block.ndim == 2 else block[:, None] for block in blocks]
    drawn = [Resampler(len(b), 9, 10_000, j).means(b) for j, b in enumerate(prepared)]
    given = SimpleNamespace(bootstrap_distribution=statistic(np.concatenate(drawn, axis=-1)))
    found = interval(blocks, statistic, seed=9, method=method)
    assert found.method == f"{method} bootstrap"
    assert found.estimate == pytest.approx(float(function(*data)))
    for level in (0.95, 0.90):
        theirs = stats.bootstrap(
            data,
            function,
            n_resamples=0,
            bootstrap_result=given,
            confidence_level=level,
            method=method,
        ).confidence_interval
        assert found.at(level) == pytest.approx(tuple(theirs), rel=1e-9)


@pytest.mark.parametrize("method", ["BCa", "percentile"])
def test_agrees_with_scipy_run_by_itself(method):
    x = np.random.default_rng(8).gamma(2, size=40)
    theirs = stats.bootstrap((x,), np.mean, n_resamples=10_000, method=method, random_state=1)
    found = interval([x], mean, seed=3, method=method)
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert found.low == pytest.approx(theirs.confidence_interval.low, abs=0.06 * width)
    assert found.high == pytest.approx(theirs.confidence_interval.high, abs=0.06 * width)


def test_matched_rows_are_resampled_together():
    rng = np.random.default_rng(2)
    x = rng.normal(size=60)
    y = x + 0.01 * rng.normal(size=60)
    together = interval([np.column_stack([x, y])], difference, seed=0)
    apart = interval([x, y], difference, seed=0)
    assert together.high - together.low < 0.05 * (apart.high - apart.low)


@pytest.mark.parametrize(
    "draw", [lambda r: r.normal(size=40), lambda r: r.exponential(size=40) - 1]
)
def test_coverage_of_a_mean(draw):
    rng = np.random.default_rng(11)
    inside = 0
    for _ in range(400):
        found = interval([draw(rng)], mean, seed=0, size=1_000)
        inside += found.low <= 0 <= found.high
    assert 0.90 <= inside / 400 <= 0.98


@pytest.mark.parametrize(("statistic", "slack"), [(mean, 0.02), (deviation, 0.03)])
def test_delta_agrees_with_the_bootstrap_at_its_boundary(statistic, slack):
    x = np.random.default_rng(4).gamma(3, size=10_000)
    block = np.column_stack([x, x**2])
    drawn = interval([block], statistic, seed=0, size=4_000)
    assert drawn.method == "BCa bootstrap"
    smooth = bootstrap._delta([block], statistic, drawn.estimate, (0.95, 0.90))
    for level in (0.95, 0.90):
        low, high = drawn.at(level)
        assert smooth.at(level) == pytest.approx((low, high), abs=slack * 2 * (high - low))


def test_delta_above_its_boundary_is_labelled_and_small():
    x = np.random.default_rng(4).normal(size=200_000)
    tracemalloc.start()
    found = interval([x, x[:50]], difference, seed=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.method == "delta"
    error = np.sqrt(x.var(ddof=1) / len(x) + x[:50].var(ddof=1) / 50)
    assert found.high - found.low == pytest.approx(2 * 1.959964 * error, rel=1e-5)
    assert peak < 40e6


def test_without_variance_it_is_percentile_and_says_why():
    found = interval([np.full(10, 3.0)], mean, seed=0)
    assert (found.low, found.high, found.method) == (3, 3, "percentile bootstrap")
    assert found.note == "BCa undefined: no variance between leave-one-out values"


def test_every_resample_on_one_side():
    def only_the_data(means):
        return np.where(means.ndim == 1, 1.0, 0.0 * means[..., 0])

    found = interval([np.arange(10.0)], only_the_data, seed=0)
    assert (found.low, found.high, found.method) == (0, 0, "percentile bootstrap")
    assert found.note == "BCa undefined: every resample lies on one side of the estimate"


@pytest.mark.parametrize(("lost", "defined"), [(0.02, True), (0.2, False)])
def test_resamples_that_are_not_finite(lost, defined):
    x = np.random.default_rng(0).normal(size=50)
    cut = np.quantile(Resampler(50, 0).means(x[:, None]), lost)
    found = interval([x], lambda m: np.where(m[..., 0] < cut, np.nan, m[..., 0]), seed=0)
    assert found.estimate == pytest.approx(x.mean())
    assert "not finite" in found.note
    assert (found.low is not None) == defined
    assert bool(found.method) == defined


def test_a_leave_one_out_value_that_is_not_finite():
    x = np.r_[np.zeros(99), 1.0]
    found = interval([x], lambda m: np.where(m[..., 0] == 0, np.inf, m[..., 0]), seed=0, size=200)
    assert found.method == ""
    far = np.r_[np.zeros(5), np.ones(95)]
    found = interval(
        [far], lambda m: np.where(np.isclose(m[..., 0], 95 / 99), np.nan, m[..., 0]), seed=0
    )
    assert found.method == "percentile bootstrap"
    assert found.note.endswith("a leave-one-out value is not finite")


@pytest.mark.parametrize(("rows", "note"), [([], "no rows"), ([1.0], "one row gives no interval")])
def test_too_few_rows(rows, note):
    found = interval([np.array(rows)], mean, seed=0)
    assert found == Interval(rows[0] if rows else None, (0.95, 0.9), ((None, None),) * 2, "", note)


def test_an_undefined_statistic():
    found = interval([np.arange(5.0)], lambda m: m[..., 0] * np.nan, seed=0)
    assert (found.estimate, found.low, found.high, found.method) == (None, None, None, "")


@pytest.mark.parametrize(
    "bad", [{"seed": -1}, {"size": 0}, {"levels": (1.0,)}, {"blocks": []}, {"blocks": [[np.nan]]}]
)
def test_refuses(bad):
    with pytest.raises(InputError):
        interval(**{"blocks": [np.arange(5.0)], "statistic": mean, "seed": 0} | bad)


def test_import_is_light():
    code = (
        "import sys, mit_harness.stats.inference, mit_harness.stats.verdict, "
        "mit_harness.stats.multiplicity\n"
        "print([m for m in ('scipy', 'statsmodels', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
