"""Tables of shards joined: the same bytes in any order, or one sentence and nothing written."""

import pytest

from mit_harness.errors import InputError
from mit_harness.scoring.export import ScoredRow, write_rows
from mit_harness.scoring.merge_tables import merge_tables

ROWS = [
    ScoredRow("a_0", "ACGT", 0.1 + 0.2, 4, 4),
    ScoredRow("a_1", "ACGT", 0.1 + 0.2, 4, 4),
    ScoredRow("b_0", "GG", -1e-320, 2, 2),
]


@pytest.fixture
def table(tmp_path):
    def make(name, *rows):
        write_rows(rows, tmp_path / f"{name}.tsv")
        return tmp_path / f"{name}.tsv"

    return make


def refused(out, *inputs):
    before = {p: p.read_bytes() for p in out.parent.iterdir()}
    with pytest.raises(InputError) as caught:
        merge_tables(out, inputs)
    assert {p: p.read_bytes() for p in out.parent.iterdir()} == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_any_order_and_any_repeat_give_the_whole_table(tmp_path, table):
    inputs = [table("x", ROWS[2], ROWS[0]), table("y", ROWS[1], ROWS[2]), table("none")]
    whole = table("whole", *ROWS).read_bytes()
    for name, order in (("p", inputs), ("q", [*inputs[::-1], inputs[0]])):
        assert merge_tables(tmp_path / f"{name}.tsv", order) == 3
        assert (tmp_path / f"{name}.tsv").read_bytes() == whole


def test_a_table_that_is_there_is_an_input_too(tmp_path, table):
    out = table("out", ROWS[0])
    assert merge_tables(out, [table("x", ROWS[2]), out]) == 2
    assert out.read_bytes() == table("whole", ROWS[0], ROWS[2]).read_bytes()


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (ROWS[0]._replace(score=0.3), "'a_0', ACGT, has the score 0.30000000000000004 (4 tokens"),
        (ROWS[1]._replace(tokens=1), "'a_1', ACGT, has the score"),
        (ROWS[0]._replace(sequence="AC"), "'a_0' is ACGT in"),
    ],
)
def test_a_conflict_names_both_files_and_writes_nothing(tmp_path, table, other, said):
    x, y = table("x", ROWS[0]), table("y", other)
    for out in (tmp_path / "out.tsv", table("there", ROWS[2])):
        text = refused(out, x, y)
        assert said in text
        assert str(x) in text
        assert str(y) in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "bad.tsv is no table of `mit-harness score`"),
        ("id\tscore\na\t1\n", "bad.tsv is no table of `mit-harness score`"),
        ("HEAD\na_0\tACGT\t1.0\t4\n", "bad.tsv, line 2 is no row of"),
        ("HEAD\na_0\tACGT\tx\t4\t4\n", "bad.tsv, line 2 is no row of"),
        ("HEAD\na_0\tACGT\tnan\t4\t4\n", "bad.tsv, line 2 has the score nan"),
        ("\xff", "bad.tsv cannot be read"),
    ],
)
def test_what_is_no_table_of_scores_is_named(tmp_path, table, text, said):
    header = "\t".join(ScoredRow._fields)
    (tmp_path / "bad.tsv").write_bytes(text.replace("HEAD", header).encode("latin-1"))
    assert said in refused(tmp_path / "out.tsv", table("x", ROWS[0]), tmp_path / "bad.tsv")


def test_a_missing_table_is_named(tmp_path, table):
    said = refused(tmp_path / "out.tsv", table("x", ROWS[0]), tmp_path / "no.tsv")
    assert said == f"{tmp_path / 'no.tsv'} cannot be read (No such file or directory)"
