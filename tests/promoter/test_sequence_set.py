"""Sets are unique by id and matched by index."""

import hashlib

import pytest

from mit_harness.errors import InputError
from mit_harness.promoter.sequence_set import Item, SequenceSet, make_items


def test_make_items():
    assert make_items("E", ["A", "C"]) == [Item("E_000", "E", 0, "A"), Item("E_001", "E", 1, "C")]


def test_exact_repeats_are_dropped_and_order_is_kept():
    one, two = make_items("E", ["A", "C"])
    made = SequenceSet.of([two, one, two])
    assert list(made) == [two, one]
    assert len(made) == 2
    assert made[0] == two
    assert made[:2] == (two, one)
    assert one in made


@pytest.mark.parametrize(
    ("items", "says"),
    [
        ([Item("x", "E", 0, "A"), Item("x", "E", 0, "C")], "stands twice"),
        ([Item("x", "E", 0, "A"), Item("x", "D", 0, "A")], "stands twice"),
        ([Item("x", "E", 0, "A"), Item("y", "E", 0, "C")], "both index 0"),
    ],
)
def test_contradictions_are_refused(items, says):
    with pytest.raises(InputError, match=says):
        SequenceSet.of(items)


def test_rows_are_ordered_by_index():
    made = SequenceSet.of([Item("b", "E", 5, "A"), Item("c", "D", 1, "C"), Item("a", "E", 2, "G")])
    assert made.groups == ("E", "D")
    assert made.rows["E"].tolist() == [2, 0]
    assert made.indices("E").tolist() == [2, 5]
    assert made.indices("none").tolist() == []
    assert [item.id for item in made.only(["D"])] == ["c"]


def test_union_is_first_come_first():
    one, two = (SequenceSet.of(make_items(group, ["A"])) for group in "ED")
    assert [item.group for item in one | two | one] == ["E", "D"]
    with pytest.raises(InputError):
        one | SequenceSet.of(make_items("E", ["C"]))


def test_the_checksum_is_that_of_the_sorted_lines():
    names = ["b", "a", "a b", "a-b", "a_10", "a_2", "é", "A"]
    made = SequenceSet.of(Item(name, "", k, "ACGT"[k % 4]) for k, name in enumerate(names))
    lines = sorted(f"{item.id}\t{item.sequence}\n" for item in made)
    assert made.sha256 == hashlib.sha256("".join(lines).encode()).hexdigest()
