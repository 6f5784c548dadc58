"""What is stored comes back, under its own key, and nothing else does."""

import math
import sqlite3

import numpy as np
import pytest

from mit_harness.errors import StoreError
from mit_harness.models.base import Scores, as_scores
from mit_harness.scoring import store as module
from mit_harness.scoring.store import Row, Store, network_filesystem


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "scores.sqlite") as opened:
        yield opened


def save(store, handle, values):
    store.save(handle, list(values), as_scores(list(values.values()), list(values), "m"))


def stored(store, handle, sequences):
    return {s: row.value for s, row in store.lookup(handle, sequences).items()}


@pytest.mark.parametrize("value", [0.1 + 0.2, -141.79, 1e-320, 1.7e308, 3.0, 2.0**60, -1e-17])
def test_every_digit_comes_back(store, handle_of, value):
    save(store, handle_of(), {"ACGT": value})
    assert store.lookup(handle_of(), ["ACGT"]) == {"ACGT": Row(value, 4, 4)}


def test_a_negative_zero_comes_back_as_zero_and_is_no_damage(store, handle_of):
    store.save(handle_of(), ["A"], Scores(np.array([-0.0]), np.array([1]), np.array([1])))
    (row,) = store.lookup(handle_of(), ["A"]).values()
    assert math.copysign(1, row.value) == 1


def test_tokens_and_bases_come_back(store, handle_of):
    store.save(handle_of(), ["ACGT"], Scores(np.array([-1.5]), np.array([2]), np.array([3])))
    assert store.lookup(handle_of(), ["ACGT"]) == {"ACGT": Row(-1.5, 2, 3)}


def test_scores_outlive_the_process_that_stored_them(tmp_path, handle_of):
    with Store(tmp_path / "a" / "b" / "s.sqlite") as store:
        save(store, handle_of(), {"A": 1.0, "C": 2.0})
    with Store(tmp_path / "a" / "b" / "s.sqlite") as store:
        assert stored(store, handle_of(), ["C", "A", "G"]) == {"A": 1.0, "C": 2.0}


def test_the_same_key_finds_the_same_scores_whatever_the_model_is_called(store, handle_of):
    save(store, handle_of(name="one"), {"A": 1.0})
    assert stored(store, handle_of(name="another"), ["A"]) == {"A": 1.0}


@pytest.mark.parametrize("other", [{"fingerprint": "fp2"}, {"method": "log-likelihood"}])
def test_another_fingerprint_or_method_is_another_key(store, handle_of, other):
    save(store, handle_of(), {"A": 1.0})
    assert stored(store, handle_of(**other), ["A"]) == {}
    save(store, handle_of(**other), {"A": 2.0})
    assert stored(store, handle_of(**other), ["A"]) == {"A": 2.0}
    assert stored(store, handle_of(), ["A"]) == {"A": 1.0}


def test_a_stored_score_stays_as_it_is(store, handle_of):
    save(store, handle_of(), {"A": 1.0})
    save(store, handle_of(), {"A": 9.0, "C": 2.0})
    assert stored(store, handle_of(), ["A", "C"]) == {"A": 1.0, "C": 2.0}


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_not_stored(store, handle_of, bad):
    save(store, handle_of(), {"A": bad, "C": 2.0})
    assert stored(store, handle_of(), ["A", "C"]) == {"C": 2.0}
    assert store.count(handle_of()) == 1


def test_count_is_of_one_model(store, handle_of):
    assert store.count(handle_of()) == 0
    save(store, handle_of(), {"A": 1.0, "C": 2.0})
    save(store, handle_of(fingerprint="fp2"), {"A": 1.0})
    assert store.count(handle_of()) == 2


def test_lookup_finds_ten_thousand_among_many(store, handle_of):
    sequences = [f"{k:b}".replace("0", "A").replace("1", "C") for k in range(1 << 14, 1 << 15)]
    values = np.arange(len(sequences), dtype=np.float64)
    store.save(handle_of(), sequences, as_scores(values, sequences, "m"))
    save(store, handle_of(fingerprint="fp2"), dict.fromkeys(sequences[:100], -1.0))
    wanted = [*sequences[-10_000:][::-1], "G"]
    expected = dict(zip(sequences[-10_000:], values[-10_000:], strict=True))
    assert stored(store, handle_of(), wanted) == expected


def test_lookup_of_nothing_is_nothing(store, handle_of):
    save(store, handle_of(), {"A": 1.0})
    assert store.lookup(handle_of(), []) == {}


def test_forget_removes_the_models_of_one_prefix_only(store, handle_of):
    mine, other = handle_of(fingerprint="run:1:a"), handle_of(fingerprint="run:1:b")
    kept = [handle_of(fingerprint=f) for f in ("run:10:a", "run:", "RUN:1:a", "run:1%", "sha")]
    for handle in (mine, other, *kept):
        save(store, handle, {"A": 1.0})
    store.forget("run:1:")
    assert [store.count(h) for h in (mine, other)] == [0, 0]
    assert [store.count(h) for h in kept] == [1] * len(kept)
    save(store, mine, {"A": 5.0})
    assert stored(store, mine, ["A"]) == {"A": 5.0}


def test_text_of_any_kind_is_a_key_and_no_sql(store, handle_of):
    evil = handle_of(fingerprint="'; DROP TABLE score; --", method="é\n\0")
    save(store, evil, {"A'); --": 1.0})
    assert stored(store, evil, ["A'); --"]) == {"A'); --": 1.0}


def test_no_name_is_special_to_sqlite(tmp_path, monkeypatch, handle_of):
    monkeypatch.chdir(tmp_path)
    for name in (":memory:", "file:x?mode=memory"):
        path = tmp_path.__class__(name)
        with Store(path) as store:
            save(store, handle_of(), {"A": 1.0})
        assert (tmp_path / name).is_file()


def test_a_batch_that_breaks_halfway_is_not_stored_at_all(store, handle_of, monkeypatch):
    def breaks(key, sequence, row):
        if sequence == "C":
            raise KeyboardInterrupt
        return 0

    monkeypatch.setattr(module, "checksum", breaks)
    with pytest.raises(KeyboardInterrupt):
        save(store, handle_of(), {"A": 1.0, "C": 2.0})
    monkeypatch.undo()
    assert store.count(handle_of()) == 0
    save(store, handle_of(), {"G": 3.0})
    assert stored(store, handle_of(), ["A", "C", "G"]) == {"G": 3.0}


def test_use_after_closing_is_a_bug_and_not_called_damage(store, handle_of):
    store.close()
    with pytest.raises(sqlite3.ProgrammingError):
        store.lookup(handle_of(), ["A"])


def test_a_store_held_by_another_process_is_said_to_be(tmp_path, handle_of, monkeypatch):
    path = tmp_path / "scores.sqlite"
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.05)
    with Store(path) as store:
        save(store, handle_of(), {"A": 1.0})
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"scores\.sqlite: database is locked; .*run again"):
            save(store, handle_of(), {"C": 2.0})
        holder.execute("COMMIT")
        holder.close()
        save(store, handle_of(), {"C": 2.0})
        assert store.count(handle_of()) == 2


MOUNTS = r"""
/dev/sda1 / ext4 rw,relatime 0 0
server:/home /home nfs4 rw 0 0
/dev/sdb1 /home/local ext4 rw 0 0
//host/lab /mnt/lab\040data\134x cifs rw 0 0
user@host: /mnt/café fuse.sshfs rw 0 0
server:/old /data nfs rw 0 0
/dev/sdc1 /data ext4 rw 0 0
broken line

C: /mnt/c 9p rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me/scores.sqlite", "nfs4"),
        ("/home", "nfs4"),
        ("/homely/scores.sqlite", None),
        ("/home/local/scores.sqlite", None),
        ("/mnt/lab data\\x/scores.sqlite", "cifs"),
        ("/mnt/café/scores.sqlite", "fuse.sshfs"),
        ("/data/scores.sqlite", None),
        ("/mnt/c/scores.sqlite", "9p"),
        ("/srv/scores.sqlite", None),
    ],
)
def test_a_network_filesystem_is_known_by_its_mount_point(tmp_path, path, kind):
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS, encoding="utf-8")
    assert network_filesystem(tmp_path.__class__(path), mounts) == kind


def test_a_link_to_a_network_filesystem_is_followed(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "near").symlink_to(tmp_path / "far")
    mounts = tmp_path / "mounts"
    mounts.write_bytes(f"h:/\xff {tmp_path / 'far'} nfs rw 0 0\n".encode("latin-1"))
    assert network_filesystem(tmp_path / "near" / "s.sqlite", mounts) == "nfs"


def test_without_a_list_of_mounts_nothing_is_known(tmp_path):
    assert network_filesystem(tmp_path, tmp_path / "absent") is None


def test_memos_are_kept_replaced_and_forgotten_with_their_run(tmp_path):
    with Store(tmp_path / "s.sqlite") as store:
        assert store.recall("noise", "key") is None
        store.remember("noise", "key", "first")
        store.remember("noise", "key", "second")
        store.remember("design", "run:1:mine", "rows")
        store.forget("run:1:")
        assert store.recall("noise", "key") == "second"
        assert store.recall("design", "run:1:mine") is None


def test_a_store_from_before_memos_gets_their_table(tmp_path):
    Store(tmp_path / "s.sqlite").close()
    with sqlite3.connect(tmp_path / "s.sqlite") as db:
        db.execute("DROP TABLE memo")
    db.close()
    with Store(tmp_path / "s.sqlite") as store:
        assert store.recall("noise", "key") is None
