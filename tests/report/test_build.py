"""From verdicts to records: rounding, corrections for several tests, order."""

import json
import math
from dataclasses import replace
from functools import reduce
from operator import add

import numpy as np
import pytest

from mit_harness.claims.base import ClaimResult, Part, Scored
from mit_harness.claims.registry import CLAIMS, get_claim
from mit_harness.models.base import ModelHandle
from mit_harness.promoter.core import DesignSpec
from mit_harness.report.build import adjust, claim_record, in_order, metric_record, model_records
from mit_harness.report.text import verdict
from mit_harness.stats.metric import Metric
from mit_harness.stats.verdict import Verdict

CSS = Metric(
    "css", 0.6300000000001, 0.53, 0.72, 0.004, 100, 3, "proportion", "sign test", "BCa bootstrap",
    ci90_low=0.55, ci90_high=0.7, mde=0.64513136441234, note="why",
)  # fmt: skip


def handle(name, **facts):
    given = {"fingerprint": f"fp of {name}", "load": lambda: None, **facts}
    return ModelHandle(name, name, given.pop("kind", "user"), **given)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (0.1 + 0.2, 0.3),
        (1 / 3, 0.3333333333),
        (-141.78999999999996, -141.79),
        (1.23456789012345e-31, 1.234567890e-31),
        (123456789012.0, 123456789000.0),
        (100.0, 100.0),
        (math.inf, math.inf),
        (-math.inf, -math.inf),
        (None, None),
    ],
)
def test_ten_significant_digits_are_kept(value, rounded):
    record = metric_record(replace(CSS, value=value))
    assert record.value == rounded
    assert metric_record(replace(CSS, value=record.value)) == record


def test_sums_in_another_order_round_to_the_same():
    values = [0.1 * k for k in range(1, 40)]
    sums = (reduce(add, values), reduce(add, values[::-1]), math.fsum(values))
    assert len(set(sums)) > 1
    assert len({metric_record(replace(CSS, value=s / 39)).value for s in sums}) == 1


def test_zero_has_no_sign():
    record = metric_record(replace(CSS, value=-0.0))
    assert math.copysign(1, record.value) == 1


def test_every_fact_of_a_metric_is_kept():
    record = metric_record(CSS, 0.5, "guard")
    assert record.model_dump() == {
        "value": 0.63, "ci_low": 0.53, "ci_high": 0.72, "level": 0.95,
        "ci_method": "BCa bootstrap", "ci90_low": 0.55, "ci90_high": 0.7, "p": 0.004,
        "test": "sign test", "n": 100, "ties": 3, "unit": "proportion", "mde": 0.6451313644,
        "note": "why", "threshold": 0.5, "role": "guard",
    }  # fmt: skip


def test_a_claim_keeps_its_verdict_and_tells_what_decided():
    part = Part(CSS, Verdict.HOLDS, "reason")
    result = ClaimResult(
        "compensation", 3, Verdict.HOLDS, 100, (part,), (replace(CSS, name="cm"),), "holds: why"
    )
    record = claim_record(result, 0.5, frozenset({Verdict.REFUTED, Verdict.HOLDS}))
    assert (record.id, record.version, record.verdict, record.n) == (
        "compensation", 3, "holds", 100
    )  # fmt: skip
    assert {name: m.threshold for name, m in record.metrics.items()} == {"css": 0.5, "cm": None}
    assert record.declared == ["holds", "refuted"]
    assert not record.drifted
    assert (record.p, record.p_bh, record.p_holm) == (0.004, None, None)
    assert claim_record(result, 0.5, frozenset({Verdict.REFUTED})).drifted
    assert claim_record(result, 0.5, None).declared is None
    assert not claim_record(result, 0.5, None).drifted


def claims_of(make, p_values):
    return [make.claim(name, p=p) for name, p in p_values.items()]


def test_holm_is_over_the_claims_of_one_model(make):
    records = claims_of(make, {"a": 0.01, "b": 0.04, "c": 0.03, "d": None, "e": 0.005})
    found = adjust({"m": records})["m"]
    # Sorted: 0.005 x 4, 0.01 x 3, 0.03 x 2, 0.04 x 1, never falling.
    assert [c.p_holm for c in found] == [0.03, 0.06, 0.06, None, 0.02]
    assert [c.p for c in found] == [c.p for c in records]


def test_benjamini_hochberg_is_over_the_models_within_a_claim(make):
    p_values = {"m1": 0.01, "m2": 0.04, "m3": 0.03, "m4": None, "m5": 0.005}
    found = adjust({m: [make.claim("a", p=p), make.claim("b", p=0.5)] for m, p in p_values.items()})
    # Sorted: 0.005 x 4/1, 0.01 x 4/2, 0.03 x 4/3, 0.04 x 4/4, never falling from the right.
    assert [found[m][0].p_bh for m in p_values] == [0.02, 0.04, 0.04, None, 0.02]
    assert [found[m][1].p_bh for m in p_values] == [0.5] * 5


def test_a_model_without_a_claim_is_no_part_of_its_correction(make):
    found = adjust({"m1": [make.claim("a", p=0.02)], "m2": [make.claim("b", p=0.02)]})
    assert [c.p_bh for records in found.values() for c in records] == [0.02, 0.02]


def test_without_any_p_nothing_is_adjusted(make):
    (found,) = adjust({"m": [make.claim("a", "error", p=None)]})["m"]
    assert (found.p_bh, found.p_holm) == (None, None)
    assert adjust({"m": []}) == {"m": []}


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({"p_bh": 0.02, "p_holm": 0.02}, "holds"),
        ({"p_bh": 0.025, "p_holm": 0.02}, "holds*"),
        ({"p_bh": 0.02, "p_holm": 0.03}, "holds*"),
        ({"p_bh": None, "p_holm": None}, "holds"),
        ({"verdict": "undecided", "p_bh": 0.9, "p_holm": 0.9}, "undecided"),
        ({"verdict": "refuted", "p_bh": 0.9}, "refuted"),
    ],
)
def test_what_does_not_survive_the_correction_is_starred(make, facts, shown):
    record = make.claim(**facts)
    assert verdict(record) == shown
    assert record.verdict == facts.get("verdict", "holds")


def test_a_borderline_claim_among_noise_gets_its_star(make):
    records = {f"m{k}": [make.claim("a", "undecided", p=0.5)] for k in range(4)}
    found = adjust({"m": [make.claim("a", p=0.02)], **records})
    assert found["m"][0].p_bh == 0.1
    assert verdict(found["m"][0]) == "holds*"


def test_models_keep_their_order_and_claims_have_the_registrys(make):
    names = [*CLAIMS, "a_claim_of_mine", "z_claim_of_mine"]
    claims = {"b": [make.claim(name) for name in reversed(names)], "a": [make.claim("a_x")]}
    records = model_records({"b": handle("b"), "a": handle("a")}.values(), claims)
    assert [record.name for record in records] == ["b", "a"]
    assert [claim.id for claim in records[0].claims] == names
    assert [claim.id for claim in in_order(reversed(records[0].claims))] == names


def test_a_model_that_was_asked_nothing_is_left_out(make):
    records = model_records([handle("a"), handle("b"), handle("c")], {"b": [make.claim()], "c": []})
    assert [record.name for record in records] == ["b"]


def test_a_key_of_one_run_stays_out_of_the_report(make):
    run_only = handle("a", fingerprint="run:0f3a:py:mine:load", lasting=False)
    records = model_records([run_only, handle("b")], {"a": [make.claim()], "b": [make.claim()]})
    assert [record.fingerprint for record in records] == [None, "fp of b"]


def test_facts_of_the_handle_reach_the_record(make):
    given = handle("a", kind="reference", method="ll", tolerance=0.5, parameters=7)
    (record,) = model_records([given], {"a": [make.claim()]})
    assert (record.kind, record.method, record.tolerance, record.parameters) == (
        "reference", "ll", 0.5, 7
    )  # fmt: skip


def test_ties_and_the_smallest_detectable_effect_reach_the_json():
    claim = get_claim("compensation")
    sequences = claim.design(DesignSpec(n=10))
    scored = Scored(sequences, np.zeros(len(sequences)))
    result = claim.judge(scored, protocol="matched", seed=42, tolerance=0.0)
    written = json.loads(claim_record(result, claim.threshold, None).model_dump_json())
    css = written["metrics"]["css"]
    assert (css["ties"], css["n"], css["threshold"]) == (10, 10, 0.5)
    assert css["mde"] == pytest.approx(0.9, abs=0.05)
