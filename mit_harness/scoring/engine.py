"""Score each distinct sequence once: what the store holds is not scored again."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from mit_harness.errors import MitHarnessError, ModelError
from mit_harness.models.base import Floats, Model, ModelHandle, Scores, as_scores
from mit_harness.scoring.store import Row, Store

Progress = Callable[[str, int, int], None]
"""Called with (model name, sequences done, sequences in all): with none done once the model is
loaded, then after every batch; not at all where nothing is left to score."""

BATCH_TOKENS = 262_144
"""Tokens (bases, where a model does not say) of one batch: the unit of committing."""

Places = dict[str, int]
"""Distinct sequences, numbered in order. Models that score the same ones share it."""

_WINDOW = 50_000  # sequences looked up in the store at once


@dataclass
class LazyModel:
    """A model that is loaded when it is first needed, at most once, and closed at the end.

    Attributes
    ----------
    on_load
        Called with the handle before it is loaded.
    """

    handle: ModelHandle
    on_load: Callable[[ModelHandle], object] = field(default=lambda _: None, repr=False)
    _model: Model | None = field(default=None, repr=False)

    @property
    def loaded(self) -> bool:
        """Whether the model is in memory."""
        return self._model is not None

    def get(self) -> Model:
        """Return the model, loading it now if need be."""
        if self._model is None:
            self.on_load(self.handle)
            with _blamed(f"{self.handle.name} could not be loaded"):
                self._model = self.handle.load()
        return self._model

    def close(self) -> None:
        """Release the model if it was loaded."""
        model, self._model = self._model, None
        if model is not None:
            with _blamed(f"{self.handle.name} could not be closed"):
                model.close()

    def __enter__(self) -> "LazyModel":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """Scores of one model by sequence.

    Attributes
    ----------
    places
        Where each sequence stands in `scores`.
    scores
        In the order of `places`.
    known
        Which of them there are, shape (n,).
    """

    places: Places
    scores: Scores
    known: NDArray[np.bool_]

    @classmethod
    def empty(cls, places: Places) -> "ScoreTable":
        """Return a table of which no score is known yet."""
        n = len(places)
        nothing = Scores(np.full(n, np.nan), np.zeros(n, np.int64), np.zeros(n, np.int64))
        return cls(places, nothing, np.zeros(n, dtype=bool))

    @property
    def rows(self) -> dict[str, Row]:
        """The known scores by sequence: a copy, made anew each time."""
        return {s: self.row(s) for s, place in self.places.items() if self.known[place]}

    def row(self, sequence: str) -> Row:
        """Return the score of one sequence, or raise `KeyError`."""
        place = self.places[sequence]
        if not self.known[place]:
            raise KeyError(sequence)
        made = self.scores
        return Row(float(made.values[place]), int(made.tokens[place]), int(made.bases[place]))

    def values(self, sequences: Sequence[str]) -> Floats:
        """Return values, shape (n,); a missing score is NaN."""
        found = (self.places.get(s, -1) for s in sequences)
        places = np.fromiter(found, dtype=np.intp, count=len(sequences))
        if not len(self.known):
            return np.full(len(places), np.nan)
        return np.where(places >= 0, self.scores.values[places], np.nan)

    def of(self, sequences: Sequence[str]) -> Scores:
        """Return the scores of sequences in their order, or raise `KeyError`."""
        places = np.fromiter(
            (self.places[s] for s in sequences), dtype=np.intp, count=len(sequences)
        )
        if not self.known[places].all():
            raise KeyError(sequences[int(np.argmin(self.known[places]))])
        made = self.scores
        return Scores(made.values[places], made.tokens[places], made.bases[places])

    def put(self, sequences: Sequence[str], scores: Scores) -> None:
        """Write the scores of some of its sequences."""
        places = [self.places[s] for s in sequences]
        self.scores.values[places] = scores.values
        self.scores.tokens[places] = scores.tokens
        self.scores.bases[places] = scores.bases
        self.known[places] = True

    def take(self, handle: ModelHandle, store: Store) -> None:
        """Take what a store holds of these sequences, some thousands at a time."""
        for part in windows(self.places, _WINDOW):
            found = store.lookup(handle, part)
            if found:
                columns = zip(*found.values(), strict=True)
                values, tokens, bases = (np.array(column) for column in columns)
                self.put(list(found), Scores(values, tokens, bases))


def windows(sequences: Iterable[str], size: int) -> Iterator[list[str]]:
    """Yield sequences in their order, `size` at a time."""
    rest = iter(sequences)
    while part := list(islice(rest, size)):
        yield part


def numbered(sequences: Iterable[str]) -> Places:
    """Return distinct sequences in order of first appearance."""
    if isinstance(sequences, dict):
        return sequences
    return {sequence: place for place, sequence in enumerate(dict.fromkeys(sequences))}


def batches(sequences: Iterable[str], batch_tokens: int) -> Iterator[list[str]]:
    """Yield batches of equally long sequences, shortest first, within a budget of tokens each.

    Within a length they are in alphabetical order, so that a model that reads a common beginning
    once (`mit_harness.models.neural.sharing`) finds it within a batch.

    A sequence longer than the budget is a batch of its own.
    """
    batch: list[str] = []
    for sequence in sorted(sequences, key=lambda sequence: (len(sequence), sequence)):
        room = batch_tokens // len(sequence)
        if batch and (len(batch) >= room or len(batch[0]) != len(sequence)):
            yield batch
            batch = []
        batch.append(sequence)
    if batch:
        yield batch


def missing(handle: ModelHandle, sequences: Iterable[str], store: Store | None) -> list[str]:
    """Return the distinct sequences that the store does not hold, in order."""
    places = numbered(sequences)
    if store is None or not handle.stored:
        return list(places)
    lacking: list[str] = []
    for part in windows(places, _WINDOW):
        known = store.lookup(handle, part)
        lacking += (s for s in part if s not in known)
    return lacking


def score(
    model: LazyModel,
    sequences: Iterable[str],
    store: Store | None = None,
    *,
    batch_tokens: int = BATCH_TOKENS,
    progress: Progress | None = None,
) -> ScoreTable:
    """Score distinct sequences, taking from the store what it holds and committing each batch.

    The model is loaded only if something is left to score. `Places` are taken as they are, so
    that the tables of several models can share them.

    Raises
    ------
    ModelError
        If the model fails, or returns anything but one number per sequence.
    StoreError
        If the store cannot be read or written; finished batches are kept.
    """
    handle = model.handle
    table = ScoreTable.empty(numbered(sequences))
    kept = store if handle.stored else None
    if kept is not None:
        table.take(handle, kept)
    todo = [s for s, known in zip(table.places, table.known, strict=True) if not known]
    done = 0
    if todo and progress is not None:
        model.get()
        progress(handle.name, done, len(todo))
    for batch in batches(todo, min(batch_tokens, handle.batch_bases or batch_tokens)):
        scores = score_batch(model, batch)
        if kept is not None:
            kept.save(handle, batch, scores)
        table.put(batch, scores)
        done += len(batch)
        if progress is not None:
            progress(handle.name, done, len(todo))
    return table


def score_batch(model: LazyModel, batch: list[str]) -> Scores:
    """Return the scores of one batch, loading the model if need be.

    Raises
    ------
    ModelError
        If the model fails, or returns anything but one number per sequence.
    """
    loaded, name = model.get(), model.handle.name
    with _blamed(f"{name} failed on a batch of {len(batch)} sequences of {len(batch[0])} bp"):
        result = loaded.score(batch)
    return as_scores(result, batch, name)


@contextmanager
def _blamed(what: str) -> Iterator[None]:
    """Turn whatever a model raises into one sentence that says what it was doing."""
    try:
        yield
    except MitHarnessError:
        raise
    except Exception as error:
        raise ModelError(f"{what}: {type(error).__name__}: {error}") from error
