"""The score store: one SQLite file in WAL mode, safe for several processes of one host."""

import errno
import os
import re
import sqlite3
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Literal, NamedTuple

import numpy as np

from mit_harness.errors import StoreError
from mit_harness.models.base import ModelHandle, Scores

SCHEMA_VERSION = 1
APPLICATION_ID = 0x4D495448  # "MITH": tells our files from another program's
BUSY_SECONDS = 60.0
WAL_PAGES = 16_384
"""Pages (4 KiB) that wait in the -wal file before they are copied into the store: rows come in no
order, so that a batch touches a page of its own for most of them, and many batches the same."""
CACHE_KIB = 65_536
"""Memory for pages of the store."""

_SCHEMA = """
CREATE TABLE scorer (
    id INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    method TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (fingerprint, method)
);
CREATE TABLE score (
    scorer INTEGER NOT NULL REFERENCES scorer (id),
    sequence TEXT NOT NULL,
    value REAL NOT NULL,
    tokens INTEGER NOT NULL,
    bases INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (scorer, sequence)
) WITHOUT ROWID;
"""
_MEMO = """
CREATE TABLE IF NOT EXISTS memo (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID
"""
# fmt: off
_NETWORK_FILESYSTEMS = {
    "9p", "afs", "beegfs", "ceph", "cifs", "fuse.ceph", "fuse.gcsfuse", "fuse.glusterfs",
    "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "gpfs", "lustre", "nfs", "nfs4", "smb3", "smbfs",
}
# fmt: on

_PLACE_ADVICE = "name another store, in a folder that can be written to"
_DAMAGED_ADVICE = (
    "the file is damaged: move it away, with its -wal file, and its scores are computed again"
)
_ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full: free some space and run again; finished batches "
    "are kept",
    sqlite3.SQLITE_IOERR: "see whether its disk is full or broken, or name another store; "
    "finished batches are kept",
    sqlite3.SQLITE_CORRUPT: _DAMAGED_ADVICE,
    sqlite3.SQLITE_NOTADB: _DAMAGED_ADVICE,
    sqlite3.SQLITE_ERROR: _DAMAGED_ADVICE,  # a table or column of ours is not there
    0: _DAMAGED_ADVICE,  # not SQLite's own: a text that is not UTF-8
    sqlite3.SQLITE_BUSY: f"another process held it for over {BUSY_SECONDS:.0f} s; run again",
}
"""What to do, by SQLite's primary result code; `_PLACE_ADVICE` for all others."""


class Row(NamedTuple):
    """One stored score: its value, and how many tokens and bases it sums over."""

    value: float
    tokens: int
    bases: int


class Store:
    """Scores by (model fingerprint, scoring method, sequence).

    Every `save` is one transaction, so a killed run loses at most the batch in flight.

    Raises
    ------
    StoreError
        From any method: a file that is damaged, of another program, of a newer version, not
        writable, or a full disk. The sentence names the file and what to do.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            # Absolute, so that no name is special to SQLite (":memory:").
            self._db = sqlite3.connect(path.absolute(), timeout=BUSY_SECONDS, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _prepare(self) -> None:
        """Set the file up, anew where several processes come first at once.

        While one of them turns a new file to WAL, SQLite calls it busy without waiting.
        """
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                self._check_version()
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = NORMAL")
                self._db.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
                self._db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
                self._create()
            except sqlite3.OperationalError as error:
                if _result_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return

    def _check_version(self) -> None:
        with self._transaction("DEFERRED"):  # one snapshot: it may be in creation
            check_ours(self._db, self.path)

    def _create(self) -> None:
        if "memo" in tables(self._db):
            return
        with self._transaction():
            if not tables(self._db):  # still: another process may have been quicker
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            self._db.execute(_MEMO)

    def _explained(self) -> AbstractContextManager[None]:
        return explained(self.path)

    @contextmanager
    def _transaction(self, kind: Literal["IMMEDIATE", "DEFERRED"] = "IMMEDIATE") -> Iterator[None]:
        self._db.execute(f"BEGIN {kind}")
        try:
            yield
            self._db.execute("COMMIT")  # where a full disk shows
        except BaseException:
            if self._db.in_transaction:  # SQLite may have rolled back by itself
                self._db.execute("ROLLBACK")
            raise

    def _scorer(self, handle: ModelHandle) -> int | None:
        found = self._db.execute(
            "SELECT id FROM scorer WHERE fingerprint = ? AND method = ?",
            (handle.fingerprint, handle.method),
        ).fetchone()
        return None if found is None else int(found[0])

    def lookup(self, handle: ModelHandle, sequences: Sequence[str]) -> dict[str, Row]:
        """Return the stored rows of those `sequences` that the model has scored."""
        with self._explained():
            scorer = self._scorer(handle)
            if scorer is None:
                return {}
            found: dict[str, Row] = {}
            key = _key(handle)
            ordered = sorted(sequences)  # as they lie in the file: each page is read once
            for start in range(0, len(ordered), 500):  # below SQLite's limit on parameters
                part = ordered[start : start + 500]
                marks = ",".join("?" * len(part))
                query = (
                    "SELECT sequence, value, tokens, bases, checksum FROM score "  # noqa: S608
                    f"WHERE scorer = ? AND sequence IN ({marks})"
                )
                for sequence, *row, kept in self._db.execute(query, (scorer, *part)):
                    found[sequence] = Row(*row)
                    if kept != checksum(key, sequence, found[sequence]):
                        raise sqlite3.DatabaseError("a score does not match its checksum")
            return found

    def save(self, handle: ModelHandle, sequences: Sequence[str], scores: Scores) -> None:
        """Store a batch in one transaction; scores that are there already stay as they are.

        Non-finite values are not stored: they are errors, to be scored again.
        """
        columns = zip(sequences, scores.values, scores.tokens, scores.bases, strict=True)
        rows = [
            (sequence, Row(float(value) + 0.0, int(tokens), int(bases)))  # SQLite has no -0.0
            for sequence, value, tokens, bases in columns
            if np.isfinite(value)
        ]
        key = _key(handle)
        with self._explained(), self._transaction():
            self._db.execute(
                "INSERT OR IGNORE INTO scorer (fingerprint, method, name) VALUES (?, ?, ?)",
                (handle.fingerprint, handle.method, handle.name),
            )
            scorer = self._scorer(handle)
            self._db.executemany(
                "INSERT OR IGNORE INTO score VALUES (?, ?, ?, ?, ?, ?)",
                ((scorer, s, *row, checksum(key, s, row)) for s, row in rows),
            )

    def count(self, handle: ModelHandle) -> int:
        """Return how many sequences the model has scored."""
        with self._explained():
            query = "SELECT count(*) FROM score WHERE scorer = ?"
            return int(self._db.execute(query, (self._scorer(handle),)).fetchone()[0])

    def remember(self, kind: str, key: str, text: str) -> None:
        """Keep a text under a kind and a key, in place of what was kept there."""
        with self._explained(), self._transaction():
            self._db.execute("INSERT OR REPLACE INTO memo VALUES (?, ?, ?)", (kind, key, text))

    def recall(self, kind: str, key: str) -> str | None:
        """Return the text kept under a kind and a key, or None."""
        with self._explained():
            query = "SELECT text FROM memo WHERE kind = ? AND key = ?"
            found = self._db.execute(query, (kind, key)).fetchone()
            return None if found is None else str(found[0])

    def recall_all(self, kind: str, key_prefix: str) -> dict[str, str]:
        """Return the texts kept under a kind by key, of keys that begin with the prefix."""
        with self._explained():
            query = "SELECT key, text FROM memo WHERE kind = ? AND substr(key, 1, ?) = ?"
            found = self._db.execute(query, (kind, len(key_prefix), key_prefix)).fetchall()
            return {str(key): str(text) for key, text in found}

    def discard(self, kind: str, key_prefix: str) -> None:
        """Remove the texts kept under a kind and keys that begin with the prefix."""
        with self._explained(), self._transaction():
            query = "DELETE FROM memo WHERE kind = ? AND substr(key, 1, ?) = ?"
            self._db.execute(query, (kind, len(key_prefix), key_prefix))

    def forget(self, fingerprint_prefix: str) -> None:
        """Remove the scores of every model whose fingerprint begins with the prefix.

        What is remembered under keys that begin with it goes, too.
        """
        pattern = (len(fingerprint_prefix), fingerprint_prefix)
        which = "(SELECT id FROM scorer WHERE substr(fingerprint, 1, ?) = ?)"
        with self._explained(), self._transaction():
            self._db.execute(f"DELETE FROM score WHERE scorer IN {which}", pattern)  # noqa: S608
            self._db.execute("DELETE FROM scorer WHERE substr(fingerprint, 1, ?) = ?", pattern)
            self._db.execute("DELETE FROM memo WHERE substr(key, 1, ?) = ?", pattern)

    def close(self) -> None:
        """Close the file."""
        self._db.close()


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite or the system says of a store into a `StoreError`."""
    try:
        yield
    except sqlite3.ProgrammingError:  # a bug of ours, such as use after closing
        raise
    except sqlite3.DatabaseError as error:
        advice = _ADVICE.get(_result_code(error), _PLACE_ADVICE)
        raise StoreError(f"score store {path}: {error}; {advice}") from error
    except OSError as error:
        what = error.strerror or error
        raise StoreError(f"score store {path}: {what}; {_PLACE_ADVICE}") from error


def tables(db: sqlite3.Connection) -> set[str]:
    """Return the names of what an SQLite file holds."""
    return {str(name) for (name,) in db.execute("SELECT name FROM sqlite_master")}


def check_ours(db: sqlite3.Connection, path: Path) -> None:
    """Refuse another program's file and a newer version's.

    Raises
    ------
    StoreError
        That says so.
    """

    def pragma(name: str) -> int:
        return int(db.execute(f"PRAGMA {name}").fetchone()[0])

    application, version = pragma("application_id"), pragma("user_version")
    if application != APPLICATION_ID and (application or tables(db)):
        raise StoreError(f"{path} is an SQLite file of another program; name another file")
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"score store {path} has schema {version}, newer than this version's "
            f"{SCHEMA_VERSION}; upgrade mit-harness or name another store"
        )


def scorer_key(fingerprint: str, method: str) -> int:
    """Return what a scorer adds to the checksums of its scores."""
    return zlib.crc32(f"{fingerprint}\n{method}".encode())


def _key(handle: ModelHandle) -> int:
    return scorer_key(handle.fingerprint, handle.method)


def checksum(key: int, sequence: str, row: Row) -> int:
    """Return a checksum of one score: SQLite itself notices damage to its pages' structure only."""
    return zlib.crc32(f"{sequence} {row.value!r} {row.tokens} {row.bases}".encode(), key)


def _result_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code; 0 where the error is not SQLite's own."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def network_filesystem(path: Path, mounts: Path = Path("/proc/mounts")) -> str | None:
    """Return the type of the network filesystem that `path` lies on, or None (or not known)."""
    try:
        text = mounts.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    place = path.resolve()
    best, kind = "", ""
    for line in text.split("\n"):
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        # Spaces, tabs, line ends and backslashes of a name stand there in octal.
        folder = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[1])
        if place.is_relative_to(folder) and len(folder) >= len(best):  # the last one covers
            best, kind = folder, fields[2]
    return kind if kind in _NETWORK_FILESYSTEMS else None
