"""Recorded scores: read by id or by sequence, and refused whenever they could mislead."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mit_harness.errors import ModelError
from mit_harness.models.base import ModelHandle
from mit_harness.models.recorded import recorded_handle
from mit_harness.models.registry import Registry
from mit_harness.models.spec import parse
from mit_harness.promoter.sequence_set import SequenceSet, make_items

SEQUENCES = ["ACGT", "AACC", "GGTT"]
SET = SequenceSet.of(make_items("E", SEQUENCES))
TABLE = pd.DataFrame({"id": ["E_000", "E_001", "E_002"], "score": [1.5, -2.0, 0.0]})


def handle(file: Path, column: str = "score", *, exact: bool = False) -> ModelHandle:
    return recorded_handle(parse(f"scores:{file}#{column}"), lambda: SET, exact=exact)


def write(tmp_path: Path, frame: pd.DataFrame, suffix: str) -> Path:
    file = tmp_path / f"scores.{suffix}"
    writers = {
        "tsv": lambda: frame.to_csv(file, sep="\t", index=False),
        "csv": lambda: frame.to_csv(file, index=False),
        "json": lambda: file.write_text(json.dumps(frame.to_dict("records"))),
        "parquet": lambda: frame.to_parquet(file),
    }
    writers[suffix]()
    return file


@pytest.mark.parametrize("suffix", ["tsv", "csv", "json", "parquet"])
@pytest.mark.parametrize("key", ["id", "sequence"])
def test_every_format_is_read_by_id_and_by_sequence(suffix: str, key: str, tmp_path: Path):
    frame = TABLE.assign(sequence=SEQUENCES)[[key, "score"]]
    model = handle(write(tmp_path, frame, suffix)).load()
    assert np.array_equal(model.score(SEQUENCES[::-1]), [0.0, -2.0, 1.5])


def test_lower_case_windows_line_ends_and_u_are_read(tmp_path: Path):
    (tmp_path / "s.tsv").write_bytes(b"Sequence\tScore\r\nacgu\t3\r\n")
    assert handle(tmp_path / "s.tsv").load().score(["ACGT"]) == [3.0]


def test_the_spec_string_names_file_and_column(tmp_path: Path):
    file = write(tmp_path, TABLE.rename(columns={"score": "my model"}), "tsv")
    found = Registry(catalogue=lambda: SET).resolve(f"scores:{file}#my model")
    assert (found.name, found.kind, found.stored) == ("my-model", "user", False)


def test_another_file_is_another_fingerprint(tmp_path: Path):
    first = handle(write(tmp_path, TABLE, "tsv")).fingerprint
    assert handle(write(tmp_path, TABLE.assign(score=0.0), "tsv")).fingerprint != first


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "0 bytes"),
        ("id\tscore\n", "no rows"),
        ("id\tscore\nE_000\t\n", "is empty"),
        ("id\tscore\nE_000\tnan\n", "finite"),
        ("id\tscore\nE_000\tinf\n", "finite"),
        ("id\tscore\nE_000\thigh\n", "'high', which is not a number"),
        ("id\tscore\nE_000\t1\t2\n", "3 fields"),
        ("id\tscore\nX_000\t1\n", "no sequence called 'X_000'"),
        ("id\tscore\nE_000\t1\nE_000\t1\n", "are both 'E_000'"),
        ("id\tscores\nE_000\t1\n", "no column 'score'; did you mean 'scores'"),
        ("score\n1\n", "neither a column 'id' nor 'sequence'"),
        ("sequence\tscore\nACGN\t1\n", "IUPAC code 'N'"),
        ("sequence\tscore\nACGT\t1\nACGT\t2\n", "score each distinct sequence once"),
    ],
)
def test_bad_files_are_refused_with_the_place(text: str, says: str, tmp_path: Path):
    file = tmp_path / "s.tsv"
    file.write_text(text)
    with pytest.raises(ModelError) as caught:
        handle(file)
    assert says in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_missing_score_is_said_when_it_is_needed(tmp_path: Path):
    model = handle(write(tmp_path, TABLE[:2], "tsv")).load()
    with pytest.raises(ModelError, match="no score for 1 of 3 sequences"):
        model.score(SEQUENCES)


def test_noise_between_two_ids_of_one_sequence_is_tolerated(tmp_path: Path):
    (tmp_path / "s.tsv").write_text("sequence\tscore\nACGT\t1\nACGT\t1.005\n")
    assert handle(tmp_path / "s.tsv").load().score(["ACGT"]) == [1.0]


def test_ids_and_sequences_that_contradict_each_other_are_refused(tmp_path: Path):
    mixed = TABLE.assign(sequence=[SEQUENCES[1], SEQUENCES[0], SEQUENCES[2]])
    with pytest.raises(ModelError, match="'E_000' has another sequence"):
        handle(write(tmp_path, mixed, "tsv"), exact=True)


def test_extra_sequences_are_refused_where_the_set_is_exact(tmp_path: Path):
    (tmp_path / "s.tsv").write_text("sequence\tscore\nACGT\t1\nTTTT\t1\n")
    handle(tmp_path / "s.tsv")
    with pytest.raises(ModelError, match="1 sequences that were not asked for"):
        handle(tmp_path / "s.tsv", exact=True)
