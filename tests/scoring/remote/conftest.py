"""A pool without Ray: actors in this process, that are lost when a test says so."""

from collections import Counter, deque
from itertools import count

import numpy as np
import pytest

from mit_harness.models.base import Loading, ModelHandle, Scores
from mit_harness.scoring.remote.dispatch import LostActor, Share
from mit_harness.scoring.remote.work import Recipe


class FakeActor:
    def __init__(self, pool, number):
        self.pool, self.number = pool, number
        self.asked = deque()
        self.loads = []
        self.stopped = False

    def ready(self):
        return self._ask("ready")

    def work(self, recipe, batch):
        return self._ask((recipe.name, batch))

    def stop(self):
        self.stopped = True

    def _ask(self, what):
        assert not self.stopped
        ticket = (self.number, next(self.pool.numbers))
        self.asked.append((ticket, what))
        self.pool.most = max(self.pool.most, sum(w != "ready" for _, w in self.asked))
        return ticket


class FakePool:
    """Answers one head ticket a call, actors in turn; `fate` may raise `LostActor` or answer."""

    def __init__(self, size, fate=lambda actor, what: None):
        self.size, self.fate = size, fate
        self.actors = []
        self.numbers = count()
        self.scored = Counter()
        self.most = 0
        self._turn = 0

    def start(self):
        self.actors.append(FakeActor(self, len(self.actors)))
        return self.actors[-1]

    def wait(self, tickets, timeout_s):
        assert tickets
        self._turn += 1
        return [sorted(tickets)[self._turn % len(tickets)]]

    def answer(self, ticket):
        actor = self.actors[ticket[0]]
        assert actor.asked[0][0] == ticket, "answers come in the order of the calls"
        _, what = actor.asked.popleft()
        told = self.fate(actor, what)
        if isinstance(told, str):
            raise LostActor(told)
        if what == "ready" or told is not None:
            return told
        name, batch = what
        if actor.loads[-1:] != [name]:
            actor.loads.append(name)
        self.scored.update((name, sequence) for sequence in batch)
        values = np.array([s.count("A") for s in batch], dtype=np.float64)
        bases = np.array([len(s) for s in batch])
        return Scores(values, bases, bases)


class Kept:
    """What was kept, in order."""

    def __init__(self):
        self.rows, self.noises = {}, {}

    def scores(self, handle, batch, scores):
        for sequence, value in zip(batch, scores.values, strict=True):
            assert (handle.name, sequence) not in self.rows, "kept twice"
            self.rows[handle.name, sequence] = value

    def noise(self, handle, noise):
        self.noises[handle.name] = noise


def share(name, n, size=2, *, noise=False):
    """A model that has n sequences to score, in batches."""
    handle = ModelHandle(name, name, "user", name, load=lambda: None)
    texts = [f"{'A' * (k % 5)}C{k:04d}" for k in range(n)]
    batches = [texts[k : k + size] for k in range(0, n, size)]
    return Share.of(handle, Recipe.of(handle, "", Loading()), batches, noise=noise)


@pytest.fixture
def fake():
    """The parts that a test of `dispatch` is made of."""

    class Parts:
        pool, kept, share = FakePool, Kept, staticmethod(share)

    return Parts
