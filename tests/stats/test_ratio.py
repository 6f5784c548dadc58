"""CIR, CM, and the rule for what may be divided by."""

import numpy as np
import pytest

from mit_harness.stats.effect import cohen_d
from mit_harness.stats.ratio import cir, cm, ratio_of_statistics

rng = np.random.default_rng(0)
D = rng.normal(-140, 3, size=60)
C = D + rng.normal(2, 0.5, size=60)
E = D + rng.normal(1, 0.5, size=60)
FAR = rng.normal(-140, 3, size=60)


def of_means(denominator, rule="excludes 0", floor=0.0, numerator=None):
    columns = np.column_stack(
        [np.linspace(1, 2, 40) if numerator is None else numerator, denominator]
    )
    return ratio_of_statistics(
        "ratio",
        [columns],
        lambda m: m[..., 0],
        lambda m: m[..., 1],
        seed=0,
        rule=rule,
        floor=floor,
    )


def test_cm_by_hand_and_matched():
    found = cm("cm", C, D, E, paired_index=True, seed=0, tolerance=0)
    assert found.value == pytest.approx((E.mean() - D.mean()) / (C.mean() - D.mean()))
    assert found.ci_low < 0.5 < found.ci_high
    assert found.unit == "ratio"
    assert found.ci_high - found.ci_low < 0.3


def test_cm_unmatched_does_not_know_the_denominator():
    found = cm("cm", FAR + 0.3, D, E, paired_index=False, seed=0, tolerance=0)
    assert found.value is None
    assert "contains 0" in found.note
    uneven = cm("cm", C + 9, D[:40], E[:50], paired_index=False, seed=0, tolerance=0)
    assert (uneven.n, uneven.ci_method) == (40, "BCa bootstrap")


@pytest.mark.parametrize("paired_index", [True, False])
def test_a_loss_within_rounding_is_no_denominator(paired_index):
    same = np.full(20, -12.3)
    noisy = same + 2e-15 * np.arange(1, 21)  # always above, and never anything
    for tolerance in (0.0, 1e-9):
        found = cm(
            "cm", noisy, same, same + 1, paired_index=paired_index, seed=0, tolerance=tolerance
        )
        assert found.value is None
        assert "contains 0" in found.note


def test_cir_is_the_quotient_of_the_two_effects():
    natural = (FAR + 4, rng.normal(-140, 3, size=50))
    found = cir("cir", natural, (C, D), paired_index=True, seed=0, tolerance=0)
    above = cohen_d("s", C, D, paired_index=True, seed=0, tolerance=0)
    below = cohen_d("n", *natural, paired_index=False, seed=0, tolerance=0)
    assert found.value == pytest.approx(above.value / below.value)
    assert found.ci_low < found.value < found.ci_high
    assert found.n == 50


def test_cir_is_null_where_nature_shows_nothing():
    found = cir("cir", (FAR, FAR[::-1] + 0.01), (C, D), paired_index=True, seed=0, tolerance=0)
    assert (found.value, found.ci_low) == (None, None)
    assert found.note.startswith("the denominator's 95 % interval [")
    assert found.note.endswith("contains 0")


@pytest.mark.parametrize("flat", ["natural", "synthetic"])
def test_cir_is_null_without_spread(flat):
    level = np.full(30, 4.5), np.zeros(30)
    sides = {"natural": (FAR + 9, FAR), "synthetic": (C, D)} | {flat: level}
    found = cir("cir", **sides, paired_index=True, seed=0, tolerance=0)
    assert found.value is None
    assert found.note == f"mes_{flat} has zero spread"


def test_few():
    assert cir("cir", ([1.0], [2.0]), (C, D), paired_index=True, seed=0, tolerance=0).value is None
    assert cm("cm", [], [], [], paired_index=True, seed=0, tolerance=0).value is None


@pytest.mark.parametrize(
    ("centre", "rule", "defined"),
    [
        (5, "excludes 0", True),
        (0, "excludes 0", False),
        (-5, "excludes 0", True),
        (5, "above 0", True),
        (0, "above 0", False),
        (-5, "above 0", False),
    ],
)
def test_the_rule(centre, rule, defined):
    found = of_means(centre + np.linspace(-1, 1, 40), rule)
    assert (found.value is not None) == defined
    assert bool(found.note) == (not defined)
    if defined:
        assert found.value == pytest.approx(1.5 / centre)


def test_a_denominator_without_width_at_zero():
    assert "contains 0" in of_means(np.zeros(40)).note
    assert of_means(np.full(40, 1e-6)).value == pytest.approx(1.5e6)
    assert of_means(np.full(40, 1e-6), floor=1e-3).value is None
    assert of_means(np.full(40, 1e-6), "above 0", floor=1e-3).value is None


def test_a_denominator_without_interval():
    found = ratio_of_statistics(
        "r", [np.ones((1, 1))], lambda m: m[..., 0], lambda m: m[..., 0], seed=0
    )
    assert found.note == "the denominator has no 95 % interval (one row gives no interval)"
    assert ratio_of_statistics("r", [], np.sum, np.sum, seed=0).note == "no rows"
