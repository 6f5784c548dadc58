"""Score each distinct sequence once: what the store holds is not scored again."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType

import numpy as np

from mit_harness.errors import MitHarnessError, ModelError
from mit_harness.models.base import Floats, Model, ModelHandle, Scores, as_scores
from mit_harness.scoring.store import Row, Store

Progress = Callable[[str, int, int], None]
"""Called with (model name, sequences done, sequences in all): with none done once the model is
loaded, then after every batch; not at all where nothing is left to score."""

BATCH_TOKENS = 262_144
"""Tokens (bases, where a model does not say) of one batch: the unit of committing."""


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


@dataclass(frozen=True)
class ScoreTable:
    """Scores of one model by sequence."""

    rows: dict[str, Row]

    def values(self, sequences: Sequence[str]) -> Floats:
        """Return values, shape (n,); a missing score is NaN."""
        missing = Row(float("nan"), 0, 0)
        return np.array([self.rows.get(s, missing).value for s in sequences], dtype=np.float64)


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


def missing(handle: ModelHandle, sequences: Sequence[str], store: Store | None) -> list[str]:
    """Return the distinct sequences that the store does not hold, in order."""
    known = store.lookup(handle, sequences) if store is not None and handle.stored else {}
    return [s for s in dict.fromkeys(sequences) if s not in known]


def score(
    model: LazyModel,
    sequences: Iterable[str],
    store: Store | None = None,
    *,
    batch_tokens: int = BATCH_TOKENS,
    progress: Progress | None = None,
) -> ScoreTable:
    """Score distinct sequences, taking from the store what it holds and committing each batch.

    The model is loaded only if something is left to score.

    Raises
    ------
    ModelError
        If the model fails, or returns anything but one number per sequence.
    StoreError
        If the store cannot be read or written; finished batches are kept.
    """
    handle = model.handle
    distinct = list(dict.fromkeys(sequences))
    kept = store if handle.stored else None
    rows = kept.lookup(handle, distinct) if kept is not None else {}
    todo = [sequence for sequence in distinct if sequence not in rows]
    done = 0
    if todo and progress is not None:
        model.get()
        progress(handle.name, done, len(todo))
    for batch in batches(todo, min(batch_tokens, handle.batch_bases or batch_tokens)):
        scores = score_batch(model, batch)
        if kept is not None:
            kept.save(handle, batch, scores)
        columns = zip(batch, scores.values, scores.tokens, scores.bases, strict=True)
        for sequence, value, tokens, bases in columns:
            rows[sequence] = Row(float(value), int(tokens), int(bases))
        done += len(batch)
        if progress is not None:
            progress(handle.name, done, len(todo))
    return ScoreTable(rows)


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
