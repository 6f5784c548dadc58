"""The control audit: hand-made pairs, our own controls, and the paper's release."""

from dataclasses import replace
from pathlib import Path

import pytest

from mit_harness.errors import InputError
from mit_harness.promoter.alphabet import encode
from mit_harness.promoter.audit import audit, default_pairs, findings
from mit_harness.promoter.audit_content import KmerChange, LocalGC, changes, frequencies
from mit_harness.promoter.audit_elements import InPlace, layouts
from mit_harness.promoter.core import DesignSpec, build, core, families
from mit_harness.promoter.files import read_sequences
from mit_harness.promoter.grammar import SIGMA70, Element, Grammar, LookAlike, swap, write
from mit_harness.promoter.natural import DERIVATIVES, natural_promoters
from mit_harness.promoter.sequence_set import Item, SequenceSet, make_items

RELEASE = Path(__file__).resolve().parents[3] / "shared" / "reference" / "published"
CONTROLS = (
    "H",
    "displaced",
    "up_displaced",
    "extended_displaced",
    "shuffled",
    "H_decoy",
    "motif_exchanged",
    "A_displaced",
)

# up [0,4), ext [5,8), box [8,14); displaced: up [14,18), ext [19,22), box [22,28).
TINY = Grammar(
    name="tiny",
    length=30,
    elements=(
        Element("up", 0, "AAAR", "compensator"),
        Element("ext", 5, "TGT", "compensator"),
        Element("box", 8, "TATAAT", "box", broken=("TGTAAT",)),
    ),
    displacement=14,
    composition={"A": 0.25, "C": 0.25, "G": 0.25, "T": 0.25},
    look_alike=LookAlike("TATAAT", max_mismatches=1, invariant=(1, 5)),
    signature={"ext": "TG"},
)
E = "AAAGCTGTTGTAATCCGCCCCGGCGCGCCC"
H = "CCGCCCCGTGTAATAAAGCTGTGCGCGCCC"  # E with both swaps


def tiny(family, source, pairs=None):
    sequences = [*make_items("H", family), *make_items("E", source)]
    return audit(SequenceSet.of(sequences), TINY, pairs)


def alikes(found):
    return {a.element: (a.family, a.source) for a in found.look_alikes}


@pytest.fixture(scope="module")
def ours():
    spec = DesignSpec()
    pair = build(spec, ["motif_correct", "motif_exchanged", *DERIVATIVES])
    return {found.family: found for found in audit(core(spec) | families(spec) | pair)}


@pytest.fixture(scope="module")
def published():
    if not (RELEASE / "sequences.tsv").is_file():
        pytest.skip("the paper's released sequences do not lie beside this checkout")
    return read_sequences(RELEASE / "sequences.tsv")[0]


def test_one_pair_by_hand():
    (found,) = tiny([H], [E])
    assert (found.family, found.source, found.control) == ("H", "E", True)
    assert (found.pairs, found.unpaired, found.identical, found.length) == (1, 0, 0, 30)
    assert found.equal_composition == 1
    assert (found.differing_median, found.differing_max) == (14.0, 14)
    assert (found.elsewhere, found.elsewhere_median, found.elsewhere_max) == (0, 0.0, 0)
    assert found.local_gc == LocalGC(0.5, 0, 10)
    assert (found.at_run_family, found.at_run_source) == (7.0, 4.0)
    assert found.in_place == (
        InPlace("up", 0, 4, "AAAR", 0, 1),
        InPlace("ext", 5, 8, "TGT", 0, 1),
        InPlace("ext", 5, 8, "TGN", 0, 1),
    )
    assert alikes(found) == {"up": (5, 3), "ext": (3, 1), "ext+box": (0, 0), "box": (0, 0)}


def test_a_signature_before_a_decoy_is_counted():
    decoys = [write(s, (22, "TGTAAT")) for s in (H, E)]
    (found,) = tiny(*([s] for s in decoys))
    assert alikes(found)["ext+box"] == (1, 0)
    other = [write(s, (8, "CGCGCG"), (22, "CGCGCG")) for s in (H, E)]  # a copy of its own box
    (found,) = tiny(*([s] for s in other))
    assert alikes(found)["ext+box"] == (1, 0)


def test_look_alikes_count_both_strands_and_not_the_place_itself():
    forward = write(H, (8, "TATAAT"), (22, "TATAAT"))
    reverse = write(H, (8, "TATAAT"), (21, "C"), (22, "ATTATA"))  # after T, TATTAT passes too
    (found,) = tiny([forward, reverse, forward], [write(H, (8, "TATAAT"))] * 3)
    assert alikes(found)["box"] == (1, 0)
    not_kept = write(H, (22, "TGTAAT"))  # one mismatch, but at an invariant base
    (found,) = tiny([not_kept], [H])
    assert alikes(found)["box"] == (0, 0)


def test_differences_outside_the_elements_are_elsewhere():
    (found,) = tiny([write(H, (18, "A"), (28, "AA")), H], [E, E])
    assert (found.elsewhere, found.elsewhere_median, found.elsewhere_max) == (1, 1.5, 3)
    assert (found.differing_median, found.differing_max) == (15.5, 17)
    assert found.equal_composition == 1


def test_kmer_changes_by_hand():
    gained, lost = changes(["AAAAAAC", "AAAAAAC"], ["AAAAAAG", "AAAAAAC"])
    assert gained == KmerChange(mean=0.5, commonest="AAAAAC", pairs=1, elsewhere=1)
    assert lost == KmerChange(mean=0.5, commonest="AAAAAG", pairs=1, elsewhere=0)
    assert changes(["ACGT"], ["TTTT"]) == (KmerChange(0.0, "", 0, 0),) * 2


def test_kmer_frequencies_by_hand():
    found = frequencies(encode(["AAAA", "AAAA"]), encode(["AAAA", "CCCC"]), 2)
    assert (found.ks, found.kmer, found.same) == (0.5, "AA", 1)
    assert found.total_variation == pytest.approx(0.5)
    assert found.p_holm == 1.0
    apart = frequencies(encode(["AAAA"] * 6), encode(["CCCC"] * 6), 2)
    assert apart.ks == 1.0
    assert apart.p_holm == pytest.approx(16 * 2 / 924)  # two of the C(12, 6) orders


def test_large_sets_take_the_asymptotic_test():
    found = frequencies(encode(["ACGTACGT"] * 1001), encode(["ACGTACGA"] * 1001), 3)
    assert (found.ks, found.kmer) == (1.0, "CGA")
    assert 0 <= found.p_holm < 1e-100


def test_a_proper_control_has_no_finding_but_its_junctions():
    assert findings(tiny([H] * 5, [E] * 5)) == []  # too few pairs to say so
    assert findings(tiny([H] * 6, [E] * 6)) == [
        "H against E: in 6 of 6 pairs E holds the 6-mer AATCCG and H does not; a model of k-mers "
        "without places can tell them apart.",
        "H against E: in 6 of 6 pairs H holds the 6-mer AATAAA and E does not; a model of k-mers "
        "without places can tell them apart.",
    ]


def test_findings_name_what_is_improper():
    still = write(H, (5, "TGC"), (18, "A"))
    said = findings(tiny([still, E, H], [E, E]))
    assert said == [
        "H against E: 1 of 3 sequences of H have no partner of their index in E and are left out.",
        "H against E: 1 of 2 pairs are identical; they compare nothing.",
        "H against E: 1 of 2 pairs differ outside every element and displaced place (median "
        "0.5 bp there, 6.5 of 30 bp in all); the backgrounds are not matched.",
        "H against E: 1 of 2 pairs have equal base composition; a model that only counts bases "
        "can tell the others apart.",
        "H against E: 1 of 2 still read AAAR at the place of up [0,4).",
        "H against E: 1 of 2 still read TGT at the place of ext [5,8).",
        "H against E: 2 of 2 still read TGN at the place of ext [5,8).",
    ]


def test_a_single_displacement_is_to_keep_the_other_element():
    items = make_items("E", [E])
    moved = swap(E, 0, 14, 4)
    sequences = SequenceSet.of([*items, *make_items("up_displaced", [moved])])
    assert findings(audit(sequences, TINY)) == []
    kept = SequenceSet.of([*items, *make_items("ext_displaced", [moved])])
    assert findings(audit(kept, TINY)) == [
        "ext_displaced against E: 1 of 1 still read TGT at the place of ext [5,8)."
    ]


def test_an_edit_is_only_held_to_its_background():
    sequences = [*make_items("D", [E, E]), *make_items("C", [write(E, (9, "A")), E])]
    (found,) = audit(SequenceSet.of(sequences), TINY)
    assert not found.control
    assert (found.equal_composition, found.identical) == (1, 1)
    assert findings([found]) == ["D against C: 1 of 2 pairs are identical; they compare nothing."]


def test_pairs_are_matched_by_index_whatever_the_order():
    items = [Item("h7", "H", 7, H), Item("e1", "E", 1, H), Item("e7", "E", 7, E)]
    (found,) = audit(SequenceSet.of(items), TINY)
    assert (found.pairs, found.unpaired, found.differing_max) == (1, 0, 14)


def test_families_without_their_source_are_left_out():
    assert audit(SequenceSet.of(make_items("H", [H])), TINY) == []
    assert audit(SequenceSet.of([]), TINY) == []
    assert findings([]) == []


def test_own_pairs_are_taken():
    assert tiny([H], [E], {}) == []
    (found,) = tiny([H], [E], {"E": "H"})
    assert (found.family, found.source) == ("E", "H")
    assert found.local_gc.difference == -0.5


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ({"H": "EE"}, "no group 'EE' to audit; did you mean 'E'"),
        ({"X": "E"}, "no group 'X' to audit; known: E, H"),
    ],
)
def test_a_named_group_must_be_there(pairs, message):
    with pytest.raises(InputError, match=message):
        tiny([H], [E], pairs)


def test_no_common_index_is_refused():
    items = [Item("a", "H", 1, H), Item("b", "E", 2, E)]
    with pytest.raises(InputError, match="'H' and 'E' share no index") as error:
        audit(SequenceSet.of(items), TINY)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("sequence", [E[:-1], E + "A", E[:-1] + "N", ""])
def test_other_lengths_and_letters_are_refused(sequence):
    with pytest.raises(InputError, match="sequence 'H_000'") as error:
        tiny([sequence], [E])
    assert "\n" not in str(error.value)


def test_another_grammar_gives_other_families(sigma54):
    assert default_pairs(sigma54)["activator_displaced"] == "E"
    spec = DesignSpec(grammar=sigma54, n=8, break_form=sigma54.break_form)
    groups = ["C", "D", "E", "displaced", "activator_displaced", "E_decoy", "H_decoy"]
    audits = audit(build(spec, groups), sigma54)
    assert [a.family for a in audits] == ["D", "E", "displaced", "activator_displaced", "H_decoy"]
    assert [a.elsewhere for a in audits] == [0] * 5
    assert [a.equal_composition for a in audits[2:]] == [8] * 3


def test_our_controls_differ_in_places_only(ours):
    for name in CONTROLS:
        found = ours[name]
        assert found.equal_composition == found.pairs > 0, name
        assert found.elsewhere == found.unpaired == found.identical == 0, name
    assert {ours[name].pairs for name in CONTROLS[1:7]} == {100}
    assert ours["H"].pairs == 50


def test_our_classes_share_backgrounds(ours):
    for name in ("D", "E", "F", "A_broken"):
        assert ours[name].elsewhere == 0
    assert ours["D"].differing_max == ours["A_broken"].differing_max == 1
    assert ours["A_sham"].differing_max == ours["A_sham"].elsewhere_max == 1


def test_our_synthetic_controls_hold_no_compensator_in_place(ours):
    for name in ("H", "displaced", "shuffled", "H_decoy"):
        assert [p.family for p in ours[name].in_place] == [0, 0, 0], name
        assert {p.source for p in ours[name].in_place} == {ours[name].pairs}


def test_the_junction_tells_plain_h_from_e_but_not_the_decoy(ours):
    for name in ("H", "displaced", "extended_displaced"):
        lost = ours[name].lost
        assert lost.commonest in {"TGTTGT", "GTTGTA", "TTGTAA"}
        assert lost.pairs >= 0.9 * ours[name].pairs
    for name in ("up_displaced", "H_decoy", "motif_exchanged"):
        assert max(ours[name].lost.pairs, ours[name].gained.pairs) < ours[name].pairs / 2
        assert findings([ours[name]]) == []
    assert alikes(ours["H_decoy"])["extended+minus10"] == (1, 0)


def test_the_dinucleotide_shuffle_keeps_counts_and_no_background(ours):
    found = ours["dinucleotide"]
    assert found.dinucleotides.same == found.equal_composition == found.elsewhere == 100
    assert (found.dinucleotides.ks, found.dinucleotides.total_variation) == (0, 0)
    assert "the backgrounds are shuffled, not kept" in " ".join(findings([found]))


def test_our_backgrounds_hold_no_second_box(ours):
    assert alikes(ours["D"])["minus10"] == (0, 0)
    assert alikes(ours["motif_exchanged"])["minus10"] == (1, 0)


def test_derivatives_of_natural_promoters_are_read_by_their_own_layout(ours):
    index, promoter = next(
        (k, p) for k, p in enumerate(natural_promoters("A")) if p.spacer != 17 and not p.extended
    )
    item = Item("x", "A_displaced", index, promoter.sequence)
    up = ours["A_displaced"].in_place[0]
    assert (up.element, up.start, up.stop) == ("up", None, None)
    assert layouts([item], SIGMA70) == [promoter.grammar]
    # Another grammar, another group, an index beyond the table, or another sequence: the layout.
    copy = replace(SIGMA70)
    assert layouts([item], copy) == [copy]
    other = "ACGT" * 25
    for stranger in (
        item._replace(group="H"),
        item._replace(index=10_000),
        item._replace(index=-1),
        item._replace(sequence=other),
    ):
        assert layouts([stranger], SIGMA70) == [SIGMA70]


def test_published_backgrounds_are_not_matched(published):
    pair = SequenceSet.of(i for i in published if i.id in ("D_000", "E_000"))
    (found,) = audit(pair)
    assert (found.family, found.source, found.differing_max) == ("E", "D", 72)
    audits = audit(published)
    assert [a.family for a in audits] == ["D", "E", "F", "H"]
    assert all(a.elsewhere == a.pairs for a in audits)
    assert sum("the backgrounds are not matched" in text for text in findings(audits)) == 4


def test_published_h_is_no_proper_control(published):
    (found,) = audit(published, pairs={"H": "E"})
    assert (found.pairs, found.equal_composition) == (50, 0)
    standing = {(p.element, p.motif): p.family for p in found.in_place}
    assert standing["extended", "TGT"] == 23
    said = findings([found])
    assert "H against E: 23 of 50 still read TGT at the place of extended [50,53)." in said
    assert any("0 of 50 pairs have equal base composition" in text for text in said)
