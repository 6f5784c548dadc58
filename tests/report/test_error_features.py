"""Which pairs the claims compare, and the features of each by hand."""

import pytest

from mit_harness.claims.registry import get_claim
from mit_harness.errors import InputError
from mit_harness.promoter.core import DesignSpec
from mit_harness.promoter.grammar import SIGMA70
from mit_harness.promoter.natural import natural_promoters
from mit_harness.report.error_features import (
    TOKEN_FEATURES,
    Sides,
    at_run,
    group_pairs,
    sequence_features,
    to_score,
)


def feature(name, winner, loser, tokens=(0, 0), layout=SIGMA70):
    known = {f.name: f for f in (*sequence_features(layout), *TOKEN_FEATURES)}
    return known[name].of(Sides(winner, loser, layout, tokens))


def test_features_by_hand():
    minus35 = SIGMA70["minus35"]
    loser = "C" * 100
    winner = loser[:2] + "ATA" + loser[5:20] + "TTAA" + loser[24:]
    assert feature("at_difference", winner, loser) == 7
    assert feature("at_run_difference", winner, loser) == 4
    assert feature("at_run_winner", winner, loser) == 4
    assert feature("background_at", winner, loser) == 0
    assert feature("upstream_at_winner", winner, loser) == 4 / 20
    assert feature("upstream_at_loser", winner, loser) == 0
    outside = winner[: minus35.start - 20] + "A" + loser[minus35.start - 19 :]
    assert feature("upstream_at_loser", outside, outside) == 1 / 20
    assert feature("tokens_difference", winner, loser, (17, 20)) == -3
    assert feature("tokens_winner", winner, loser, (17, 20)) == 17
    assert (at_run(""), at_run("CCG"), at_run("ATCTTAG")) == (0, 0, 3)


def test_the_background_is_what_both_share_outside_every_element():
    base = ["C"] * 100
    for element in (*SIGMA70.boxes, *SIGMA70.compensators):
        base[element.start : element.stop] = "A" * element.length
    for element in (*SIGMA70.compensators, SIGMA70.breakable):
        start = SIGMA70.displaced(element.name)
        base[start : start + element.length] = "A" * element.length
    sequence = "".join(base)
    assert feature("background_at", sequence, sequence) == 0
    free = sequence.count("C")
    assert feature("background_at", "T" + sequence[1:], "T" + sequence[1:]) == 1 / free
    assert feature("background_at", "T" + sequence[1:], sequence) == 0


def test_look_alikes_stand_in_both_and_off_their_own_place():
    minus35, minus10 = SIGMA70["minus35"], SIGMA70["minus10"]
    plain = "C" * 100

    def written(text, *places):
        for place in places:
            text = text[:place] + "TTGACC" + text[place + 6 :]
        return text

    both = written(plain, minus35.start, 70)
    assert feature("alikes_minus35", both, both) == 1
    assert feature("alikes_minus35", both, written(plain, minus35.start)) == 0
    assert feature("alikes_minus10", both, both) == 0
    reverse = "C" * 62 + "ATTATA" + "C" * 32
    assert feature("alikes_minus10", reverse, reverse) == 1
    own = "C" * minus10.start + "TATAAT" + "C" * (100 - minus10.stop)
    assert feature("alikes_minus10", own, own) == 0


def test_natural_pairs_have_the_layout_of_their_own_promoter():
    (pair,) = group_pairs([get_claim("natural_motif")], DesignSpec())
    known = natural_promoters("A")
    moved = 0
    for k, (winner, _) in enumerate(pair.items):
        start = known[winner.index].grammar["minus35"].start
        assert winner.sequence[start : start + 6] == known[winner.index].minus35
        window = winner.sequence[start - 20 : start]
        expected = (window.count("A") + window.count("T")) / 20
        assert pair.features["upstream_at_winner"][k] == pytest.approx(expected)
        moved += start != SIGMA70["minus35"].start
    assert moved


def test_features_are_named_once_and_explained():
    found = (*sequence_features(SIGMA70), *TOKEN_FEATURES)
    assert len({f.name for f in found}) == len(found)
    assert all(f.unit and f.meaning for f in found)


def test_pairs_are_those_of_the_claims_matched_by_index():
    claims = [get_claim(name) for name in ("compensation", "scrambled_control")]
    pairs = group_pairs(claims, DesignSpec(n=20))
    assert [(p.winner, p.loser) for p in pairs] == [
        ("E", "D"),
        ("E_decoy", "H_decoy"),
        ("E", "up_displaced"),
    ]
    for pair in pairs:
        assert len(pair.items) == 20
        assert all(a.index == b.index for a, b in pair.items)
        assert all(values.shape == (20,) for values in pair.features.values())
    assert len(to_score(pairs)) == 5 * 20


def test_a_pair_that_two_claims_compare_stands_once():
    claim = get_claim("compensation")

    class Again(type(claim)):
        id = "again"

    (pair,) = group_pairs([claim, Again()], DesignSpec(n=7))
    assert pair.claims == ("compensation", "again")


def test_groups_of_unequal_size_are_matched_by_index():
    claim = get_claim("compensation")

    class Short(type(claim)):
        def pairs(self, protocol):
            return (("E", "H"),)

    (pair,) = group_pairs([Short()], DesignSpec(n=9))
    assert [a.index for a, _ in pair.items] == [0, 1, 2, 3]


def test_a_claim_without_pairs_is_refused():
    claim = get_claim("compensation")

    class Diagnostic(type(claim)):
        def pairs(self, protocol):
            return ()

    with pytest.raises(InputError, match="compares no pairs"):
        group_pairs([Diagnostic()], DesignSpec(n=7))
