"""Batches of equally long rows, as large as pays: the budget grows, and halves without memory."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from mit_harness.errors import ModelError
from mit_harness.models.base import Floats

Step = Callable[[slice], Floats]
"""Scores the rows of a slice, shape (its length,); called again with fewer after a lack of memory.
"""

_NO_MEMORY = (
    "out of memory",  # CUDA, MPS, XPU
    "can't allocate memory",  # torch's CPU allocator
    "not enough memory",  # the same on Windows
    "alloc_failed",  # cuBLAS and cuDNN
)

_BATCHES = 3
"""Batches measured at a size; the fastest counts, since others only slow a machine down."""

_SECONDS = 1.0
"""Time after which a size has been measured for long enough, however few its batches."""

_GAIN = 1.02
"""A size has to be this much faster than the best smaller one to count as an improvement."""

_LOSS = 0.9
"""A size of at most this share of the best rate ends the search: what follows is larger still."""

_PATIENCE = 2
"""Sizes tried in a row without an improvement before the best one is settled on."""


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error says that a batch was too large for the device's memory."""
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(
        phrase in str(error).lower() for phrase in _NO_MEMORY
    )


@dataclass
class Batcher:
    """Runs rows in batches within a budget of tokens, which it adapts as it goes.

    It starts modest and doubles while throughput improves, then settles on the best size. When
    memory runs out the batch is split, and the budget never grows beyond what fitted. No row is
    run twice, but for those of a batch that did not fit.

    Attributes
    ----------
    budget
        Tokens of a batch; at least one row is always tried.
    most
        Tokens that a batch never exceeds, but for one row that is longer.
    release
        Called after a lack of memory, before the next attempt.
    clock
        Seconds; replaced in tests.
    """

    budget: int = 2048
    most: int = 65_536
    release: Callable[[], None] = lambda: None
    clock: Callable[[], float] = time.perf_counter
    settled: bool = field(default=False, init=False)
    _rates: list[float] = field(default_factory=list, init=False, repr=False)
    _seconds: float = field(default=0.0, init=False, repr=False)
    _best_rate: float = field(default=0.0, init=False, repr=False)
    _best: int = field(default=0, init=False, repr=False)
    _worse: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        self.budget = min(self.budget, self.most)

    def run(
        self,
        rows: int,
        length: int,
        step: Step,
        most: int | None = None,
        work: Callable[[slice], int] | None = None,
    ) -> Floats:
        """Return what `step` gives for `rows` rows of `length` tokens each, shape (rows,).

        Parameters
        ----------
        rows, length, step
            What is to be run.
        most
            Tokens that a batch of these rows never exceeds, but for one row that is longer.
        work
            Tokens of a slice that are really read, by which sizes are compared; all of them
            unless given.

        Raises
        ------
        ModelError
            If a single row does not fit into memory.
        """
        values, done = np.empty(rows, dtype=np.float64), 0
        ceiling = self.most if most is None else most
        while done < rows:
            room = max(1, min(self.budget, ceiling) // length)
            batch = slice(done, min(done + room, rows))
            size = batch.stop - done
            begun = self.clock()
            lack = _attempt(values, batch, step)
            if lack is not None:
                # Outside of the except clause, whose traceback would keep the batch alive.
                self.release()
                self._shrink(size, length, lack)
                continue
            if size == room and self.budget <= ceiling:
                seconds = max(self.clock() - begun, 1e-9)
                read = size * length if self.settled or work is None else work(batch)
                self._measure(read, seconds, ceiling)
            done = batch.stop
        return values

    def _shrink(self, rows: int, length: int, lack: str) -> None:
        if rows == 1:
            raise ModelError(
                f"one row of {length} tokens does not fit into memory ({lack}); use a smaller "
                "context or dtype, shorter sequences or a larger device"
            )
        self.most = rows // 2 * length
        # What was best before is at hand if the size that failed was only being tried.
        self.budget = min(self._best or self.most, self.most)
        self.settled = True

    def _measure(self, tokens: int, seconds: float, ceiling: int) -> None:
        """Take note of one full batch, and move on when there are enough."""
        if self.settled:
            return
        self._rates.append(tokens / seconds)
        self._seconds += seconds
        if len(self._rates) < _BATCHES and self._seconds < _SECONDS:
            return
        rate = max(self._rates)
        self._rates.clear()
        self._seconds = 0.0
        if rate > self._best_rate * _GAIN:
            self._best_rate, self._best, self._worse = rate, self.budget, 0
        else:
            self._worse = _PATIENCE if rate <= self._best_rate * _LOSS else self._worse + 1
        if self._worse == _PATIENCE or self.budget * 2 > min(self.most, ceiling):
            self.budget, self.settled = self._best, True
        else:
            self.budget *= 2


def _attempt(values: Floats, batch: slice, step: Step) -> str | None:
    """Write a batch's scores into `values`, or return why it did not fit."""
    try:
        values[batch] = step(batch)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return f"{type(error).__name__}: {error}".split("\n", 1)[0][:200]
    return None
