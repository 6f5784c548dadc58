"""The audit of a run's claims, and of any set of sequences."""

import csv
import io
from typing import ClassVar

import pytest

from mit_harness.claims.base import Claim
from mit_harness.claims.registry import CLAIMS, everything, get_claim
from mit_harness.errors import InputError, NotApplicable, ReportError
from mit_harness.promoter.core import DesignSpec, build
from mit_harness.promoter.sequence_set import Item, SequenceSet, make_items
from mit_harness.report import audit as module
from mit_harness.report.audit import audit_claims, audit_sequences
from mit_harness.stats.verdict import Verdict

SPEC = DesignSpec(n=8)


class Own(Claim):
    id = "own"
    meaning: ClassVar = {Verdict.HOLDS: ""}

    def __init__(self, made=None, name="own", error=None):
        self.made, self.id, self.error = made, name, error

    def pairs(self, protocol):
        return (("first", "second"),)

    def design(self, spec):
        if self.error:
            raise self.error
        return SequenceSet.of(item for name, s in self.made.items() for item in make_items(name, s))

    def measure(self, scored, stats):
        raise NotImplementedError


def audited(*claims, protocol="matched"):
    return audit_claims(claims, lambda claim: claim.design(SPEC), protocol)


def names(report):
    return [found.pair.name for found in report.audits]


def test_the_whole_benchmark_is_audited_and_nothing_left_out():
    report = audit_sequences(everything(SPEC), map(get_claim, CLAIMS))
    assert report.left_out == ()
    compared = {frozenset((a.family, a.source)) for a in report.audits}
    for claim_id in CLAIMS:
        assert set(map(frozenset, get_claim(claim_id).pairs("matched"))) <= compared
    assert all(
        a.elsewhere == 0 for a in report.audits if a.family not in ("A_sham", "dinucleotide")
    )


def test_only_the_pairs_of_the_claims_asked_are_audited():
    report = audited(get_claim("motif_effect"))
    assert names(report) == ["motif_exchanged against motif_correct", "D against C"]
    assert names(audited(get_claim("composition"))) == []


def test_a_file_is_audited_as_far_as_it_goes():
    made = build(SPEC, ["E", "H", "C"])
    report = audit_sequences(made, map(get_claim, CLAIMS))
    assert names(report) == ["H against E"]
    assert "It holds none" not in report.nothing(made)


def test_nothing_to_compare_is_said_in_a_clause():
    made = SequenceSet.of(Item(f"{k}", f"g{k}", 0, "ACGT") for k in range(9))
    said = audit_sequences(made, map(get_claim, CLAIMS)).nothing(made)
    assert said.startswith("it holds none of the pairs to audit")
    assert said.endswith("its groups are 'g0', 'g1', 'g2', 'g3', 'g4', 'g5' and more")
    short = SequenceSet.of([*make_items("E", ["ACGT"]), *make_items("H", ["ACGT"])])
    said = audit_sequences(short, map(get_claim, CLAIMS)).nothing(short)
    assert said.startswith("none of its pairs can be audited: H against E: sequence 'H_000' has 4")


def test_one_row_per_pair_for_machines():
    report = audited(get_claim("motif_effect"))
    rows = list(csv.DictReader(io.StringIO(report.tsv), delimiter="\t"))
    assert [row["family"] for row in rows] == ["motif_exchanged", "D"]
    assert rows[0]["claims"] == "motif_effect"
    assert "\r" not in report.tsv


def test_a_claim_of_ones_own_is_audited_with_the_others():
    text = build(SPEC, ["C"])[0].sequence
    own = Own({"first": [text], "second": [text[::-1]]})
    report = audited(get_claim("compensation"), own)
    assert names(report)[1] == "second against first"


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (Own({"first": ["ACGT"], "second": ["ACGT"]}), "second against first: sequence"),
        (Own(error=ValueError("a bug\nof mine")), "own: ValueError: a bug"),
        (Own(error=InputError("no such file")), "own: no such file"),
        (Own({"E": ["A" * 100], "second": ["C" * 100]}), "own: id 'E_000' stands twice"),
    ],
)
def test_a_claim_that_cannot_be_audited_is_left_out_and_said(claim, said):
    report = audited(get_claim("compensation"), claim)
    assert "E against D" in names(report)
    assert len(report.left_out) == 1
    assert report.left_out[0].startswith(said)
    line = report.markdown.split("## Not audited\n\n")[1].splitlines()[0]
    assert line.startswith("- ")
    assert line.isprintable()


def test_a_claim_that_does_not_apply_is_not_spoken_of():
    report = audited(get_claim("compensation"), Own(error=NotApplicable("no")))
    assert names(report) == names(audited(get_claim("compensation")))
    assert report.left_out == ()


def test_the_protocol_of_the_run_is_that_of_the_audit():
    spec = DesignSpec(n=8, protocol="published")
    claims = [get_claim(name) for name in ("scrambled_control", "natural_motif")]
    report = audit_claims(claims, lambda claim: claim.design(spec), "published")
    (found,) = report.audits
    assert (found.pair.name, found.pair.claims) == ("H against E", ("scrambled_control",))


def test_an_audit_that_breaks_is_one_sentence(monkeypatch):
    monkeypatch.setattr(module, "audit_what_can_be", lambda *_: 1 / 0)
    with pytest.raises(ReportError, match="the control audit cannot be made") as error:
        audited(get_claim("compensation"))
    assert "\n" not in str(error.value)
