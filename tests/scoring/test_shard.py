"""Shards part any set of sequences: no sequence in two, none in none, the same in any file."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mit_harness.errors import InputError
from mit_harness.promoter.sequence_set import Item, SequenceSet
from mit_harness.scoring.shard import Shard, only_shard, parse_shard

DNA = st.text("ACGT", min_size=1, max_size=60)


def parts(sequences, count):
    items = SequenceSet.of(Item(f"s_{k}", "s", k, s) for k, s in enumerate(sequences))
    return [[i.sequence for i in only_shard(items, Shard(k + 1, count))] for k in range(count)]


@settings(max_examples=40)
@given(st.lists(DNA, max_size=40), st.integers(1, 20), st.randoms())
def test_parts_are_disjoint_complete_and_the_same_in_any_order(sequences, count, random):
    found = parts(sequences, count)
    assert sorted(s for part in found for s in part) == sorted(sequences)
    assert sum(len(set(part)) for part in found) == len(set(sequences))  # repeats stay together
    mixed = [*sequences, *sequences[:5], "ACGT" * 20]
    random.shuffle(mixed)
    for before, after in zip(found, parts(mixed, count), strict=True):
        assert set(before) <= set(after)


def test_a_part_keeps_the_order_of_its_file():
    sequences = ["".join(Random(k).choices("ACGT", k=30)) for k in range(50)]
    (part, *_) = parts(sequences, 3)
    assert part == [s for s in sequences if s in set(part)]
    assert 0 < len(part) < 50


def test_parts_of_much_alike_sequences_are_even():
    """Of 4,000 a part holds 250 with a standard deviation of 15; all within five of these."""
    alike = {f"{k:012b}".replace("0", "A").replace("1", "C") for k in range(4_000)}
    sizes = Counter(k for s in alike for k in range(1, 17) if Shard(k, 16).holds(s))
    assert sum(sizes.values()) == 4_000
    assert all(abs(size - 250) < 5 * 15 for size in sizes.values())


def test_the_parts_stay_what_they_are():
    """Stores of shards are filled over days and versions: another hash would score all again."""
    assert [k for k in range(1, 17) if Shard(k, 16).holds("ACGT" * 25)] == [5]
    assert [k for k in range(1, 17) if Shard(k, 16).holds("TTGACA")] == [14]


@pytest.mark.parametrize(("text", "shard"), [("3/16", Shard(3, 16)), (" 1/1 ", Shard(1, 1))])
def test_what_is_read(text, shard):
    assert parse_shard(text) == shard
    assert str(shard) == text.strip()


@pytest.mark.parametrize(
    "text",
    ["0/16", "17/16", "x", "", "3", "3/", "/16", "3/0", "0/0", "-1/4", "1.5/4", "1/4/4", "1e1/20",
     "1/100001", "9" * 5000 + "/1", "٣/16"],
)  # fmt: skip
def test_what_is_refused_in_one_sentence(text):
    with pytest.raises(InputError, match="is not NUMBER/COUNT with a NUMBER from 1 to COUNT"):
        parse_shard(text)
