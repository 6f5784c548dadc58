"""The control audit written down."""

import pandas as pd
import pytest

from mit_harness.promoter.audit import audit, findings
from mit_harness.promoter.core import DesignSpec, build
from mit_harness.promoter.grammar import SIGMA70
from mit_harness.promoter.sequence_set import SequenceSet
from mit_harness.report.audit_table import audit_frame, audit_markdown
from mit_harness.report.text import markdown


@pytest.fixture(scope="module")
def sequences():
    return build(DesignSpec(n=12), ["D", "E", "H", "displaced", "dinucleotide"])


@pytest.fixture(scope="module")
def audits(sequences):
    return audit(sequences)


def tables(text):
    return [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]


def test_one_row_per_family_with_plain_numbers(audits):
    frame = audit_frame(audits)
    assert list(frame["family"]) == ["E", "H", "displaced", "dinucleotide"]
    assert list(frame["pairs"]) == [12, 6, 12, 12]
    assert list(frame["equal_composition"])[1:] == [6, 12, 12]
    assert list(frame["elsewhere"])[:3] == [0, 0, 0]
    assert list(frame["in_place_extended_TGT_source"])[1:] == [6, 12, 12]
    assert not frame.isna().any(axis=None)
    numbers = frame.drop(columns=[c for c in frame if frame[c].map(type).eq(str).all()])
    assert all(pd.api.types.is_numeric_dtype(numbers[c]) for c in numbers)


def test_every_table_has_one_line_per_family(audits):
    found = tables(audit_markdown(audits))
    assert len(found) == 6
    for table in found:
        assert len(table) == 2 + len(audits)
        assert len({line.replace(r"\|", "").count("|") for line in table}) == 1


def test_tables_stay_narrow(audits):
    assert max(line.count("|") for table in tables(audit_markdown(audits)) for line in table) <= 9


def test_findings_are_a_list(audits):
    said = audit_markdown(audits).split("## Findings\n\n")[1].splitlines()
    assert said == [f"- {markdown(text)}" for text in findings(audits)]
    assert said


def test_no_finding_is_said(sequences):
    assert findings(audit(sequences, pairs={"E": "D"})) == []
    assert audit_markdown(audit(sequences, pairs={"E": "D"})).endswith("## Findings\n\nNone.\n")


def test_the_same_set_gives_the_same_text(audits, sequences):
    reordered = SequenceSet.of(reversed(sequences))
    assert audit_markdown(audit(reordered)) == audit_markdown(audits)
    assert audit_frame(audit(reordered)).equals(audit_frame(audits))


def test_nothing_to_audit():
    assert audit_frame([]).empty
    assert audit_markdown([]) == "# Control audit\n\nNo family of this set has its source in it.\n"


def test_names_cannot_break_the_table(sequences):
    name = "H|<b>*x*`\n[y](z)"
    renamed = SequenceSet.of(
        item._replace(group=name) if item.group == "H" else item for item in sequences
    )
    hostile = audit(renamed, SIGMA70, {name: "E"})
    text = audit_markdown(hostile)
    assert markdown(name) in text
    assert "<b>" not in text
    assert "`" not in text.replace(r"\`", "")
    for table in tables(text):
        assert len(table) == 3
        assert len({line.replace(r"\|", "").count("|") for line in table}) == 1
    assert list(audit_frame(hostile)["family"]) == [name]
