"""Parsers of sequence files: blocks of bytes to rows of named fields, as they come.

Faults are one sentence each. Only ``.json`` is read whole.
"""

import codecs
import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import IO, Any, NamedTuple

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


Blocks = Iterator[bytes]
"""A file's bytes, a block at a time."""

Parser = Callable[[Blocks, Seen, Sequence[str]], Iterator[Row]]
"""Takes a file's bytes, where to count oddities, and the columns that every row needs. Raises
`InputError` without the file's name, which the caller adds."""

_BATCH = 10_000  # rows of a Parquet file that are read at once
_FASTA_FACT = re.compile(r"(class|group|index)=(.+)")


def shown(value: object) -> str:
    """Return a value as a short, printable piece of an error."""
    text = str(value)
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _decoded(blocks: Blocks, seen: Seen) -> Iterator[str]:
    """Yield a file's text a block at a time, with plain line ends and no byte order mark."""
    decoder, line, first, held = codecs.getincrementaldecoder("utf-8")(), 1, True, ""
    for block in chain(blocks, [b""]):
        try:
            text = held + decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            line += error.object.count(b"\n", 0, error.start)
            raise InputError(
                f"line {line} holds the byte 0x{error.object[error.start]:02x}, which is not UTF-8 "
                "text; save the file as UTF-8"
            ) from error
        line += block.count(b"\n")
        seen["line ends"] += block.count(b"\r")
        if first and text:
            first = False
            if text.startswith("\ufeff"):
                text = text[1:]
                seen["byte order mark"] += 1
        held = "\r" if block and text.endswith("\r") else ""  # a line feed may follow
        text = text.removesuffix(held) if held else text
        yield text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _raw_lines(blocks: Blocks, seen: Seen) -> Iterator[str]:
    """Yield every line with its line feed, which the last one may lack."""
    begun: list[str] = []  # of a line that is longer than a block
    for text in _decoded(blocks, seen):
        *whole, rest = text.split("\n")
        if whole:
            yield "".join([*begun, whole[0], "\n"])
            yield from (f"{line}\n" for line in whole[1:])
            begun = []
        if rest:
            begun.append(rest)
    if begun:
        yield "".join(begun)


def _lines(blocks: Blocks, seen: Seen) -> Iterator[tuple[int, str]]:
    """Yield (1-based number, line) of every line that is not blank."""
    for number, line in enumerate(_raw_lines(blocks, seen), start=1):
        if line.strip():
            yield number, line.removesuffix("\n")
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

    def parse(blocks: Blocks, seen: Seen, needed: Sequence[str]) -> Iterator[Row]:
        reader = csv.reader(_raw_lines(blocks, seen), delimiter=delimiter, strict=True)
        header: list[str] = []
        while True:
            # A quoted field may hold line ends: a row is named by its first line.
            place = f"line {reader.line_num + 1}"
            try:
                with _long_fields():
                    fields = next(reader, None)
            except csv.Error as error:
                what = "its quotes do not match"
                if "limit" in str(error):
                    what = f"a field is longer than {MOST_BASES:,} characters"
                raise InputError(f"{place} cannot be read: {what} ({error})") from error
            if fields is None:
                return
            if not any(field.strip() for field in fields):
                seen["blank lines"] += 1
            elif not header:
                header = _header(fields, needed)
            else:
                yield _row(place, header, fields)

    return parse


def _row(place: str, header: list[str], fields: list[str]) -> Row:
    if len(fields) != len(header):
        raise InputError(f"{place} has {len(fields)} fields, but the header has {len(header)}")
    return Row(place, dict(zip(header, fields, strict=True)))


def fasta(blocks: Blocks, seen: Seen, _: Sequence[str] = ()) -> Iterator[Row]:
    """Parse FASTA; a header may state ``class=`` (or ``group=``) and ``index=`` after the id."""
    row: Row | None = None
    pieces: list[str] = []
    for number, line in _lines(blocks, seen):
        if line.startswith(">"):
            if row is not None:
                yield _finished(row, pieces)
            # Blanks and tabs only: str.split would also split at control characters.
            words = re.split("[ \t]+", line[1:].strip(" \t"))
            facts = {m[1]: m[2] for m in map(_FASTA_FACT.fullmatch, words[1:]) if m}
            row, pieces = Row(f"line {number}", {"id": words[0], **facts}), []
        elif row is None:
            raise InputError(f"line {number} stands before the first header (a line with '>')")
        else:
            pieces.append(line.strip())
    if row is not None:
        yield _finished(row, pieces)


def _finished(row: Row, pieces: Sequence[str]) -> Row:
    row.fields["sequence"] = "".join(pieces)
    return row


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


def jsonl(blocks: Blocks, seen: Seen, needed: Sequence[str]) -> Iterator[Row]:
    """Parse one JSON object a line."""
    for number, line in _lines(blocks, seen):
        yield _object(_loads(line, f"line {number}: "), needed, f"line {number}")


def json_document(blocks: Blocks, seen: Seen, needed: Sequence[str]) -> Iterator[Row]:
    """Parse a list of JSON objects, or one object ``{id: sequence}``."""
    text = "".join(_decoded(blocks, seen))
    value = _loads(text, "") if text.strip() else []
    if isinstance(value, list):
        for k, entry in enumerate(value, start=1):
            yield _object(entry, needed, f"entry {k}")
    elif isinstance(value, dict):
        for k, (name, sequence) in enumerate(value.items(), start=1):
            yield Row(f"entry {k}", {"id": name, "sequence": sequence})
    else:
        raise InputError("the file is neither a list of JSON objects nor one object {id: sequence}")


def parquet(file: IO[bytes], needed: Sequence[str]) -> Iterator[Row]:
    """Parse an open Parquet file."""
    # Imported here: it takes a quarter of a second, and few need it.
    import pyarrow as pa
    import pyarrow.parquet as pq

    k = 0
    try:
        opened = pq.ParquetFile(file)
        header = _header(opened.schema_arrow.names, needed)
        for batch in opened.iter_batches(_BATCH):
            columns = [column.to_pylist() for column in batch.columns]
            for fields in zip(*columns, strict=True):
                k += 1
                yield Row(f"row {k}", dict(zip(header, fields, strict=True)))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError("the file is not Parquet that can be read") from error
