"""The smallest effects of the claims: those of stats.power, for what their verdicts rest on."""

from dataclasses import replace

import numpy as np
import pytest

from mit_harness.claims.base import MIN_PAIRS
from mit_harness.claims.minus10_variants import VARIANTS, _keeps_at
from mit_harness.claims.power import power_notes, smallest_effects
from mit_harness.claims.registry import DESIGNED
from mit_harness.claims.robustness import CELLS
from mit_harness.claims.up_position import WRONG
from mit_harness.promoter.core import DEFAULT_N, DesignSpec
from mit_harness.stats.power import detectable, detectable_rank_covariance
from mit_harness.stats.rank import UNIT


def by_metric(n):
    return {e.metric: e for e in smallest_effects(DesignSpec(n=n))}


@pytest.fixture(scope="module")
def default():
    return by_metric(DEFAULT_N)


def test_every_claim_with_a_verdict_is_there_in_order(bench, default):
    judged = [claim_id for claim_id in DESIGNED if claim_id not in bench.diagnostics]
    assert list(dict.fromkeys(e.claim for e in default.values())) == judged
    assert all(e.effect is not None for e in default.values())


@pytest.mark.parametrize("claim_id", DESIGNED)
def test_numbers_and_pairs_are_those_of_a_verdict(bench, default, claim_id):
    result = bench.judge(claim_id, bench.noise(claim_id, n=DEFAULT_N))
    deciding = [part.metric for part in result.parts if part.role == "deciding"]
    found = [e for e in default.values() if e.claim == claim_id]
    assert [(e.metric, e.n, e.test) for e in found] == [(m.name, m.n, m.test) for m in deciding]
    for effect, metric in zip(found, deciding, strict=True):
        if metric.unit == "proportion":
            assert effect.effect == metric.mde


def test_effects_are_those_of_stats_power(bench, default):
    for claim_id in DESIGNED:
        result = bench.judge(claim_id, bench.noise(claim_id, n=DEFAULT_N))
        for metric in (part.metric for part in result.parts if part.role == "deciding"):
            if metric.unit == UNIT:
                kept = sum(map(_keeps_at, VARIANTS.values()))
                wanted = detectable_rank_covariance((kept, len(VARIANTS) - kept))
            else:
                kind = "proportion" if metric.unit == "proportion" else "difference"
                wanted = detectable(kind, metric.n)
            assert default[metric.name].effect == wanted


def test_words(default):
    assert default["css"].text == "P = 0.65"
    assert default["up_in_place"].text == "P = 0.65 at most"
    assert default["near_over_far"].text == f"d_z = {detectable('difference', 50):.2f}"
    assert default["variant_ranks"].text == (
        f"{detectable_rank_covariance((7, 12)):.2f} of the reference's own"
    )
    assert len(WRONG) == 6
    assert len(CELLS) == 12
    assert {e.metric for e in default.values() if e.bound} == {"up_in_place", "pooled_cells"}


def test_more_backgrounds_detect_less(default):
    fewer = by_metric(40)
    assert list(fewer) == list(default)
    for metric, effect in default.items():
        if metric == "variant_ranks":  # limited by the number of variants
            assert fewer[metric].effect == effect.effect
        else:
            assert fewer[metric].n < effect.n
            assert fewer[metric].effect > effect.effect


@pytest.mark.parametrize("n", [1, 2, MIN_PAIRS - 1])
def test_too_few_pairs_detect_nothing(n):
    for effect in by_metric(n).values():
        assert effect.n <= n
        assert effect.effect is None
        assert effect.text == "none at this n"


def test_six_pairs_are_the_fewest():
    found = by_metric(MIN_PAIRS)
    assert found["css"].text == f"P = {detectable('proportion', MIN_PAIRS):.2f}"
    assert found["variant_ranks"].n < MIN_PAIRS
    assert found["variant_ranks"].effect is None


def test_the_same_every_time_whatever_the_backgrounds(default):
    assert by_metric(DEFAULT_N) == default
    spec = DesignSpec(n=20)
    other = replace(spec, seeds=replace(spec.seeds, seed=7))
    natural = ("natural_motif", "natural_rescue")  # their pairs depend on the seed
    first, second = (
        [e for e in smallest_effects(s) if e.claim not in natural] for s in (spec, other)
    )
    assert first == second


def rejected_share(p, correlation, columns, n, rng, draws=300):
    from scipy.special import ndtri

    from mit_harness.stats.paired import sign_test

    shared = rng.normal(size=(draws, n, 1)) * correlation**0.5
    own = rng.normal(size=(draws, n, columns)) * (1 - correlation) ** 0.5
    shares = (ndtri(p) + shared + own > 0).mean(axis=2)
    return np.mean([sign_test(row) < 0.025 for row in shares])


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_several_alike_comparisons_make_an_upper_bound(default, correlation):
    found = default["up_in_place"]
    rng = np.random.default_rng(0)
    share = rejected_share(found.effect, correlation, len(WRONG), found.n, rng)
    assert share > 0.77


def test_notes_fit_a_terminal():
    for n in (1, 100, 1_000_000):
        assert max(map(len, power_notes(n))) <= 80
