"""A store that cannot be used is refused in one line that says what to do, and left as it is."""

import sqlite3

import numpy as np
import pytest

from mit_harness.errors import StoreError
from mit_harness.models.base import as_scores
from mit_harness.scoring import store as module
from mit_harness.scoring.store import APPLICATION_ID, SCHEMA_VERSION, Store

SEQUENCES = [f"{k:b}".replace("0", "A").replace("1", "C") * 5 for k in range(2048, 4096)]
VALUES = np.random.default_rng(0).normal(size=len(SEQUENCES))


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """The bytes of a healthy store."""
    from mit_harness.models.base import ModelHandle

    path = tmp_path_factory.mktemp("good") / "s.sqlite"
    handle = ModelHandle("my-model", "my-model", "user", "fp", load=lambda: None)
    with Store(path) as store:
        store.save(handle, SEQUENCES, as_scores(VALUES, SEQUENCES, "m"))
    assert [p.name for p in path.parent.iterdir()] == ["s.sqlite"]
    return path.read_bytes()


def refused(path, handle=None):
    """Return the sentence with which a store is refused, at once or when it is read."""
    with pytest.raises(StoreError) as caught, Store(path) as store:
        store.lookup(handle, SEQUENCES)
    text = str(caught.value)
    assert str(path) in text
    assert "\n" not in text
    return text


DAMAGED = "the file is damaged: move it away, with its -wal file, and its scores are computed again"


def overwritten(data, start, patch):
    return data[:start] + patch + data[start + len(patch) :]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda d: overwritten(d, 0, b"not a database at all"), id="corrupt header"),
        pytest.param(lambda d: b"sequence\tscore\nACGT\t1.0\n" * 99, id="a text file"),
        pytest.param(
            lambda d: overwritten(d, len(d) // 2 // 4096 * 4096, b"\xff" * 4096),
            id="corrupt middle page",
        ),
        pytest.param(lambda d: overwritten(d, 4096, bytes(len(d) - 4096)), id="all but the first"),
        pytest.param(lambda d: d[: len(d) // 2], id="truncated in the middle"),
        pytest.param(lambda d: d[:-1], id="last byte missing"),
        pytest.param(lambda d: d[:50], id="truncated in the header"),
        pytest.param(
            lambda d: d.replace(b"checksum INTEGER", b"checkbox INTEGER"), id="other columns"
        ),
    ],
)
def test_a_damaged_file_is_refused_and_stays_as_it_is(tmp_path, good, handle_of, damage):
    path = tmp_path / "s.sqlite"
    path.write_bytes(damage(good))
    assert DAMAGED in refused(path, handle_of())
    assert path.read_bytes() == damage(good)
    path.rename(tmp_path / "away")
    with Store(path) as store:
        assert store.lookup(handle_of(), SEQUENCES) == {}


def test_a_changed_digit_is_noticed(tmp_path, good, handle_of):
    (place,) = [k for v in (VALUES[7],) for k in [good.find(np.array(v, ">f8").tobytes())]]
    assert place > 0
    path = tmp_path / "s.sqlite"
    path.write_bytes(overwritten(good, place + 3, bytes([good[place + 3] ^ 1])))
    assert "a score does not match its checksum" in refused(path, handle_of())
    assert DAMAGED in refused(path, handle_of())


@pytest.mark.parametrize("seed", range(40))
def test_no_damage_gives_a_wrong_score_or_a_traceback(tmp_path, good, handle_of, seed):
    rng = np.random.default_rng(seed)
    length = int(rng.choice([1, 8, 100, 5000]))
    start = int(rng.integers(len(good) - length))
    path = tmp_path / "s.sqlite"
    path.write_bytes(overwritten(good, start, rng.bytes(length) if seed % 2 else bytes(length)))
    try:
        with Store(path) as store:
            found = store.lookup(handle_of(), SEQUENCES)
    except StoreError as error:
        assert str(path) in str(error)  # noqa: PT017 - either outcome is right
    else:
        right = dict(zip(SEQUENCES, VALUES, strict=True))
        assert {s: row.value for s, row in found.items()} == {s: right[s] for s in found}


def test_an_empty_file_is_a_new_store(tmp_path, handle_of):
    path = tmp_path / "s.sqlite"
    path.touch()
    with Store(path) as store:
        store.save(handle_of(), ["A"], as_scores([1.0], ["A"], "m"))
    with Store(path) as store:
        assert store.count(handle_of()) == 1


@pytest.mark.parametrize("pragma", ["application_id = 7", "user_version = 9"])
def test_another_programs_file_is_refused_and_not_touched(tmp_path, pragma):
    path = tmp_path / "s.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE moz_places (id)")
        db.execute(f"PRAGMA {pragma}")
    db.close()
    before = path.read_bytes()
    assert "is an SQLite file of another program; name another file" in refused(path)
    assert path.read_bytes() == before


def test_another_programs_file_without_tables_is_refused_too(tmp_path):
    path = tmp_path / "s.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA application_id = 7")
    db.close()
    assert "another program" in refused(path)


def test_a_store_of_a_newer_version_is_refused_and_not_touched(tmp_path, good):
    path = tmp_path / "s.sqlite"
    path.write_bytes(good)
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    db.close()
    before = path.read_bytes()
    text = refused(path)
    assert f"has schema {SCHEMA_VERSION + 1}, newer than this version's {SCHEMA_VERSION}" in text
    assert "upgrade mit-harness or name another store" in text
    assert path.read_bytes() == before
    assert APPLICATION_ID.to_bytes(4, "big") == b"MITH"


def test_a_folder_in_its_place_is_said_to_be_one(tmp_path):
    (tmp_path / "s.sqlite").mkdir()
    text = refused(tmp_path / "s.sqlite")
    assert "Is a directory; name another store, in a folder that can be written to" in text


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "s.sqlite", tmp_path / "file" / "folder" / "s.sqlite"):
        assert "name another store, in a folder that can be written to" in refused(path)


def test_a_name_with_control_characters_is_shown_on_one_line(tmp_path):
    folder = tmp_path / "a\nb\x1b[31m.sqlite"
    folder.mkdir()
    with pytest.raises(StoreError) as caught:
        Store(folder)
    assert "a\\nb\\x1b[31m.sqlite: Is a directory" in str(caught.value)


def test_a_read_only_file_is_refused(tmp_path, good, handle_of, monkeypatch):
    path = tmp_path / "s.sqlite"
    path.write_bytes(good)
    connect = sqlite3.connect
    monkeypatch.setattr(  # permissions bind nobody who is root
        module.sqlite3,
        "connect",
        lambda path, **options: connect(f"file:{path}?mode=ro", uri=True, **options),
    )
    with pytest.raises(StoreError, match="readonly database; name another store"), Store(path) as s:
        s.save(handle_of(), ["A"], as_scores([1.0], ["A"], "m"))


def save_all(store, handle):
    for start in range(0, len(SEQUENCES), 100):
        batch = SEQUENCES[start : start + 100]
        store.save(handle, batch, as_scores(VALUES[: len(batch)], batch, "m"))


def test_a_full_disk_loses_only_the_batch_in_flight(tmp_path, handle_of):
    path = tmp_path / "s.sqlite"
    with Store(path) as store:
        store._db.execute("PRAGMA max_page_count = 40")
        with pytest.raises(StoreError) as caught:
            save_all(store, handle_of())
        kept = store.count(handle_of())  # still usable
        assert kept in range(100, len(SEQUENCES), 100)
        store._db.execute("PRAGMA max_page_count = 4000")
        store.save(handle_of(), ["G"], as_scores([1.0], ["G"], "m"))
    text = str(caught.value)
    assert text == (
        f"score store {path}: database or disk is full; the disk is full: free some space and run "
        "again; finished batches are kept"
    )
    with Store(path) as store:
        found = store.lookup(handle_of(), [*SEQUENCES, "G"])
    assert set(found) == {*SEQUENCES[:kept], "G"}


class FailsToCommit:
    """A connection on which one COMMIT meets a full disk, as it does in WAL mode."""

    def __init__(self, db):
        self._db = db
        self.failures = 1

    def execute(self, statement, *parameters):
        if statement == "COMMIT" and self.failures:
            self.failures -= 1
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        return self._db.execute(statement, *parameters)

    def __getattr__(self, name):
        return getattr(self._db, name)


def test_a_commit_that_fails_leaves_no_transaction_open(tmp_path, handle_of):
    with Store(tmp_path / "s.sqlite") as store:
        store._db = FailsToCommit(store._db)
        with pytest.raises(StoreError, match="the disk is full"):
            store.save(handle_of(), ["A"], as_scores([1.0], ["A"], "m"))
        store.save(handle_of(), ["C"], as_scores([2.0], ["C"], "m"))
        assert set(store.lookup(handle_of(), ["A", "C"])) == {"C"}


def test_a_disk_that_cannot_be_read_is_not_called_damage(tmp_path, handle_of):
    class Broken(FailsToCommit):
        def execute(self, statement, *parameters):
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
            raise error

    with Store(tmp_path / "s.sqlite") as store:
        store._db = Broken(store._db)
        with pytest.raises(StoreError, match="disk I/O error; see whether its disk is full or"):
            store.count(handle_of())
