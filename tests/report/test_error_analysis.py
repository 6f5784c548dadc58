"""What tells right pairs from wrong ones: found where it is planted, and seldom where it is not."""

import re

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from mit_harness.claims.registry import get_claim
from mit_harness.errors import InputError
from mit_harness.models.base import ModelHandle
from mit_harness.promoter.core import DesignSpec
from mit_harness.promoter.grammar import SIGMA70
from mit_harness.promoter.sequence_set import Item
from mit_harness.report.error_analysis import MANN_WHITNEY, agreements, analyse, model_errors
from mit_harness.report.error_features import (
    GroupPair,
    group_pairs,
)
from mit_harness.scoring.export import ScoredRow
from mit_harness.stats.multiplicity import holm

N = 60


@pytest.fixture(scope="module")
def pairs():
    claims = [get_claim(name) for name in ("compensation", "scrambled_control")]
    return group_pairs(claims, DesignSpec(n=N))


def invented(features, winner="W", loser="L"):
    """Return a pair of groups with these features, whatever its bases."""
    n = len(next(iter(features.values())))
    items = tuple(
        (Item(f"{winner}_{k}", winner, k, "A" * 100), Item(f"{loser}_{k}", loser, k, "C" * 100))
        for k in range(n)
    )
    layouts = (SIGMA70,) * n
    return GroupPair(("claim",), winner, loser, items, layouts, features)


def scored(pair, margins, tokens=None):
    """Return rows in which the winners of a pair lie so far above the losers."""
    rows = []
    for k, (winner, loser) in enumerate(pair.items):
        count = (len(winner.sequence), len(loser.sequence)) if tokens is None else tokens[k]
        length = len(winner.sequence)
        rows.append(ScoredRow(winner.id, winner.sequence, float(margins[k]), count[0], length))
        rows.append(ScoredRow(loser.id, loser.sequence, 0.0, count[1], length))
    return rows


def errors(pair, margins, tokens=None, size=50, **options):
    rows = scored(pair, margins, tokens)
    return model_errors("m", 1e-9, rows, [pair], seed=0, size=size, **options)


def noise(seed, n=100, kinds=8):
    """Return features that are independent of each other: half of them small counts."""
    rng = np.random.default_rng(seed)
    return {
        f"f{k}": rng.normal(size=n) if k % 2 else rng.poisson(2.0, size=n) * 1.0
        for k in range(kinds)
    }


# What is found


def test_outcomes_follow_margin_and_tolerance():
    pair = invented(noise(0, n=5))
    rows = scored(pair, [1.0, -1.0, 0.05, -0.05, 0.2])
    (found,) = model_errors("m", 0.1, rows, [pair], seed=0, size=50).pairs
    assert found.outcomes == ("right", "wrong", "tie", "tie", "right")
    assert found.margins == pytest.approx([1.0, -1.0, 0.05, -0.05, 0.2])
    assert [found.count(o) for o in ("right", "wrong", "tie")] == [2, 1, 2]


def test_wrong_pairs_come_the_worst_first():
    pair = invented(noise(0, n=6))
    found = errors(pair, [-1, 2, -3, 0, -2, 1]).pairs[0]
    assert found.wrong() == [2, 4, 0]


@pytest.mark.parametrize("seed", range(8))
def test_the_feature_on_which_errors_depend_is_found_alone(seed):
    features = noise(seed)
    rng = np.random.default_rng(100 + seed)
    margins = 1.5 * features["f3"] + rng.normal(size=100)
    (found,) = errors(invented(features), margins).pairs
    told = [c.feature for c in found.comparisons if c.p_holm < 0.05]
    assert told == ["f3"]
    assert found.comparisons[3].auc.value > 0.7
    assert found.comparisons[3].right > found.comparisons[3].wrong


@pytest.mark.parametrize("name", ["upstream_at_loser", "alikes_minus35", "at_run_winner"])
def test_a_real_feature_is_found_first(pairs, name):
    """Real features go together, so others may be found too, but none is surer."""
    pair = pairs[1]
    value = pair.features[name]
    (found,) = errors(pair, np.where(value > np.median(value), -1.0, 1.0)).pairs
    by_p = sorted(found.comparisons, key=lambda c: c.auc.p)
    assert by_p[0].feature == name
    assert by_p[0].p_holm < 0.001
    assert by_p[0].auc.value == 0


def test_nothing_is_found_where_nothing_is():
    """Family-wise: at most 1 model in 20 but for chance; 60 seeds, two pairs of groups each."""
    false = 0
    for seed in range(60):
        rng = np.random.default_rng(1_000 + seed)
        both = [invented(noise(2 * seed + k), f"W{k}", f"L{k}") for k in (0, 1)]
        rows = [row for pair in both for row in scored(pair, rng.normal(0.6, 1, size=100))]
        found = model_errors("m", 1e-9, rows, both, seed=0, size=1)
        assert found.family == 16
        false += any(c.p_holm < 0.05 for part in found.pairs for c in part.comparisons)
    assert false <= 6


def test_numbers_are_those_of_scipy_and_the_correction_is_over_all_tests():
    both = [invented(noise(k), f"W{k}", f"L{k}") for k in (0, 1)]
    rng = np.random.default_rng(5)
    margins = [rng.normal(0.3, 1, size=100) for _ in both]
    rows = [row for pair, m in zip(both, margins, strict=True) for row in scored(pair, m)]
    found = model_errors("m", 1e-9, rows, both, seed=0, size=200)
    tests = [c for part in found.pairs for c in part.comparisons]
    expected = []
    for pair, m in zip(both, margins, strict=True):
        for value in pair.features.values():
            theirs = mannwhitneyu(value[m > 0], value[m < 0], alternative="two-sided")
            expected.append((theirs.statistic / ((m > 0).sum() * (m < 0).sum()), theirs.pvalue))
    assert [(c.auc.value, c.auc.p) for c in tests] == [pytest.approx(e) for e in expected]
    assert [c.p_holm for c in tests] == pytest.approx(holm([p for _, p in expected]))
    assert found.family == len(tests) == 16
    assert {c.auc.test for c in tests} == {MANN_WHITNEY}
    assert all(c.auc.ci_low <= c.auc.value <= c.auc.ci_high for c in tests)
    assert not any(c.auc.note for c in tests)


def test_ties_are_in_neither_group():
    features = noise(3)
    margins = np.r_[np.ones(40), -np.ones(40), np.zeros(20)]
    (found,) = errors(invented(features), margins).pairs
    value = features["f1"]
    theirs = mannwhitneyu(value[:40], value[40:80], alternative="two-sided")
    assert found.comparisons[1].auc.p == pytest.approx(theirs.pvalue)
    assert found.count("tie") == 20


def test_groups_that_do_not_overlap_are_said():
    value = np.arange(20.0)
    (found,) = errors(invented({"x": value}), np.where(value < 10, -1.0, 1.0)).pairs
    assert found.comparisons[0].auc.value == 1
    assert "zero width" in found.comparisons[0].auc.note


# What is not tested


@pytest.mark.parametrize(
    ("margins", "said"),
    [
        ([1.0] * 30, "0 wrong"),
        ([-1.0] * 30, "0 right"),
        ([0.0] * 30, "0 right and 0 wrong"),
        ([1.0] * 25 + [-1.0] * 5, "5 wrong"),
    ],
)
def test_too_few_are_said_and_not_tested(margins, said):
    found = errors(invented(noise(0, n=30)), margins)
    assert found.pairs[0].untested.startswith(f"too few to compare ({said};")
    assert (found.pairs[0].comparisons, found.family) == ((), 0)


def test_six_of_each_are_enough():
    found = errors(invented(noise(0, n=12)), [1.0] * 6 + [-1.0] * 6)
    assert (found.pairs[0].untested, found.family) == ("", 8)


def test_what_cannot_tell_anything_is_not_tested():
    rng = np.random.default_rng(0)
    value = rng.normal(size=40)
    margins = np.r_[np.ones(15), -np.ones(15), np.zeros(10)]
    features = {
        "flat": np.full(40, 3.0),
        "x": value,
        "shifted": 2 * value + 5,
        "only_ties": np.r_[np.zeros(30), value[30:]],
    }
    found = errors(invented(features), margins)
    (part,) = found.pairs
    assert [c.feature for c in part.comparisons] == ["x"]
    assert part.left_out == {
        "flat": "constant by design: 3 in every pair",
        "shifted": "puts the pairs in the same order as x",
        "only_ties": "does not vary over the pairs that are not tied",
    }
    assert found.family == 1


def test_only_constant_features():
    found = errors(invented({"flat": np.zeros(20)}), [1.0, -1.0] * 10)
    assert (found.family, found.pairs[0].comparisons) == (0, ())
    assert found.pairs[0].untested == ""


def test_composition_is_constant_where_only_places_differ(pairs):
    rng = np.random.default_rng(0)
    for pair in pairs[1:]:
        (part,) = errors(pair, rng.normal(size=N)).pairs
        assert part.left_out["at_difference"] == "constant by design: 0 in every pair"
        assert "alikes_minus10" in part.left_out  # the redraw rule


def test_tokens_are_features_where_the_model_counts_them():
    rng = np.random.default_rng(2)
    counts = rng.integers(15, 25, size=(60, 2)).tolist()
    margins = [b - a + 0.5 for a, b in counts]
    found = errors(invented(noise(1, n=60)), margins, counts)
    assert found.tokens
    told = [c.feature for c in found.pairs[0].comparisons if c.p_holm < 0.05]
    assert "tokens_difference" in told
    assert {"tokens_difference", "tokens_winner"} <= set(found.pairs[0].features)
    plain = errors(invented(noise(1, n=60)), margins)
    assert not plain.tokens
    assert "tokens_winner" not in plain.pairs[0].features


def test_no_pairs_at_all():
    found = errors(invented({"x": np.empty(0)}), [])
    assert found.pairs[0].outcomes == ()
    assert "0 right and 0 wrong" in found.pairs[0].untested


@pytest.mark.parametrize(("score", "said"), [(np.nan, "no score"), (np.inf, "the score inf")])
def test_a_score_that_is_no_number_is_named(score, said):
    pair = invented(noise(0, n=10))
    rows = scored(pair, [1.0] * 10)
    rows[4] = rows[4]._replace(score=score)
    with pytest.raises(InputError, match=f"^W_2 has {said}; every sequence needs"):
        model_errors("m", 0.0, rows, [pair], seed=0)


def test_a_missing_score_is_named():
    pair = invented(noise(0, n=10))
    with pytest.raises(InputError, match=re.escape("L_9 has no score")):
        model_errors("m", 0.0, scored(pair, [1.0] * 10)[:-1], [pair], seed=0)


# Agreement, and the whole


def handle(name):
    return ModelHandle(name, name, "user", name, load=lambda: None)


def test_agreement_of_the_same_the_opposite_and_the_independent():
    pair = invented(noise(0))
    rng = np.random.default_rng(0)
    margins = rng.normal(size=100)
    by_name = {"a": margins, "b": 2 * margins, "c": -margins, "d": rng.normal(size=100)}
    models = [
        model_errors(name, 1e-9, scored(pair, m), [pair], seed=0, size=10)
        for name, m in by_name.items()
    ]
    found = {(a.first, a.second): a for a in agreements(models, seed=0, size=500)}
    assert list(found) == [("a", "b"), ("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"), ("c", "d")]
    assert (found["a", "b"].kappa.value, found["a", "b"].same) == (1, 100)
    assert found["a", "c"].kappa.value < -0.9
    assert found["a", "c"].same == 0
    low, high = found["a", "d"].kappa.ci_low, found["a", "d"].kappa.ci_high
    assert low < 0 < high


def test_one_model_agrees_with_nobody():
    pair = invented(noise(0))
    assert agreements([errors(pair, np.ones(100))], seed=0) == ()


def test_the_same_input_gives_the_same_analysis(pairs):
    rng = np.random.default_rng(0)
    rows = [row for pair in pairs for row in scored(pair, rng.normal(size=N))]
    known = [(handle("a"), rows), (handle("b"), rows[::-1])]
    first, again = (analyse(known, pairs, DesignSpec(n=N), seed=3, size=100) for _ in range(2))

    def numbers(found):
        tests = [c for m in found.models for p in m.pairs for c in p.comparisons]
        return tests, [(a.same, a.kappa) for a in found.agreements]

    assert numbers(first) == numbers(again)
    other = analyse(known, pairs, DesignSpec(n=N), seed=4, size=100)
    assert numbers(first) != numbers(other)
    assert [c.auc.p for c in numbers(first)[0]] == [c.auc.p for c in numbers(other)[0]]
