"""Reading and writing sequence files: what is accepted, what is normalised, what is refused."""

import csv
import gzip
import io
import json
import math
import os
import re
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from itertools import count
from pathlib import Path
from typing import IO, Any, TextIO

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

Columns = Mapping[str, Sequence[Value]]
"""Some rows, column by column."""

_TEXT: dict[str, Parser] = {
    ".tsv": formats.delimited("\t"),
    ".csv": formats.delimited(","),
    ".fa": formats.fasta,
    ".fasta": formats.fasta,
    ".fna": formats.fasta,
    ".jsonl": formats.jsonl,
    ".json": formats.json_document,
}
_PARQUET = ".parquet"
_BLOCK = 1 << 20  # bytes read at once
_ROWS = 10_000  # rows written at once

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
        made = SequenceSet.of(_items(path, length, seen))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    notes = (
        f"{path.name}: {text.format(seen[kind])}" for kind, text in _NOTES.items() if seen[kind]
    )
    return made, tuple(notes)


def read_rows(path: Path, seen: Seen, needed: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of any table that `read_sequences` takes, as text or plain values.

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
    known = tuple(_TEXT) if packed else (*_TEXT, _PARQUET)
    is_folder = os.path.isdir(path)  # noqa: PTH112 - never raises, however odd the name
    if not is_folder and suffix not in known:
        what = "of a .gz file " if packed else ""
        raise InputError(f"the suffix {suffix!r} {what}is not known; known: {', '.join(known)}")
    none = True
    for row in _parsed(path, suffix, packed, seen, needed):
        none = False
        yield row
    if none:
        raise InputError("the file holds no sequences" if needed else "the file holds no rows")


def _parsed(
    path: Path, suffix: str, packed: bool, seen: Seen, needed: Sequence[str]
) -> Iterator[Row]:
    if suffix != _PARQUET:
        yield from _TEXT.get(suffix, formats.jsonl)(_blocks(path, packed), seen, needed)
        return
    next(_blocks(path, packed))  # says what is wrong with a file that cannot be read
    with path.open("rb") as file:
        yield from formats.parquet(file, needed)


def _blocks(path: Path, packed: bool) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            if not file.peek(1):
                raise InputError("the file is empty (0 bytes)")
            with gzip.open(file) if packed else nullcontext(file) as opened:
                while block := opened.read(_BLOCK):
                    yield block
    except (OSError, EOFError, ValueError, zlib.error) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise InputError(f"the file cannot be read ({reason})") from error


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


def _items(path: Path, length: int | None, seen: Seen) -> Iterator[Item]:
    """Yield the items of a file; of earlier rows only what tells repeats and clashes is kept."""
    by_id: dict[str, tuple[Item, str]] = {}
    indices: dict[str, set[int]] = {}
    for row in read_rows(path, seen, ("sequence", "id")):
        name = _id(row)
        sequence = _sequence(row, f"{row.place} ({shown(name)})", length, seen)
        group, index = _matching(row, name, indices)
        stated = field_text(row, "index")
        if name in by_id:
            first, stated_first = by_id[name]
            if (first.group, first.sequence, stated_first) != (group, sequence, stated):
                raise InputError(
                    f"{_place(path, name)} and {row.place} both have the id {shown(name)}, with "
                    "different sequences, classes or indices; every id must name one sequence"
                )
            seen["repeats"] += 1
            continue
        taken = indices.setdefault(group, set())
        if index in taken:
            other = next(i.id for i, _ in by_id.values() if (i.group, i.index) == (group, index))
            raise InputError(
                f"{_place(path, other)} and {row.place} are both index {index} of class "
                f"{shown(group)}; pairs are matched by index, so state distinct ones"
            )
        by_id[name] = Item(name, group, index, sequence), sys.intern(stated)
        taken.add(index)
        yield by_id[name][0]


def _place(path: Path, name: str) -> str:
    """Return where a file has an id for the first time."""
    rows = read_rows(path, Counter(), ("sequence", "id"))
    return next(row.place for row in rows if _id(row) == name)


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


def _matching(row: Row, name: str, taken: Mapping[str, Collection[int]]) -> tuple[str, int]:
    """Return the group and the index of a row, stated or read off its id."""
    numbered = _NUMBERED.fullmatch(name)
    group = (
        field_text(row, "class") or field_text(row, "group") or (numbered[1] if numbered else "")
    )
    if not group.isprintable():
        raise InputError(f"{row.place} has a class with a control character: {shown(group)}")
    group = sys.intern(group)  # one string for all rows of a class
    stated = field_text(row, "index")
    if stated and not _WHOLE.fullmatch(stated):
        raise InputError(
            f"{row.place} has the index {shown(stated)}, which is not a whole number of at most "
            "nine digits"
        )
    if stated:
        return group, int(stated)
    return group, int(numbered[2]) if numbered else len(taken.get(group, ()))


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
    items = items if isinstance(items, SequenceSet) else list(items)
    if form not in WRITABLE:
        raise InputError(f"unknown sequence format {form!r}{near(form, list(WRITABLE))}")
    _check_extra(len(items), extra or {})
    parts = _parts(items, extra or {})
    if form == "parquet":
        if not isinstance(out, Path):
            raise InputError("Parquet is not text: name a file to write it to")
        with atomic(out, "wb") as handle:
            _write_parquet(parts, handle)
        return
    texts = map(_RENDER[form], parts, count())
    if not isinstance(out, Path):
        out.writelines(texts)
        return
    packer = zlib.compressobj(9, wbits=31) if out.suffix.lower() == ".gz" else None
    with atomic(out, "wb") as handle:
        for text in texts:
            handle.write(packer.compress(text.encode()) if packer else text.encode())
        if packer:
            handle.write(packer.flush())


def _check_extra(size: int, extra: Mapping[str, Sequence[Value]]) -> None:
    for name, values in extra.items():
        if name in COLUMNS or len(values) != size:
            raise InputError(
                f"extra column {name!r} takes the name of another or has {len(values)} values "
                f"for {size} sequences"
            )


def _parts(items: Sequence[Item], extra: Mapping[str, Sequence[Value]]) -> Iterator[Columns]:
    """Yield the columns, some rows at a time; one part without rows where there are no items."""
    for start in range(0, max(len(items), 1), _ROWS):
        part = items[start : start + _ROWS]
        yield {
            "id": [item.id for item in part],
            "class": [item.group for item in part],
            "index": [item.index for item in part],
            "sequence": [item.sequence for item in part],
            **{name: values[start : start + _ROWS] for name, values in extra.items()},
        }


def _table(columns: Columns, part: int, delimiter: str) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    if not part:
        writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()


def _fasta(columns: Columns, _: int) -> str:
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


def _jsonl(columns: Columns, _: int) -> str:
    rows = zip(*columns.values(), strict=True)
    return "".join(
        json.dumps(dict(zip(columns, fields, strict=True)), ensure_ascii=False) + "\n"
        for fields in rows
    )


def _write_parquet(parts: Iterable[Columns], handle: IO[bytes]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = (("id", pa.string()), ("class", pa.string()), ("index", pa.int64()))
    writer = None
    for columns in parts:
        arrays: dict[str, Any] = {name: pa.array(list(v)) for name, v in columns.items()}
        for name, kind in kinds:
            arrays[name] = arrays[name].cast(kind)  # what an empty list alone would not tell
        table = pa.table(arrays)
        writer = writer or pq.ParquetWriter(handle, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


_RENDER: Mapping[str, Callable[[Columns, int], str]] = {
    "tsv": lambda columns, part: _table(columns, part, "\t"),
    "csv": lambda columns, part: _table(columns, part, ","),
    "fasta": _fasta,
    "jsonl": _jsonl,
}
