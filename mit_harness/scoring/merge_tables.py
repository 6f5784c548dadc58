"""Join tables that ``mit-harness score`` wrote into one, or refuse where two of them disagree."""

import csv
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from mit_harness.errors import InputError
from mit_harness.scoring.export import ScoredRow, write_rows


def merge_tables(out: Path, inputs: Sequence[Path]) -> int:
    """Write the rows of all tables, once each and ordered by id; return how many.

    A table that is there already is an input too. All rows are in memory: for millions of
    scores join stores.

    Raises
    ------
    InputError
        If a table is missing or not one of ``mit-harness score``, an id stands for two
        sequences, or a sequence has two scores; nothing is written then.
    ReportError
        If the table cannot be written.
    """
    files = list(dict.fromkeys([*([out] if out.is_file() else []), *inputs]))
    rows: dict[str, tuple[ScoredRow, Path]] = {}
    scored: dict[str, tuple[ScoredRow, Path]] = {}
    for file in files:
        for row in _rows(file):
            first, where = rows.setdefault(row.id, (row, file))
            if first.sequence != row.sequence:
                raise InputError(
                    f"{row.id!r} is {first.sequence} in {where} and {row.sequence} in {file}; "
                    "nothing was merged: join tables of one sequence file"
                )
            first, where = scored.setdefault(row.sequence, (row, file))
            if first[2:] != row[2:]:
                raise InputError(
                    f"{row.id!r}, {row.sequence}, has the score {first.score!r} ({first.tokens} "
                    f"tokens, {first.bases} bases) in {where} and {row.score!r} ({row.tokens}, "
                    f"{row.bases}) in {file}; nothing was merged: find out which table is right, "
                    "and name it without the other"
                )
    write_rows([rows[name][0] for name in sorted(rows)], out)
    return len(rows)


def _rows(file: Path) -> Iterator[ScoredRow]:
    try:
        with file.open(encoding="utf-8", newline="") as handle:
            reader = csv.reader(handle, delimiter="\t", strict=True)
            if next(reader, None) != [*ScoredRow._fields]:
                raise InputError(
                    f"{file} is no table of `mit-harness score`, whose first line is "
                    f"{', '.join(ScoredRow._fields)}"
                )
            for fields in reader:
                yield _row(fields, f"{file}, line {reader.line_num}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        what = (error.strerror if isinstance(error, OSError) else None) or error
        raise InputError(f"{file} cannot be read ({what})") from error


def _row(fields: list[str], where: str) -> ScoredRow:
    try:
        name, sequence, score, tokens, bases = fields
        row = ScoredRow(name, sequence, float(score), int(tokens), int(bases))
    except ValueError as error:
        raise InputError(
            f"{where} is no row of id, sequence, score, tokens and bases; score that shard again"
        ) from error
    if not math.isfinite(row.score):
        raise InputError(f"{where} has the score {row.score}; every sequence needs a finite score")
    return row
