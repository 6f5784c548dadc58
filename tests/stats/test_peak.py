"""The place of the highest mean and its distribution."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mit_harness.errors import InputError
from mit_harness.stats.bootstrap import Resampler
from mit_harness.stats.peak import peak

SPACINGS = np.arange(10, 26)
quick = settings(max_examples=40, deadline=None)


def spacing_peak(scores, places=SPACINGS, tolerance=0.0, seed=0, size=2_000):
    return peak("peak", scores, places, seed=seed, tolerance=tolerance, unit="bp", size=size)


def hill(n=50, top=17, noise=1.0, seed=0):
    """Scores with their highest mean at one spacing, over backgrounds of their own level."""
    rng = np.random.default_rng(seed)
    level = rng.normal(-140, 5, size=(n, 1))
    return level - 0.5 * abs(SPACINGS - top) + noise * rng.normal(size=(n, 16))


def test_a_clear_peak():
    found = spacing_peak(hill(noise=0.1))
    assert (found.value, found.ci_low, found.ci_high, found.ties) == (17, 17, 17, 0)
    assert (found.p, found.test, found.unit, found.n) == (None, "", "bp", 50)
    assert (found.ci_method, found.note) == ("percentile bootstrap", "17: 100 %")
    assert type(found.value) is type(found.ci_low) is float


@pytest.mark.parametrize("seed", range(4))
def test_the_distribution_is_that_of_the_resamples(seed):
    scores = hill(n=20, noise=2, seed=seed)
    found = spacing_peak(scores)
    drawn = SPACINGS[Resampler(20, 0, 2_000).means(scores).argmax(axis=1)]
    places, counts = np.unique(drawn, return_counts=True)
    shares = sorted(zip(-counts / 2_000, places, strict=True))
    expected = [f"{place}: {-100 * share:.0f} %" for share, place in shares if share <= -0.01]
    assert found.note == ", ".join(expected)
    assert len(expected) > 1
    assert found.value == SPACINGS[scores.mean(axis=0).argmax()]
    assert (drawn < found.ci_low).mean() < 0.025 <= (drawn <= found.ci_low).mean()
    assert (drawn <= found.ci_high).mean() >= 0.975 > (drawn < found.ci_high).mean()
    assert {found.ci_low, found.ci_high} <= set(places.tolist())


def test_the_ends_are_places():
    for seed in range(20):  # of 10 resamples each: between two places more often than not
        found = spacing_peak(hill(n=10, noise=4, seed=seed), size=10)
        assert {found.ci_low, found.ci_high} <= set(SPACINGS.tolist())


def test_ties_for_the_top_go_to_the_smallest_place():
    scores = np.repeat(np.random.default_rng(0).normal(size=(30, 1)), 16, axis=1)
    scores[:, [6, 7, 8]] += 1
    found = spacing_peak(scores)
    assert (found.value, found.ci_low, found.ci_high, found.ties) == (16, 16, 16, 2)
    assert found.note == "tied with 17, 18; 16: 100 %"


def test_noise_breaks_no_tie():
    rng = np.random.default_rng(0)
    scores = np.repeat(rng.normal(-140, 9, size=(30, 1)), 16, axis=1)
    scores[:, [6, 7, 8]] += 1
    for noise, tolerance in ((2e-14, 0.0), (1e-4, 1e-3)):
        noisy = scores + noise * rng.uniform(-1, 1, size=scores.shape)
        assert spacing_peak(noisy, tolerance=tolerance).note == "tied with 17, 18; 16: 100 %"
    assert spacing_peak(noisy).ties == 0


def test_noise_breaks_no_tie_in_long_sums():
    """Nor does the rounding of sums over many backgrounds."""
    rng = np.random.default_rng(0)
    scores = np.repeat(rng.normal(-140, 1, size=(9_000, 1)), 16, axis=1)
    scores[:, [6, 7, 8]] += 1
    noisy = scores + rng.normal(0, 2e-14, size=scores.shape)
    assert spacing_peak(noisy, size=60).note == "tied with 17, 18; 16: 100 %"


@pytest.mark.parametrize("n", [1, 2, 40])
def test_flat(n):
    scores = np.repeat(np.random.default_rng(0).normal(-140, 9, size=(n, 1)), 16, axis=1)
    for tolerance, values in ((0.0, scores), (0.1, scores + 0.001 * np.arange(16))):
        found = spacing_peak(values, tolerance=tolerance)
        assert (found.value, found.ci_low, found.n, found.ties) == (None, None, n, 15)
        assert found.note == "flat: every place ties"


def test_a_tie_only_of_the_means_is_no_tie_of_the_resamples():
    found = spacing_peak([[1.0, -1.0, -9.0], [-1.0, 1.0, -9.0]], [5, 3, 1])
    assert (found.value, found.ties) == (3, 1)
    assert found.note.startswith("tied with 5; 3: ")
    assert (found.ci_low, found.ci_high) == (3, 5)


@given(st.permutations(range(16)))
@quick
def test_the_columns_may_come_in_any_order(order):
    scores = hill(n=15, noise=2, seed=1)
    found = spacing_peak(scores[:, list(order)], SPACINGS[list(order)], size=300)
    expected = spacing_peak(scores, size=300)
    assert found == expected


def test_each_backgrounds_level_is_of_no_account():
    scores = hill(n=25, noise=2)
    level = np.random.default_rng(1).normal(0, 1_000, size=(25, 1))
    assert spacing_peak(scores + level) == spacing_peak(scores)


def test_places_need_not_be_whole():
    found = spacing_peak([[1.0, 5.0], [2.0, 6.0], [0.0, 3.0]], [0.25, -1.5])
    assert (found.value, found.note) == (-1.5, "-1.5: 100 %")


def test_rare_places_are_not_named():
    found = spacing_peak(hill(n=40, noise=1.5, seed=3), size=10_000)
    shares = [int(part.split()[1]) for part in found.note.split(", ")]
    assert shares == sorted(shares, reverse=True)
    assert min(shares) >= 1
    assert sum(shares) == pytest.approx(100, abs=3)


def test_few():
    empty = spacing_peak(np.zeros((0, 16)))
    assert (empty.value, empty.n, empty.note) == (None, 0, "no backgrounds")
    single = spacing_peak(hill(n=1, noise=0))
    assert (single.value, single.ci_low, single.ci_method) == (17, None, "")
    assert single.note == "one row gives no interval"
    for places in ([], [17]):
        alone = spacing_peak(np.zeros((5, len(places))), places)
        assert (alone.value, alone.note) == (None, "a peak needs two places")


def test_seeds():
    scores = hill(n=20, noise=2)
    assert repr(spacing_peak(scores, seed=1)) == repr(spacing_peak(scores, seed=1))
    assert spacing_peak(scores, seed=1).note != spacing_peak(scores, seed=2).note


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"scores": np.ones(3)}, "2 dimension"),
        ({"scores": [[1, np.nan, 2]]}, r"value at \(0, 1\) is nan"),
        ({"places": [1, 2]}, "3 columns of scores have 2 places"),
        ({"places": [1, 2, 2]}, "a place of its own"),
        ({"places": [1, 2, np.inf]}, "places: the value at 2 is inf"),
        ({"places": ["a", "b", "c"]}, "places: the values are not"),
        ({"tolerance": np.nan}, "tolerance"),
        ({"seed": -1}, "seed >= 0"),
        ({"size": 0}, "at least 1"),
    ],
)
def test_refuses(bad, words):
    good = {"scores": np.ones((2, 3)), "places": [1, 2, 3], "seed": 0, "tolerance": 0.0}
    with pytest.raises(InputError, match=words):
        peak("peak", unit="bp", **good | bad)
