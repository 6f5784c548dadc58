"""Cohen's kappa, by hand and against statsmodels."""

import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from mit_harness.errors import InputError
from mit_harness.stats.agreement import cohen_kappa


def kappa(first, second, seed=0, size=500):
    return cohen_kappa("kappa", first, second, seed=seed, size=size)


def from_table(table):
    """Return the categories of both raters, cell by cell."""
    cells = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    return [i for i, _ in cells], [j for _, j in cells]


def test_by_hand():
    """20 + 15 of 50 agree: 0.7; by chance 0.5 * 0.6 + 0.5 * 0.4 = 0.5; (0.7 - 0.5) / 0.5."""
    found = kappa(*from_table([[20, 5], [10, 15]]))
    assert found.value == pytest.approx(0.4)
    assert (found.n, found.unit, found.p, found.test) == (50, "kappa", None, "")
    assert found.ci_method == "BCa bootstrap"
    assert found.ci_low < 0.4 < found.ci_high


@pytest.mark.parametrize("seed", range(5))
def test_as_statsmodels(seed):
    table = np.random.default_rng(seed).integers(0, 12, size=(3, 3))
    theirs = cohens_kappa(table)
    found = kappa(*from_table(table), size=4_000)
    assert found.value == pytest.approx(theirs.kappa)
    width = theirs.kappa_upp - theirs.kappa_low
    assert (found.ci_low, found.ci_high) == pytest.approx(
        (theirs.kappa_low, theirs.kappa_upp), abs=0.15 * width
    )


def test_the_interval_is_that_of_the_drawn_pairs():
    rng = np.random.default_rng(3)
    first = rng.integers(0, 3, size=60)
    second = np.where(rng.random(60) < 0.6, first, rng.integers(0, 3, size=60))
    drawn = []
    for _ in range(1_000):
        rows = rng.integers(0, 60, size=60)
        table = np.zeros((3, 3))
        np.add.at(table, (first[rows], second[rows]), 1)
        drawn.append(cohens_kappa(table, return_results=False))
    found = kappa(first, second, size=4_000)
    assert (found.ci_low, found.ci_high) == pytest.approx(
        tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.04
    )


def test_text_and_numbers_alike():
    first, second = from_table([[8, 1, 2], [3, 9, 1], [0, 2, 6]])
    names = np.array(["right", "tie", "wrong"])
    assert kappa(names[first], names[second]) == kappa(first, second)
    assert kappa(list(names[first]), list(names[second])) == kappa(first, second)


def test_symmetric_and_seeded():
    first, second = from_table([[20, 5], [10, 15]])
    assert kappa(first, second) == kappa(first, second)
    assert kappa(second, first).value == pytest.approx(kappa(first, second).value)
    assert kappa(first, second, seed=1).ci_low != kappa(first, second).ci_low


def test_the_same_throughout():
    first = [0, 1] * 20
    found = kappa(first, first)
    assert (found.value, found.ci_low, found.ci_high) == (1, 1, 1)
    assert "every pair" in found.note


def test_the_opposite_throughout():
    first = np.array([0, 1] * 20)
    found = kappa(first, 1 - first)
    assert found.value == pytest.approx(-1)


def test_one_outcome_each_is_undefined():
    for second in ("right", "wrong"):
        found = kappa(["right"] * 9, [second] * 9)
        assert found.value is None
        assert found.note == "each of the two has one outcome only"


def test_one_outcome_of_one_of_them():
    for second in (["right", "wrong"] * 10, ["right"] * 19 + ["wrong"]):
        found = kappa(["right"] * 20, second)
        assert (found.value, found.ci_low, found.ci_method) == (0, None, "")
        assert "one of the two" in found.note
        assert kappa(second, ["right"] * 20) == found


def test_no_interval_where_many_resamples_have_no_kappa():
    found = kappa(["right"] * 19 + ["wrong"], ["right"] * 19 + ["wrong"])
    assert found.value == 1
    assert found.ci_low is None
    assert "not finite" in found.note


def test_few():
    assert kappa([], []).note == "no pairs"
    assert kappa(["right"], ["wrong"]).value is None


@pytest.mark.parametrize(
    ("first", "second"),
    [(["a"], ["a", "b"]), ([["a"]], [["a"]]), ([1.5, 2], [1, 2]), (["a"], [1]), ("a", "a")],
)
def test_refuses(first, second):
    with pytest.raises(InputError):
        kappa(first, second)


def test_refuses_a_seed_below_0():
    with pytest.raises(InputError):
        kappa([0, 1], [1, 0], seed=-1)
