"""The truth table is complete, and a few of its rows come true here; a plain run checks all."""

from dataclasses import replace

import pytest

from mit_harness.claims.base import Scored
from mit_harness.claims.declared import declared, truth_table
from mit_harness.claims.registry import CLAIMS, DESIGNED, get_claim
from mit_harness.models.base import ModelHandle
from mit_harness.models.embedded import EMBEDDED
from mit_harness.models.registry import Registry
from mit_harness.promoter.core import DesignSpec
from mit_harness.promoter.seeds import Seeds
from mit_harness.promoter.sequence_set import SequenceSet, make_items
from mit_harness.stats.verdict import Verdict


def test_every_control_declares_every_claim():
    assert set(truth_table()) == set(EMBEDDED)
    for row in truth_table().values():
        assert list(row) == list(CLAIMS)


def test_declared_verdicts_can_be_true():
    for row in truth_table().values():
        for allowed in row.values():
            assert allowed
            assert Verdict.ERROR not in allowed
            # One that may hold and may be refuted says nothing.
            assert not {Verdict.HOLDS, Verdict.REFUTED} <= allowed


LACKING = {
    "compensation": "pa-pwm-nocomp",  # no UP element, no extended -10
    "scrambled_control": "pa-pwm-nopos",  # no places
    "motif_effect": "rpa-pwm",  # intact and broken boxes alike
    "natural_motif": "rpa-pwm",
    "natural_rescue": "pa-pwm-nopos",
    "at_titration": "at-content",  # nothing but A+T
    "up_position": "pa-pwm-nopos",
    "spacing": "any-gap",  # every spacer from 10 to 30 bp alike
    "strand": "orientation-blind",  # either orientation
    "minus10_variants": "rpa-pwm",
    "robustness": "end-anchored",  # places counted from the end
    "dose_response": "pa-pwm-nocomp",
    "measured_expression": "at-content",  # no boxes
}
"""Claim -> the control that lacks just that ability."""


@pytest.mark.parametrize("claim_id", LACKING)
def test_each_claim_holds_for_pa_pwm_and_fails_where_just_that_is_lacking(claim_id):
    assert truth_table()["pa-pwm"][claim_id] == {Verdict.HOLDS}
    assert Verdict.HOLDS not in truth_table()[LACKING[claim_id]][claim_id]


def test_every_claim_with_a_verdict_has_its_failing_control():
    (row, *_) = truth_table().values()
    diagnostics = [claim for claim in CLAIMS if row[claim] == {Verdict.MEASURED}]
    # Elements that add up raise every promoter alike, so that no control ranks the rescue.
    assert {*LACKING, *diagnostics} == {*CLAIMS} - {"measured_rescue"}
    assert not [n for n, r in truth_table().items() if Verdict.HOLDS in r["measured_rescue"]]
    assert all(
        row[claim] == {Verdict.MEASURED} for row in truth_table().values() for claim in diagnostics
    )


def test_a_probe_alone_tells_these_controls_from_pa_pwm():
    """Each errs in one way, which one claim sees and no other."""
    table = truth_table()
    for name, alone in (("orientation-blind", "strand"), ("end-anchored", "robustness")):
        other = {claim for claim in CLAIMS if table[name][claim] != table["pa-pwm"][claim]}
        assert other == {alone}
    rpa = {c for c in CLAIMS if table["any-gap"][c] != table["rpa-pwm"][c]}
    assert rpa == {"spacing"}


def test_no_embedded_name_contains_a_claim():
    assert not [(m, c) for m in EMBEDDED for c in CLAIMS if c in m or m in c]


@pytest.mark.parametrize("name", ["pa-pwm", "at-content", "pwm"])
@pytest.mark.parametrize("claim_id", DESIGNED)
def test_a_quick_controls_declaration_comes_true_at_the_shipped_seed(bench, name, claim_id):
    handle = Registry().resolve(name)
    sequences = bench.design(claim_id, 100)
    values = handle.load().score([item.sequence for item in sequences])
    result = bench.judge(claim_id, Scored(sequences, values), tolerance=handle.tolerance)
    allowed = declared(handle, claim_id, DesignSpec())
    assert allowed == truth_table()[name][claim_id]
    assert result.verdict in allowed, result.explanation


SUITE = SequenceSet.of(make_items("E", ["ACGT"]))


@pytest.mark.parametrize(
    "spec",
    [
        DesignSpec(n=99),
        DesignSpec(seeds=Seeds(43)),
        DesignSpec(seeds=Seeds(42, "dev")),
        DesignSpec(break_form="GATAAT"),
        DesignSpec(protocol="published"),
        DesignSpec(suite=SUITE),
    ],
    ids=["n", "seed", "split", "break", "protocol", "suite"],
)
def test_nothing_is_declared_away_from_the_shipped_design(spec):
    handle = Registry().resolve("pa-pwm")
    assert declared(handle, "compensation", DesignSpec()) == {Verdict.HOLDS}
    assert declared(handle, "compensation", spec) is None


def test_nothing_is_declared_for_options_other_models_or_other_claims():
    registry = Registry()
    assert declared(registry.resolve("random?seed=0"), "compensation", DesignSpec()) is None
    own = ModelHandle("pa-pwm", "py:mine:load", "user", "fp", load=lambda: None)
    assert declared(own, "compensation", DesignSpec()) is None
    assert declared(registry.resolve("pa-pwm"), "a_claim_of_mine", DesignSpec()) is None


def test_a_control_whose_name_was_taken_is_checked_all_the_same():
    handle = replace(Registry().resolve("pwm"), name="pwm-2")
    assert declared(handle, "compensation", DesignSpec()) == {Verdict.REFUTED}
    assert get_claim("compensation").version >= 1
