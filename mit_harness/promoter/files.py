"""Reading and writing sequence files: what is accepted, what is normalised, what is refused."""

import csv
import gzip
import io
import json
import math
import os
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from mit_harness.atomic import atomic
from mit_harness.errors import InputError, near
from mit_harness.promoter import formats
from mit_harness.promoter.alphabet import normalise
from mit_harness.promoter.formats import COLUMNS, MOST_BASES, Parser, Row, Seen, shown
from mit_harness.promoter.sequence_set import Item, SequenceSet

WRITABLE = ("tsv", "csv", "fasta", "jsonl", "parquet")
"""Formats of `write_sequences`."""

Value = str | float | int | None
"""What an extra column may hold."""

_TEXT: dict[str, Parser] = {
    ".tsv": formats.delimited("\t"),
    ".csv": formats.delimited(","),
    ".fa": formats.fasta,
    ".fasta": formats.fasta,
    ".fna": formats.fasta,
    ".jsonl": formats.jsonl,
    ".json": formats.json_document,
}
_PARSERS: dict[str, Parser] = {**_TEXT, ".parquet": formats.parquet}

_NUMBERED = re.compile(r"(.+)_([0-9]{1,9})")
_WHOLE = re.compile(r"[0-9]{1,9}")
_NOTES = {
    "lower case": "{} sequence(s) in lower case, read as upper case",
    "U for T": "{} sequence(s) with U, read as T",
    "line ends": "{} line(s) ending in a carriage return, read as plain ones",
    "byte order mark": "{} byte order mark ignored",
    "blank lines": "{} blank line(s) ignored",
    "repeats": "{} exact repeat(s) of a sequence and its id dropped",
}


def read_sequences(
    path: Path | str, length: int | None = None
) -> tuple[SequenceSet, tuple[str, ...]]:
    """Read a file of sequences, its format told by its suffix.

    ``.tsv``, ``.csv``, ``.fa``/``.fasta``/``.fna``, ``.jsonl``, ``.json`` (a list of objects, or
    one object ``{id: sequence}``), each also as ``.gz``; and ``.parquet``. Columns: ``sequence``
    and ``id`` (in FASTA the header's first word); optionally ``class`` or ``group`` (else what
    stands before a trailing ``_NUMBER`` of the id, else the empty group) and ``index`` (else that
    number, else the row's number within its group). A FASTA header may state ``class=E index=3``.

    Lower case, U for T, carriage returns, a byte order mark, blank lines and exact repeats are
    read as what they mean; nothing else is guessed.

    Parameters
    ----------
    path
        The file.
    length
        If given, the length in bp that every sequence must have.

    Returns
    -------
    sequences, notes
        The set, and one sentence with a count for each kind of thing that was normalised.

    Raises
    ------
    InputError
        One line naming the file, the row and what is wrong with it.
    """
    path = Path(path)
    seen: Seen = Counter()
    try:
        items = _items(read_rows(path, seen, ("sequence", "id")), length, seen)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    notes = (
        f"{path.name}: {text.format(seen[kind])}" for kind, text in _NOTES.items() if seen[kind]
    )
    return SequenceSet.of(items), tuple(notes)


def read_rows(path: Path, seen: Seen, needed: Sequence[str]) -> list[Row]:
    """Read the rows of any table that `read_sequences` takes, as text or plain values.

    Parameters
    ----------
    path
        The file; its suffix tells the format.
    seen
        Where harmless oddities are counted.
    needed
        Columns that every row must have, in lower case.

    Raises
    ------
    InputError
        Without the file's name, which the caller adds.
    """
    suffix = path.suffix.lower()
    packed = suffix == ".gz"
    if packed:
        suffix = Path(path.stem).suffix.lower()
    parsers = _TEXT if packed else _PARSERS
    is_folder = os.path.isdir(path)  # noqa: PTH112 - never raises, however odd the name
    if not is_folder and suffix not in parsers:
        what = "of a .gz file " if packed else ""
        raise InputError(f"the suffix {suffix!r} {what}is not known; known: {', '.join(parsers)}")
    try:
        data = path.read_bytes()
        if not data:
            raise InputError("the file is empty (0 bytes)")
        data = gzip.decompress(data) if packed else data
    except (OSError, EOFError, ValueError, zlib.error) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise InputError(f"the file cannot be read ({reason})") from error
    rows = parsers[suffix](data, seen, needed)
    if not rows:
        raise InputError("the file holds no sequences" if needed else "the file holds no rows")
    return rows


def field_text(row: Row, name: str) -> str:
    """Return a field as text; an absent, null or NaN field is empty."""
    value = row.fields.get(name)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a column of numbers with gaps comes as floats
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InputError(f"{row.place} has {shown(value)} as its {name}, which is not text")
    return str(value).strip(" \t")


def _items(rows: Iterable[Row], length: int | None, seen: Seen) -> list[Item]:
    items: list[Item] = []
    by_id: dict[str, tuple[Item, Row]] = {}
    by_index: dict[tuple[str, int], Row] = {}
    sizes: Counter[str] = Counter()
    for row in rows:
        name = _id(row)
        sequence = _sequence(row, f"{row.place} ({shown(name)})", length, seen)
        group, index = _matching(row, name, sizes)
        if name in by_id:
            first, where = by_id[name]
            same_place = field_text(row, "index") == field_text(where, "index")
            if (first.group, first.sequence) != (group, sequence) or not same_place:
                raise InputError(
                    f"{where.place} and {row.place} both have the id {shown(name)}, with "
                    "different sequences, classes or indices; every id must name one sequence"
                )
            seen["repeats"] += 1
            continue
        if (group, index) in by_index:
            raise InputError(
                f"{by_index[group, index].place} and {row.place} are both index {index} of class "
                f"{shown(group)}; pairs are matched by index, so state distinct ones"
            )
        items.append(Item(name, group, index, sequence))
        by_id[name], by_index[group, index] = (items[-1], row), row
        sizes[group] += 1
    return items


def _id(row: Row) -> str:
    name = field_text(row, "id")
    if not name:
        raise InputError(f"{row.place} has no id")
    if not name.isprintable():
        raise InputError(
            f"{row.place} has an id with a control or invisible character: {shown(name)}"
        )
    return name


def _sequence(row: Row, where: str, length: int | None, seen: Seen) -> str:
    text = field_text(row, "sequence")
    if len(text) > MOST_BASES:
        raise InputError(f"{where} has {len(text):,} bases; at most {MOST_BASES:,} are read")
    sequence, changes = normalise(text, where)
    seen.update(changes)
    if length is not None and len(sequence) != length:
        raise InputError(
            f"{where} has {len(sequence)} bp: wrong length for the layout, which has {length} bp"
        )
    return sequence


def _matching(row: Row, name: str, sizes: Counter[str]) -> tuple[str, int]:
    """Return the group and the index of a row, stated or read off its id."""
    numbered = _NUMBERED.fullmatch(name)
    group = (
        field_text(row, "class") or field_text(row, "group") or (numbered[1] if numbered else "")
    )
    if not group.isprintable():
        raise InputError(f"{row.place} has a class with a control character: {shown(group)}")
    stated = field_text(row, "index")
    if stated and not _WHOLE.fullmatch(stated):
        raise InputError(
            f"{row.place} has the index {shown(stated)}, which is not a whole number of at most "
            "nine digits"
        )
    if stated:
        return group, int(stated)
    return group, int(numbered[2]) if numbered else sizes[group]


def write_sequences(
    items: Iterable[Item],
    out: Path | TextIO,
    form: str,
    extra: Mapping[str, Sequence[Value]] | None = None,
) -> None:
    """Write sequences as the columns id, class, index, sequence, then any extra ones.

    The same items give the same bytes. A file is written beside its place and then renamed; one
    whose name ends in ``.gz`` is compressed.

    Parameters
    ----------
    items
        In the order to write them.
    out
        A file, or an open text stream such as ``sys.stdout``.
    form
        One of `WRITABLE`. FASTA headers read ``>ID class=CLASS index=INDEX NAME=VALUE``.
    extra
        Further columns by name, each with one plain value an item.

    Raises
    ------
    InputError
        If the format is unknown or cannot hold what it is given.
    ReportError
        If the file cannot be written.
    """
    items = list(items)
    if form not in WRITABLE:
        raise InputError(f"unknown sequence format {form!r}{near(form, list(WRITABLE))}")
    columns = _columns(items, extra or {})
    if form == "parquet":
        if not isinstance(out, Path):
            raise InputError("Parquet is not text: name a file to write it to")
        data = _parquet(columns)
    else:
        text = _RENDER[form](columns)
        if not isinstance(out, Path):
            out.write(text)
            return
        data = text.encode()
        if out.suffix.lower() == ".gz":
            data = gzip.compress(data, mtime=0)
    with atomic(out, "wb") as handle:
        handle.write(data)


def _columns(
    items: Sequence[Item], extra: Mapping[str, Sequence[Value]]
) -> dict[str, Sequence[Value]]:
    for name, values in extra.items():
        if name in COLUMNS or len(values) != len(items):
            raise InputError(
                f"extra column {name!r} takes the name of another or has {len(values)} values "
                f"for {len(items)} sequences"
            )
    return {
        "id": [item.id for item in items],
        "class": [item.group for item in items],
        "index": [item.index for item in items],
        "sequence": [item.sequence for item in items],
        **extra,
    }


def _table(columns: Mapping[str, Sequence[Value]], delimiter: str) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()


def _fasta(columns: Mapping[str, Sequence[Value]]) -> str:
    names = [name for name in columns if name not in ("id", "sequence")]
    lines = []
    for fields in zip(*columns.values(), strict=True):
        row = dict(zip(columns, fields, strict=True))
        facts = [f"{name}={row[name]}" for name in names if row[name] not in (None, "")]
        words = [str(row["id"]), *facts]
        if any(re.search(r"\s", word) for word in words):
            raise InputError(f"a FASTA header cannot hold blanks within {shown(words)}; use tsv")
        lines.append(f">{' '.join(words)}\n{row['sequence']}\n")
    return "".join(lines)


def _jsonl(columns: Mapping[str, Sequence[Value]]) -> str:
    rows = zip(*columns.values(), strict=True)
    return "".join(
        json.dumps(dict(zip(columns, fields, strict=True)), ensure_ascii=False) + "\n"
        for fields in rows
    )


def _parquet(columns: Mapping[str, Sequence[Value]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays: dict[str, Any] = {name: pa.array(list(values)) for name, values in columns.items()}
    for name, kind in (("id", pa.string()), ("class", pa.string()), ("index", pa.int64())):
        arrays[name] = arrays[name].cast(kind)  # what an empty list alone would not tell
    buffer = io.BytesIO()
    pq.write_table(pa.table(arrays), buffer)
    return buffer.getvalue()


_RENDER = {
    "tsv": lambda columns: _table(columns, "\t"),
    "csv": lambda columns: _table(columns, ","),
    "fasta": _fasta,
    "jsonl": _jsonl,
}
