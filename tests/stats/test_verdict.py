"""The verdict table."""

from itertools import product

import numpy as np
import pytest

from mit_harness.errors import InputError
from mit_harness.stats.metric import Metric
from mit_harness.stats.paired import mean_difference, proportion
from mit_harness.stats.verdict import Verdict, combine, decide

H, R, A, U, X = Verdict.HOLDS, Verdict.REFUTED, Verdict.ABSENT, Verdict.UNDECIDED, Verdict.ERROR


def metric(ci, p=0.001, n=100, ci90=(None, None), value=0.7, note=""):
    return Metric(
        "css", value, *ci, p, n, 0, "proportion", "sign test", "BCa bootstrap",
        ci90_low=ci90[0], ci90_high=ci90[1], note=note,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "verdict", "words"),
    [
        (metric((0.6, 0.8)), H, "p = 0.001 < 0.025"),
        (metric((0.6, 0.8), n=6), H, "above 0.5"),
        (metric((0.6, 0.8), n=5), U, "n too small"),
        (metric((0.2, 0.3), n=0), U, "n too small"),
        (metric((None, None), note="zero spread"), U, "zero spread"),
        (metric((None, None), value=float("inf")), U, "no interval"),
        (metric((0.6, 0.8), value=None), U, "no interval"),
        (metric((0.2, 0.4), p=1.0), R, "wholly at or below 0.5"),
        (metric((0.3, 0.5), p=1.0), R, "wholly at or below 0.5"),
        (metric((0.5, 0.5), p=1.0, ci90=(0.5, 0.5)), R, "at or below"),
        (metric((0.5, 0.8)), U, "contains 0.5"),
        (metric((0.4, 0.8), p=0.2), U, "contains 0.5"),
        (metric((0.6, 0.8), p=0.025), U, "p = 0.025 is not < 0.025"),
        (metric((0.6, 0.8), p=None), U, "there is no test"),
        (metric((0.39, 0.61), p=0.5, ci90=(0.4, 0.6)), A, "near chance"),
        (metric((0.39, 0.61), p=0.5, ci90=(0.39, 0.6)), U, "contains 0.5"),
        (metric((0.39, 0.61), p=0.5, ci90=(0.4, 0.61)), U, "contains 0.5"),
        (metric((0.51, 0.58), p=0.03, ci90=(0.52, 0.57)), A, "near chance"),
        (metric((0.51, 0.58), p=0.001, ci90=(0.52, 0.57)), H, "above 0.5"),
    ],
)
def test_decide(given, verdict, words):
    found, reason = decide(given)
    assert found is verdict
    assert words in reason


def test_other_thresholds_and_bands():
    assert decide(metric((0.1, 0.8)), threshold=0, band=None)[0] is H
    assert decide(metric((-2, 0.0), p=1.0), threshold=0, band=None)[0] is R
    near = metric((0.42, 0.58), p=0.5, ci90=(0.43, 0.57))
    assert decide(near)[0] is A
    assert decide(near, band=None)[0] is U
    assert decide(near, band=(0.45, 0.55))[0] is U
    assert decide(metric((0.6, 0.8), p=0.02), alpha=0.01)[0] is U
    assert decide(metric((0.6, 0.8), n=9), min_n=10)[0] is U


@pytest.mark.parametrize(
    ("a", "verdict"),
    [(np.ones(100), H), (-np.ones(100), R), (np.zeros(100), R), (np.ones(5), U), (np.ones(6), H)],
)
def test_from_scores(a, verdict):
    """All ties show nothing: a zero-width interval at the threshold refutes."""
    zeros = np.zeros(len(a))
    assert decide(proportion("css", a, zeros, tolerance=0, seed=0))[0] is verdict
    shift = mean_difference("m", a + 1e-12, zeros, tolerance=1e-9, seed=0)
    assert decide(shift, threshold=0, band=None)[0] is verdict


def test_chance_is_rarely_taken_for_more():
    """At n = 100: holds for chance in at most 2.5 % by the exact test, seldom absent for 0.75."""
    rng = np.random.default_rng(0)
    drawn = [
        proportion("p", rng.normal(size=100), np.zeros(100), tolerance=0, seed=0, size=500)
        for _ in range(400)
    ]
    verdicts = [decide(one)[0] for one in drawn]
    assert verdicts.count(H) / 400 <= 0.04
    better = [
        proportion(
            "p", rng.normal(0.674, 1, size=100), np.zeros(100), tolerance=0, seed=0, size=500
        )
        for _ in range(50)
    ]
    assert [decide(one)[0] for one in better].count(H) >= 48


@pytest.mark.parametrize(("parts", "verdict"), [
    ((H,), H), ((A,), A), ((U,), U), ((R,), R), ((X,), X),
    ((H, H), H), ((H, U), U), ((H, A), U), ((A, A), U), ((U, A), U),
    ((H, R), R), ((U, R), R), ((A, R), R), ((R, X), X), ((H, X), X), ((H, H, U), U),
])  # fmt: skip
def test_combine(parts, verdict):
    assert combine(parts) is verdict


def test_combine_ignores_order_and_needs_parts():
    for parts in product(Verdict, repeat=3):
        assert combine(parts) is combine(sorted(parts))
    with pytest.raises(InputError):
        combine([])


def test_verdicts_are_their_words():
    words = ["holds", "refuted", "absent", "undecided", "error", "measured"]
    assert [str(v) for v in Verdict] == words
    assert f"{H}" == "holds"


@pytest.mark.parametrize(
    ("p", "width", "band", "verdict"),
    [
        (0.99, 0.02, (0.4, 0.6), Verdict.REFUTED),
        (0.93, 0.02, (0.4, 0.6), Verdict.ABSENT),
        (0.93, 0.02, None, Verdict.UNDECIDED),
        (None, 0.02, None, Verdict.UNDECIDED),
        (1.0, 0.0, (0.4, 0.6), Verdict.REFUTED),
        (0.5, 0.0, (0.4, 0.6), Verdict.REFUTED),
    ],
)
def test_where_the_interval_is_too_narrow_the_test_has_to_refute_too(p, width, band, verdict):
    interval = (0.5 - width, 0.5 - width / 4)
    found = metric(interval, p=p, ci90=interval, value=0.5 - width / 2)
    assert decide(found, 0.5, band, tested_below=True)[0] is verdict
    assert decide(found, 0.5, band)[0] is Verdict.REFUTED
