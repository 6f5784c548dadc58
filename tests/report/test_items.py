"""scores.parquet: every score comes back, and another file is noticed."""

import numpy as np
import pytest

from mit_harness.errors import ReportError
from mit_harness.models.base import Scores
from mit_harness.promoter.sequence_set import Item, SequenceSet
from mit_harness.report.items import SCORES, ItemScores, read_items, write_items


def scores(*values):
    counts = np.full(len(values), 4, dtype=np.int64)
    return Scores(np.array(values, dtype=np.float64), counts, counts)


@pytest.fixture
def items():
    first = SequenceSet.of([Item("D_0", "D", 0, "ACGT"), Item("E_0", "E", 0, "TTTT")])
    second = SequenceSet.of([Item("E_0", "E", 0, "TTTT"), Item("x", "", 7, "GGGG")])
    by_model = {
        "a-1": {"one": scores(-1.5, 1 / 3), "two": scores(1 / 3, 0.0)},
        "b": {"two": scores(2.0, 3.0)},
    }
    return ItemScores({"one": first, "two": second}, by_model)


def same(one, other):
    assert {k: v.items for k, v in one.sequences.items()} == {
        k: v.items for k, v in other.sequences.items()
    }
    assert {k: set(v) for k, v in one.scores.items()} == {
        k: set(v) for k, v in other.scores.items()
    }
    for model, claims in one.scores.items():
        for claim, made in claims.items():
            again = other.scores[model][claim]
            np.testing.assert_array_equal(made.values, again.values)
            np.testing.assert_array_equal(made.tokens, again.tokens)
            np.testing.assert_array_equal(made.bases, again.bases)


def test_everything_comes_back_to_the_bit(items, tmp_path):
    checksum = write_items(items, tmp_path / SCORES)
    same(items, read_items(tmp_path / SCORES, checksum))


def test_the_same_scores_are_the_same_bytes(items, tmp_path):
    assert write_items(items, tmp_path / "a") == write_items(items, tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("rows", [1, 3])
def test_row_groups_of_any_size_hold_the_same(items, tmp_path, monkeypatch, rows):
    import pyarrow.parquet as pq

    write_items(items, tmp_path / "whole")
    monkeypatch.setattr("mit_harness.report.items._GROUP", rows)
    same(items, read_items(tmp_path / SCORES, write_items(items, tmp_path / SCORES)))
    parts, whole = (pq.ParquetFile(tmp_path / name) for name in (SCORES, "whole"))
    assert (parts.num_row_groups, whole.num_row_groups) == (-(-4 // rows), 1)
    assert parts.read().equals(whole.read())


def test_nothing_is_a_file_too(tmp_path):
    checksum = write_items(ItemScores(), tmp_path / SCORES)
    assert len(read_items(tmp_path / SCORES, checksum)) == 0


def test_a_claim_that_was_not_scored_is_not_there(items):
    assert items.has("a-1", "one")
    assert not items.has("b", "one")
    with pytest.raises(ReportError, match=r"no scores of 'b' for the claim 'one'; run it again"):
        items.scored("b", "one")


def test_a_claims_scores_stand_beside_its_sequences(items):
    found = items.scored("b", "two")
    assert [item.id for item in found.sequences] == ["E_0", "x"]
    np.testing.assert_array_equal(found.group("E"), [2.0])


def test_one_changed_bit_is_noticed(items, tmp_path):
    file = tmp_path / SCORES
    checksum = write_items(items, file)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))
    with pytest.raises(ReportError, match="SHA-256 differs"):
        read_items(file, checksum)


@pytest.mark.parametrize("data", [b"", b"PAR1", b"no parquet at all"])
def test_what_is_no_parquet_is_one_sentence(tmp_path, data):
    (tmp_path / SCORES).write_bytes(data)
    with pytest.raises(ReportError, match="holds no per-item scores") as caught:
        read_items(tmp_path / SCORES)
    assert "\n" not in str(caught.value)


def test_another_table_and_a_missing_file(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"claim": ["one"]}), tmp_path / SCORES)
    with pytest.raises(ReportError, match="holds no per-item scores"):
        read_items(tmp_path / SCORES)
    with pytest.raises(ReportError, match="copy both, or run again"):
        read_items(tmp_path / "absent")
