"""RegulonDB's file becomes classes A, B and G by the rules that made the shipped ones."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from mit_harness.errors import InputError
from mit_harness.promoter.core import DesignSpec, build, core
from mit_harness.promoter.genome import genome
from mit_harness.promoter.natural import DERIVATIVES, NaturalPromoter, shipped
from mit_harness.promoter.regulondb import (
    MOST,
    Start,
    chosen,
    class_of,
    classified,
    found_boxes,
    read_promoter_set,
)

HEADER = (
    "1)pmId\t2)pmName\t3)strand\t4)posTSS\t5)sigmaFactor\t6)pmSequence\t7)firstGeneName\t"
    "8)distToFirstGene\t9)pmEvidence\t10)addEvidence\t11)confidenceLevel"
)
KNOWN = shipped().promoters


def row(promoter: NaturalPromoter, sigma: str = "sigma70", confidence: str = "S") -> str:
    strand = "forward" if promoter.strand == "+" else "reverse"
    name = promoter.name.partition("_")[0] + "p"
    return f"RDB1\t{name}\t{strand}\t{promoter.tss}\t{sigma}\tacgt\tx\t-30\t[E:S]\t\t{confidence}"


def starts(promoters=KNOWN) -> list[Start]:
    return [Start(p.name, p.strand, p.tss, 1) for p in promoters]


def facts(promoter: NaturalPromoter) -> tuple[object, ...]:
    return (promoter.strand, promoter.tss, promoter.minus10_start, promoter.spacer)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(["# RegulonDB", "# (1) pmId. a comment", *lines]) + "\n")
    return path


@pytest.fixture
def small(promoter_set) -> Path:
    """A small file by hand: eight promoters a class, beside what must be passed over."""
    return promoter_set()


def test_the_shipped_starts_give_back_the_shipped_boxes_and_classes():
    """The scan that chose the shipped boxes is not known exactly; ours agrees with most."""
    pairs = [(p, classified(s)) for p, s in zip(KNOWN, starts(), strict=True)]
    boxes = sum(own is not None and facts(own) == facts(p) for p, own in pairs)
    classes = sum(own is not None and own.promoter_class == p.promoter_class for p, own in pairs)
    same = [(p, own) for p, own in pairs if own is not None and facts(own) == facts(p)]
    assert boxes >= 190
    assert classes >= 200
    # Where the boxes are the same, everything that follows from them is.
    for promoter, own in same:
        assert own == replace(promoter, name=own.name, step=None)


def test_a_class_is_taken_by_confidence_then_position_and_is_apart():
    given = [s._replace(confidence=k % 4) for k, s in enumerate(starts())]
    order = {(s.tss, s.strand): s.confidence for s in given}
    for name, promoters in chosen(given).classes.items():
        assert len(promoters) <= MOST[name]
        found = sorted(p.tss for p in promoters)
        assert min(b - a for a, b in pairwise(found)) >= 50
        keys = [(order[p.tss, p.strand], p.tss) for p in promoters]
        assert keys == sorted(keys)


def test_of_two_near_starts_the_surer_is_taken():
    (first, *_) = shipped().classes["A"]
    near = Start("near", first.strand, first.tss + 1, 0)
    sure = Start("sure", first.strand, first.tss, 1)
    (taken,) = chosen([sure, near]).promoters
    assert taken.name.startswith("near")
    (taken,) = chosen([sure, near._replace(confidence=2)]).promoters
    assert taken.name.startswith("sure")


def test_no_class_is_longer_than_the_shipped_one(monkeypatch):
    monkeypatch.setitem(MOST, "A", 3)
    assert len(chosen(starts()).classes["A"]) == 3


@pytest.mark.parametrize(
    ("box", "plain", "rich"),
    [
        ("TATAAT", "A", "A"),
        ("TATACT", "A", "A"),
        ("TGTAAT", None, None),  # one mismatch that hits A2: neither near nor weak
        ("TATGCT", None, None),  # two that hit none of T1, A2, T6
        ("TGTACT", "B", "G"),
        ("TACGCT", "B", "G"),
        ("GCGCGC", "B", "G"),
    ],
)
def test_classes_follow_the_rules(box, plain, rich):
    assert class_of(box, rich=False) == plain
    assert class_of(box, rich=True) == rich


@pytest.mark.parametrize("tss", [1, 60, 4_641_652])
def test_a_start_whose_window_leaves_the_genome_is_passed_over(tss):
    assert classified(Start("edge", "+", tss, 0)) is None
    assert classified(Start("edge", "-", tss, 0)) is None


def test_boxes_lie_where_the_rules_say():
    for start in starts():
        distance, spacer = found_boxes(start.strand, start.tss)
        assert 10 <= distance <= 14
        assert 15 <= spacer <= 19


def test_a_small_file_gives_its_classes(small):
    found = read_promoter_set(small)
    counts = Counter(p.promoter_class for p in found.table.promoters)
    assert set(counts) == {"A", "B", "G"}
    assert min(counts.values()) >= 6
    (note,) = found.notes
    assert f"A {counts['A']}, B {counts['B']}, G {counts['G']}" in note
    assert all(p.step is None for p in found.table.promoters)
    assert read_promoter_set(small) == found
    assert len(found.sha256) == 64


def test_plain_names_in_any_order_and_a_byte_order_mark_read_alike(small, tmp_path):
    table = read_promoter_set(small).table
    lines = [line for line in small.read_text().splitlines() if not line.startswith("#")]
    rows = [line.split("\t") for line in lines]
    rows[0] = [name.partition(")")[2] for name in rows[0]]
    other = tmp_path / "plain.tsv"
    text = "\n".join("\t".join(reversed(cells)) for cells in rows)
    other.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_promoter_set(other).table == table
    commented = tmp_path / "commented.tsv"
    commented.write_text("#" + "\n".join(lines).replace("sigmaFactor", "sigmaF") + "\n\n")
    assert read_promoter_set(commented).table == table


def test_other_sigmas_absent_starts_and_unknown_strands_are_passed_over(small, tmp_path):
    table = read_promoter_set(small).table
    far = replace(KNOWN[0], tss=1_000_000)
    more = [
        row(far, "sigma38"),
        row(far, ""),
        row(far, "sigma700"),
        row(replace(far, tss=0)),
        row(far).replace("\t1000000\t", "\t\t"),
        row(far).replace("forward", "unknown"),
        "only\tone",
    ]
    other = tmp_path / "more.tsv"
    other.write_text(small.read_text() + "\n".join(more) + "\n")
    assert read_promoter_set(other).table == table


@pytest.mark.parametrize("sigma", ["Sigma70", "sigma38, sigma70", "RpoD", "[sigma70]"])
def test_sigma70_among_others_counts(small, tmp_path, sigma):
    other = tmp_path / "sigma.tsv"
    other.write_text(small.read_text().replace("\tsigma70\t", f"\t{sigma}\t"))
    assert read_promoter_set(other).table == read_promoter_set(small).table


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "has no header"),
        (["id\tname\tstrand\ttss\tsigma"], "lacks confidenceLevel"),
        (["plain words"], "line 3 is no header: it lacks pmName, strand"),
        ([HEADER], "no sigma70 promoter"),
        ([HEADER, row(KNOWN[0], "sigma54")], "no sigma70 promoter"),
        ([HEADER, row(KNOWN[0])], "too few natural promoters of class A 1, B 0, G 0"),
        ([HEADER, row(replace(KNOWN[0], tss=5_000_000))], "line 4: posTSS 5000000 lies outside"),
        ([HEADER, row(KNOWN[0]).replace("forward", "up")], "strand 'up' is neither"),
        ([HEADER, row(KNOWN[0]).replace("21383", "-7")], "posTSS '-7' is no position"),
    ],
)
def test_a_bad_file_is_one_sentence(tmp_path, lines, words):
    file = write(tmp_path / "bad.tsv", *lines)
    with pytest.raises(InputError) as caught:
        read_promoter_set(file)
    assert words in str(caught.value)
    assert str(file) in str(caught.value)


def test_absent_files_folders_and_other_bytes_are_one_sentence(tmp_path):
    (tmp_path / "bytes").write_bytes(b"PK\x03\x04\xff\xfe")
    for name, words in (("absent", "No such file"), (".", "directory"), ("bytes", "no text")):
        with pytest.raises(InputError, match=words):
            read_promoter_set(tmp_path / name)


def test_a_design_takes_the_natural_promoters_given(small):
    table = read_promoter_set(small).table
    plain, own = DesignSpec(n=20), DesignSpec(n=20, natural=table)
    assert plain.natural is None
    assert not own.is_default
    assert not DesignSpec(natural=table).is_default
    made = core(own)
    assert made.sha256 != core(plain).sha256
    for name, promoters in table.classes.items():
        items = [item for item in made if item.group == name]
        assert [item.sequence for item in items] == [p.sequence for p in promoters][: len(items)]
        assert items
    others = ("C", "D", "E", "F", "H")
    assert build(own, others) == build(plain, others)


def test_derivatives_are_of_the_promoters_given(small):
    table = read_promoter_set(small).table
    made = build(DesignSpec(natural=table), DERIVATIVES)
    classes = table.classes["A"]
    assert {item.group for item in made} == set(DERIVATIVES)
    for item in made:
        if item.group != "A_broken":
            continue
        natural = classes[item.index].sequence
        assert [k for k in range(100) if natural[k] != item.sequence[k]] == [54]


def test_the_genome_is_read_not_the_file(small, tmp_path):
    other = tmp_path / "other.tsv"
    other.write_text(small.read_text().replace("\tacgt\t", "\tTTTT\t"))
    found, same = read_promoter_set(other), read_promoter_set(small)
    assert found.table == same.table
    assert found.sha256 != same.sha256
    promoter = found.table.promoters[0]
    low = min(promoter.tss, promoter.minus10_start) - 1
    assert promoter.strand == "-" or genome()[low : low + 6] == promoter.minus10
