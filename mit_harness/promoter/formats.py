"""Parsers of sequence files: bytes to rows of named fields, faults as one sentence each."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from mit_harness.errors import InputError

MOST_BASES = 10_000_000
"""Longest sequence that is read, in bp: above any bacterial genome, so that it only stops files
which are no sets of promoters."""

COLUMNS = ("id", "class", "index", "sequence")
"""Columns that have a meaning, in the order in which they are written."""

Seen = Counter[str]
"""How often each kind of harmless oddity was met."""


class Row(NamedTuple):
    """One sequence as a file has it: where it stands, for people, and its named fields."""

    place: str
    fields: dict[str, object]


Parser = Callable[[bytes, Seen, Sequence[str]], list[Row]]
"""Takes a file's bytes, where to count oddities, and the columns that every row needs. Raises
`InputError` without the file's name, which the caller adds."""

_FASTA_FACT = re.compile(r"(class|group|index)=(.+)")


def shown(value: object) -> str:
    """Return a value as a short, printable piece of an error."""
    text = str(value)
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _text(data: bytes, seen: Seen) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"line {line} holds the byte 0x{data[error.start]:02x}, which is not UTF-8 text; "
            "save the file as UTF-8"
        ) from error
    if text.startswith("\ufeff"):
        text = text[1:]
        seen["byte order mark"] += 1
    if "\r" in text:
        text = text.replace("\r\n", "\r")
        seen["line ends"] += text.count("\r")
        text = text.replace("\r", "\n")
    return text


def _lines(text: str, seen: Seen) -> Iterator[tuple[int, str]]:
    """Yield (1-based number, line) of every line that is not blank."""
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        if line.strip():
            yield number, line
        else:
            seen["blank lines"] += 1


def _need(names: Sequence[str], needed: Sequence[str], where: str) -> None:
    for name in needed:
        if name not in names:
            held = ", ".join(shown(n) for n in names[:12]) or "nothing"
            raise InputError(f"{where} has no column {name!r}; it has {held}")


def _header(fields: Iterable[str], needed: Sequence[str]) -> list[str]:
    names = [field.strip().lower() for field in fields]
    _need(names, needed, "the header")
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"the header has {names.count(name)} columns {shown(name)}")
    return names


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let csv read fields of `MOST_BASES`; its limit is the whole process's, so put it back."""
    before = csv.field_size_limit(MOST_BASES)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def delimited(delimiter: str) -> Parser:
    """Return the parser of a table with a header line."""

    def parse(data: bytes, seen: Seen, needed: Sequence[str]) -> list[Row]:
        lines = io.StringIO(_text(data, seen), newline="")
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        header: list[str] = []
        rows: list[Row] = []
        place = "line 1"
        try:
            with _long_fields():
                for fields in reader:
                    if not any(field.strip() for field in fields):
                        seen["blank lines"] += 1
                    elif not header:
                        header = _header(fields, needed)
                    else:
                        rows.append(_row(place, header, fields))
                    # A quoted field may hold line ends: a row is named by its first line.
                    place = f"line {reader.line_num + 1}"
        except csv.Error as error:
            what = "its quotes do not match"
            if "limit" in str(error):
                what = f"a field is longer than {MOST_BASES:,} characters"
            raise InputError(f"{place} cannot be read: {what} ({error})") from error
        return rows

    return parse


def _row(place: str, header: list[str], fields: list[str]) -> Row:
    if len(fields) != len(header):
        raise InputError(f"{place} has {len(fields)} fields, but the header has {len(header)}")
    return Row(place, dict(zip(header, fields, strict=True)))


def fasta(data: bytes, seen: Seen, _: Sequence[str] = ()) -> list[Row]:
    """Parse FASTA; a header may state ``class=`` (or ``group=``) and ``index=`` after the id."""
    rows: list[Row] = []
    pieces: list[list[str]] = []
    for number, line in _lines(_text(data, seen), seen):
        if line.startswith(">"):
            # Blanks and tabs only: str.split would also split at control characters.
            words = re.split("[ \t]+", line[1:].strip(" \t"))
            facts = {m[1]: m[2] for m in map(_FASTA_FACT.fullmatch, words[1:]) if m}
            rows.append(Row(f"line {number}", {"id": words[0], **facts}))
            pieces.append([])
        elif not rows:
            raise InputError(f"line {number} stands before the first header (a line with '>')")
        else:
            pieces[-1].append(line.strip())
    for row, parts in zip(rows, pieces, strict=True):
        row.fields["sequence"] = "".join(parts)
    return rows


def _loads(text: str, where: str) -> Any:  # noqa: ANN401 - JSON is whatever the file holds
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            [(name, _)] = Counter(key for key, _ in pairs).most_common(1)
            raise InputError(f"{where}the key {shown(name)} stands twice in one object")
        return found

    try:
        return json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        at = f"column {error.colno}" if where else f"line {error.lineno} column {error.colno}"
        raise InputError(f"{where}malformed JSON at {at}: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}JSON with too long a number or too deep a nesting") from error


def _object(value: object, needed: Sequence[str], place: str) -> Row:
    if not isinstance(value, dict):
        raise InputError(f"{place} is not a JSON object with {' and '.join(needed)}")
    fields = {str(key).strip().lower(): field for key, field in value.items()}
    if len(fields) != len(value):
        raise InputError(f"{place} has two keys that differ only in case or blanks")
    _need(list(fields), needed, place)
    return Row(place, fields)


def jsonl(data: bytes, seen: Seen, needed: Sequence[str]) -> list[Row]:
    """Parse one JSON object a line."""
    return [
        _object(_loads(line, f"line {number}: "), needed, f"line {number}")
        for number, line in _lines(_text(data, seen), seen)
    ]


def json_document(data: bytes, seen: Seen, needed: Sequence[str]) -> list[Row]:
    """Parse a list of JSON objects, or one object ``{id: sequence}``."""
    text = _text(data, seen)
    value = _loads(text, "") if text.strip() else []
    if isinstance(value, list):
        return [_object(entry, needed, f"entry {k}") for k, entry in enumerate(value, start=1)]
    if isinstance(value, dict):
        return [
            Row(f"entry {k}", {"id": name, "sequence": sequence})
            for k, (name, sequence) in enumerate(value.items(), start=1)
        ]
    raise InputError("the file is neither a list of JSON objects nor one object {id: sequence}")


def parquet(data: bytes, _: Seen, needed: Sequence[str]) -> list[Row]:
    """Parse a Parquet table."""
    # Imported here: it takes a quarter of a second, and few need it.
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        header = _header(file.schema_arrow.names, needed)
        table = file.read()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError("the file is not Parquet that can be read") from error
    columns = [column.to_pylist() for column in table.columns]
    return [
        Row(f"row {k}", dict(zip(header, fields, strict=True)))
        for k, fields in enumerate(zip(*columns, strict=True), start=1)
    ]
