"""Stores joined: all is there and nothing else; where two disagree, nothing is written."""

import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from mit_harness.errors import MitHarnessError, StoreError
from mit_harness.models.base import Scores, as_scores
from mit_harness.scoring.merge import merge_stores
from mit_harness.scoring.store import Row, Store


@pytest.fixture
def filled(tmp_path, handle_of):
    """Make a store: ``filled("a", {"A": 1.0}, fingerprint="fp2")``; again adds to it."""

    def make(stem, values, **facts):
        path = tmp_path / f"{stem}.sqlite"
        with Store(path) as store:
            store.save(handle_of(**facts), [*values], as_scores([*values.values()], [*values], "m"))
        return path

    return make


def scores(path, handle):
    with Store(path) as store, closing(sqlite3.connect(path)) as db:
        sequences = [s for (s,) in db.execute("SELECT DISTINCT sequence FROM score")]
        return {s: row.value for s, row in store.lookup(handle, sequences).items()}


def folder(path):
    return {p.name: p.read_bytes() for p in path.iterdir()}


def refused(out, *inputs):
    """Return the sentence of a refusal that left every file as it was."""
    before = folder(out.parent) if out.parent.exists() else None
    with pytest.raises(MitHarnessError) as caught:
        merge_stores(out, inputs)
    assert before is None or folder(out.parent) == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_all_scores_of_all_scorers_come_together(tmp_path, filled, handle_of):
    inputs = [
        filled("a", {"A": 1.0, "C": 2.0}),
        filled("b", {"G": 3.0}),
        filled("c", {"A": -1.0}, fingerprint="fp2"),
        filled("c", {"T": 0.1 + 0.2}),
        filled("d", {"A": 7.0}, method="log-likelihood"),
    ]
    before = folder(tmp_path)
    out = tmp_path / "out.sqlite"
    assert merge_stores(out, inputs) == (3, 6, 6)
    assert {name: data for name, data in folder(tmp_path).items() if name != out.name} == before
    assert scores(out, handle_of()) == {"A": 1.0, "C": 2.0, "G": 3.0, "T": 0.1 + 0.2}
    assert scores(out, handle_of(fingerprint="fp2")) == {"A": -1.0}
    assert scores(out, handle_of(method="log-likelihood")) == {"A": 7.0}


def test_tokens_and_bases_come_along(tmp_path, handle_of):
    with Store(tmp_path / "a.sqlite") as store:
        store.save(handle_of(), ["ACGT"], Scores(np.array([-1.5]), np.array([2]), np.array([3])))
    merge_stores(tmp_path / "out.sqlite", [tmp_path / "a.sqlite"])
    with Store(tmp_path / "out.sqlite") as store:
        assert store.lookup(handle_of(), ["ACGT"]) == {"ACGT": Row(-1.5, 2, 3)}


def test_any_order_gives_the_same_bytes(tmp_path, filled):
    inputs = [
        filled("a", {"A": 1.0, "G": 2.0}, name="one"),
        filled("b", {"A": 1.0, "C": 3.0}, name="another"),
        filled("c", {"C": 3.0}, fingerprint="fp2"),
    ]
    for path, seconds in zip(inputs, (1.0, 2.0, 3.0), strict=True):
        with Store(path) as store:
            store.remember("rate", "k", json.dumps({"sequences": 9, "seconds": seconds}))
    merge_stores(tmp_path / "x.sqlite", inputs)
    merge_stores(tmp_path / "y.sqlite", [*inputs[::-1], inputs[0]])
    assert (tmp_path / "x.sqlite").read_bytes() == (tmp_path / "y.sqlite").read_bytes()


def test_a_store_that_is_there_is_an_input_too_and_may_be_named_as_one(tmp_path, filled, handle_of):
    out, other = filled("out", {"A": 1.0, "C": 5.0}), filled("b", {"A": 1.0, "G": 2.0})
    assert merge_stores(out, [other]) == (1, 3, 1)
    assert merge_stores(out, [out, other, tmp_path / "." / "out.sqlite"]) == (1, 3, 0)
    assert scores(out, handle_of()) == {"A": 1.0, "C": 5.0, "G": 2.0}


def test_another_process_that_has_the_store_open_sees_what_was_added(filled, handle_of):
    out, other = filled("out", {"A": 1.0}), filled("b", {"G": 2.0})
    with Store(out) as store:
        merge_stores(out, [other])
        assert len(store.lookup(handle_of(), ["A", "G"])) == 2
        store.save(handle_of(), ["T"], as_scores([4.0], ["T"], "m"))
    assert scores(out, handle_of()) == {"A": 1.0, "G": 2.0, "T": 4.0}


@pytest.mark.parametrize("exists", [False, True])
def test_a_conflict_names_everything_and_writes_nothing(tmp_path, filled, exists):
    a, b = filled("a", {"A": 1.0, "CG": 2.0, "G": 0.5}), filled("b", {"CG": 2.0 + 2**-50, "T": 1.0})
    out = filled("out", {"TT": 1.0}) if exists else tmp_path / "out.sqlite"
    assert refused(out, a, b) == (
        f"one score conflicts: my-model gives CG 2.0 (2 tokens, 2 bases) in {a} and "
        f"{2.0 + 2**-50!r} (2 tokens, 2 bases) in {b}; nothing was merged: find out which store is "
        "right, and name it without the other"
    )


def test_a_conflict_with_the_store_that_is_there(filled):
    out, other = filled("out", {"A": 1.0}), filled("b", {"A": 2.0, "C": 1.0})
    assert f"1.0 (1 tokens, 1 bases) in {out} and 2.0" in refused(out, other)


def test_conflicts_are_counted_and_a_long_sequence_is_cut(tmp_path, filled):
    long = "ACGT" * 100
    a = filled("a", {long: 1.0, "G": 2.0, "T": 3.0})
    b = filled("b", {long: 1.5, "G": 2.5, "T": 3.0})
    said = refused(tmp_path / "out.sqlite", a, b)
    assert said.startswith(f"2 scores conflict, the first: my-model gives {long[:120]}... (400 bp)")


def test_another_count_of_tokens_is_a_conflict(tmp_path, filled, handle_of):
    a = filled("a", {"ACGT": 1.0})
    with Store(tmp_path / "b.sqlite") as store:
        store.save(handle_of(), ["ACGT"], Scores(np.array([1.0]), np.array([1]), np.array([4])))
    said = refused(tmp_path / "out.sqlite", a, tmp_path / "b.sqlite")
    assert "1.0 (4 tokens, 4 bases)" in said
    assert "1.0 (1 tokens, 4 bases)" in said


def test_scores_of_one_run_only_stay_behind(tmp_path, filled, handle_of):
    a = filled("a", {"A": 1.0}, fingerprint="run:1:mine")
    b = filled("b", {"A": 2.0}, fingerprint="run:1:mine")
    for path in (a, b):
        with Store(path) as store:
            store.remember("design", "run:1:mine", "rows")
    assert merge_stores(tmp_path / "out.sqlite", [a, b]) == (0, 0, 0)
    with Store(tmp_path / "out.sqlite") as store:
        assert store.recall("design", "run:1:mine") is None


@pytest.mark.parametrize(
    ("kind", "texts", "kept"),
    [
        ("noise", ['{"nats": 1e-6}', '{"nats": 3e-5}', '{"nats": null}'], '{"nats": 3e-5}'),
        ("noise", ['{"nats": null}', '{"nats": 0.0}'], '{"nats": 0.0}'),
        ("noise", ["not json", '{"nats": null}'], '{"nats": null}'),
        ("rate", ['{"sequences": 649}', '{"sequences": 10}'], '{"sequences": 649}'),
        ("other", ["b", "a"], "a"),
    ],
)
def test_of_what_is_remembered_the_text_that_says_most_is_kept(tmp_path, kind, texts, kept):
    inputs = [tmp_path / f"{k}.sqlite" for k in range(len(texts))]
    for path, text in zip(inputs, texts, strict=True):
        with Store(path) as store:
            store.remember(kind, "key", text)
    for name, order in (("x", inputs), ("y", inputs[::-1])):
        merge_stores(tmp_path / f"{name}.sqlite", order)
        with Store(tmp_path / f"{name}.sqlite") as store:
            assert store.recall(kind, "key") == kept


def test_what_a_killed_process_left_beside_its_store_is_read(tmp_path, filled, handle_of):
    filled("a", {"A": 1.0})
    with Store(tmp_path / "a.sqlite") as store:
        store.save(handle_of(), ["C"], as_scores([2.0], ["C"], "m"))
        (tmp_path / "killed").mkdir()
        for name in ("a.sqlite", "a.sqlite-wal"):  # as they stand in the middle of a run
            (tmp_path / "killed" / name).write_bytes((tmp_path / name).read_bytes())
    merge_stores(tmp_path / "out.sqlite", [tmp_path / "killed" / "a.sqlite"])
    assert scores(tmp_path / "out.sqlite", handle_of()) == {"A": 1.0, "C": 2.0}
    assert (tmp_path / "killed" / "a.sqlite-wal").stat().st_size > 0


def test_inputs_that_cannot_be_written_are_read(tmp_path, filled, handle_of):
    (tmp_path / "locked").mkdir()
    path = filled("a", {"A": 1.0}).rename(tmp_path / "locked" / "a.sqlite")
    path.chmod(stat.S_IRUSR)
    path.parent.chmod(stat.S_IRUSR | stat.S_IXUSR)
    merge_stores(tmp_path / "out.sqlite", [path])
    assert [p.name for p in path.parent.iterdir()] == ["a.sqlite"]
    path.parent.chmod(stat.S_IRWXU)
    assert scores(tmp_path / "out.sqlite", handle_of()) == {"A": 1.0}


def test_a_store_from_before_memos_and_an_empty_one_are_inputs(tmp_path, filled):
    a = filled("a", {"A": 1.0})
    with sqlite3.connect(a) as db:
        db.execute("DROP TABLE memo")
    db.close()
    (tmp_path / "empty.sqlite").touch()
    assert merge_stores(tmp_path / "out.sqlite", [a, tmp_path / "empty.sqlite"]) == (1, 1, 1)


def test_a_missing_input_another_file_and_a_folder_are_named(tmp_path, filled):
    a, out = filled("a", {"A": 1.0}), tmp_path / "out.sqlite"
    assert f"{tmp_path / 'no.sqlite'}: no such file" in refused(out, a, tmp_path / "no.sqlite")
    (tmp_path / "t.tsv").write_text("id\tsequence\n")
    assert f"{tmp_path / 't.tsv'} is no score store" in refused(out, a, tmp_path / "t.tsv")
    assert "cannot be written" in refused(tmp_path / "nowhere" / "out.sqlite", a)


def test_a_folder_and_a_device_are_no_place_for_a_store(tmp_path, filled):
    a = filled("a", {"A": 1.0})
    for place in (tmp_path, Path("/dev/null")):
        with pytest.raises(StoreError, match="is no regular file"):
            merge_stores(place, [a])


def test_another_programs_file_and_a_newer_store_are_named(tmp_path, filled):
    a, out = filled("a", {"A": 1.0}), tmp_path / "out.sqlite"
    for name, pragma, said in (
        ("other", "application_id = 7", "other.sqlite is an SQLite file of another program"),
        ("newer", "user_version = 9", "newer.sqlite has schema 9, newer than this version's 1"),
    ):
        path = filled(name, {"C": 1.0})
        with sqlite3.connect(path) as db:
            db.execute(f"PRAGMA {pragma}")
        db.close()
        assert said in refused(out, a, path)


@pytest.mark.parametrize("seed", range(20))
def test_no_damage_gives_a_wrong_score_or_a_traceback(tmp_path, filled, handle_of, seed):
    rng = np.random.default_rng(seed)
    right = {f"{k:b}".replace("0", "A").replace("1", "C"): k / 7 for k in range(256, 512)}
    path = filled("a", right)
    data = bytearray(path.read_bytes())
    length = int(rng.choice([1, 8, 100, 5000]))
    start = int(rng.integers(len(data) - length))
    data[start : start + length] = rng.bytes(length)
    path.write_bytes(data)
    try:
        merge_stores(tmp_path / "out.sqlite", [path])
    except StoreError as error:
        assert str(path) in str(error)  # noqa: PT017 - either outcome is right
        assert not (tmp_path / "out.sqlite").exists()
    else:
        found = scores(tmp_path / "out.sqlite", handle_of())
        assert found == {s: right[s] for s in found}


def test_a_changed_digit_is_noticed(tmp_path, filled):
    a, b = filled("a", {"A": 1.0}), filled("b", {"C": 1.2345})
    data = b.read_bytes()
    place = data.find(np.array(1.2345, ">f8").tobytes())
    b.write_bytes(data[: place + 3] + bytes([data[place + 3] ^ 1]) + data[place + 4 :])
    assert f"{b}: a score does not match its checksum" in refused(tmp_path / "out.sqlite", a, b)


def test_a_link_is_followed(tmp_path, filled, handle_of):
    real = filled("real", {"A": 1.0})
    (tmp_path / "link.sqlite").symlink_to(real)
    merge_stores(tmp_path / "link.sqlite", [filled("b", {"C": 2.0})])
    assert (tmp_path / "link.sqlite").is_symlink()
    assert scores(real, handle_of()) == {"A": 1.0, "C": 2.0}
