"""What the audit says of pairs: flaws, known limits, and what is by design."""

from pathlib import Path

import pytest

from mit_harness.promoter.alphabet import reverse_complement
from mit_harness.promoter.audit import audit
from mit_harness.promoter.audit_findings import findings, sentences
from mit_harness.promoter.audit_pairs import AuditPair
from mit_harness.promoter.core import DesignSpec, build, core, families
from mit_harness.promoter.files import read_sequences
from mit_harness.promoter.grammar import SIGMA70, write
from mit_harness.promoter.natural import DERIVATIVES
from mit_harness.promoter.sequence_set import SequenceSet, make_items

RELEASE = Path(__file__).resolve().parents[3] / "shared" / "reference" / "published"
JUDGED = AuditPair("H", "E", ("scrambled_control",), by_layout=True)


@pytest.fixture(scope="module")
def spec():
    return DesignSpec()


@pytest.fixture(scope="module")
def ours(spec):
    pair = build(spec, ["motif_correct", "motif_exchanged", *DERIVATIVES])
    return audit(core(spec) | families(spec) | pair)


def compared(family, source, pair=JUDGED):
    items = [*make_items(pair.family, family), *make_items(pair.source, source)]
    return audit(SequenceSet.of(items), pairs=[pair])


def kinds(audits, level):
    return [(f.found.family, f.kind) for f in findings(audits) if f.level == level]


def test_nothing_compared_is_nothing_found():
    assert findings([]) == []


def test_our_benchmark_has_no_flaw(ours):
    assert sentences(findings(ours), "flaw") == []


def test_our_known_limits_are_the_junctions_and_the_shuffles(ours):
    known = kinds(ours, "limit")
    assert {family for family, _ in known} == {
        *("H", "displaced", "extended_displaced", "shuffled", "dinucleotide", "A_displaced")
    }
    assert ("H", "6-mers lost") in known
    assert ("shuffled", "frequencies of 3-mers") in known


def test_our_edits_are_by_design(ours):
    assert kinds(ours, "design") == [
        ("D", "other bases"),
        ("E", "other bases"),
        ("F", "other bases"),
        ("dinucleotide", "shuffled backgrounds"),
        ("A_broken", "other bases"),
        ("A_sham", "other bases"),
    ]
    said = "\n".join(sentences(findings(ours), "design"))
    assert "a count of A+T tells the two apart" in said
    assert "the backgrounds are shuffled, not kept" in said


def test_a_junction_is_a_flaw_where_a_verdict_rests_on_it(spec):
    made = build(spec, ["E", "H"])
    (said,) = sentences(findings(audit(made, pairs=[JUDGED])), "flaw")
    assert said.startswith("H against E: in 48 of 50 pairs E holds the 6-mer ")
    assert said.endswith("; a model of k-mers without places can tell them apart.")
    beside = AuditPair("H", "E", ("scrambled_control",), limit="another pair decides, too")
    found = findings(audit(made, pairs=[beside]))
    assert {f.level for f in found} == {"limit"}
    assert str(found[0]).endswith("can tell them apart (another pair decides, too).")


def test_few_pairs_have_no_finding_by_chance():
    spec = DesignSpec(n=6)
    assert findings(audit(build(spec, ["E", "displaced"]))) == []


def test_findings_name_what_is_improper(spec):
    e, h = ([item.sequence for item in build(spec, [group])] for group in ("E", "H"))
    still = write(h[0], (50, "TGC"), (95, "A" if h[0][95] != "A" else "C"))
    said = [str(found) for found in findings(compared([still, e[1], h[2]], e[:2]))]
    assert said[0] == (
        "H against E: 1 of 3 sequences of H have no partner of their index in E and are left out."
    )
    assert said[1] == "H against E: 1 of 2 pairs are identical; they compare nothing."
    assert said[2].startswith(
        "H against E: 1 of 2 pairs differ outside every element and displaced place (median 0.5 bp"
    )
    assert said[2].endswith("bp in all); the backgrounds are not matched.")
    assert said[3] == (
        "H against E: 1 of 2 pairs have equal base composition; a model that only counts bases "
        "can tell the others apart."
    )
    assert said[4:] == [
        "H against E: 1 of 2 still read AAAAAARNR at the place of up [15,24).",
        "H against E: 1 of 2 still read TGT at the place of extended [50,53).",
        "H against E: 2 of 2 still read TGN at the place of extended [50,53).",
    ]


def test_an_edit_is_held_to_its_background_only(spec):
    e = [item.sequence for item in build(spec, ["E"])][:30]
    edit = AuditPair("X", "E", ("own",), edit="that is the question")
    (found,) = findings(compared([write(s, (53, "CCCCCC")) for s in e], e, edit))
    assert (found.level, found.kind) == ("design", "other bases")
    assert str(found).endswith("0 as many A+T; that is the question.")
    turned = [reverse_complement(s) for s in e]
    assert ("X", "unmatched backgrounds") in kinds(compared(turned, e, edit), "flaw")


def test_a_single_displacement_is_to_keep_the_other_element(spec):
    made = build(spec, ["E", "up_displaced"])
    assert findings(audit(made)) == []
    wrong = AuditPair("up_displaced", "E", ("own",))
    renamed = SequenceSet.of(
        item._replace(group="H") if item.group == "up_displaced" else item for item in made
    )
    assert ("H", "compensators in place") in kinds(audit(renamed), "flaw")
    assert findings(audit(made, pairs=[wrong])) == []


def test_many_alike_are_said_once(spec):
    made = build(spec, ["E"])
    for name in ("K", "L", "M", "N"):
        made = made | SequenceSet.of(
            make_items(name, [write(item.sequence, (0, "CCC")) for item in made][:100])
        )
    pairs = [AuditPair(name, "E", ("own",), edit="why") for name in ("K", "L", "M", "N")]
    few = sentences(findings(audit(made, pairs=pairs[:3])), "design")
    assert [text.split()[0] for text in few] == ["K", "L", "M"]
    (many,) = sentences(findings(audit(made, pairs=pairs)), "design")
    assert many.startswith("other bases in 4 pairs of own, first K against E: ")
    others = [AuditPair(p.family, p.source, ("own",), edit=f"why {p.family}") for p in pairs]
    assert len(sentences(findings(audit(made, pairs=others)), "design")) == 4


def release():
    if not (RELEASE / "sequences.tsv").is_file():
        pytest.skip("the paper's released sequences do not lie beside this checkout")
    return read_sequences(RELEASE / "sequences.tsv")[0]


def like_the_release():
    """A small set with the release's flaws: other backgrounds, and H shuffled in place."""
    spec = DesignSpec(n=60)
    made = build(spec, ["E"])
    forty = [item.sequence for item in made]
    h = [write(s, (15, "AATAAAAAG"), (50, "TGT" if k % 2 else "GTT")) for k, s in enumerate(forty)]
    return SequenceSet.of([*made, *make_items("H", [*h[20:], *h[:20]])])


@pytest.mark.parametrize("sequences", [release, like_the_release])
def test_the_release_fails_as_the_design_notes_say(sequences):
    audits = audit(sequences(), SIGMA70)
    flaws = {kind for family, kind in kinds(audits, "flaw") if family == "H"}
    assert {"unmatched backgrounds", "unequal composition", "compensators in place"} <= flaws


def test_the_words_about_the_release():
    said = sentences(findings(audit(release())), "flaw")
    assert "H against E: 23 of 50 still read TGT at the place of extended [50,53)." in said
    assert (
        "H against E: 0 of 50 pairs have equal base composition; a model that only counts bases "
        "can tell the others apart."
    ) in said
    assert sum("the backgrounds are not matched" in text for text in said) == 4
    (limit,) = sentences(findings(audit(release())), "limit")
    assert limit == (
        "H against E: in 27 of 50 pairs E holds the 6-mer GTTGTA and H does not; a model of "
        "k-mers without places can tell them apart."
    )
