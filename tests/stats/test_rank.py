"""The rank covariance within strata: by hand, by brute force, and its permutation test."""

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mit_harness.errors import InputError
from mit_harness.stats import bootstrap, rank
from mit_harness.stats.rank import centred_ranks, ordered, rank_covariance

quick = settings(max_examples=60, deadline=None)
few = st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=2, max_size=9)
TWO = np.repeat([0, 1], [7, 12])


def follows(scores, reference, strata=None, tolerance=0.0, seed=0, size=500, **options):
    labels = np.zeros(len(reference), int) if strata is None else strata
    return rank_covariance(
        "r", scores, reference, labels, seed=seed, tolerance=tolerance, size=size, **options
    )


def one(means, n=4):
    """Backgrounds of very different levels whose columns have these means, exactly the same."""
    return np.asarray(means, dtype=float) + 64.0 * np.arange(n)[:, None]


def brute_force(means, reference, strata, tolerance=0.0):
    """Ranks by counting, covariances by numpy, one stratum after the other."""
    above = below = 0.0
    for label in set(strata.tolist()):
        x, y = means[strata == label], reference[strata == label]
        r = [sum((a > b + tolerance) + 0.5 * (abs(a - b) <= tolerance) for b in x) for a in x]
        q = stats.rankdata(y)
        above += np.cov(r, q, ddof=0)[0, 1]
        below += np.cov(q, q, ddof=0)[0, 1]
    return above / below


def data(n=30, noise=1.0, seed=0):
    rng = np.random.default_rng(seed)
    reference = rng.normal(size=19)
    level = rng.normal(-140, 5, size=(n, 1))
    return level + reference + noise * rng.normal(size=(n, 19)), reference


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=12))
@quick
def test_ranks_are_scipys(values):
    x = np.array(values, dtype=float)
    expected = stats.rankdata(x) - (len(x) + 1) / 2
    assert centred_ranks(x, 0.0).tolist() == expected.tolist()
    assert centred_ranks(np.stack([x, -x]), 0.0).tolist() == [
        expected.tolist(),
        (-expected).tolist(),
    ]


def test_ties_within_the_tolerance_need_not_chain():
    # 0 and 1 tie, 1 and 2 tie, 0 and 2 do not
    assert centred_ranks(np.array([0.0, 1.0, 2.0]), 1.0).tolist() == [-0.5, 0.0, 0.5]


@given(few, st.integers(1, 3), st.sampled_from([0.0, 1.0]))
@quick
def test_against_brute_force(pairs, count, tolerance):
    means, reference = np.array(pairs, dtype=float).T
    strata = np.arange(len(means)) % count
    found = follows(one(means), reference, strata, tolerance, size=20, permutations=50)
    if any(np.ptp(reference[strata == label]) for label in set(strata.tolist())):
        assert found.value == pytest.approx(brute_force(means, reference, strata, tolerance))
        assert -1 - 1e-12 <= found.value <= 1 + 1e-12
        assert (found.ci_low, found.ci_high) == pytest.approx((found.value, found.value))
    else:
        assert found.value is None
        assert "the reference does not vary in stratum 0" in found.note


def test_one_stratum_without_ties_is_spearmans():
    scores, reference = data(noise=4)
    found = follows(scores, reference)
    assert found.value == pytest.approx(stats.spearmanr(scores.mean(axis=0), reference).statistic)
    assert 0 < found.value < 1
    assert (found.n, found.ties, found.unit, found.note) == (30, 0, "of the reference's own", "")
    assert (found.test, found.mde) == ("permutation of variants within strata, one-sided", None)


def test_the_references_own_order_is_one_and_its_reverse_minus_one():
    reference = np.array([1.0, 1.0, 5.0, 2.0, 7.0, 7.0, 7.0, 3.0])
    strata = np.array([3, 3, 3, 3, -1, -1, -1, -1])
    for order, value, p in ((reference, 1, 1 / 48), (-reference, -1, 1)):
        found = follows(one(order), reference, strata)
        assert found.value == pytest.approx(value)
        assert found.p == pytest.approx(p, abs=0.006)  # 12 orders of the one, 4 of the other
    # variants that the reference calls alike may come in any order
    either = follows(one([1.0, 1.5, 5, 2, 7, 8, 9, 3]), reference, strata)
    assert either.value == pytest.approx(1)


def test_strata_do_not_meet():
    """A model that orders the strata and nothing within them knows nothing."""
    reference = np.arange(19.0)
    found = follows(one(100.0 * TWO), reference, TWO)
    assert (found.value, found.p) == (0, 1)
    assert follows(one(100.0 * TWO), reference).value > 0.5
    shifted = follows(one(reference - 1000.0 * TWO), reference, TWO)
    assert shifted.value == pytest.approx(1)


@given(st.permutations(range(8)), st.sampled_from([np.exp, np.arctan, lambda x: 3 * x - 200]))
@quick
def test_only_the_order_and_not_the_columns_place_matters(order, transform):
    rng = np.random.default_rng(1)
    means, reference, strata = rng.normal(size=8), rng.integers(0, 3, 8), np.arange(8) % 2
    expected = follows(one(means), reference, strata, size=10, permutations=10).value
    moved = [values[list(order)] for values in (transform(means), reference, strata * 7 - 3)]
    found = follows(one(moved[0]), *moved[1:], size=10, permutations=10)
    assert found.value == pytest.approx(expected)


@pytest.mark.parametrize("n", [1, 2, 30])
def test_all_ties_are_exactly_zero(n):
    rng = np.random.default_rng(0)
    scores = np.repeat(rng.normal(-140, 9, size=(n, 1)), 19, axis=1)
    found = follows(scores, rng.normal(size=19), TWO)
    assert (found.value, found.p, found.ties) == (0, 1, 21 + 66)
    assert found.note.startswith("every pair of variants ties: no order")
    if n > 1:
        assert (found.ci_low, found.ci_high) == (0, 0)


@pytest.mark.parametrize("tolerance", [0.0, 1e-9])
def test_noise_breaks_no_tie(tolerance):
    rng = np.random.default_rng(0)
    scores = np.repeat(rng.normal(-140, 9, size=(40, 1)), 19, axis=1)
    noisy = scores + rng.normal(0, max(tolerance / 10, 2e-14), size=scores.shape)
    found = follows(noisy, np.arange(19.0), TWO, tolerance)
    assert (found.value, found.ci_low, found.ci_high, found.p) == (0, 0, 0, 1)
    # two levels of three kinds each, spelled 0.1 + 0.2 and 0.3
    reference = np.array([0.1 + 0.2, 0.3, 0.3, 1.0, 1.0, 1.0])
    assert follows(one([1, 2, 3, 4, 5, 6]), reference).value == pytest.approx(1)


def test_noise_breaks_no_tie_in_long_sums():
    """Nor does the rounding of sums over many backgrounds."""
    rng = np.random.default_rng(0)
    scores = np.repeat(rng.normal(-140, 1, size=(9_000, 1)), 4, axis=1)
    noisy = scores + rng.normal(0, 2e-14, size=scores.shape)
    found = follows(noisy, np.arange(4.0), size=60)
    assert (found.value, found.ci_low, found.ci_high) == (0, 0, 0)


def test_ties_are_counted_and_said():
    found = follows(one([1, 1, 2, 2, 2, 5]), np.arange(6.0))
    assert (found.ties, found.note.split(";")[0]) == (4, "4 of 15 pairs of variants tie")
    found = follows(one([1, 2, 3, 9, 9]), [1, 2, 3, 5, 5], [0, 0, 0, 8, 8])
    assert found.value == pytest.approx(1)
    assert found.ties == 0  # a stratum without a reference order is not looked at
    assert "the reference does not vary in stratum 8" in found.note


def test_a_reference_without_variation_is_undefined():
    scores, _ = data()
    found = follows(scores, 1.0 * TWO, TWO)
    assert (found.value, found.p, found.ci_low, found.n) == (None, None, None, 30)
    assert found.note == "the reference does not vary in stratum 0, 1"
    single = follows([[1.0], [2.0]], [3.0])
    assert single.note == "the reference does not vary in stratum 0"


def test_few_backgrounds():
    empty = follows(np.zeros((0, 19)), np.arange(19.0), TWO)
    assert (empty.value, empty.n, empty.note) == (None, 0, "no backgrounds")
    single = follows(np.arange(19.0)[None, :], np.arange(19.0), TWO)
    assert (single.value, single.ci_low, single.ci_method) == (pytest.approx(1), None, "")
    assert single.p < 0.001
    assert single.note == "one row gives no interval"


@pytest.mark.parametrize("method", ["BCa", "percentile"])
def test_the_interval_resamples_backgrounds(method):
    scores, reference = data(n=25, noise=3)
    found = follows(scores, reference, TWO, size=4_000, method=method)
    assert found.ci_method == f"{method} bootstrap"
    assert -1 <= found.ci_low < found.value < found.ci_high <= 1


def test_the_interval_is_that_of_drawn_backgrounds():
    scores, reference = data(n=25, noise=3)
    found = follows(scores, reference, TWO, size=4_000, method="percentile")
    rng = np.random.default_rng(5)
    drawn = [
        brute_force(scores[rng.integers(0, 25, 25)].mean(axis=0), reference, TWO)
        for _ in range(1_500)
    ]
    expected = np.quantile(drawn, [0.025, 0.975])
    assert (found.ci_low, found.ci_high) == pytest.approx(expected, abs=0.03)


def test_large_n_has_the_interval_of_normal_means_which_is_that_of_resampled_ones():
    scores, reference = data(n=rank.DELTA_ABOVE + 1, noise=60)
    found = follows(scores, reference, TWO, size=500, permutations=100)
    assert found.ci_method == bootstrap.NORMAL_MEANS
    drawn = [
        brute_force(means, reference, TWO)
        for means in bootstrap.Resampler(len(scores), 0, 300).means(scores)
    ]
    assert (found.ci_low, found.ci_high) == pytest.approx(
        np.quantile(drawn, [0.025, 0.975]), abs=0.1
    )
    assert found.ci_low < found.ci_high - 0.1


def exact_p(means, reference, strata):
    """All orders within the strata."""
    groups = [np.flatnonzero(strata == label) for label in np.unique(strata)]
    observed, reached, total = brute_force(means, reference, strata), 0, 0
    for orders in itertools.product(*(itertools.permutations(group) for group in groups)):
        moved = means.copy()
        moved[np.concatenate(groups)] = means[np.concatenate(orders)]
        reached += brute_force(moved, reference, strata) >= observed - 1e-9
        total += 1
    return reached / total


@pytest.mark.parametrize(
    ("means", "reference"),
    [
        ([1, 2, 3, 4, 1, 2, 3], [1, 2, 4, 3, 1, 3, 2]),
        ([1, 2, 2, 4, 1, 1, 3], [1, 1, 4, 3, 1, 3, 3]),
        ([4, 3, 2, 1, 1, 2, 3], [1, 2, 3, 4, 3, 2, 1]),
    ],
)
def test_p_against_all_orders(means, reference):
    strata = np.array([0, 0, 0, 0, 1, 1, 1])
    x, y = np.array(means, dtype=float), np.array(reference, dtype=float)
    found = follows(one(x), y, strata)
    exact = exact_p(x, y, strata)
    assert found.p == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 10_000) + 1e-4)


def test_p_agrees_with_scipys_permutation_test():
    scores, reference = data(n=10, noise=9, seed=4)
    means = scores.mean(axis=0)
    theirs = stats.permutation_test(
        (means,),
        lambda x: stats.spearmanr(x, reference).statistic,
        permutation_type="pairings",
        alternative="greater",
        n_resamples=3_000,
        random_state=0,
    )
    found = follows(scores, reference)
    assert 0.001 < theirs.pvalue < 0.5
    assert found.p == pytest.approx(theirs.pvalue, abs=0.03)


def test_p_never_is_zero_and_counts_the_observed_order():
    scores, reference = data(noise=0)
    assert follows(scores, reference, TWO, permutations=99).p == 1 / 100
    assert follows(scores, reference, TWO).p == 1 / 10_001


def test_the_test_keeps_its_level():
    rng = np.random.default_rng(3)
    p = [
        follows(rng.normal(size=(2, 19)), np.arange(19.0), TWO, size=2, permutations=199).p
        for _ in range(1_000)
    ]
    for alpha in (0.025, 0.1, 0.5):
        assert np.mean(np.array(p) <= alpha) == pytest.approx(
            alpha, abs=3.5 * np.sqrt(alpha / 1000)
        )


@pytest.mark.parametrize(("method", "least"), [("percentile", 0.88), ("BCa", 0.65)])
def test_coverage_is_as_the_module_says(method, least):
    """The percentile interval covers about as it should, the BCa one clearly less."""
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(150):
        reference = np.arange(19.0)
        truth = 0.6 * stats.zscore(reference) + 0.8 * rng.normal(size=19)
        scores = truth + 0.5 * rng.normal(size=(30, 19))
        found = follows(scores, reference, TWO, method=method, permutations=1)
        expected = brute_force(truth, reference, TWO)
        inside += found.ci_low - 1e-9 <= expected <= found.ci_high + 1e-9
    assert least <= inside / 150 <= 0.99


def test_same_bytes_for_a_seed_and_others_for_another():
    scores, reference = data(n=12, noise=8)
    first = follows(scores, reference, TWO, seed=3)
    assert repr(first) == repr(follows(scores, reference, TWO, seed=3))
    other = follows(scores, reference, TWO, seed=4)
    assert (first.value, first.ci_low == other.ci_low) == (other.value, False)
    assert first.p != other.p
    assert follows(scores, reference, TWO, seed=3, size=50).p == first.p


def test_chunks_change_nothing_but_memory(monkeypatch):
    scores, reference = data(n=12, noise=8)
    whole = follows(scores, reference, permutations=1_000)
    monkeypatch.setattr(rank, "_CHUNK_CELLS", 19 * 100)
    assert follows(scores, reference, permutations=1_000) == whole


def test_memory_is_bounded():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(20, 300))
    tracemalloc.start()
    follows(scores, np.arange(300.0), np.arange(300) % 2, size=2_000, permutations=20_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 120e6  # 20,000 x 300 permuted ranks alone are 48 MB, all pairs 720 MB


def test_an_order_keeps_only_strata_that_vary():
    order = ordered(np.array([1.0, 1, 2, 3]), np.array([5.0, 5, 6, 6]))
    assert (order.labels, order.flat) == ((6,), "the reference does not vary in stratum 5")
    assert [columns.tolist() for columns in order.columns] == [[2, 3]]
    assert order.agreement(order.ranks(np.array([0.0, 9, 2, 3]), 0.0)) == 1


GOOD = {"scores": np.ones((3, 4)), "reference": [1, 2, 3, 4], "strata": [0, 0, 1, 1]}


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"scores": np.ones(4)}, "2 dimension"),
        ({"scores": np.ones((3, 0)), "reference": [], "strata": []}, "0 variants are scored"),
        ({"scores": [[1, 2, 3, np.nan]]}, r"value at \(0, 3\) is nan"),
        ({"scores": [[1, 2, 3, "x"]]}, "not an array of numbers"),
        ({"reference": [1, 2, 3]}, "3 have a reference"),
        ({"reference": [1, 2, 3, np.inf]}, "reference: the value at 3 is inf"),
        ({"reference": np.ones((4, 1))}, "dimension"),
        ({"strata": [0, 1]}, "2 a stratum"),
        ({"strata": [0, 0, 1, 1.5]}, "integer labels"),
        ({"strata": [0, 0, 1, np.nan]}, "strata: the value at 3 is nan"),
        ({"strata": ["AT", "AT", "GC", "GC"]}, "strata: the values are not an array of numbers"),
        ({"tolerance": -1.0}, "tolerance"),
        ({"seed": -1}, "seed >= 0"),
        ({"size": 0}, "at least 1"),
        ({"permutations": 0}, "at least 1"),
    ],
)
def test_refuses(bad, words):
    with pytest.raises(InputError, match=words):
        rank_covariance("r", **{"seed": 0, "tolerance": 0.0} | GOOD | bad)
