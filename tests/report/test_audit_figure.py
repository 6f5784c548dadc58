"""The audit drawn: every pair is in it, nothing breaks it, the same numbers give the same bytes."""

import re
import sys
from xml.etree import ElementTree

import pytest

from mit_harness.errors import ReportError
from mit_harness.promoter.audit import audit
from mit_harness.promoter.audit_pairs import AuditPair
from mit_harness.promoter.core import DesignSpec, build
from mit_harness.promoter.sequence_set import SequenceSet
from mit_harness.report import audit_figure as module
from mit_harness.report.audit_figure import audit_svg, digest
from mit_harness.report.audit_table import headline

PAIRS = (
    AuditPair("E", "D", ("compensation",), edit="elements are added"),
    AuditPair("displaced", "E", ("own-claim",)),
    AuditPair("H", "E"),
)


@pytest.fixture(scope="module")
def sequences():
    return build(DesignSpec(n=8), ["D", "E", "H", "displaced"])


@pytest.fixture(scope="module")
def audits(sequences):
    return audit(sequences, pairs=PAIRS)


@pytest.fixture(scope="module")
def drawn(audits):
    return audit_svg(audits)


def texts(svg):
    root = ElementTree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    return ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]


def test_every_pair_stands_below_its_claim(drawn):
    said = texts(drawn)
    for label in ("E against D", "displaced against E", "H against E"):
        assert said.count(label) == 1
    for heading in ("compensation", "own-claim", "no claim compares these"):
        assert said.count(heading) == 1


def test_it_says_what_it_shows(drawn, audits):
    said = texts(drawn)
    assert "Control audit: what tells each family from its source" in said
    everything = " ".join(said)
    for words in ("KS distance of words,", "local G+C in 10 bp,", "look-alikes per sequence,"):
        assert words in everything
    for status in ("no finding", "differs by design", "known limit", "flaw"):
        assert status in said
    assert headline(audits) in everything


def test_it_needs_nothing_else(drawn):
    addresses = set(re.findall(r"https?://[^\"' )]+", drawn))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "<script" not in drawn
    assert "<image" not in drawn


def test_the_same_numbers_are_the_same_bytes(drawn, audits, sequences):
    assert audit_svg(audits) == drawn
    assert audit_svg(audit(SequenceSet.of(reversed(sequences)), pairs=PAIRS)) == drawn


def test_its_last_line_tells_whether_it_need_be_drawn_again(drawn, audits):
    assert drawn.endswith(digest(audits))
    assert digest(audits).count("\n") == 1
    assert digest(audits[:2]) != digest(audits)


def test_another_drawing_library_or_code_is_another_drawing(audits, monkeypatch, tmp_path):
    before = digest(audits)
    monkeypatch.setattr(module, "version", lambda name: "0.0")
    other = digest(audits)
    assert other != before
    code = tmp_path / "audit_figure.py"
    code.write_text("another drawing")
    monkeypatch.setattr(module, "__file__", str(code))
    assert digest(audits) != other


def test_names_cannot_break_it(sequences):
    name = "</text><script>a()</script>&\"'\x1b[31m\n]]>"
    renamed = SequenceSet.of(
        item._replace(group=name) if item.group == "H" else item for item in sequences
    )
    svg = audit_svg(audit(renamed, pairs=[AuditPair(name, "E", ("<b>&claim",))]))
    assert "<script" not in svg
    assert {c for c in svg if not c.isprintable()} == {"\n"}
    assert "<b>&claim" in texts(svg)
    assert any(text.startswith("</text><sc") for text in texts(svg))


def test_long_names_are_cut_in_their_middle(sequences):
    renamed = SequenceSet.of(
        item._replace(group="a" * 60 + "z" * 60) if item.group == "H" else item
        for item in sequences
    )
    svg = audit_svg(audit(renamed, pairs=[AuditPair("a" * 60 + "z" * 60, "E")]))
    assert "aaaaaaaaaa…zzzzzzzzzz against E" in texts(svg)


def test_a_hundred_pairs_are_a_hundred_rows(audits):
    svg = audit_svg([audits[1]] * 100)
    assert texts(svg).count("displaced against E") == 100
    height = int(re.search(r'height="(\d+)"', svg)[1])
    assert 100 * 15 < height < 100 * 15 + 250


def test_nothing_is_checked_or_drawn_for_values_out_of_the_ordinary(sequences):
    one = SequenceSet.of(item for item in sequences if item.index == 0)
    assert "H against E" in texts(audit_svg(audit(one, pairs=[PAIRS[2]])))


def test_a_figure_that_cannot_be_drawn_is_one_sentence(audits, monkeypatch):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(ReportError, match="the figure of the audit cannot be drawn") as error:
        audit_svg(audits)
    assert "\n" not in str(error.value)


def test_without_the_packages_the_digest_is_still_to_be_had(audits, monkeypatch):
    def gone(name):
        raise module.PackageNotFoundError(name)

    monkeypatch.setattr(module, "version", gone)
    assert digest(audits).startswith("<!-- mit-harness audit ")
