"""Who scores what: every sequence once, every model loaded once an actor, losses made good."""

from collections import Counter

import pytest

from mit_harness.errors import EngineError, ModelError, StoreError
from mit_harness.scoring.noise import Noise
from mit_harness.scoring.remote.dispatch import DEPTH, RETRIES, dispatch


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
@pytest.mark.parametrize("sizes", [[10], [1, 1, 1], [40, 3, 9], [0, 5], []])
def test_every_sequence_of_every_model_is_scored_and_kept_once(fake, size, sizes):
    pool, kept = fake.pool(size), fake.kept()
    shares = [fake.share(f"m{k}", n) for k, n in enumerate(sizes)]
    dispatch(pool, shares, kept)
    assert len(kept.rows) == sum(sizes)
    assert set(pool.scored) == set(kept.rows)
    assert set(pool.scored.values()) <= {1}
    assert [share.fault() for share in shares] == [None] * len(shares)
    assert all(actor.stopped for actor in pool.actors)
    assert len(pool.actors) <= size


def test_an_actor_loads_a_model_once_and_all_models_are_begun_before_any_is_shared(fake):
    pool = fake.pool(2)
    dispatch(pool, [fake.share(f"m{k}", 12) for k in range(5)], fake.kept())
    loads = [name for actor in pool.actors for name in actor.loads]
    for actor in pool.actors:
        assert len(set(actor.loads)) == len(actor.loads)
    assert len(loads) <= 5 + 1  # only the last model is worth a second actor


def test_a_large_model_gets_help(fake):
    pool = fake.pool(3)
    dispatch(pool, [fake.share("small", 4), fake.share("large", 200)], fake.kept())
    assert sum("large" in actor.loads for actor in pool.actors) == 3


def test_a_bounded_number_of_batches_is_in_flight(fake):
    pool = fake.pool(2)
    dispatch(pool, [fake.share("m", 100)], fake.kept())
    assert pool.most == DEPTH


def test_few_batches_are_spread_not_queued(fake):
    pool = fake.pool(2)
    dispatch(pool, [fake.share("m", 4)], fake.kept())
    assert pool.most == 1
    assert [actor.loads for actor in pool.actors] == [["m"], ["m"]]


def test_progress_counts_each_model_up_to_its_end(fake):
    told = []
    dispatch(fake.pool(2), [fake.share("a", 6), fake.share("b", 5)], fake.kept(),
             lambda *step: told.append(step))  # fmt: skip
    for name, total in (("a", 6), ("b", 5)):
        counts = [done for whose, done, of in told if whose == name and of == total]
        assert counts[0] == 0
        assert counts[-1] == total
        assert counts == sorted(counts)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_of_a_lost_actor_only_the_batch_in_flight_is_scored_again(fake, size):
    begun = Counter()

    def fate(actor, what):
        if what != "ready":
            begun.update(what[1])
            if actor.number == 0 and len(begun) > 20:
                return "killed"
        return None

    pool, kept = fake.pool(size, fate), fake.kept()
    share = fake.share("m", 60)
    dispatch(pool, [share], kept)
    assert share.fault() is None
    assert len(kept.rows) == 60
    assert sorted(begun.values())[-3:] == [1, 2, 2]  # one batch of two
    assert pool.actors[0].stopped


def test_a_batch_that_no_actor_survives_is_reported_with_what_is_missing(fake):
    def fate(actor, what):
        bad = what != "ready" and what[0] == "bad" and "C0010" in what[1]
        return "died. Why" if bad else None

    pool, kept = fake.pool(2, fate), fake.kept()
    bad, good = fake.share("bad", 60), fake.share("good", 60)
    dispatch(pool, [bad, good], kept)
    fault = bad.fault()
    assert isinstance(fault, EngineError)
    missing = 60 - sum(name == "bad" for name, _ in kept.rows)
    assert 0 < missing < 60
    assert str(fault) == (
        f"bad: {RETRIES + 1} actors were lost at one batch (died. Why); {missing} of 60 sequences "
        "are missing, what is finished is kept, and the same command scores the rest"
    )
    assert good.fault() is None
    assert sum(name == "good" for name, _ in kept.rows) == 60


def test_no_retry_can_be_asked_for(fake):
    pool = fake.pool(1, lambda actor, what: "died" if what != "ready" else None)
    share = fake.share("m", 10)
    share.lasting = False
    dispatch(pool, [share], fake.kept(), retries=0)
    assert str(share.fault()).endswith("nothing is kept without a store and a fingerprint")
    assert str(share.fault()).startswith("m: 1 actors were lost at one batch (died); 10 of 10")
    assert len(pool.actors) == 1


def test_an_error_of_the_model_is_not_retried_and_leaves_the_others_alone(fake):
    error = ModelError("bad failed")
    pool = fake.pool(2, lambda actor, what: error if what != "ready" and what[0] == "bad" else None)
    kept, bad, good = fake.kept(), fake.share("bad", 60), fake.share("good", 60)
    dispatch(pool, [bad, good], kept)
    assert bad.fault() is error
    assert good.fault() is None
    assert len(kept.rows) == 60


def test_the_noise_floor_is_measured_after_the_batches_by_who_holds_the_model(fake):
    asked = []

    def fate(actor, what):
        asked.append(what)
        return Noise(0.5, 32) if what != "ready" and what[1] is None else None

    kept, share = fake.kept(), fake.share("m", 8, noise=True)
    pool = fake.pool(1, fate)
    dispatch(pool, [share, fake.share("known", 0, noise=True)], kept)
    assert kept.noises == {"m": Noise(0.5, 32), "known": Noise(0.5, 32)}
    assert [what for what in asked if what[0] == "m"][-1] == ("m", None)
    assert len(kept.rows) == 8


def test_no_actor_loads_a_model_for_its_noise_floor_alone(fake):
    asked = set()

    def fate(actor, what):
        if what == "ready":
            return None
        asked.add((actor.number, what[0]))
        return Noise(0.5, 32) if what[1] is None else None

    shares = [fake.share(f"m{k}", 2, noise=True) for k in range(4)]
    dispatch(fake.pool(3, fate), shares, fake.kept())
    assert len(asked) == 4


def test_a_noise_floor_that_kills_is_a_note_and_costs_no_scores(fake):
    def fate(actor, what):
        return "died" if what != "ready" and what[1] is None else None

    kept, share = fake.kept(), fake.share("m", 8, noise=True)
    dispatch(fake.pool(2, fate), [share], kept)
    assert share.fault() is None
    assert len(kept.rows) == 8
    assert kept.noises["m"].nats is None
    assert kept.noises["m"].note == f"not measured: {RETRIES + 1} actors were lost at it (died)"


def test_actors_that_never_begin_end_the_run_with_the_reason(fake):
    pool = fake.pool(2, lambda actor, what: "no module named mit_harness")
    shares = [fake.share("a", 3), fake.share("b", 3)]
    dispatch(pool, shares, fake.kept())
    for share in shares:
        assert "could not start an actor (no module named mit_harness); 3 of 3" in str(
            share.fault()
        )
    assert len(pool.actors) <= 2 + RETRIES


def test_one_bad_machine_does_not_stop_the_others(fake):
    pool = fake.pool(2, lambda actor, what: "bad machine" if actor.number != 1 else None)
    share, kept = fake.share("m", 40), fake.kept()
    dispatch(pool, [share], kept)
    assert share.fault() is None
    assert len(kept.rows) == 40


def test_a_cluster_that_starts_no_actor_is_waited_for_and_then_reported(fake):
    class Full(fake.pool):
        def wait(self, tickets, timeout_s):
            return []

    share = fake.share("m", 4)
    dispatch(Full(2), [share], fake.kept(), start_s=0.01)
    assert str(share.fault()).startswith("m: Ray started no actor in 0 s; 4 of 4 sequences")


def test_actors_are_stopped_where_the_sink_fails(fake):
    class Broken(fake.kept):
        def scores(self, handle, batch, scores):
            raise StoreError("disk full")

    pool = fake.pool(3)
    with pytest.raises(StoreError, match="disk full"):
        dispatch(pool, [fake.share("m", 40)], Broken())
    assert all(actor.stopped for actor in pool.actors)
