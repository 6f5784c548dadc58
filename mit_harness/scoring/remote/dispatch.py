"""Who scores which batch: one model at a time for each actor, and nothing lost with an actor."""

import time
from collections import deque
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mit_harness.errors import EngineError, MitHarnessError
from mit_harness.models.base import ModelHandle, Scores
from mit_harness.scoring.engine import Progress
from mit_harness.scoring.noise import Noise
from mit_harness.scoring.remote.work import Recipe, Reply

DEPTH = 2
"""Batches in flight for each actor: one that is scored, and one so that it need not wait."""

RETRIES = 3
"""How often a batch is scored again after its actor was lost."""

START_S = 120.0
"""Seconds in which an actor has to start where there is none."""

LOOK_S = 1.0
"""Seconds between two looks at whether any actor has started."""


class LostActor(Exception):  # noqa: N818 - what happened, caught by `dispatch`
    """An actor, its process or its node is gone; the text says why."""


class Actor(Protocol):
    """A process that scores, seen from the driver. Its calls are answered in their order."""

    def ready(self) -> Hashable:
        """Return a ticket that is done once the process has begun."""
        ...

    def work(self, recipe: Recipe, batch: list[str] | None) -> Hashable:
        """Return a ticket for `mit_harness.scoring.remote.work.Scorer.work`."""
        ...

    def stop(self) -> None:
        """End the process."""
        ...


class Pool(Protocol):
    """Where actors come from."""

    @property
    def size(self) -> int:
        """How many actors there is room for."""
        ...

    def start(self) -> Actor:
        """Start an actor; whether it begins shows later."""
        ...

    def wait(self, tickets: Sequence[Hashable], timeout_s: float) -> list[Hashable]:
        """Return the tickets that are done, once there is one, or none after some time."""
        ...

    def answer(self, ticket: Hashable) -> Reply | None:
        """Return the answer to a ticket that is done.

        Raises
        ------
        LostActor
            If the actor, its process or its node is gone.
        """
        ...


class Sink(Protocol):
    """Where finished work goes, at once."""

    def scores(self, handle: ModelHandle, batch: list[str], scores: Scores) -> None:
        """Keep the scores of a batch."""
        ...

    def noise(self, handle: ModelHandle, noise: Noise) -> None:
        """Keep a model's noise floor."""
        ...


@dataclass(eq=False)
class Call:
    """A batch of one model, or its noise floor (None)."""

    share: "Share"
    batch: list[str] | None
    losses: int = 0


@dataclass(eq=False)
class Share:
    """What one model has to do.

    Attributes
    ----------
    waiting
        Calls that no actor has.
    total, done
        Sequences.
    lasting
        Whether what is finished is there in a later run.
    error
        The model's own, after which nothing more is asked of it.
    lost
        Why it was given up, after actors were lost.
    """

    handle: ModelHandle
    recipe: Recipe
    waiting: deque[Call] = field(default_factory=deque)
    total: int = 0
    done: int = 0
    lasting: bool = True
    begun: bool = False
    error: MitHarnessError | None = None
    lost: str = ""

    @classmethod
    def of(
        cls,
        handle: ModelHandle,
        recipe: Recipe,
        batches: Iterable[list[str]],
        *,
        noise: bool = False,
        lasting: bool = True,
    ) -> "Share":
        """Return a share of batches, and of the noise floor after them if that is asked for."""
        share = cls(handle, recipe, lasting=lasting)
        share.waiting.extend(Call(share, batch) for batch in batches)
        share.total = sum(len(call.batch or ()) for call in share.waiting)
        if noise:
            share.waiting.append(Call(share, None))
        return share

    def fault(self) -> MitHarnessError | None:
        """Return why the model is not done, or None."""
        if self.error is not None or not self.lost:
            return self.error
        kept = "what is finished is kept, and the same command scores the rest"
        if not self.lasting:
            kept = "and nothing is kept without a store and a fingerprint"
        return EngineError(
            f"{self.handle.name}: {self.lost}; {self.total - self.done} of {self.total} sequences "
            f"are missing, {kept}"
        )

    def give_up(self, why: str) -> None:
        """Ask for nothing more."""
        self.lost = self.lost or why
        self.waiting.clear()


@dataclass(eq=False)
class _Worker:
    """An actor, what it was asked (the first call of all is that it begins), and its model."""

    actor: Actor
    calls: deque[tuple[Hashable, Call | None]]
    started: bool = False
    share: Share | None = None


def dispatch(
    pool: Pool,
    shares: Sequence[Share],
    sink: Sink,
    progress: Progress | None = None,
    *,
    retries: int = RETRIES,
    start_s: float = START_S,
) -> None:
    """Have all shares worked off; what became of each is in its `Share.fault`.

    `progress` is called with none done when the first actor is asked to load a model.

    Raises
    ------
    StoreError
        If the sink cannot keep a batch; what it kept before stays.
    """
    crew = _Crew(pool, shares, sink, progress, retries, start_s)
    try:
        crew.work_off()
    finally:
        crew.dismiss()


def _batches(share: Share) -> int:
    """Return for how many actors a model has work: the noise floor needs none of its own."""
    return sum(call.batch is not None for call in share.waiting) or len(share.waiting)


@dataclass(eq=False)
class _Crew:
    pool: Pool
    shares: Sequence[Share]
    sink: Sink
    progress: Progress | None
    retries: int
    start_s: float
    workers: list[_Worker] = field(default_factory=list)
    false_starts: int = 0
    alive_at: float = field(default_factory=time.monotonic)

    def work_off(self) -> None:
        while self._waiting() or self._in_flight():
            self._hire()
            self._feed()
            heads = {worker.calls[0][0]: worker for worker in self.workers if worker.calls}
            for ticket in self.pool.wait(list(heads), LOOK_S) if heads else ():
                self._settle(heads[ticket])
            self._look_for_life()

    def dismiss(self) -> None:
        for worker in self.workers:
            worker.actor.stop()

    def _waiting(self) -> int:
        return sum(len(share.waiting) for share in self.shares)

    def _in_flight(self) -> int:
        return sum(call is not None for worker in self.workers for _, call in worker.calls)

    def _held(self, share: Share) -> int:
        return sum(worker.share is share for worker in self.workers)

    def _hire(self) -> None:
        calls = self._in_flight() + sum(map(_batches, self.shares))
        wanted = min(self.pool.size, calls)
        while len(self.workers) < wanted and self.false_starts <= self.retries:
            actor = self.pool.start()
            self.workers.append(_Worker(actor, deque([(actor.ready(), None)])))

    def _feed(self) -> None:
        """Give each actor a batch, and another while there are more than the actors need."""
        for depth in range(DEPTH):
            for worker in self.workers:
                spare = depth == 0 or self._waiting() >= len(self.workers)
                if worker.started and len(worker.calls) == depth and spare:
                    self._ask(worker)

    def _ask(self, worker: _Worker) -> None:
        share = worker.share
        if share is None or not share.waiting:
            share = self._neediest()
            if share is None:
                return
            worker.share = share
        if not share.begun:
            share.begun = True
            self._tell(share)
        call = share.waiting.popleft()
        worker.calls.append((worker.actor.work(share.recipe, call.batch), call))

    def _neediest(self) -> Share | None:
        """Return the model with the most work for each actor that would then hold it.

        Nobody loads a model for its noise floor alone while another holds it.
        """
        waiting = [
            share
            for share in self.shares
            if share.waiting and (share.waiting[0].batch is not None or not self._held(share))
        ]
        return max(waiting, key=lambda s: len(s.waiting) / (1 + self._held(s)), default=None)

    def _tell(self, share: Share) -> None:
        if self.progress is not None and share.total:
            self.progress(share.handle.name, share.done, share.total)

    def _settle(self, worker: _Worker) -> None:
        ticket, call = worker.calls.popleft()
        try:
            reply = self.pool.answer(ticket)
        except LostActor as loss:
            self._lose(worker, call, str(loss))
            return
        if call is None:
            worker.started, self.false_starts = True, 0
        elif reply is not None:
            self._take(call, reply)

    def _take(self, call: Call, reply: Reply) -> None:
        share = call.share
        if isinstance(reply, MitHarnessError):
            share.error = share.error or reply
            share.waiting.clear()
        elif isinstance(reply, Noise):
            self.sink.noise(share.handle, reply)
        elif call.batch is not None:
            self.sink.scores(share.handle, call.batch, reply)
            share.done += len(call.batch)
            self._tell(share)

    def _lose(self, worker: _Worker, call: Call | None, why: str) -> None:
        """Give back what a lost actor had; only the call that it was at counts as tried."""
        self.workers.remove(worker)
        worker.actor.stop()
        for _, other in reversed(worker.calls):
            if other is not None:
                self._give_back(other)
        if call is None:
            self.false_starts += 1
            if self.false_starts > self.retries and not self.workers:
                self._give_up(f"Ray could not start an actor ({why})")
            return
        call.losses += 1
        if call.losses <= self.retries:
            self._give_back(call)
        elif call.batch is None:
            note = f"not measured: {call.losses} actors were lost at it ({why})"
            self.sink.noise(call.share.handle, Noise(note=note))
        else:
            call.share.give_up(f"{call.losses} actors were lost at one batch ({why})")

    @staticmethod
    def _give_back(call: Call) -> None:
        if call.share.error is None and not call.share.lost:
            call.share.waiting.appendleft(call)

    def _look_for_life(self) -> None:
        now = time.monotonic()
        if any(worker.started for worker in self.workers):
            self.alive_at = now
        elif now - self.alive_at > self.start_s:
            self._give_up(f"Ray started no actor in {self.start_s:.0f} s")

    def _give_up(self, why: str) -> None:
        for share in self.shares:
            if share.waiting:
                share.give_up(why)
