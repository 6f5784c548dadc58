"""A probe moves, turns or grades one element, and keeps everything else."""

from itertools import pairwise

import numpy as np
import pytest

from mit_harness.errors import InputError
from mit_harness.promoter import probes
from mit_harness.promoter.alphabet import at_count, matches, reverse_complement
from mit_harness.promoter.construct import promoters
from mit_harness.promoter.grammar import SIGMA70, move
from mit_harness.promoter.probes import titrated
from mit_harness.promoter.seeds import Seeds

LEVELS = (30, 40, 50, 60, 70, 80)
N = 40


def built(n=N):
    return promoters(SIGMA70, Seeds(), n, "TGTAAT")


def levels(n=N, seeds=None):
    return [titrated(SIGMA70, seeds or Seeds(), n, "TGTAAT", level) for level in LEVELS]


def differences(one, two):
    return {k for k, (a, b) in enumerate(zip(one, two, strict=True)) if a != b}


def test_a_move_keeps_every_base_and_puts_the_window_where_it_was_asked():
    text = "aaaaBCDeeee"
    assert move(text, 4, 3, 0) == "BCDaaaaeeee"
    assert move(text, 4, 3, 8) == "aaaaeeeeBCD"
    assert move(text, 4, 3, 5) == "aaaaeBCDeee"
    assert move(text, 4, 3, 4) == text


def test_titrated_backgrounds_obey_the_redraw_rule_at_every_level():
    for level, made in zip(LEVELS, levels(), strict=True):
        assert all(p.grammar.accepts(p.background) for p in made)
        assert all(list(p.grammar.faults(p.background)) == [] for p in made)
        assert abs(np.mean([at_count(p.background) for p in made]) - level) < 8


def test_titrated_backgrounds_share_their_deviates_across_levels():
    by_level = [[p.background for p in made] for made in levels()]
    for low, high in pairwise(by_level):
        matched = list(zip(low, high, strict=True))
        # 90 without the redraw rule; about 28 between independent draws.
        assert np.mean([100 - len(differences(a, b)) for a, b in matched]) > 75
        assert np.mean([at_count(b) - at_count(a) for a, b in matched]) > 5
    assert np.mean([len(differences(a, b)) for a, b in pairwise(by_level[2])]) > 65


def test_only_windows_that_break_the_rule_are_drawn_again():
    """A background that obeys the rule at two levels changes only C and G to A and T."""
    unmended = 0
    for i, (low, high) in enumerate(zip(*[levels()[k] for k in (0, 1)], strict=True)):
        first = Seeds().rng("titration", i).random(SIGMA70.length)
        plain = [probes.bases_from(probes.with_at(SIGMA70, at), first) for at in (30, 40)]
        if (low.background, high.background) == tuple(plain):
            unmended += 1
            for k in differences(*plain):
                assert (plain[0][k], plain[1][k]) in {("C", "A"), ("G", "T"), ("G", "C")}
    assert unmended > 5


def test_titration_takes_the_elements_of_the_benchmark():
    for made in levels():
        assert [p.bases for p in made] == [p.bases for p in built()]
        assert {p.break_form for p in made} == {"TGTAAT"}


def test_more_titrated_backgrounds_never_change_the_earlier_ones():
    few, many = (titrated(SIGMA70, Seeds(), n, "TGTAAT", 60) for n in (5, 20))
    assert [p.background for p in few] == [p.background for p in many[:5]]


def test_a_rule_that_cannot_be_met_is_said():
    with pytest.raises(InputError, match=r"no background of 100 % A\+T can be mended"):
        titrated(SIGMA70, Seeds(), 1, "TGTAAT", 100)  # the displaced UP takes at most 6 of 9


def test_longer_promoters_grow_downstream_only():
    for i, p in enumerate(built()):
        longer = probes.lengthened(p, 150, Seeds().rng("tail", i))
        assert len(longer.background) == 150
        assert longer.background[:100] == p.background
        assert longer.grammar.accepts(longer.background)
        for one, two in zip(p.decoy_pair(), longer.decoy_pair(), strict=True):
            assert two[:100] == one


def test_an_end_that_any_next_base_makes_a_look_alike_is_kept():
    seeds = Seeds(1012)
    p = promoters(SIGMA70, seeds, 43, "TGTAAT")[42]
    assert p.background.endswith("ATTAT")  # xATAAT on the other strand, whatever x is
    longer = probes.lengthened(p, 150, seeds.rng("tail", 42))
    assert longer.background[:100] == p.background
    assert set(longer.grammar.faults(longer.background)) == {(95, 101)}


@pytest.mark.parametrize("start", [0, 5, 10, 20, 25, 39, 63, 69, 75, 81, 87])
def test_the_up_element_goes_where_it_is_sent(start):
    up = SIGMA70["up"]
    for p in built():
        correct = probes.up_only(p)
        assert differences(correct, p.broken()) <= set(range(15, 24))
        moved = probes.relocate(correct, up, start)
        assert moved[start : start + 9] == p.bases["up"]
        assert sorted(moved) == sorted(correct)
        touched = set(range(min(start, 15), max(start, 15) + 9))
        if abs(start - 15) >= 9:
            touched = {*range(start, start + 9), *range(15, 24)}
            assert moved[15:24] == correct[start : start + 9]
        assert differences(moved, correct) <= touched


@pytest.mark.parametrize("spacing", range(10, 26))
def test_the_box_stands_at_the_spacing_asked(spacing):
    for p in built():
        intact, made = p.intact(), probes.spaced(p, spacing)
        start = 36 + spacing
        assert (made[30:36], made[start : start + 6]) == ("TTGACA", "TATAAT")
        assert made[:start] + made[start + 6 :] == intact[:53] + intact[59:]
        assert probes.spaced(p, 17) == intact


def test_no_spacing_makes_a_second_box_or_an_extended_one():
    made = probes.spacing_promoters(SIGMA70, Seeds(), N, "TGTAAT", (10, 25))
    for p in made:
        for spacing in range(10, 26):
            start, text = 36 + spacing, probes.spaced(p, spacing)
            assert set(SIGMA70.look_alike.places(text)) == {(start, 1)}
            assert text[start - 3 : start - 1] != "TG"
    assert [p.bases for p in made] == [p.bases for p in built()]
    few = probes.spacing_promoters(SIGMA70, Seeds(), 5, "TGTAAT", (10, 25))
    assert few == made[:5]


def test_bases_beside_the_box_are_drawn_alike_at_every_spacing():
    """With the benchmark's own backgrounds an A after the box is as good as absent at 17 bp."""
    rules = {
        "benchmark": promoters(SIGMA70, Seeds(), 400, "TGTAAT"),
        "spacing": probes.spacing_promoters(SIGMA70, Seeds(), 400, "TGTAAT", (10, 25)),
    }
    share = {}
    for rule, made in rules.items():
        after = [[probes.spaced(p, bp)[42 + bp] == "A" for p in made] for bp in (11, 17, 23)]
        share[rule] = np.mean(after, axis=1)
    assert share["benchmark"][1] < 0.02 < 0.2 < min(share["benchmark"][[0, 2]])
    assert max(share["spacing"]) - min(share["spacing"]) < 0.05


def test_the_strand_pair_holds_the_box_once_in_each_orientation():
    for p in built():
        correct, exchanged = probes.strand_pair(p)
        assert (correct[53:59], correct[77:83]) == ("TATAAT", "ATTATA")
        assert (exchanged[53:59], exchanged[77:83]) == ("ATTATA", "TATAAT")
        assert differences(correct, exchanged) <= {*range(53, 59), *range(77, 83)}
        assert differences(correct, p.intact()) <= set(range(77, 83))


def test_boxes_are_turned_in_place():
    for p in built():
        assert probes.turned(p, "minus10")[53:59] == "ATTATA"
        assert probes.turned(p, "minus35")[30:36] == reverse_complement("TTGACA")
        both = probes.turned(p, "minus10", "minus35")
        assert differences(both, p.intact()) <= {*range(30, 36), *range(53, 59)}


def test_scrambled_boxes_hold_their_bases_and_no_box():
    for i, p in enumerate(built()):
        made = probes.scrambled_boxes(p, Seeds().rng("scrambled_boxes", i))
        assert differences(made, p.intact()) <= {*range(30, 36), *range(53, 59)}
        for bases, box in ((made[30:36], "TTGACA"), (made[53:59], "TATAAT")):
            assert sorted(bases) == sorted(box)
            assert len(differences(bases, box)) >= 4
            assert len(differences(bases, reverse_complement(box))) >= 4


def test_nineteen_variants_differ_from_the_consensus_in_one_base():
    variants = probes.single_variants(SIGMA70.breakable)
    assert len(variants) == len(set(variants.values())) == 19
    assert variants["consensus"] == "TATAAT"
    assert variants["A2G"] == "TGTAAT"
    assert variants["T1G"] == "GATAAT"
    rest = [box for name, box in variants.items() if name != "consensus"]
    assert all(len(differences(box, "TATAAT")) == 1 for box in rest)
    assert sum(at_count(box) == 6 for box in rest) == 6


def test_an_up_element_is_graded_base_by_base():
    for i, p in enumerate(built()):
        order = Seeds().rng("grades", i).permutation(9).tolist()
        pairs = [probes.graded_up_pair(p, grade, order) for grade in range(10)]
        assert pairs[9] == p.decoy_pair()
        assert pairs[0][0][15:24] == pairs[0][1][15:24] == p.background[15:24]
        for k, (low, high) in enumerate(pairwise(pairs)):
            assert differences(low[0], high[0]) <= {15 + order[k]}
            assert differences(low[1], high[1]) <= {15 + order[k], 39 + order[k]}
        for correct, wrong in pairs:
            assert sorted(correct) == sorted(wrong)
            assert correct[50:53] == wrong[74:77] == "TGT"


def test_a_box_is_graded_base_by_base():
    for i, p in enumerate(built()):
        order = Seeds().rng("grades", i).permutation(6).tolist()
        forms = [probes.graded_box(p, grade, order).break_form for grade in range(7)]
        assert (forms[0], forms[6]) == ("CGCGGC", "TATAAT")
        assert [len(differences(form, "TATAAT")) for form in forms] == [6, 5, 4, 3, 2, 1, 0]


def test_fillers_hold_as_much_at_and_no_element():
    seen = set()
    for i, p in enumerate(built()):
        made = probes.at_matched(p, Seeds().rng("fillers", i))
        e = p.compensated()
        assert differences(made, p.broken()) <= {*range(15, 24), *range(50, 53)}
        for window in (slice(15, 24), slice(50, 53)):
            assert at_count(made[window]) == at_count(e[window])
        assert not matches(made[15:24], "AAAAAARNR")
        assert made[50:52] != "TG"
        seen.add(made[15:24])
    assert len(seen) > N / 2


def test_other_up_elements_change_the_element_only():
    for i, p in enumerate(built()):
        weak = probes.with_up(p, "AACCAACCA", Seeds().rng("variants", i))
        assert weak.bases == {**p.bases, "up": "AACCAACCA"}
        dealt = probes.with_shuffled_up(p, Seeds().rng("variants", i))
        assert sorted(dealt.bases["up"]) == sorted(p.bases["up"])
        assert {**dealt.bases, "up": ""} == {**p.bases, "up": ""}
