"""Elements found in a sequence: in place, displaced, elsewhere, reversed; never twice."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mit_harness.claims.registry import get_claim
from mit_harness.promoter.core import DesignSpec
from mit_harness.promoter.grammar import SIGMA70, write
from mit_harness.promoter.natural import natural_promoters
from mit_harness.report.html.marks import found

PLAIN = "".join(random.Random(3).choices("CG", k=100))


def states(sequence, layout=SIGMA70):
    return {(mark.element, mark.start, mark.state) for mark in found(sequence, layout)}


def group(claim, name):
    made = get_claim(claim).design(DesignSpec(n=3))
    return [item.sequence for item in made if item.group == name]


def test_nothing_is_found_in_a_sequence_without_elements():
    assert found(PLAIN, SIGMA70) == ()


@pytest.mark.parametrize(
    ("claim", "name", "expected"),
    [
        ("compensation", "D", {("minus35", 30, "in place"), ("minus10", 53, "in place")}),
        ("compensation", "E", {("up", 15, "in place"), ("extended", 50, "in place")}),
        (
            "scrambled_control",
            "H_decoy",
            {("up", 39, "displaced"), ("extended", 74, "displaced"), ("minus10", 77, "displaced")},
        ),
        ("strand", "strand_exchanged", {("minus10", 53, "reversed"), ("minus10", 77, "displaced")}),
        ("spacing", "spacing_12", {("minus10", 48, "elsewhere")}),
        ("up_position", "up_at_63", {("up", 63, "elsewhere")}),
    ],
)
def test_designed_elements_are_found_where_the_design_puts_them(claim, name, expected):
    for sequence in group(claim, name):
        assert expected <= states(sequence)


def test_mismatches_are_to_the_consensus_on_the_elements_own_strand():
    broken = write(PLAIN, (53, "TGTAAT"), (77, "ATTATA"))
    assert [(m.start, m.mismatches) for m in found(broken, SIGMA70)] == [(53, 1), (77, 0)]


def test_a_weak_box_counts_only_in_a_natural_promoters_own_layout():
    assert states(write(PLAIN, (53, "TACCAT"))) == {("minus10", 53, "in place")}
    assert states(write(PLAIN, (53, "GACCAT"))) == set()
    promoter = natural_promoters("A")[1]
    names = {m.element for m in found(promoter.sequence, promoter.grammar) if m.state == "in place"}
    assert {"minus35", "minus10"} <= names


def test_an_extended_minus10_belongs_to_a_box_wherever_that_stands():
    assert ("extended", 60, "elsewhere") in states(write(PLAIN, (60, "TGT"), (63, "TATAAT")))
    assert states(write(PLAIN, (60, "TGT"))) == set()


@given(st.text("ACGT", min_size=100, max_size=150))
def test_marks_lie_in_the_sequence_and_no_two_of_one_element_overlap(sequence):
    marks = found(sequence, SIGMA70)
    assert list(marks) == sorted(marks)
    for mark in marks:
        assert 0 <= mark.start < mark.stop <= len(sequence)
        others = [m for m in marks if m.element == mark.element and m != mark]
        assert all(m.stop <= mark.start or mark.stop <= m.start for m in others)
