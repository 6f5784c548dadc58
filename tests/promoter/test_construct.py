"""Everything that is built on one background differs only where it should."""

from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from mit_harness.errors import InputError
from mit_harness.promoter.alphabet import at_count, matches, reverse_complement
from mit_harness.promoter.construct import draw_background, draw_filler, promoters, sample_iupac
from mit_harness.promoter.grammar import SIGMA70
from mit_harness.promoter.seeds import Seeds

FORMS = SIGMA70.breakable.broken
UP, MINUS35, EXTENDED, MINUS10 = range(15, 24), range(30, 36), range(50, 53), range(53, 59)
UP_AWAY, EXTENDED_AWAY, DECOY = range(39, 48), range(74, 77), range(77, 83)


def built(form="TGTAAT", n=100):
    return promoters(SIGMA70, Seeds(), n, form)


def at(sequence, places):
    return sequence[places.start : places.stop]


def differences(one, two):
    return {k for k, (a, b) in enumerate(zip(one, two, strict=True)) if a != b}


@cache
def is_look_alike(hexamer):
    wrong = sum(a != b for a, b in zip(hexamer, "TATAAT", strict=True))
    return wrong <= 1 and hexamer[1] == "A" and hexamer[5] == "T"


def look_alikes(sequence):
    other = reverse_complement(sequence)
    starts = range(len(sequence) - 5)
    return {(k, "+") for k in starts if is_look_alike(sequence[k : k + 6])} | {
        (len(sequence) - 6 - k, "-") for k in starts if is_look_alike(other[k : k + 6])
    }


@pytest.mark.parametrize("form", FORMS)
def test_classes_differ_only_in_the_named_elements(form):
    for p in built(form):
        c, d, e, f = p.intact(), p.broken(), p.compensated(), p.over_compensated()
        assert differences(p.background, c) <= {*MINUS35, *MINUS10}
        assert (at(c, MINUS35), at(c, MINUS10)) == ("TTGACA", "TATAAT")
        assert differences(c, d) == {54 if form == "TGTAAT" else 53}
        assert at(d, MINUS10) == form
        assert differences(d, e) <= {*UP, *EXTENDED}
        assert matches(at(e, UP), "AAAAAARNR")
        assert at(e, EXTENDED) == "TGT"
        assert differences(e, f) <= {*range(4, 15), *range(59, 62)}
        assert matches(f[4:15], "AWWWWWTTTTT")
        assert f[59:62] == "GGG"


@pytest.mark.parametrize("form", FORMS)
def test_h_holds_the_same_bases_elsewhere(form):
    for p in built(form):
        e = p.compensated()
        h = p.displace(e)
        assert Counter(h) == Counter(e)
        assert (at(h, UP_AWAY), at(h, UP)) == (at(e, UP), at(e, UP_AWAY))
        assert (at(h, EXTENDED_AWAY), at(h, EXTENDED)) == ("TGT", at(e, EXTENDED_AWAY))
        assert differences(e, h) <= {*UP, *UP_AWAY, *EXTENDED, *EXTENDED_AWAY}
        assert h[50:52] != "TG"
        assert not matches(at(h, UP), "AAAAAARNR")
        assert p.displace(h) == e


def test_single_moves_add_up_to_the_double_one():
    for p in built():
        e = p.compensated()
        assert p.displace(p.displace(e, "up"), "extended") == p.displace(e)
        assert p.displace(e, "up")[50:53] == "TGT"
        assert at(p.displace(e, "extended"), UP) == at(e, UP)


@pytest.mark.parametrize("form", FORMS)
def test_the_decoy_pair_holds_the_same_bases(form):
    for p in built(form):
        correct, wrong = p.decoy_pair()
        assert Counter(correct) == Counter(wrong)
        for sequence in (correct, wrong):
            assert (at(sequence, MINUS10), at(sequence, DECOY)) == (form, form)
        assert (at(correct, EXTENDED), at(wrong, EXTENDED_AWAY)) == ("TGT", "TGT")
        assert "TG" not in (wrong[50:52], correct[74:76])
        assert differences(p.compensated(), correct) <= set(DECOY)


@pytest.mark.parametrize("form", FORMS)
def test_the_motif_pair_holds_the_same_boxes(form):
    for p in built(form):
        correct, wrong = p.motif_pair()
        assert (at(correct, MINUS10), at(correct, DECOY)) == ("TATAAT", form)
        assert (at(wrong, MINUS10), at(wrong, DECOY)) == (form, "TATAAT")
        assert differences(correct, wrong) <= {*MINUS10, *DECOY}


def test_500_backgrounds_obey_the_redraw_rule():
    for p in built(n=500):
        background = p.background
        assert "TG" not in (background[50:52], background[74:76])
        assert at_count(at(background, UP_AWAY)) <= 6
        # Whatever the boxes read, nothing beside them passes for a -10 box on either strand.
        for box in ("TATAAT", *FORMS):
            sequence = background[:30] + "TTGACA" + background[36:53] + box + background[59:]
            assert look_alikes(sequence) <= {(53, "+")}
            decoy = sequence[:77] + box + sequence[83:]
            assert look_alikes(decoy) <= {(53, "+"), (77, "+")}


def test_the_background_has_the_stated_composition():
    bases = Counter("".join(p.background for p in built(n=500)))
    for base, share in SIGMA70.composition.items():
        # The redraw rule costs 3 points of A+T: what looks like a box is rich in it.
        assert bases[base] / 50_000 == pytest.approx(share, abs=0.03)


def test_asking_for_more_never_changes_the_earlier_ones():
    assert built(n=20) == built(n=60)[:20]
    assert built("GATAAT", 20)[7].background == built(n=60)[7].background
    assert built("GATAAT", 20)[7].bases == built(n=60)[7].bases


@pytest.mark.parametrize("other", [Seeds(42, "dev"), Seeds(43)])
def test_another_split_or_seed_is_another_set(other):
    changed = promoters(SIGMA70, other, 20, "TGTAAT")
    assert not {p.background for p in changed} & {p.background for p in built(n=20)}


def test_an_unknown_form_is_refused():
    with pytest.raises(InputError, match="not a broken minus10"):
        promoters(SIGMA70, Seeds(), 1, "CATAAT")


def test_the_shuffled_family_has_the_bases_but_no_element():
    for k, p in enumerate(built()):
        e, made = p.compensated(), p.shuffled(Seeds().rng("shuffle", k))
        assert Counter(made) == Counter(e)
        assert differences(e, made) <= {*UP, *EXTENDED}
        assert not matches(at(made, UP), "AAAAAARNR")
        assert made[50:52] != "TG"


def test_nine_a_can_be_shuffled_too():
    p = replace(built()[0], bases={**built()[0].bases, "up": "AAAAAAAAA"})
    made = p.shuffled(np.random.default_rng(0))
    assert not matches(at(made, UP), "AAAAAARNR")


def test_the_dinucleotide_family_keeps_dinucleotides_and_boxes():
    moved = 0
    for k, p in enumerate(built()):
        e, made = p.compensated(), p.dinucleotide_shuffled(Seeds().rng("dinucleotide", k))
        assert Counter(pairwise(made)) == Counter(pairwise(e))
        assert (at(made, MINUS35), at(made, MINUS10)) == ("TTGACA", "TGTAAT")
        moved += made != e
    assert moved == 100


def test_sampling_takes_each_base_equally_often():
    rng = np.random.default_rng(0)
    drawn = Counter(sample_iupac("N", rng) for _ in range(4000))
    assert all(900 < drawn[base] < 1100 for base in "ACGT")
    assert {sample_iupac("R", rng) for _ in range(50)} == {"A", "G"}
    assert sample_iupac("TGT", rng) == "TGT"


def test_more_at_changes_as_few_bases_as_possible():
    free = replace(SIGMA70, signature={}, displaced_at_most={})
    rich = replace(free, composition={"A": 0.3, "C": 0.2, "G": 0.2, "T": 0.3})
    shared = sum(
        len(differences(*(draw_background(g, np.random.default_rng(k)) for g in (free, rich)))) < 20
        for k in range(20)
    )
    assert shared >= 10  # the others were drawn again


def test_a_rule_that_nothing_can_obey_is_said_not_looped_on():
    never = replace(SIGMA70, displaced_at_most={"up": -1})
    with pytest.raises(InputError, match="redraw rule"):
        draw_background(never, np.random.default_rng(0))
    with pytest.raises(InputError, match="redraw rule where up is displaced"):
        draw_filler(never, "up", np.random.default_rng(0))


def test_fillers_obey_the_redraw_rule():
    rng = np.random.default_rng(0)
    ups = [draw_filler(SIGMA70, "up", rng) for _ in range(300)]
    assert {len(bases) for bases in ups} == {9}
    assert max(map(at_count, ups)) == 6
    assert not any(draw_filler(SIGMA70, "extended", rng).startswith("TG") for _ in range(300))


def test_a_second_grammar_builds_too(sigma54):
    made = promoters(sigma54, Seeds(), 30, "TTAAAT")
    for k, p in enumerate(made):
        c, d, e = p.intact(), p.broken(), p.compensated()
        assert (c[42:48], c[53:59], d[53:59]) == ("TGGCAC", "TTGCAT", "TTAAAT")
        assert matches(e[2:16], "TGCACCNNNGTGCA")
        assert differences(d, e) <= set(range(2, 16))
        h = p.displace(e)
        assert Counter(h) == Counter(e)
        assert h[26:40] == e[2:16]
        assert h[2:6] != "TGCA"
        correct, wrong = p.decoy_pair()
        assert Counter(correct) == Counter(wrong)
        shuffled = p.shuffled(Seeds().rng("shuffle", k))
        assert Counter(shuffled) == Counter(e)
        assert shuffled[2:6] != "TGCA"
        dinucleotide = p.dinucleotide_shuffled(Seeds().rng("dinucleotide", k))
        assert Counter(pairwise(dinucleotide)) == Counter(pairwise(e))
