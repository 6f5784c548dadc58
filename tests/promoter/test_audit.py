"""The control audit: hand-made pairs, our own controls, and the paper's release."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mit_harness.errors import InputError
from mit_harness.promoter.alphabet import encode
from mit_harness.promoter.audit import audit, audit_what_can_be
from mit_harness.promoter.audit_content import (
    KmerChange,
    LocalGC,
    at_runs,
    changes,
    frequencies,
    kmer_counts,
    ks_p,
    sign_p,
)
from mit_harness.promoter.audit_elements import InPlace, layouts
from mit_harness.promoter.audit_pairs import AuditPair, default_pairs
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


def tiny(family, source, *pairs):
    sequences = [*make_items("H", family), *make_items("E", source)]
    return audit(SequenceSet.of(sequences), TINY, pairs or None)


def words(text, other, size):
    return frequencies(kmer_counts(encode(text), size), kmer_counts(encode(other), size), size)


def alikes(found):
    return {a.element: (a.family, a.source) for a in found.look_alikes}


@pytest.fixture(scope="module")
def ours():
    spec = DesignSpec()
    pair = build(spec, ["motif_correct", "motif_exchanged", *DERIVATIVES])
    audits = audit(core(spec) | families(spec) | pair)
    return {found.family: found for found in reversed(audits)}  # of several sources, the first


@pytest.fixture(scope="module")
def published():
    if not (RELEASE / "sequences.tsv").is_file():
        pytest.skip("the paper's released sequences do not lie beside this checkout")
    return read_sequences(RELEASE / "sequences.tsv")[0]


def test_one_pair_by_hand():
    (found,) = tiny([H], [E])
    assert (found.family, found.source, found.pair.edit) == ("H", "E", "")
    assert (found.pairs, found.unpaired, found.identical, found.length) == (1, 0, 0, 30)
    assert (found.equal_composition, found.equal_at) == (1, 1)
    assert (found.differing_median, found.differing_max, found.kept) == (14.0, 14, 16)
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
    gained, lost = changes(encode(["AAAAAAC", "AAAAAAC"]), encode(["AAAAAAG", "AAAAAAC"]))
    assert gained == KmerChange(mean=0.5, commonest="AAAAAC", pairs=1, reverse=0, p=1.0)
    assert lost == KmerChange(mean=0.5, commonest="AAAAAG", pairs=1, reverse=0, p=1.0)
    none = (KmerChange(0.0, "", 0, 0, 1.0),) * 2
    assert changes(encode(["ACGT"]), encode(["TTTT"])) == none  # shorter than a 6-mer
    assert changes(encode(["ACGTACG"]), encode(["ACGTACG"])) == none


def test_a_word_of_one_side_is_weighed_against_the_reverse():
    family, source = ["AAAAAAC"] * 30, ["AAAAAAG"] * 28 + ["AAAAAAC"] * 2
    gained = changes(encode(family), encode(source))[0]
    assert (gained.pairs, gained.reverse, gained.p) == (28, 0, pytest.approx(4096 * 2.0**-28))
    mixed = changes(encode(family[:20] + source[:8]), encode(source[:20] + family[:8]))[0]
    assert (mixed.commonest, mixed.pairs, mixed.reverse, mixed.p) == ("AAAAAC", 20, 8, 1.0)


def test_kmer_frequencies_by_hand():
    found = words(["AAAA", "AAAA"], ["AAAA", "CCCC"], 2)
    assert (found.ks, found.kmer, found.same) == (0.5, "AA", 1)
    assert found.total_variation == pytest.approx(0.5)
    assert found.p_holm == 1.0
    apart = words(["AAAA"] * 6, ["CCCC"] * 6, 2)
    assert apart.ks == 1.0
    assert apart.p_holm == pytest.approx(16 * 2 / 924)  # two of the C(12, 6) orders


@pytest.mark.parametrize("n", [1, 2, 7, 30, 100])
def test_the_tests_are_those_of_scipy(n):
    from scipy.stats import binomtest, ks_2samp

    rng = np.random.default_rng(n)
    for shift in (0, 0.5, 2):
        ours, theirs = rng.normal(size=n), rng.normal(size=n) + shift
        theirs[0] = 9  # at the very end, as ks_2samp takes any distance
        exact = ks_2samp(ours, theirs, method="exact")
        assert ks_p(round(exact.statistic * n), n) == pytest.approx(exact.pvalue, rel=1e-9)
    for wins in {0, n // 3, n}:
        expected = binomtest(wins, n, alternative="greater").pvalue
        assert sign_p(wins, n - wins) == pytest.approx(expected, rel=1e-9)
    assert ks_p(0, n) == 1.0
    assert sign_p(0, 0) == 1.0


def test_large_sets_are_tested_exactly_too():
    found = words(["ACGTACGT"] * 1001, ["ACGTACGA"] * 1001, 3)
    assert (found.ks, found.kmer) == (1.0, "CGA")
    assert 0 <= found.p_holm < 1e-100
    assert ks_p(40, 10_000) == pytest.approx(1.0, abs=1e-4)


def test_the_longest_run_of_a_and_t():
    assert at_runs(encode(["ACATTG", "CCCGGG", "AAATTT", "GATAAC"])).tolist() == [3, 0, 6, 4]


def test_an_edit_is_known_by_its_pair():
    sequences = [*make_items("D", [E, E]), *make_items("C", [write(E, (9, "A")), E])]
    (found,) = audit(SequenceSet.of(sequences), TINY)
    assert found.pair.edit
    assert (found.equal_composition, found.equal_at, found.identical) == (1, 1, 1)


def test_pairs_are_matched_by_index_whatever_the_order():
    items = [Item("h7", "H", 7, H), Item("e1", "E", 1, H), Item("e7", "E", 7, E)]
    (found,) = audit(SequenceSet.of(items), TINY)
    assert (found.pairs, found.unpaired, found.differing_max) == (1, 0, 14)


def test_families_without_their_source_are_left_out():
    assert audit(SequenceSet.of(make_items("H", [H])), TINY) == []
    assert audit(SequenceSet.of([]), TINY) == []


def test_own_pairs_are_taken_and_a_family_may_have_several_sources():
    back, twice = tiny([H], [E], AuditPair("E", "H"), AuditPair("E", "E"))
    assert (back.family, back.source) == ("E", "H")
    assert back.local_gc.difference == -0.5
    assert (twice.source, twice.identical) == ("E", 1)


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (AuditPair("H", "EE"), "no group 'EE' to audit; did you mean 'E'"),
        (AuditPair("X", "E"), "no group 'X' to audit; known: E, H"),
    ],
)
def test_a_named_group_must_be_there(pair, message):
    with pytest.raises(InputError, match=message):
        tiny([H], [E], pair)


def test_no_common_index_is_refused():
    items = [Item("a", "H", 1, H), Item("b", "E", 2, E)]
    with pytest.raises(InputError, match="'H' and 'E' share no index") as error:
        audit(SequenceSet.of(items), TINY)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("sequence", [E[:-1], E[:-1] + "N", ""])
def test_what_is_shorter_than_the_layout_or_no_dna_is_refused(sequence):
    with pytest.raises(InputError, match="sequence 'H_000'") as error:
        tiny([sequence], [E])
    assert "\n" not in str(error.value)


def test_longer_sequences_have_the_layout_at_their_beginning():
    (found,) = tiny([H + "ACGTA"], [E + "ACGTA"])
    (short,) = tiny([H], [E])
    assert (found.length, found.kept, found.elsewhere) == (35, 21, 0)
    assert (found.in_place, found.local_gc) == (short.in_place, short.local_gc)


def test_different_lengths_cannot_be_compared():
    with pytest.raises(InputError, match="'H' has sequences of 31 bp, 'E' of 30 bp"):
        tiny([H + "A"], [E])
    with pytest.raises(InputError, match="'H_001' has 30 bp, 'H_000' 31 bp"):
        tiny([H + "A", H], [E, E])


def test_what_cannot_be_audited_is_said_and_the_rest_is():
    items = [Item("x", "X", 1, E[:9]), *make_items("H", [H]), *make_items("E", [E])]
    pairs = [AuditPair("X", "E"), AuditPair("H", "E"), AuditPair("gone", "E")]
    found, left_out = audit_what_can_be(SequenceSet.of(items), pairs, TINY)
    assert [a.pair.name for a in found] == ["H against E"]
    assert len(left_out) == 1
    assert left_out[0].startswith("X against E: sequence 'x' has 9 bp, the layout tiny 30 bp")


def test_places_of_a_claims_own_are_found_where_most_pairs_differ():
    """An element moved to where the layout has none, and one base changed by chance."""
    long = E + "GCGCGCGCGC"
    moved, stray = [swap(long, 0, 34, 4)] * 8, write(swap(long, 0, 34, 4), (29, "A"))
    (found,) = tiny(moved, [long] * 8, AuditPair("H", "E"))
    assert (found.elsewhere, found.matched) == (0, True)
    (strict,) = tiny(moved, [long] * 8, AuditPair("H", "E", by_layout=True))
    assert strict.elsewhere == 8
    (one,) = tiny([*moved[:7], stray], [long] * 8, AuditPair("H", "E"))
    assert (one.elsewhere, one.elsewhere_max) == (1, 1)


def test_unrelated_backgrounds_are_no_places_of_a_claims_own():
    other = "".join("TGCA"["ACGT".index(base)] for base in E)  # differs at every place
    (found,) = tiny([other] * 8, [E] * 8, AuditPair("H", "E"))
    assert (found.kept, found.matched, found.elsewhere) == (0, False, 8)


def test_another_grammar_gives_other_families(sigma54):
    assert AuditPair("activator_displaced", "E", by_layout=True) in default_pairs(sigma54)
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
        assert min(ours[name].lost.p, ours[name].gained.p) > 0.01
    assert alikes(ours["H_decoy"])["extended+minus10"] == (1, 0)


def test_the_dinucleotide_shuffle_keeps_counts_and_no_background(ours):
    found = ours["dinucleotide"]
    assert found.dinucleotides.same == found.equal_composition == found.elsewhere == 100
    assert (found.dinucleotides.ks, found.dinucleotides.total_variation) == (0, 0)


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


def test_the_audit_of_one_pair_needs_no_other(ours):
    spec = DesignSpec()
    (alone,) = audit(build(spec, ["E", "H"]))
    assert alone == ours["H"]


def test_published_backgrounds_are_not_matched(published):
    pair = SequenceSet.of(i for i in published if i.id in ("D_000", "E_000"))
    (found,) = audit(pair)
    assert (found.family, found.source, found.differing_max) == ("E", "D", 72)
    audits = audit(published)
    assert [a.family for a in audits] == ["D", "E", "F", "H"]
    assert all(a.elsewhere == a.pairs and not a.matched for a in audits)


def test_published_h_is_no_proper_control(published):
    (found,) = audit(published, pairs=[AuditPair("H", "E")])
    assert (found.pairs, found.equal_composition, found.equal_at) == (50, 0, 2)
    standing = {(p.element, p.motif): p.family for p in found.in_place}
    assert standing["extended", "TGT"] == 23
    assert (found.lost.commonest, found.lost.pairs, found.lost.reverse) == ("GTTGTA", 27, 0)


def test_words_are_counted_alike_a_few_pairs_at_a_time(monkeypatch):
    from mit_harness.promoter import audit_content

    family, source = np.random.default_rng(0).integers(4, size=(2, 23, 40)).astype(np.uint8)
    family[:15] = source[:15]
    whole = audit_content.changes(family, source)
    monkeypatch.setattr(audit_content, "_ROWS", 4)
    assert audit_content.changes(family, source) == whole
    assert whole[0].mean > 0


@pytest.mark.parametrize("rows", [1, 7])
def test_an_audit_measures_alike_a_few_sequences_at_a_time(monkeypatch, rows):
    from mit_harness.promoter import audit as audited
    from mit_harness.promoter import audit_elements
    from mit_harness.promoter.core import build

    groups = ("C", "D", "E", "H", "E_decoy", "H_decoy", "A", "A_broken", "A_sham", "A_displaced")
    made = build(DesignSpec(n=12), (*groups, "A_compensated", "dinucleotide"))
    whole = audit(made)
    for module in (audited, audit_elements):
        monkeypatch.setattr(module, "MOST_ROWS", rows)
    assert audit(made) == whole
    assert len(whole) > 5
