"""Verdicts rest on the order of scores within pairs, and on nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mit_harness.claims.base import Scored
from mit_harness.claims.registry import DESIGNED
from mit_harness.promoter.sequence_set import Item, SequenceSet
from mit_harness.stats.verdict import Verdict

DIAGNOSTICS = ("composition", "dinucleotide")
JUDGED = [claim_id for claim_id in DESIGNED if claim_id not in DIAGNOSTICS]
ORDERED = [
    *("compensation", "scrambled_control", "motif_effect", "natural_motif", "natural_rescue"),
    *("up_position", "strand", "robustness"),
]
"""Claims whose verdict rests on the order within pairs; the others rest on means."""
each = pytest.mark.parametrize("claim_id", JUDGED)
each_ordered = pytest.mark.parametrize("claim_id", ORDERED)
each_pair = pytest.mark.parametrize("claim_id", ORDERED[:5])


def without_premise(claim_id, verdict):
    """What robustness says where scrambled_control does not hold, whatever its cells say."""
    return Verdict.UNDECIDED if claim_id == "robustness" else verdict


def deciding(result):
    return [(part.metric, part.verdict, part.reason) for part in result.parts]


@each
def test_a_clear_advantage_holds(bench, claim_id):
    result = bench.judge(claim_id, bench.advantage(claim_id, 10.0))
    assert result.verdict is Verdict.HOLDS
    assert {part.verdict for part in result.parts if part.role != "guard"} == {Verdict.HOLDS}
    if claim_id in ORDERED:
        assert {part.metric.value for part in result.parts} == {1.0}


@each
def test_a_flipped_sign_turns_holds_into_refuted(bench, claim_id):
    for size in (1.5, 10.0):
        scored = bench.advantage(claim_id, size, n=100, seed=3)
        assert bench.judge(claim_id, scored).verdict is Verdict.HOLDS
        flipped = bench.judge(claim_id, Scored(scored.sequences, -scored.values))
        assert flipped.verdict is without_premise(claim_id, Verdict.REFUTED)


@each_ordered
@given(
    size=st.sampled_from([0.0, 0.7, 2.0]),
    digits=st.sampled_from([0, 1, 9]),  # with and without ties
    steps=st.sampled_from(["exponential", "standard_cauchy", "chisquare", "uniform"]),
    seed=st.integers(0, 10**6),
)
@settings(max_examples=12, deadline=None)
def test_no_increasing_transform_changes_what_decides(bench, claim_id, size, digits, steps, seed):
    scored = bench.advantage(claim_id, size, n=60, seed=seed)
    coarse = np.round(scored.values, digits)
    distinct = np.unique(coarse)
    drawn = getattr(np.random.default_rng(seed), steps)(*[0.5] * (steps == "chisquare"), size=9999)
    images = np.cumsum(np.abs(drawn[: len(distinct)]) + 1e-9) - 100.0
    assert (np.diff(images) > 0).all()
    transformed = images[np.searchsorted(distinct, coarse)]
    results = [
        bench.judge(claim_id, Scored(scored.sequences, values)) for values in (coarse, transformed)
    ]
    assert deciding(results[0]) == deciding(results[1])
    assert results[0].verdict is results[1].verdict


@each
def test_all_ties_refute(bench, claim_id):
    sequences = bench.design(claim_id, 40)
    result = bench.judge(claim_id, Scored(sequences, np.full(len(sequences), 3.25)))
    assert result.verdict is without_premise(claim_id, Verdict.REFUTED)
    for part in result.parts:
        assert part.metric.value == (0.5 if claim_id in ORDERED else 0.0)
        assert part.metric.p == 1.0
        assert part.metric.ties


@each_pair
def test_differences_within_the_tolerance_are_ties(bench, claim_id):
    scored = bench.advantage(claim_id, 0.0)
    values = np.zeros(len(scored.values))
    for group in bench.winners[claim_id]:
        values[scored.sequences.rows[group]] = 0.01
    small = Scored(scored.sequences, values)
    assert bench.judge(claim_id, small, tolerance=0.0).verdict is Verdict.HOLDS
    assert bench.judge(claim_id, small, tolerance=0.02).verdict is Verdict.REFUTED


@each
@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_fewer_than_six_pairs_decide_nothing(bench, claim_id, n):
    for size in (10.0, 0.0, -10.0):
        result = bench.judge(claim_id, bench.advantage(claim_id, size, n=n))
        assert result.verdict is Verdict.UNDECIDED
        assert f"n too small ({result.n} < 6)" in result.explanation


@pytest.mark.parametrize("n", [1, 2, 6])
@pytest.mark.parametrize("claim_id", DIAGNOSTICS)
def test_a_diagnostic_measures_at_any_n(bench, claim_id, n):
    result = bench.judge(claim_id, bench.noise(claim_id, n=n))
    assert (result.verdict, result.parts, result.p) == (Verdict.MEASURED, (), None)


@pytest.mark.parametrize("claim_id", DESIGNED)
def test_groups_that_share_no_index_are_no_pairs(bench, claim_id):
    """What a user's suite may hold: every group there, and nothing matched."""
    sequences = bench.design(claim_id, 10)
    places = {group: k for k, group in enumerate(sequences.groups)}
    apart = SequenceSet.of(
        item._replace(index=100 * places[item.group] + item.index) for item in sequences
    )
    result = bench.judge(claim_id, Scored(apart, np.arange(len(apart), dtype=float)))
    expected = Verdict.MEASURED if claim_id in DIAGNOSTICS else Verdict.UNDECIDED
    assert result.verdict is expected
    assert all(metric.n == 0 for metric in (part.metric for part in result.parts))


def test_six_pairs_can_decide(bench):
    result = bench.judge("compensation", bench.advantage("compensation", 10.0, n=6))
    assert (result.verdict, result.n) == (Verdict.HOLDS, 6)


@each
@pytest.mark.parametrize(
    ("value", "what"), [(np.nan, "no score"), (np.inf, "score inf"), (-np.inf, "score -inf")]
)
def test_a_score_that_is_not_finite_is_an_error_that_names_the_sequence(
    bench, claim_id, value, what
):
    scored = bench.advantage(claim_id, 10.0)
    scored.values[[7, 9]] = value
    result = bench.judge(claim_id, scored)
    assert result.verdict is Verdict.ERROR
    assert (result.n, result.parts, result.reported, result.p) == (0, (), (), None)
    assert result.explanation == (
        f"error: 2 of {len(scored.values)} sequences, first {scored.sequences[7].id}, have "
        f"{'no score' if what == 'no score' else 'the ' + what}; a score must be a finite number "
        "for every sequence"
    )


def test_a_compound_claim_needs_every_part(bench):
    scored = bench.advantage("scrambled_control", 10.0)
    rows = scored.sequences.rows
    values = scored.values.copy()
    values[rows["up_displaced"]] = values[rows["E"]]  # all ties: this part is refuted
    result = bench.judge("scrambled_control", Scored(scored.sequences, values))
    assert [part.verdict for part in result.parts] == [Verdict.HOLDS, Verdict.REFUTED]
    assert result.verdict is Verdict.REFUTED
    assert result.p == 1.0  # the larger of the two


def test_without_a_test_on_every_part_a_claim_has_no_p(bench):
    result = bench.judge("natural_rescue", bench.advantage("natural_rescue", 10.0))
    assert result.p == max(part.metric.p for part in result.parts)
    part = replace(result.parts[0], metric=replace(result.parts[0].metric, p=None))
    assert replace(result, parts=(part, result.parts[1])).p is None
    assert replace(result, parts=()).p is None


@each
def test_pairs_are_matched_by_index_in_any_order_of_the_sequences(bench, claim_id):
    scored = bench.advantage(claim_id, 0.8)
    order = np.random.default_rng(5).permutation(len(scored.values))
    shuffled = SequenceSet.of(scored.sequences[int(k)] for k in order)
    results = [
        bench.judge(claim_id, scored),
        bench.judge(claim_id, Scored(shuffled, scored.values[order])),
    ]
    assert results[0] == results[1]


def test_only_indices_that_every_group_holds_are_compared():
    items = [
        Item("a", "E", 7, "A"), Item("b", "D", 3, "A"), Item("c", "E", 3, "A"),
        Item("d", "D", 7, "A"), Item("e", "D", 5, "A"), Item("f", "C", 7, "A"),
    ]  # fmt: skip
    scored = Scored(SequenceSet.of(items), np.array([70.0, 3.0, 30.0, 7.0, 5.0, 700.0]))
    assert [g.tolist() for g in scored.matched("E", "D")] == [[30.0, 70.0], [3.0, 7.0]]
    assert [g.tolist() for g in scored.matched("C", "D", "E")] == [[700.0], [7.0], [70.0]]
    assert [g.tolist() for g in scored.matched("E", "absent")] == [[], []]
    assert scored.group("D").tolist() == [3.0, 5.0, 7.0]
    assert scored.has("C", "D")
    assert not scored.has("C", "absent")


def test_pairs_without_a_partner_are_left_out_of_n(bench):
    scored = bench.advantage("compensation", 10.0)
    kept = [k for k, item in enumerate(scored.sequences) if item.id not in ("E_003", "D_010")]
    fewer = SequenceSet.of(scored.sequences[k] for k in kept)
    result = bench.judge("compensation", Scored(fewer, scored.values[kept]))
    assert (result.verdict, result.n) == (Verdict.HOLDS, 38)


@each_pair
def test_every_proportion_reports_ties_and_the_smallest_detectable_effect(bench, claim_id):
    result = bench.judge(claim_id, bench.noise(claim_id, n=100))
    metrics = [part.metric for part in result.parts]
    metrics += [m for m in result.reported if m.unit == "proportion"]
    assert metrics
    for metric in metrics:
        if "auc" in metric.name:  # unpaired
            continue
        assert metric.ties == 0
        assert metric.mde is not None
        assert 0.5 < metric.mde < 0.75


@pytest.mark.parametrize("claim_id", DESIGNED)
def test_metrics_of_one_claim_have_names_of_their_own(bench, claim_id):
    result = bench.judge(claim_id, bench.noise(claim_id))
    names = [part.metric.name for part in result.parts] + [m.name for m in result.reported]
    assert len(set(names)) == len(names)


REPORTED = {
    "compensation": {"css", "rescue", "cm"},
    "scrambled_control": {
        "scr_decoy", "scr_up_displaced", "decoy_difference", "scr", "scr_extended_displaced",
        "scr_shuffled", "scr_dinucleotide",
    },
    "motif_effect": {"motif_in_place", "mes_synthetic", "mes_synthetic_dz", "mes_natural", "cir"},
    "natural_motif": {"sham_over_broken", "box_loss", "natural_over_broken", "natural_loss"},
    "natural_rescue": {
        "rescue_decoy", "rescue_in_place", "place_difference", "compensated_over_broken",
        "g_over_b_adjusted_auc",
    },
    "at_titration": {
        "titrated_rescue", "at_ll_r_sequences", "at_ll_r_means", "at_slope",
        *(f"{what}_at_{at}" for what in ("rescue", "compensation") for at in range(30, 90, 10)),
    },
    "up_position": {
        "up_in_place", "up_place_difference", "positional_fraction", "up_gain",
        "positional_over_composition", "compositional_dominance", "up_position_peak",
        *(f"over_up_at_{place}" for place in (0, 5, 10, 20)),
    },
    "spacing": {"near_over_far", "spacing_peak", "over_other_spacings"},
    "strand": {
        "strand_accuracy", "strand_difference", "over_turned_both", "over_turned_minus10",
        "over_turned_minus35", "over_scrambled_boxes", "over_reverse_complement",
    },
    "minus10_variants": {
        "variant_ranks", "consensus_over_at_preserving", "consensus_over_gc_introducing",
    },
    "robustness": {
        "scr_decoy", "scr_up_displaced", "pooled_cells", "consensus_over_weak_up",
        *(f"cell_length_{bp}" for bp in (150, 200)), *(f"cell_at_{at}" for at in (40, 50, 60, 70)),
        "cell_minus35_TTGATT", "cell_minus10_TGTACT", "cell_up_rrnB_P1", "cell_up_AACCAACCA",
        "cell_up_shuffled", "cell_break",
    },
    "dose_response": {
        "up_grade_slope", "box_grade_slope", "effect_box", "effect_up", "effect_extended",
        "effect_box_x_up", "effect_box_x_extended", "effect_up_x_extended",
        "effect_box_x_up_x_extended",
    },
    "composition": {
        "composition_at_slope", "composition_at_r_sequences", "composition_at_r_means",
        "kmer_r2_1", "kmer_r2_2", "kmer_r2_3",
    },
    "dinucleotide": {
        f"{what}_{other}"
        for what in ("over", "gain_on") for other in ("at_matched", "dinucleotide", "D")
    },
}  # fmt: skip


@pytest.mark.parametrize("claim_id", DESIGNED)
def test_every_claim_reports_its_metrics(bench, claim_id):
    result = bench.judge(claim_id, bench.noise(claim_id))
    names = {part.metric.name for part in result.parts} | {m.name for m in result.reported}
    assert names == REPORTED[claim_id]
