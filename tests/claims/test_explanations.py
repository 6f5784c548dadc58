"""An explanation says the metric, its value, its interval, the threshold and what to look at."""

import numpy as np
import pytest

from mit_harness.claims.base import Scored
from mit_harness.claims.registry import DESIGNED, get_claim
from mit_harness.promoter.core import DesignSpec
from mit_harness.stats.verdict import Verdict

JUDGED = [claim_id for claim_id in DESIGNED if claim_id not in ("composition", "dinucleotide")]
CONTROLS = "Anything that counts A+T does this too: read it with scrambled_control."


def compensation(bench, wins, ties=0, n=100):
    """Judge compensation with so many pairs won and tied."""
    sequences = bench.design("compensation", n)
    values = np.zeros(len(sequences))
    rows = sequences.rows["E"]
    values[rows[: wins + ties]] = 1.0
    values[sequences.rows["D"][wins:]] = 1.0
    return bench.judge("compensation", Scored(sequences, values))


@pytest.mark.parametrize(
    ("wins", "ties", "text"),
    [
        (
            100, 0,
            "holds: css = 1.000 (n = 100): 95 % interval [0.9638, 1] above 0.5, p = 7.9e-31 < "
            f"0.025. Needed: CI low > 0.50. {CONTROLS}",
        ),
        (
            0, 100,
            "refuted: css = 0.500 (n = 100, 100 tied): 95 % interval [0.5, 0.5] lies wholly at or "
            "below 0.5. Needed: CI low > 0.50. Adding the compensating elements does not raise the "
            "score; the two sequences of a pair differ only there. Compare E_i with D_i.",
        ),
        (
            30, 40,
            "absent: css = 0.500 (n = 100, 40 tied): 90 % interval [0.435, 0.56] within 0.4 to "
            "0.6: near chance. Needed: CI low > 0.50. The elements make no difference to this "
            "model. Compare E_i with D_i.",
        ),
        (
            58, 0,
            "undecided: css = 0.580 (n = 100): 95 % interval [0.48, 0.68] contains 0.5. Needed: CI "
            "low > 0.50. Score more pairs (--mit-n) before concluding either way.",
        ),
    ],
)  # fmt: skip
def test_one_explanation_of_each_verdict(bench, wins, ties, text):
    assert compensation(bench, wins, ties).explanation == text


def test_too_few_pairs_are_said(bench):
    assert compensation(bench, 5, n=5).explanation == (
        "undecided: css = 1.000 (n = 5): n too small (5 < 6). Needed: CI low > 0.50. Score more "
        "pairs (--mit-n) before concluding either way."
    )


def test_no_pairs_at_all_are_said(bench):
    scored = bench.noise("natural_motif", n=1)  # the first promoter has no sham
    result = bench.judge("natural_motif", scored)
    assert result.explanation == (
        "undecided: sham_over_broken = undefined (n = 0): n too small (0 < 6). Needed: CI low > "
        "0.50. Only so many natural promoters have a matched site: --mit-n beyond 100 adds none."
    )


def test_each_part_of_a_compound_claim_has_its_own_verdict(bench):
    scored = bench.advantage("scrambled_control", 10.0)
    values = scored.values.copy()
    values[scored.sequences.rows["up_displaced"]] = values[scored.sequences.rows["E"]]
    text = bench.judge("scrambled_control", Scored(scored.sequences, values)).explanation
    assert text == (
        "refuted: scr_decoy = 1.000 (n = 40) holds: 95 % interval [0.9119, 1] above 0.5, p = "
        "9.1e-13 < 0.025; scr_up_displaced = 0.500 (n = 40, 40 tied) refuted: 95 % interval [0.5, "
        "0.5] lies wholly at or below 0.5. Needed: CI low > 0.50 for each. The same bases "
        "elsewhere score as well or better: this model does not use the elements' place. Compare "
        "E_decoy_i with H_decoy_i and E_i with up_displaced_i."
    )


def test_a_guard_that_refutes_is_named(bench):
    scored = bench.advantage("at_titration", 10.0)
    values = scored.values.copy()
    rows = scored.sequences.rows
    values[rows["at80_E_decoy"]] = values[rows["at80_H_decoy"]]
    result = bench.judge("at_titration", Scored(scored.sequences, values))
    assert result.verdict is Verdict.REFUTED
    assert "titrated_rescue = " in result.explanation
    assert (
        "Of 6 conditions 1 refuted: rescue_at_80 = 0.000 (n = 12, 12 tied) refuted: "
    ) in result.explanation
    assert result.p < 0.025  # of what decides; the guard's own is in the metrics


def test_a_guard_without_a_clear_loss_changes_nothing(bench):
    scored = bench.advantage("at_titration", 10.0)
    values = scored.values.copy()
    rows = scored.sequences.rows["at80_E_decoy"]
    values[rows] = bench.noise("at_titration").values[rows]
    result = bench.judge("at_titration", Scored(scored.sequences, values))
    assert result.verdict is Verdict.HOLDS
    assert "None of 6 conditions refuted." in result.explanation


def test_without_its_premise_a_claim_judges_nothing(bench):
    scored = bench.advantage("robustness", 10.0)
    values = scored.values.copy()
    rows = scored.sequences.rows
    values[rows["up_displaced"]] = values[rows["E"]]
    result = bench.judge("robustness", Scored(scored.sequences, values))
    assert result.verdict is Verdict.UNDECIDED
    assert result.explanation.startswith(
        "undecided: nothing to judge, because scr_up_displaced = 0.500 (n = 40, 40 tied) refuted: "
    )
    assert result.p == 1.0


def test_a_diagnostic_shows_its_numbers(bench):
    text = bench.judge("dinucleotide", bench.noise("dinucleotide")).explanation
    assert text.startswith("measured: over_at_matched = 0.")
    assert text.endswith("A diagnostic, without a verdict.")
    assert "Needed" not in text


@pytest.mark.parametrize("claim_id", JUDGED)
@pytest.mark.parametrize("size", [10.0, 0.0, 0.5, -10.0])
def test_every_explanation_has_its_parts(bench, claim_id, size):
    claim = get_claim(claim_id)
    result = bench.judge(claim_id, bench.advantage(claim_id, size))
    text = result.explanation
    assert text.startswith(f"{result.verdict}: ")
    for part in (part for part in result.parts if part.role == "deciding"):
        assert f"{part.metric.name} = {part.metric.value:.3f} (n = {part.metric.n}" in text
        assert part.reason in text
        assert "interval [" in part.reason
    assert f"Needed: {claim.threshold_text}" in text
    assert claim.meaning[result.verdict] in text
    first, second = claim.pairs("matched")[0]
    compared = f"Compare {first}_i with {second}_i" in text
    assert compared == (result.verdict in (Verdict.REFUTED, Verdict.ABSENT))
    pairs = claim.pairs("matched")
    assert text.count("_i with ") <= min(2, len(pairs))
    assert text.isprintable()


def test_an_error_says_what_a_score_must_be():
    result = get_claim("compensation").failed("the model broke")
    assert (result.verdict, result.explanation) == (Verdict.ERROR, "error: the model broke")


def test_the_papers_protocol_names_the_papers_pairs(bench):
    sequences = get_claim("scrambled_control").design(DesignSpec(n=40, protocol="published"))
    values = np.array([1.0 if item.group == "H" else 0.0 for item in sequences])
    result = bench.judge("scrambled_control", Scored(sequences, values), protocol="published")
    assert result.explanation.startswith("refuted: scr = 0.000 (n = 20): ")
    assert result.explanation.endswith("Compare E_i with H_i.")
