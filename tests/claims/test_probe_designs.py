"""What a verdict compares holds the same bases, and the claims ask for what their pages say."""

from collections import Counter

import pytest

from mit_harness.claims.registry import DESIGNED, get_claim
from mit_harness.promoter.alphabet import at_count
from mit_harness.promoter.grammar import SIGMA70

SAME_AT = {("dinucleotide", "E", "at_matched")}
"""The bases differ by design, the number of A+T does not; so within minus10_variants' strata."""
OTHER_BASES = {
    ("compensation", "E", "D"),  # elements against none
    ("robustness", "E_decoy", "up_AACCAACCA_E"),  # as the rule has it: a weaker UP element
}


def pairs():
    return [
        (claim_id, better, worse)
        for claim_id in DESIGNED
        for better, worse in get_claim(claim_id).pairs("matched")
    ]


def texts(bench, claim_id, group):
    sequences = bench.design(claim_id, 100)
    return [sequences[int(row)].sequence for row in sequences.rows[group]]


def same_at(claim_id, better, worse):
    return claim_id == "minus10_variants" or (claim_id, better, worse) in SAME_AT


@pytest.mark.parametrize("pair", pairs(), ids=lambda pair: "-".join(pair))
def test_composition_is_constant_across_what_a_verdict_compares(bench, pair):
    claim_id, better, worse = pair
    sequences = bench.design(claim_id, 100)
    by_index = {
        name: {sequences[int(row)].index: sequences[int(row)].sequence for row in rows}
        for name, rows in ((g, sequences.rows[g]) for g in (better, worse))
    }
    common = by_index[better].keys() & by_index[worse].keys()
    assert len(common) >= 30
    for index in common:
        one, two = by_index[better][index], by_index[worse][index]
        assert len(one) == len(two)
        if pair in OTHER_BASES:
            continue
        if same_at(*pair):
            assert at_count(one) == at_count(two)
        else:
            assert Counter(one) == Counter(two)


def test_spacings_cancel_the_frame_of_a_six_mer_tokenizer():
    from mit_harness.claims.spacing import FAR, NEAR

    near, far = Counter(bp % 6 for bp in NEAR), Counter(bp % 6 for bp in FAR)
    assert {k: 2 * v for k, v in near.items()} == far


def test_wrong_places_keep_the_frame_and_stand_clear_of_every_element():
    from mit_harness.claims.up_position import CONFOUNDED, UPSTREAM, WRONG

    up = SIGMA70["up"]
    taken = {k for e in SIGMA70.elements if e.role == "box" for k in range(e.start, e.stop)}

    def covers(offset):
        return bool(taken & set(range(up.start + offset, up.stop + offset)))

    assert [up.start + k for k in WRONG] == [39, 63, 69, 75, 81, 87]
    assert all(k % 6 == 0 and not covers(k) and up.stop + k <= 100 for k in WRONG)
    assert not any(map(covers, UPSTREAM))
    assert all(map(covers, CONFOUNDED))


def test_confounded_places_enter_no_number(bench):
    import numpy as np

    from mit_harness.claims.base import Scored

    scored = bench.noise("up_position", n=40)
    values = scored.values.copy()
    for group in ("up_at_25", "up_at_45"):
        values[scored.sequences.rows[group]] = 1e6
    changed = bench.judge("up_position", Scored(scored.sequences, values))
    assert changed == bench.judge("up_position", scored)
    assert np.isfinite(values).all()


def test_variants_are_seven_and_twelve():
    from mit_harness.claims.minus10_variants import _NAMES, VARIANTS, reference

    at = [at_count(VARIANTS[name]) for name in _NAMES]
    assert at == [6] * 7 + [5] * 12
    assert len(reference()) == 19
    assert reference().argmax() == 0


def test_variants_stand_in_the_box_and_nowhere_else(bench):
    consensus = texts(bench, "minus10_variants", "minus10_consensus")
    broken = texts(bench, "minus10_variants", "minus10_A2G")
    for one, two in zip(consensus, broken, strict=True):
        assert (one[53:59], two[53:59]) == ("TATAAT", "TGTAAT")
        assert (one[:53], one[59:]) == (two[:53], two[59:])


def test_each_cell_of_robustness_changes_one_factor(bench):
    base = texts(bench, "robustness", "E_decoy")

    def changed(cell):
        found = set()
        for one, two in zip(base, texts(bench, "robustness", f"{cell}_E"), strict=True):
            found |= {k for k, (a, b) in enumerate(zip(one, two, strict=False)) if a != b}
        return found

    boxes = {*range(53, 59), *range(77, 83)}
    assert changed("length_150") == changed("length_200") == set()
    assert {len(t) for t in texts(bench, "robustness", "length_200_H")} == {200}
    assert changed("minus35_TTGATT") == {34, 35}
    assert changed("minus10_TGTACT") == {57, 81}
    assert changed("break") <= boxes
    for cell in ("up_rrnB_P1", "up_AACCAACCA", "up_shuffled"):
        assert changed(cell) <= set(range(15, 24))


def test_the_factorial_has_every_cell_on_one_background(bench):
    by_cell = {
        cell: texts(bench, "dose_response", f"factorial_{cell}")
        for cell in ("000", "011", "100", "111")
    }
    core = {group: texts(bench, "compensation", group) for group in "CDE"}
    assert by_cell["000"] == core["D"]
    assert by_cell["011"] == core["E"]
    assert by_cell["100"] == core["C"]
    for one, two in zip(by_cell["111"], core["E"], strict=True):
        assert {k for k in range(100) if one[k] != two[k]} == {54}


def test_the_last_grades_are_the_decoy_pair_itself(bench):
    whole = texts(bench, "scrambled_control", "E_decoy")[:50]
    assert texts(bench, "dose_response", "up_grade9_E") == whole


def test_effects_are_what_a_factor_changes():
    import numpy as np

    from mit_harness.claims.dose_response import CELLS, EFFECTS, contrast

    cells = np.array(CELLS, dtype=float)
    score = 3 * cells[:, 0] + 2 * cells[:, 1] - cells[:, 2] + 4 * cells[:, 0] * cells[:, 1]
    found = {name: float(contrast(used) @ score) for name, used in EFFECTS.items()}
    assert found == {
        "box": 5.0, "up": 4.0, "extended": -1.0, "box_x_up": 2.0,
        "box_x_extended": 0.0, "up_x_extended": 0.0, "box_x_up_x_extended": 0.0,
    }  # fmt: skip
    weights = np.array([contrast(used) for used in EFFECTS.values()])
    assert np.allclose(weights @ weights.T, np.eye(7) / 2)
    assert np.allclose(weights.sum(axis=1), 0)
