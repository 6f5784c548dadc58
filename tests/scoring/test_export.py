"""What ``mit-harness score`` and ``import-scores`` write."""

import math

import pytest

from mit_harness.errors import ModelError, ReportError
from mit_harness.models.registry import Registry
from mit_harness.promoter.sequence_set import Item, SequenceSet
from mit_harness.scoring.export import ScoredRow, score_rows, write_columns, write_rows
from mit_harness.scoring.imported import checked_scores
from mit_harness.scoring.store import Store

PAIR = SequenceSet.of(
    [Item("E_000", "E", 0, "ACGT"), Item("D_000", "D", 0, "AAAA"), Item("again", "C", 0, "ACGT")]
)


def test_rows_come_in_the_order_of_the_sequences(counting, handle_of):
    assert score_rows(handle_of(counting), PAIR) == [
        ScoredRow("E_000", "ACGT", 1.01, 4, 4),
        ScoredRow("D_000", "AAAA", 4.0, 4, 4),
        ScoredRow("again", "ACGT", 1.01, 4, 4),
    ]
    assert sorted(counting.scored) == ["AAAA", "ACGT"]
    assert counting.closed == 1


def test_a_named_store_is_filled_and_read(counting, handle_of, tmp_path):
    first = score_rows(handle_of(counting), PAIR, tmp_path / "s.sqlite")
    assert score_rows(handle_of(counting), PAIR, tmp_path / "s.sqlite") == first
    assert counting.loads == 1


def test_a_model_without_a_lasting_fingerprint_never_meets_stale_scores(
    counting, handle_of, tmp_path
):
    handle = handle_of(counting, fingerprint="run::py:mine:load", lasting=False)
    for loads in (1, 2):
        score_rows(handle, PAIR, tmp_path / "s.sqlite")
        assert counting.loads == loads
    with Store(tmp_path / "s.sqlite") as store:
        assert store.count(handle) == 0


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_not_finite_is_refused_by_name(handle_of, bad):
    handle = handle_of(lambda sequences: [bad if s == "AAAA" else 1.0 for s in sequences])
    with pytest.raises(ModelError) as caught:
        score_rows(handle, PAIR)
    text = f"my-model gave D_000 the score {bad}; every sequence needs a finite score"
    assert str(caught.value) == text


ROWS = [ScoredRow("E_000", "ACGT", 0.1 + 0.2, 4, 4), ScoredRow('a\tb"', "A", -1e-300, 1, 1)]
TEXT = (
    "id\tsequence\tscore\ttokens\tbases\n"
    "E_000\tACGT\t0.30000000000000004\t4\t4\n"
    '"a\tb"""\tA\t-1e-300\t1\t1\n'
)


def test_rows_are_written_in_full_precision_to_a_file_or_standard_output(tmp_path, capsys):
    write_rows(ROWS, tmp_path / "scores.tsv")
    assert (tmp_path / "scores.tsv").read_bytes() == TEXT.encode()
    write_rows(ROWS, None)
    assert capsys.readouterr().out == TEXT


def test_several_models_are_columns_that_a_spec_can_name(tmp_path):
    found = {
        handle.name: score_rows(handle, PAIR)
        for handle in Registry().resolve_all(["at-content", "random?seed=7"])
    }
    write_columns(found, tmp_path / "s.tsv")
    assert (tmp_path / "s.tsv").read_text().startswith("id\tsequence\tat-content\trandom-seed-7\n")
    for name, rows in found.items():
        recorded = Registry().resolve(f"scores:{tmp_path / 's.tsv'}#{name}")
        assert [row.score for row in score_rows(recorded, PAIR)] == [row.score for row in rows]


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ReportError, match="cannot be written"):
        write_rows(ROWS, tmp_path / "file" / "scores.tsv")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_imported_scores_are_checked_against_their_sequences(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("id,ll\nE_000,-1.5\nD_000,-2.5\nagain,-1.5\n")
    rows = checked_scores(file, "ll", PAIR)
    assert [(row.id, row.score) for row in rows] == [
        ("E_000", -1.5), ("D_000", -2.5), ("again", -1.5)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,ll\nE_000,-1.5\n", "no score"),
        ("id,ll\nE_000,-1.5\nD_000,-2.5\nX_000,1\n", "X_000"),
        ("id,ll\nE_000,-1.5\nD_000,nan\n", "nan"),
        ("id,ll\nE_000,-1.5\nD_000,inf\n", "inf"),
        ("id,ll\nE_000,-1.5\nD_000,\n", "empty"),
        ("id,other\nE_000,-1.5\nD_000,1\n", "no column 'll'"),
        ("", "mine.csv"),
    ],
)
def test_imported_scores_that_do_not_fit_are_refused_in_one_line(tmp_path, text, words):
    file = tmp_path / "mine.csv"
    file.write_text(text)
    with pytest.raises(ModelError) as caught:
        checked_scores(file, "ll", PAIR)
    assert words in str(caught.value)
    assert "mine.csv" in str(caught.value)
    assert "\n" not in str(caught.value)
