"""Points of the curves are the means they claim to be, and say why where there are none."""

import math

import numpy as np
import pytest

from mit_harness.claims.at_titration import LEVELS, at_group
from mit_harness.claims.registry import get_claim
from mit_harness.claims.spacing import FAR, NEAR, SPACINGS, spacing_group
from mit_harness.claims.strand import EXCHANGED, FORWARD
from mit_harness.claims.up_position import ABSENT, CONFOUNDED, CORRECT, WRONG, place
from mit_harness.models.base import Scores
from mit_harness.promoter.core import DesignSpec
from mit_harness.report.curves import CURVES, NO_SPREAD, curve, statistics
from mit_harness.report.items import ItemScores
from mit_harness.report.ladder import RUNGS, ladder

N = 20
CLAIMS = ("at_titration", "up_position", "spacing", "strand", "dose_response", "compensation")


@pytest.fixture(scope="module")
def designs():
    spec = DesignSpec(n=N)
    return {claim: get_claim(claim).design(spec) for claim in CLAIMS}


def items_of(designs, **models):
    """Score each claim's sequences by a function of the claim's items and a random generator."""
    scores = {}
    for name, score in models.items():
        for claim, sequences in designs.items():
            values = np.array([float(score(item)) for item in sequences])
            counts = np.full(len(values), 100)
            scores.setdefault(name, {})[claim] = Scores(values, counts, counts)
    return ItemScores(designs, scores)


def noisy(item):
    """A score that depends on the sequence in no simple way."""
    return sum((k % 7) * "ACGT".index(base) for k, base in enumerate(item.sequence)) / 10


@pytest.fixture(scope="module")
def items(designs):
    return items_of(designs, noisy=noisy, flat=lambda item: 3.0)


@pytest.fixture(scope="module")
def results(make):
    return make.results(make.model("noisy"), make.model("flat"), design=make.design(n=N))


def means(items, claim, *groups):
    scored = items.scored("noisy", claim)
    return [scored.group(group) for group in groups]


def test_every_curve_has_finite_points_and_intervals_around_them(results, items):
    for name in CURVES:
        points = curve(name, results, items).of("noisy")
        assert points, name
        for point in points:
            assert point.raw_low <= point.raw <= point.raw_high, (name, point)
            assert point.ci_low <= point.estimate <= point.ci_high, (name, point)
            assert point.n > 0


def test_the_titration_is_condition_means_less_the_broken_promoters(results, items):
    points = {(p.series, p.x): p for p in curve("at_titration", results, items).of("noisy")}
    assert len(points) == 18
    broken = means(items, "at_titration", *(at_group(at, "D") for at in LEVELS))
    zero = np.mean([values.mean() for values in broken])
    for condition in "CDE":
        for at in LEVELS:
            (values,) = means(items, "at_titration", at_group(at, condition))
            assert points[condition, at].raw == pytest.approx(values.mean() - zero)
            assert points[condition, at].n == len(values) == 6


def test_standardised_values_are_raw_ones_by_the_pooled_sd(results, items):
    groups = [at_group(at, form) for at in LEVELS for form in ("E_decoy", "H_decoy")]
    spread = math.sqrt(
        np.mean([values.var(ddof=1) for values in means(items, "at_titration", *groups)])
    )
    for point in curve("at_rescue", results, items).of("noisy"):
        assert point.estimate == pytest.approx(point.raw / spread)
        assert point.ci_high == pytest.approx(point.raw_high / spread)


def test_the_rescue_is_the_number_that_the_claim_reports(results, items):
    claim = get_claim("at_titration")
    stats = statistics(results, results.models[0])
    said = {m.name: m for m in claim.measure(items.scored("noisy", "at_titration"), stats).guards}
    for point in curve("at_rescue", results, items).of("noisy"):
        metric = said[f"rescue_at_{point.x}"]
        assert (point.raw, point.raw_low, point.raw_high) == pytest.approx(
            (metric.value, metric.ci_low, metric.ci_high)
        )


def test_the_sweep_is_paired_against_no_element_and_knows_its_places(results, items):
    points = {p.x: p for p in curve("up_position", results, items).of("noisy")}
    assert set(points) >= {15, 25, 45, *(15 + k for k in WRONG)}
    (absent,) = means(items, "up_position", ABSENT)
    for offset in (0, *WRONG, *CONFOUNDED):
        (values,) = means(items, "up_position", place(offset))
        assert points[15 + offset].raw == pytest.approx((values - absent).mean())
    assert points[15].mark == "correct"
    assert points[25].mark == points[45].mark == "over a box"
    assert points[39].mark == "elsewhere"


def test_the_spacings_of_one_background_add_up_to_nothing(results, items):
    points = curve("spacing", results, items).of("noisy")
    assert [p.x for p in points] == list(SPACINGS)
    assert sum(p.raw for p in points) == pytest.approx(0, abs=1e-9)
    groups = means(items, "spacing", *map(spacing_group, SPACINGS))
    own = np.mean(groups, axis=0)
    assert points[7].raw == pytest.approx((groups[7] - own).mean())


def test_strand_differences_are_paired_and_the_judged_one_comes_first(results, items):
    points = curve("strand", results, items).of("noisy")
    forward, exchanged, intact, turned = means(
        items, "strand", FORWARD, EXCHANGED, "C", "reverse_complement"
    )
    assert points[0].mark == "judged"
    assert points[0].raw == pytest.approx((forward - exchanged).mean())
    assert points[-1].raw == pytest.approx((intact - turned).mean())


def test_the_ladder_is_cohens_d_of_each_contrast(results, items):
    points = {p.series: p for p in ladder(results, items).of("noisy")}
    scored = {r.key for r in RUNGS if r.claim in CLAIMS}
    assert set(points) == scored
    e, d = means(items, "compensation", "E", "D")
    pooled = math.sqrt((e.var(ddof=1) + d.var(ddof=1)) / 2)
    assert points["e_d"].estimate == pytest.approx((e.mean() - d.mean()) / pooled)
    near = np.mean(means(items, "spacing", *map(spacing_group, NEAR)), axis=0)
    far = np.mean(means(items, "spacing", *map(spacing_group, FAR)), axis=0)
    assert points["spacing"].raw == pytest.approx((near - far).mean())
    correct, *wrong = means(items, "up_position", CORRECT, *map(place, WRONG))
    assert points["place"].raw == pytest.approx((correct - np.mean(wrong, axis=0)).mean())


def test_a_constant_model_has_raw_zeros_and_no_standardised_value(results, items):
    for name in CURVES:
        for point in curve(name, results, items).of("flat"):
            assert point.raw == point.raw_low == point.raw_high == 0
            assert point.estimate is point.ci_low is point.ci_high is None
            assert NO_SPREAD in point.note
    for point in ladder(results, items).of("flat"):
        assert point.estimate is None
        assert "no difference" in point.note


@pytest.mark.parametrize("value", [0.1, -142.7, 1e9 / 3])
def test_means_that_are_rounded_apart_are_no_difference(make, designs, value):
    items = items_of(designs, flat=lambda item: value)
    results = make.results(make.model("flat"), design=make.design(n=N))
    assert all(point.raw == 0 for point in ladder(results, items).points)
    assert all(point.raw == 0 for name in CURVES for point in curve(name, results, items).points)


def test_a_difference_without_spread_has_no_d_and_keeps_its_raw_value(make, designs):
    items = items_of(designs, step=lambda item: 2.0 if item.group == "E" else 0.0)
    results = make.results(make.model("step"), design=make.design(n=N))
    point = {p.series: p for p in ladder(results, items).of("step")}["e_d"]
    assert point.estimate is None
    assert point.raw == point.raw_low == point.raw_high == 2.0
    assert "zero spread" in point.note


def test_differences_within_the_tolerance_are_none(make, designs):
    items = items_of(designs, near=lambda item: noisy(item) * 1e-12)
    results = make.results(make.model("near", tolerance=1e-6), design=make.design(n=N))
    for name in CURVES:
        assert all(point.raw == 0 for point in curve(name, results, items).of("near")), name
    assert all(point.raw == 0 for point in ladder(results, items).of("near"))


def test_a_score_that_is_not_finite_is_named_instead_of_drawn(make, designs):
    items = items_of(designs, broken=lambda item: math.nan if item.index == 3 else noisy(item))
    results = make.results(make.model("broken"), design=make.design(n=N))
    for name in CURVES:
        found = curve(name, results, items)
        assert not found.points
        assert "no score" in found.missing["broken"]
    assert "no score" in ladder(results, items).missing["broken"]


def test_a_model_that_was_not_asked_is_missing(make, items):
    results = make.results(make.model("absent"), design=make.design(n=N))
    found = curve("spacing", results, items)
    assert not found.points
    assert found.missing == {"absent": "spacing was not scored"}


def test_one_background_gives_points_without_intervals(make):
    designs = {"strand": get_claim("strand").design(DesignSpec(n=1))}
    items = items_of(designs, noisy=noisy)
    results = make.results(make.model("noisy"), design=make.design(n=1))
    for point in curve("strand", results, items).points:
        assert point.n == 1
        assert point.raw is not None
        assert point.raw_low is point.ci_low is point.estimate is None


def test_the_same_seed_gives_the_same_points_and_models_come_in_the_order_asked(results, items):
    once = curve("spacing", results, items)
    assert once == curve("spacing", results, items)
    turned = curve("spacing", results, items, ["flat", "noisy"])
    assert [p.model for p in turned.points] == ["flat"] * 16 + ["noisy"] * 16
    assert once.only(["noisy"]).points == once.of("noisy")


def test_the_papers_groups_are_drawn_as_far_as_they_go(make, designs):
    spec = DesignSpec(n=N, protocol="published")
    published = {
        name: get_claim(name).design(spec) for name in ("up_position", "spacing", "strand")
    }
    items = items_of(published, noisy=noisy)
    results = make.results(make.model("noisy"), design=make.design(n=N, protocol="published"))
    assert [p.x for p in curve("up_position", results, items).points] == [15, 70]
    assert [p.x for p in curve("spacing", results, items).points] == list(range(12, 26))
    forms = [p.series for p in curve("strand", results, items).points]
    assert forms == ["turned_both", "scrambled_boxes", "reverse_complement"]
