"""Join score stores into one: all that they hold, or nothing where two of them disagree."""

import heapq
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from mit_harness.atomic import atomic
from mit_harness.errors import StoreError
from mit_harness.scoring import noise, rate
from mit_harness.scoring.store import (
    BUSY_SECONDS,
    CACHE_KIB,
    Row,
    Store,
    check_ours,
    checksum,
    explained,
    scorer_key,
    tables,
)

RUN_ONLY = "run:"
"""How keys begin that are good for one run only: no other run could use what they stand for."""

SHOWN = 120
"""Bases of a sequence that a sentence shows."""

_MAGIC = b"SQLite format 3\0"


class Scorer(NamedTuple):
    """What scores are kept under."""

    fingerprint: str
    method: str


class Merged(NamedTuple):
    """What a merged store holds: scorers, scores, and of these how many were not there before."""

    scorers: int
    scores: int
    added: int


class _Found(NamedTuple):
    """A score in one of the files; ordered by sequence, then by file."""

    sequence: str
    file: int
    row: Row


@dataclass
class _Contents:
    """What a store holds beside its scores."""

    names: dict[Scorer, str] = field(default_factory=dict)
    memos: dict[tuple[str, str], str] = field(default_factory=dict)


@dataclass
class _Conflicts:
    """Scores on which two files disagree: how many, and the first in words."""

    count: int = 0
    first: str = ""

    def add(self, name: str, one: _Found, other: _Found, files: Sequence[Path]) -> None:
        self.count += 1
        if self.first:
            return
        sequence = one.sequence
        if len(sequence) > SHOWN:
            sequence = f"{sequence[:SHOWN]}... ({len(sequence)} bp)"
        values = " and ".join(f"{_told(f.row)} in {files[f.file]}" for f in (one, other))
        self.first = f"{name} gives {sequence} {values}"


def merge_stores(out: Path, inputs: Sequence[Path]) -> Merged:
    """Write all that the inputs hold into one store.

    A new store is written beside its place and then renamed, the same bytes in whatever order the
    inputs are named. A store that is there already is an input too, and is added to in one
    transaction. Inputs are read only, each a chunk at a time in the order of its sequences, so
    memory does not grow with their size. Scores for one run only are left out.

    Parameters
    ----------
    out
        The store to write; may be one of the inputs.
    inputs
        Stores that no process is writing to.

    Raises
    ------
    StoreError
        If an input is missing, damaged or no score store, or two files have different scores of
        one scorer and sequence; nothing is written then.
    """
    if out.exists() and not out.is_file():
        raise StoreError(f"{out} is no regular file, so no store can be written there")
    known = {os.path.realpath(path): path for path in ([out] if out.exists() else [])}
    for path in inputs:
        known.setdefault(os.path.realpath(path), path)
    files = list(known.values())
    contents = [_contents(path) for path in files]
    if out.exists():
        Store(out).close()  # takes what a killed process left in its -wal file, and adds tables
        with explained(out), closing(_connected(out)) as db:
            return _in_place(db, files, contents)
    with atomic(out, "wb") as handle:
        beside = Path(handle.name)
        Store(beside).close()
        with explained(out), closing(_connected(beside)) as db:
            db.execute("PRAGMA journal_mode = OFF")  # whatever goes wrong, the file is removed
            db.execute("PRAGMA synchronous = OFF")
            return _in_place(db, files, contents, new=True)


def _in_place(
    db: sqlite3.Connection, files: list[Path], contents: list[_Contents], *, new: bool = False
) -> Merged:
    """Add what the files hold in one transaction; unless new, the first file is the store."""
    db.execute("BEGIN IMMEDIATE")
    before = 0 if new else _count(db)
    conflicts = _Conflicts()
    for scorer in sorted({scorer for found in contents for scorer in found.names}):
        holding = [k for k, found in enumerate(contents) if scorer in found.names]
        name = min(contents[k].names[scorer] for k in holding)
        db.execute("INSERT OR IGNORE INTO scorer (fingerprint, method, name) VALUES (?, ?, ?)",
                   (*scorer, name))  # fmt: skip
        query = "SELECT id FROM scorer WHERE fingerprint = ? AND method = ?"
        (number,) = db.execute(query, scorer).fetchone()
        streams = [_rows(k, files[k], scorer) for k in holding]
        key = scorer_key(*scorer)
        db.executemany(
            "INSERT INTO score VALUES (?, ?, ?, ?, ?, ?)",
            (
                (number, found.sequence, *found.row, checksum(key, found.sequence, found.row))
                for found in _distinct(streams, name, files, conflicts)
                if new or found.file
            ),
        )
    if conflicts.count:
        raise StoreError(_refusal(conflicts))
    db.executemany("INSERT OR REPLACE INTO memo VALUES (?, ?, ?)", _memos(contents))
    db.execute("COMMIT")
    scorers, scores = db.execute("SELECT count(*) FROM scorer").fetchone()[0], _count(db)
    return Merged(scorers, scores, scores - before)


def _connected(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path.absolute(), timeout=BUSY_SECONDS, isolation_level=None)
    db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    return db


def _count(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM score").fetchone()[0])


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a store so that neither it nor its folder changes."""
    with explained(path):
        if not path.is_file():
            raise StoreError(f"score store {path}: no such file; name stores that were filled")
        with path.open("rb") as handle:
            if handle.read(len(_MAGIC)) not in (b"", _MAGIC):
                raise StoreError(
                    f"{path} is no score store; tables of scores are joined into a name that ends "
                    "in .tsv"
                )
        # What a killed process left in the -wal file belongs to it. Without that file nobody has
        # the store open, and SQLite need not make it to read.
        waiting = path.with_name(f"{path.name}-wal").exists()
        uri = f"{path.absolute().as_uri()}?mode=ro{'' if waiting else '&immutable=1'}"
        with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as db:
            yield db


def _contents(path: Path) -> _Contents:
    """Check a store, and return what it holds beside its scores."""
    with _reading(path) as db:
        check_ours(db, path)
        (said,) = db.execute("PRAGMA quick_check(1)").fetchone()
        if said != "ok":
            raise sqlite3.DatabaseError(said)
        there = tables(db)
        scorers = db.execute("SELECT fingerprint, method, name FROM scorer") if there else ()
        names = {Scorer(*key): str(name) for *key, name in scorers if _lasts(key[0])}
        memos = db.execute("SELECT kind, key, text FROM memo") if "memo" in there else ()
        kept = {(kind, key): str(text) for kind, key, text in memos if _lasts(key)}
        return _Contents(names, kept)


def _lasts(key: object) -> bool:
    if not isinstance(key, str):
        raise sqlite3.DatabaseError("a key is not text")
    return not key.startswith(RUN_ONLY)


def _rows(number: int, path: Path, scorer: Scorer) -> Iterator[_Found]:
    """Yield a store's scores of one scorer by sequence, each checked."""
    key, last = scorer_key(*scorer), ""
    with _reading(path) as db:
        query = """
            SELECT sequence, value, tokens, bases, checksum FROM score WHERE scorer =
            (SELECT id FROM scorer WHERE fingerprint = ? AND method = ?) ORDER BY sequence
        """
        for sequence, *values, kept in db.execute(query, scorer):
            row = Row(*values)
            if kept != checksum(key, sequence, row):
                raise sqlite3.DatabaseError("a score does not match its checksum")
            if sequence <= last:
                raise sqlite3.DatabaseError("scores are not in their order")
            yield _Found(sequence, number, row)
            last = sequence


def _distinct(
    streams: list[Iterator[_Found]], name: str, files: Sequence[Path], conflicts: _Conflicts
) -> Iterator[_Found]:
    """Yield the first of each sequence, and note the others that differ from it."""
    first: _Found | None = None
    for found in heapq.merge(*streams):
        if first is None or first.sequence != found.sequence:
            first = found
            yield found
        elif found.row != first.row:
            conflicts.add(name, first, found, files)


def _told(row: Row) -> str:
    return f"{row.value!r} ({row.tokens} tokens, {row.bases} bases)"


def _refusal(conflicts: _Conflicts) -> str:
    which = "one score conflicts"
    if conflicts.count > 1:
        which = f"{conflicts.count:,} scores conflict, the first"
    return (
        f"{which}: {conflicts.first}; nothing was merged: find out which store is right, and name "
        "it without the other"
    )


def _memos(contents: Sequence[_Contents]) -> list[tuple[str, str, str]]:
    """Return what is to be remembered, of each key the text that says most.

    The largest noise floor, since any of the hosts may have made the scores; the rate that was
    measured on the most sequences; of anything else the first in the order of text.
    """
    texts: dict[tuple[str, str], list[str]] = {}
    for found in contents:
        for place, text in found.memos.items():
            texts.setdefault(place, []).append(text)
    rows = []
    for (kind, key), said in sorted(texts.items()):
        _, text = min((-_weight(kind, text), text) for text in said)
        rows.append((kind, key, text))
    return rows


def _weight(kind: str, text: str) -> float:
    measured = {noise.KIND: "nats", rate.KIND: "sequences"}.get(kind)
    if measured is None:
        return 0.0
    try:
        value = json.loads(text)[measured]
        return -1.0 if value is None else float(value)
    except (ValueError, TypeError, KeyError):
        return -2.0
