"""Cohen's d, d_z and generic estimates."""

import math

import numpy as np
import pytest
from scipy import stats

from mit_harness.errors import InputError
from mit_harness.stats.bootstrap import interval
from mit_harness.stats.effect import cohen_d, cohen_dz, estimate


def d(a, b, paired_index=False, tolerance=0.0, **options):
    return cohen_d("mes", a, b, paired_index=paired_index, seed=0, tolerance=tolerance, **options)


def test_by_hand():
    # means 3 and 1; variances (ddof 1) 4 and 4
    assert d([1, 3, 5], [-1, 1, 3]).value == pytest.approx(1)
    # unequal sizes: (2 * 4 + 1 * 2) / 3 pooled, difference 3 - 1
    assert d([1, 3, 5], [0, 2]).value == pytest.approx(2 / math.sqrt((2 * 4 + 1 * 2) / 3))


@pytest.mark.parametrize("paired_index", [True, False])
def test_interval_against_scipy(paired_index):
    rng = np.random.default_rng(3)
    b = rng.normal(-140, 4, size=40)
    a = b + rng.normal(2, 2, size=40)

    def statistic(x, y, axis=-1):
        pooled = (x.var(axis=axis, ddof=1) + y.var(axis=axis, ddof=1)) / 2
        return (x.mean(axis=axis) - y.mean(axis=axis)) / np.sqrt(pooled)

    theirs = stats.bootstrap(
        (a, b), statistic, paired=paired_index, n_resamples=10_000, method="BCa", random_state=1
    ).confidence_interval
    found = d(a, b, paired_index)
    assert found.value == pytest.approx(float(statistic(a, b)))
    assert (found.ci_method, found.unit, found.p, found.n) == (
        "BCa bootstrap",
        "Cohen's d",
        None,
        40,
    )
    slack = 0.06 * (theirs.high - theirs.low)
    assert (found.ci_low, found.ci_high) == pytest.approx(tuple(theirs), abs=slack)


def test_neither_shift_nor_scale_matters():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 30))
    base, moved = d(a, b), d(1e-3 * a + 500, 1e-3 * b + 500)
    assert moved.value == pytest.approx(base.value, rel=1e-8)
    assert (moved.ci_low, moved.ci_high) == pytest.approx((base.ci_low, base.ci_high), rel=1e-6)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("function", ["d", "dz"])
def test_zero_spread_is_infinite_and_said(sign, function):
    a, b = np.full(9, sign * 4.5), np.zeros(9)
    noise = 1e-14 * np.random.default_rng(0).normal(size=9)  # of summing in another order
    for tolerance, extra in ((1e-9, noise), (0.0, 0 * noise)):
        if function == "d":
            found = d(a + extra, b, tolerance=tolerance)
        else:
            found = cohen_dz("dz", a + extra, b, seed=0, tolerance=tolerance)
        assert found.value == sign * math.inf
        assert found.ci_low is None
        assert "zero spread" in found.note
        assert f"{sign * 4.5:g}" in found.note


@pytest.mark.parametrize("function", ["d", "dz"])
def test_zero_spread_without_difference_is_null(function):
    a = np.full(9, 2.0)
    if function == "d":
        found = d(a, a + 1e-15)
    else:
        found = cohen_dz("dz", a, a + 1e-15, seed=0, tolerance=0)
    assert (found.value, found.ci_low) == (None, None)
    assert found.note.endswith("no difference")


def test_dz_against_scipy():
    rng = np.random.default_rng(6)
    b = rng.normal(-140, 4, size=40)
    a = b + rng.normal(0.5, 1, size=40)

    def statistic(x, axis=-1):
        return x.mean(axis=axis) / x.std(axis=axis, ddof=1)

    theirs = stats.bootstrap((a - b,), statistic, n_resamples=10_000, method="BCa", random_state=1)
    low, high = theirs.confidence_interval
    found = cohen_dz("dz", a, b, seed=0, tolerance=0)
    assert found.value == pytest.approx(float(statistic(a - b)))
    assert (found.ci_low, found.ci_high) == pytest.approx((low, high), abs=0.06 * (high - low))


def test_few():
    assert d([1.0], [2.0, 3.0]).value is None
    assert cohen_dz("dz", [1.0], [2.0], seed=0, tolerance=0).value is None
    two = d([1.0, 2.0], [2.0, 4.0])  # a quarter of the resamples lack any spread
    assert two.value is not None
    assert two.ci_low is None
    assert "not finite" in two.note


def test_matched_groups_need_one_size():
    with pytest.raises(InputError, match="do not match"):
        d([1, 2, 3], [1, 2], paired_index=True)
    with pytest.raises(InputError, match="nan"):
        d([1, np.nan], [1, 2])


def test_large_n_is_delta():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 12_000))
    found = d(a + 0.3, b)
    assert found.ci_method == "delta"
    # Hedges and Olkin's large-sample variance of d
    error = math.sqrt(2 / 12_000 + found.value**2 / (4 * 12_000))
    assert (found.ci_high - found.ci_low) / 2 == pytest.approx(1.96 * error, rel=0.02)


def test_estimate():
    x = np.random.default_rng(0).normal(size=(30, 3))

    def contrast(means):
        return means[..., 0] - means[..., 1:].mean(axis=-1)

    found = estimate("contrast", [x], contrast, seed=1, unit="nats", note="by hand")
    direct = interval([x], contrast, seed=1)
    assert (found.value, found.ci_low, found.ci_high) == (direct.estimate, direct.low, direct.high)
    assert (found.note, found.n, found.p) == ("by hand", 30, None)
