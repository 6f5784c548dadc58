"""Scoring on a real cluster: the local engine's scores, and nothing lost with actors or nodes."""

import threading
import time

import numpy as np
import pytest

from mit_harness.errors import EngineError, InputError, MitHarnessError
from mit_harness.models.registry import Registry
from mit_harness.promoter.core import DesignSpec, build
from mit_harness.promoter.sequence_set import Item, SequenceSet
from mit_harness.scoring.engine import missing
from mit_harness.scoring.export import score_rows
from mit_harness.scoring.remote.engine import How, score_remotely
from mit_harness.scoring.remote.export import remote_rows
from mit_harness.scoring.store import Store

pytestmark = pytest.mark.usefixtures("ray_cluster")

FEW = How(batch_tokens=100)
"""Batches of five of the sequences below."""


def sequences(n, end=""):
    bases = np.random.default_rng(0).choice([*"ACGT"], (n, 20))
    texts = ["".join(row) for row in bases]
    texts[n // 2] = texts[n // 2][: 20 - len(end)] + end
    return SequenceSet.of(Item(f"s{k}", "E", k, text) for k, text in enumerate(texts))


def rows(specs, made, store=None, how=FEW):
    registry = Registry()
    return remote_rows(registry, registry.resolve_all(specs), made, store, how)


def test_controls_score_exactly_as_here_in_one_run(tmp_path):
    made = build(DesignSpec(n=4), ("D", "E", "F"))
    specs = ["controls", "random?seed=7"]
    found = rows(specs, made, tmp_path / "s.sqlite", How(batch_tokens=400))
    assert found == {h.name: score_rows(h, made) for h in Registry().resolve_all(specs)}
    with Store(tmp_path / "s.sqlite") as store:
        for handle in Registry().resolve_all(specs):
            assert missing(handle, [item.sequence for item in made], store) == []


def test_of_a_killed_actor_only_the_batch_in_flight_is_scored_again(folder, tmp_path):
    made = sequences(60)
    (found,) = rows([folder.spec("dies_once")], made, tmp_path / "s.sqlite").values()
    assert [row.score for row in found] == [item.sequence.count("A") for item in made]
    twice = folder.killed()
    assert 0 < len(twice) <= 5
    expected = dict.fromkeys([item.sequence for item in made], 1) | dict.fromkeys(twice, 2)
    assert folder.scored() == expected
    loads = (folder.path / "loads.txt").read_text().split()
    assert len(set(loads)) == len(loads) <= 3  # once in each actor, the one hired later too


def test_what_cannot_be_finished_is_reported_and_the_rest_is_kept(folder, tmp_path):
    made, dies = sequences(40, "GGGG"), folder.spec("dies_always")
    how = How(batch_tokens=100, retries=1)
    with pytest.raises(MitHarnessError) as caught:
        rows([dies, folder.spec("broken"), "pa-pwm?"], made, tmp_path / "s.sqlite", how)
    lost, broken = str(caught.value).split("; models_")
    assert "2 actors were lost at one batch (The actor died" in lost
    assert "failed on a batch of 5 sequences of 20 bp: ValueError: no good" in broken
    handle = Registry().resolve(dies)
    with Store(tmp_path / "s.sqlite") as store:
        done = store.count(handle)
        left = missing(handle, [item.sequence for item in made], store)
    assert f"{40 - done} of 40 sequences are missing" in lost
    assert len(left) == 40 - done
    assert folder.scored() == {item.sequence: 1 for item in made if item.sequence not in left}
    assert max(folder.scored("broken.txt").values()) == 1  # not tried again


def test_a_model_that_only_a_conftest_knows_is_refused():
    registry = Registry()
    registry.add("mine", lambda: None)
    with pytest.raises(InputError, match="registered by a conftest"):
        remote_rows(registry, registry.resolve_all(["mine"]), sequences(4), None, FEW)


def test_an_actor_that_there_is_no_room_for():
    with pytest.raises(EngineError, match="has the 64 CPUs that an actor needs"):
        rows(["pa-pwm"], sequences(4), how=How(cpus=64))


def test_nothing_to_score_needs_no_cluster(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    assert score_remotely([], None, FEW) == {}


def test_of_a_removed_node_only_the_batch_in_flight_is_scored_again(folder, tmp_path, ray_cluster):
    """The last test: the node does not come back."""
    made = sequences(120)

    def remove():
        while len(folder.scored()) < 20:
            time.sleep(0.05)
        ray_cluster.remove_node(ray_cluster.second, allow_graceful=False)

    thread = threading.Thread(target=remove)
    thread.start()
    (found,) = rows([folder.spec("slow")], made, tmp_path / "s.sqlite").values()
    thread.join()
    assert [row.score for row in found] == [item.sequence.count("A") for item in made]
    counts = folder.scored()
    assert set(counts) == {item.sequence for item in made}
    assert sum(counts.values()) <= 120 + 5
    assert max(counts.values()) <= 2
