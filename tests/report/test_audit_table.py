"""The control audit written down: a table for machines, a summary and details for people."""

import pandas as pd
import pytest

from mit_harness.promoter.audit import audit
from mit_harness.promoter.audit_findings import findings, sentences
from mit_harness.promoter.audit_pairs import AuditPair
from mit_harness.promoter.core import DesignSpec, build
from mit_harness.promoter.sequence_set import SequenceSet
from mit_harness.report.audit_table import audit_frame, audit_markdown, headline, signed
from mit_harness.report.text import markdown


@pytest.fixture(scope="module")
def sequences():
    return build(DesignSpec(n=24), ["D", "E", "H", "displaced", "dinucleotide"])


@pytest.fixture(scope="module")
def audits(sequences):
    return audit(sequences)


def tables(text):
    return [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]


def section(text, title):
    return text.split(f"# {title}\n\n")[1].split("\n\n#")[0]


def test_one_row_per_pair_with_plain_numbers(audits):
    frame = audit_frame(audits)
    assert list(frame["family"]) == ["E", "H", "displaced", "dinucleotide"]
    assert list(frame["pairs"]) == [24, 12, 24, 24]
    assert list(frame["equal_composition"])[1:] == [12, 24, 24]
    assert list(frame["equal_at"])[1:] == [12, 24, 24]
    assert list(frame["elsewhere"])[:3] == [0, 0, 0]
    assert list(frame["in_place_extended_TGT_source"])[1:] == [12, 24, 24]
    assert not frame.isna().any(axis=None)
    numbers = frame.drop(columns=[c for c in frame if frame[c].map(type).eq(str).all()])
    assert all(pd.api.types.is_numeric_dtype(numbers[c]) for c in numbers)


def test_the_summary_comes_first_and_has_a_row_for_each_pair(audits):
    text = audit_markdown(audits)
    assert text.startswith(f"# Control audit\n\n{headline(audits)}\n\n## Summary\n\n| claims ")
    header, _, *rows = tables(text)[0]
    for column in ("n", "identical composition", "KS, 2-mers", "6-mers lost", "look-alikes"):
        assert f"| {column} " in header
    assert len(rows) == len(audits)
    assert "| 12 of 12 " in rows[1]
    assert "(A+T: " in rows[0]


def test_every_table_has_one_line_per_pair(audits):
    found = tables(audit_markdown(audits))
    assert len(found) == 7
    for table in found:
        assert len(table) == 2 + len(audits)
        assert len({line.replace(r"\|", "").count("|") for line in table}) == 1


def test_tables_stay_narrow(audits):
    summary, *details = tables(audit_markdown(audits))
    assert max(line.count("|") for line in summary) <= 13
    assert max(line.count("|") for table in details for line in table) <= 11


def test_findings_are_lists_by_level(audits):
    text, said = audit_markdown(audits), findings(audits)
    assert section(text, "Flaws").strip() == "None."
    for title, level in (("Known limits", "limit"), ("By design", "design")):
        lines = section(text, title).split("\n\n")[1].splitlines()
        assert lines == [f"- {markdown(line)}" for line in sentences(said, level)]
        assert lines


def test_the_headline_counts_pairs_and_findings(audits, sequences):
    assert headline(audits) == (
        "3 of 4 pairs have identical base composition (1 differ by design); findings: none; known "
        "limits: 6-mers lost (2), compensators in place (1)."
    )
    turned = SequenceSet.of(
        item._replace(sequence=item.sequence[::-1]) if item.group == "H" else item
        for item in sequences
    )
    assert "findings: unmatched backgrounds (1)" in headline(audit(turned))
    assert headline([]) == "there is no pair to compare."


def test_what_was_not_audited_is_said(audits):
    text = audit_markdown(audits, ["<b>X</b> against E: too short"])
    assert r"- &lt;b&gt;X&lt;/b&gt; against E: too short." in section(text, "Not audited")
    assert "Not audited" not in audit_markdown(audits)
    alone = audit_markdown([], ["X against E: too short"])
    assert alone.endswith("## Not audited\n\n- X against E: too short.\n")


def test_the_same_set_gives_the_same_text(audits, sequences):
    reordered = SequenceSet.of(reversed(sequences))
    assert audit_markdown(audit(reordered)) == audit_markdown(audits)
    assert audit_frame(audit(reordered)).equals(audit_frame(audits))


def test_nothing_to_audit():
    assert audit_frame([]).empty
    assert audit_markdown([]) == (
        "# Control audit\n\nNo group here has the one beside it that it would be held against.\n"
    )


def test_one_pair_of_one_sequence_each():
    text = audit_markdown(audit(build(DesignSpec(n=1), ["E", "displaced"])))
    assert "1 of 1 pairs have identical base composition; findings: none" in text


def test_names_cannot_break_the_table(sequences):
    name = "H|<b>*x*`\n[y](z)"
    renamed = SequenceSet.of(
        item._replace(group=name) if item.group == "H" else item for item in sequences
    )
    pair = AuditPair(name, "E", ("<i>claim|</i>",), edit="", limit="<u>")
    hostile = audit(renamed, pairs=[pair])
    text = audit_markdown(hostile)
    assert markdown(name) in text
    for tag in ("<b>", "<i>", "<u>"):
        assert tag not in text
    assert "`" not in text.replace(r"\`", "")
    for table in tables(text):
        assert len(table) == 3
        assert len({line.replace(r"\|", "").count("|") for line in table}) == 1
    assert list(audit_frame(hostile)["family"]) == [name]


def test_a_difference_of_nothing_has_no_sign():
    assert [signed(v) for v in (0.5, -0.254, 0.0, -0.0001)] == ["+0.50", "-0.25", "0.00", "0.00"]
