"""The paper's printed numbers come out of the claims under the protocol ``published``."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from mit_harness.claims.base import Scored
from mit_harness.claims.registry import get_claim
from mit_harness.promoter.core import DesignSpec
from mit_harness.promoter.files import read_sequences
from mit_harness.promoter.sequence_set import SequenceSet, make_items

RELEASE = Path(__file__).resolve().parents[3] / "shared" / "reference" / "published"
released = pytest.mark.skipif(
    not (RELEASE / "scores.tsv").is_file(),
    reason="the paper's released scores do not lie beside this checkout",
)

PRINTED = {
    "hyenadna": ("0.630", "0.480", "-0.01", "-0.34"),
    "nt_500m": ("0.540", "0.400", "-0.00", "-0.10"),
    "kmer": ("0.430", "0.500", "-0.17", "0.11"),
    "random": ("0.500", "0.460", "-0.14", "-0.04"),
    "pwm": ("0.000", "0.000", "0.70", "inf"),
    "pa_pwm": ("1.000", "0.980", None, None),
    "rpa_pwm": ("1.000", "0.920", None, None),
    "thermo": ("0.970", "0.680", None, None),
    "scan": ("0.430", "0.540", None, None),
    "pa_pwm_nopos": ("0.630", "0.560", None, None),
    "pa_pwm_nocomp": ("0.000", "0.000", None, None),
}
"""CSS, SCR, MES_nat, MES_syn; None where the paper prints none, inf where the spread is zero."""


@pytest.fixture(scope="module")
def suite():
    sequences, _ = read_sequences(RELEASE / "sequences.tsv")
    return sequences


@pytest.fixture(scope="module")
def scores():
    with (RELEASE / "scores.tsv").open(newline="") as stream:
        return {row["id"]: row for row in csv.DictReader(stream, delimiter="\t")}


def judged(claim_id, suite, value_of):
    claim = get_claim(claim_id)
    sequences = claim.design(DesignSpec(protocol="published", suite=suite))
    values = np.array([value_of(item) for item in sequences])
    return claim.judge(Scored(sequences, values), protocol="published", seed=42, tolerance=1e-9)


def metrics(suite, value_of):
    """Every metric of the three claims that the paper's protocol knows, by name."""
    found = {}
    for claim_id in ("compensation", "scrambled_control", "motif_effect"):
        result = judged(claim_id, suite, value_of)
        found |= {m.name: m for m in (*(p.metric for p in result.parts), *result.reported)}
    return found


@released
def test_every_released_column_has_its_printed_row(scores):
    (columns,) = {tuple(row) for row in scores.values()}
    assert set(columns) == {"id", *PRINTED}
    assert len(scores) == 650


@released
@pytest.mark.parametrize("column", PRINTED)
def test_a_released_column_gives_the_printed_numbers(suite, scores, column):
    found = metrics(suite, lambda item: float(scores[item.id][column]))
    names = ("css", "scr", "mes_natural", "mes_synthetic")
    for name, digits, printed in zip(names, (3, 3, 2, 2), PRINTED[column], strict=True):
        if printed is not None:
            assert f"{found[name].value:.{digits}f}" == printed, name


@released
def test_hyenadnas_css_has_its_printed_p_and_interval(suite, scores):
    css = metrics(suite, lambda item: float(scores[item.id]["hyenadna"]))["css"]
    assert f"{css.p:.4f}" == "0.0043"
    assert css.ci_low == pytest.approx(0.53, abs=0.011)  # bootstrap noise of 1,000 resamples
    assert css.ci_high == pytest.approx(0.73, abs=0.011)
    assert "one-sided one-sample t-test" in css.test


@released
def test_a_perfect_tie_loses_under_the_papers_protocol(suite, scores):
    css = metrics(suite, lambda item: float(scores[item.id]["pwm"]))["css"]
    assert (css.value, css.ties, css.n, css.p) == (0.0, 100, 100, 1.0)


def small_suite():
    groups = {
        group: ["ACGT" * 25] * n for group, n in zip("ABCDEH", [9, 7, 8, 8, 8, 4], strict=True)
    }
    return SequenceSet.of(item for g, seqs in groups.items() for item in make_items(g, seqs))


SMALL = {
    "A": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
    "B": [2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
    "C": [5.0, 5.0, 5.0, 5.0, 6.0, 6.0, 6.0, 6.0],
    "D": [1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 3.0, 4.0],
    "E": [2.0, 3.0, 4.0, 5.0, 1.0, 2.0, 2.0, 3.0],
    "H": [1.0, 3.0, 3.0, 6.0],
}


def test_a_small_suite_gives_what_the_paper_would_count():
    found = metrics(small_suite(), lambda item: SMALL[item.group][item.index])
    assert found["css"].value == 4 / 8  # two ties lose
    assert found["css"].ties == 2
    assert found["scr"].value == 2 / 4  # only the indices that H holds
    assert found["scr"].n == 4
    pooled = math.sqrt((8 * np.var(SMALL["A"], ddof=1) + 6 * np.var(SMALL["B"], ddof=1)) / 14)
    assert found["mes_natural"].value == pytest.approx((5.0 - 5.0) / pooled, abs=1e-12)
    pooled = math.sqrt((np.var(SMALL["C"], ddof=1) + np.var(SMALL["D"], ddof=1)) / 2)
    assert found["mes_synthetic"].value == pytest.approx((5.5 - 2.5) / pooled)
    assert found["intact_over_broken"].value == 1.0
    assert "mes_synthetic_dz" not in found  # the release is not matched


def test_the_papers_protocol_has_no_smallest_detectable_effect_of_ours():
    found = metrics(small_suite(), lambda item: SMALL[item.group][item.index])
    assert found["css"].mde is None


def test_too_few_pairs_decide_nothing_under_the_papers_protocol_either():
    result = judged("scrambled_control", small_suite(), lambda item: SMALL[item.group][item.index])
    assert result.verdict.value == "undecided"
    assert "n too small (4 < 6)" in result.explanation
