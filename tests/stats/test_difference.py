"""Two models on the same backgrounds: what cancels, what is mirrored, and what is not claimed."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats as scipy_stats
from statsmodels.stats.contingency_tables import mcnemar

from mit_harness.errors import InputError
from mit_harness.stats.bootstrap import NORMAL_MEANS, Resampler, interval
from mit_harness.stats.difference import CLOPPER_PEARSON, difference, discordant
from mit_harness.stats.inference import inference
from mit_harness.stats.metric import undefined
from mit_harness.stats.paired import proportion
from mit_harness.stats.peak import peak

SEED = 7
OURS, THEIRS = inference("matched", SEED, 0.0), inference("published", SEED, 0.0)


def scores(seed, n=40, k=6, shift=0.0):
    """Scores of one model: n backgrounds by k conditions; two share what is hard."""
    hard = np.random.default_rng(1).normal(size=(n, 1))
    return hard + shift * np.arange(k) + np.random.default_rng(seed).normal(size=(n, k))


def every_metric(stats, x):
    """One metric of every kind from one model's scores."""
    places = np.array([10, 11, 12, 13, 14, 15])
    return {
        "proportion": stats.proportion("p", x[:, 1], x[:, 0]),
        "sets": stats.proportion("s", x[:, 1], x[:, 2:]),
        "mean": stats.mean_difference("m", x[:, 1], x[:, 0]),
        "contrast": stats.contrast("c", x, [1, 1, 1, -1, -1, -1]),
        "d": stats.cohen_d("d", x[:, 1], x[:, 0]),
        "unpaired d": stats.cohen_d("d", x[:, 1], x[:10, 0], paired_index=False),
        "d_z": stats.cohen_dz("z", x[:, 1], x[:, 0]),
        "ratio": stats.ratio(
            "r",
            [np.column_stack([x[:, 1], 9 + x[:, 0]])],
            lambda m: m[..., 0],
            lambda m: m[..., 1],
            rule="above 0",
        ),
        "r": stats.pearson("r", x[:, 1], x[:, 0]),
        "r of means": stats.pearson_of_means("rm", np.tile(places, (len(x), 1)), x),
        "slope": stats.slope("sl", places + 0 * x, x, unit="nats"),
        "ranks": stats.rank_covariance("rc", x, places, [0, 0, 0, 1, 1, 1]),
        "peak": stats.peak("pk", x, places, unit="bp"),
        "auc": stats.adjusted_auc("auc", x[:, 1], x[:15, 0], x[:, 2], x[:15, 2]),
    }


KINDS = tuple(every_metric(OURS, scores(2)))


@pytest.mark.parametrize("protocol", ["matched", "published"])
@pytest.mark.parametrize("kind", KINDS)
def test_exchanging_the_models_negates_everything(kind, protocol):
    stats = inference(protocol, SEED, 0.0)
    a, b = (every_metric(stats, scores(seed, shift=s))[kind] for seed, s in ((2, 0.2), (3, 0.1)))
    found, mirrored = difference(a, b), difference(b, a)
    assert found.estimate == pytest.approx(a.value - b.value, abs=1e-12)
    assert mirrored.estimate == pytest.approx(-found.estimate, abs=1e-12)
    assert found.low is not None
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low), abs=1e-9)
    assert found.low <= found.estimate <= found.high
    assert found.method == mirrored.method


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_does_not_differ_from_itself(kind):
    a = every_metric(OURS, scores(2))[kind]
    found = difference(a, a)
    assert found.estimate == 0
    if a.unit != "proportion":  # a proportion does not show that nothing else would come out
        assert (found.low, found.high) == (0, 0)


@pytest.mark.parametrize("kind", ["mean", "contrast"])
def test_a_difference_of_means_is_the_mean_of_differences(kind):
    """The rows' own differences, resampled as one column, give the same interval."""
    x, y = scores(2), scores(3)
    rows = {
        "mean": (x[:, 1] - x[:, 0]) - (y[:, 1] - y[:, 0]),
        "contrast": (x - y) @ np.array([1, 1, 1, -1, -1, -1]),
    }[kind]
    direct = interval([rows], lambda m: m[..., 0], seed=SEED)
    found = difference(every_metric(OURS, x)[kind], every_metric(OURS, y)[kind])
    assert found.bounds[0] == pytest.approx(direct.bounds[0])
    assert found.method == "BCa bootstrap"


def test_it_is_the_bootstrap_done_by_hand():
    x, y = scores(2, n=9), scores(3, n=9)
    drawn = Resampler(9, SEED, THEIRS.size).counts.astype(int)

    def effects(scored):
        found = []
        for counts in drawn:
            rows = np.repeat(scored, counts, axis=0)
            found.append(
                [(rows[:, 1] > rows[:, 0]).mean(), np.corrcoef(rows[:, 1], rows[:, 0])[0, 1]]
            )
        return np.array(found)

    wanted = np.quantile(effects(x) - effects(y), [0.025, 0.975], axis=0)
    a, b = every_metric(THEIRS, x), every_metric(THEIRS, y)
    for k, kind in enumerate(["proportion", "r"]):
        assert difference(a[kind], b[kind]).bounds[0] == pytest.approx(tuple(wanted[:, k]))


def outcomes(rng, n):
    """Wins of two models, correlated by what is hard: shapes (n,), true difference 0.1."""
    hard = rng.uniform(size=n)
    return (hard < 0.7).astype(float), np.where(
        rng.uniform(size=n) < 0.8, hard, rng.uniform(size=n)
    )


def test_the_paired_interval_covers_and_is_narrower():
    rng, zeros, hits, narrower = np.random.default_rng(5), np.zeros(60), [], []
    for _ in range(300):
        first, latent = outcomes(rng, 60)
        second = (latent < 0.6).astype(float)
        a, b = (
            proportion("p", won - 0.5, zeros, tolerance=0, seed=SEED, size=2000)
            for won in (first, second)
        )
        found = difference(a, b)
        hits.append(found.low <= 0.1 <= found.high)
        apart = np.hypot(a.ci_high - a.ci_low, b.ci_high - b.ci_low)
        narrower.append((found.high - found.low) / apart)
    assert 0.91 <= np.mean(hits) <= 0.98
    assert np.median(narrower) < 0.8


def metric_of(outcome):
    """A proportion from outcomes 1, 0.5 and 0, pair by pair."""
    return OURS.proportion("p", np.array(outcome, dtype=float) - 0.5, np.zeros(len(outcome)))


def test_mcnemar_is_the_binomial_by_hand():
    a = metric_of([1] * 9 + [0] * 2 + [1] * 20 + [0] * 9)
    b = metric_of([0] * 9 + [1] * 2 + [1] * 20 + [0] * 9)
    found = discordant(a, b)
    assert (found.gained, found.lost) == (9, 2)
    by_hand = 2 * sum(scipy_stats.binom.pmf(k, 11, 0.5) for k in range(3))
    assert found.p == pytest.approx(by_hand)
    assert found.p == pytest.approx(mcnemar([[20, 9], [2, 9]], exact=True).pvalue)
    swapped = discordant(b, a)
    assert (swapped.gained, swapped.lost, swapped.p) == (2, 9, found.p)


def test_a_tie_stands_between_winning_and_losing():
    found = discordant(metric_of([1, 0.5, 0.5, 0, 1, 0.5]), metric_of([0.5, 0, 0.5, 0.5, 1, 1]))
    assert (found.gained, found.lost, found.p) == (2, 2, 1.0)
    assert discordant(metric_of([0.5] * 8), metric_of([0.5] * 8)).p == 1.0


def test_a_matched_set_is_one_pair():
    x, y = np.zeros((8, 3)), np.zeros((8, 3))
    x[:, :2] = 1  # two of three won
    y[:, 0] = 1  # one of three won
    won, lost = (OURS.proportion("s", side, np.full((8, 3), 0.5)) for side in (x, y))
    found = discordant(won, lost)
    assert (found.gained, found.lost) == (8, 0)
    assert found.p == pytest.approx(2 * 0.5**8)


def test_only_proportions_have_discordant_pairs():
    a = every_metric(OURS, scores(2))
    assert [kind for kind in KINDS if discordant(a[kind], a[kind])] == ["proportion", "sets"]


@pytest.mark.parametrize(
    ("mine", "theirs", "low", "high"),
    [
        (1, 1, -1, 1),  # the n pairs that agree leave room for the share q of others
        (0, 0, -1, 1),
        (1, 0, 1 - 2, 1),
        (0.5, 0.5, 0, 0),  # blind, both of them
        (1, 0.5, -0.5, 0.5),
        (0.5, 1, -0.5, 0.5),
    ],
)
def test_pairs_that_all_do_the_same_are_not_certainty(mine, theirs, low, high):
    n = 50
    found = difference(metric_of([mine] * n), metric_of([theirs] * n))
    c, q = mine - theirs, 1 - 0.025 ** (1 / n)
    assert found.estimate == c
    expected = (0, 0) if low == high else (c + q * (low - c), c + q * (high - c))
    assert (found.low, found.high) == pytest.approx(expected)
    assert (found.method == CLOPPER_PEARSON) == (low != high)
    assert -1 <= found.low <= found.high <= 1


def test_agreeing_on_every_pair_is_the_exact_bound():
    won = [1, 0] * 25
    found = difference(metric_of(won), metric_of(won))
    upper = scipy_stats.binomtest(0, 50).proportion_ci(0.95, method="exact").high
    assert (found.low, found.high) == pytest.approx((-upper, upper))


def test_what_is_undefined_or_infinite_has_no_difference():
    known = OURS.cohen_d("d", [1.0, 2, 4, 8], [1.0, 1, 3, 5])
    infinite = OURS.cohen_d("d", [1.0] * 4, [0.0] * 4)
    nothing = undefined("d", 4, "Cohen's d", "no rows")
    assert infinite.value == np.inf
    for a, b, said in (
        (known, nothing, "the baseline's is undefined (no rows)"),
        (infinite, known, "the candidate's is inf (zero spread"),
        (infinite, infinite, "the baseline's is inf"),
    ):
        found = difference(a, b)
        assert (found.estimate, found.low, found.high) == (None, None, None)
        assert said in found.note


def test_one_row_has_a_difference_without_an_interval():
    found = difference(metric_of([1]), metric_of([0]))
    assert found.estimate == 1
    assert found.high == 1
    one, other = (OURS.mean_difference("m", [x], [0.0]) for x in (2.0, 1.0))
    found = difference(one, other)
    assert (found.estimate, found.low) == (1, None)
    assert "one row" in found.note


def test_what_was_not_resampled_has_no_interval():
    a = replace(metric_of([1, 0, 1, 1]), sample=None)
    found = difference(a, a)
    assert (found.estimate, found.low, found.note) == (
        0,
        None,
        "not resampled, so without an interval",
    )
    assert discordant(a, a) is None


def test_models_that_were_not_resampled_alike_are_refused():
    a = metric_of([1, 0, 1, 0, 1, 0])
    other_seed = proportion("p", [1.0, 0], [0.0, 1], tolerance=0, seed=8)
    for b in (metric_of([1, 0, 1]), other_seed):
        with pytest.raises(InputError, match="were not resampled alike"):
            difference(a, b)
        with pytest.raises(InputError, match="were not resampled alike"):
            discordant(a, b)


def test_above_ten_thousand_rows():
    x, y = scores(2, n=10_001, shift=0.2), scores(3, n=10_001, shift=0.2)
    a, b = map(big, (x, y))
    means = difference(a["mean"], b["mean"])
    assert means.method == "delta"
    rows = (x[:, 1] - x[:, 0]) - (y[:, 1] - y[:, 0])
    reach = 1.959964 * rows.std(ddof=1) / np.sqrt(len(rows))
    assert (means.low, means.high) == pytest.approx((rows.mean() - reach, rows.mean() + reach))
    peaks = difference(a["peak"], b["peak"])
    assert peaks.method == NORMAL_MEANS
    assert (peaks.estimate, peaks.low, peaks.high) == (0, 0, 0)


def big(x):
    return {
        "mean": OURS.mean_difference("m", x[:, 1], x[:, 0]),
        "peak": peak("pk", x, np.arange(6), seed=SEED, tolerance=0, unit="bp", size=200),
    }
