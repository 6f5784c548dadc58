"""What ``mit-harness score --engine ray`` writes: as `mit_harness.scoring.export`, through Ray."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from mit_harness.models.base import ModelHandle, Scores
from mit_harness.models.registry import Registry
from mit_harness.progress import Step
from mit_harness.promoter.sequence_set import SequenceSet
from mit_harness.scoring.engine import missing
from mit_harness.scoring.export import ScoredRow, rows_of, score_rows
from mit_harness.scoring.noise import Noise
from mit_harness.scoring.remote.engine import How, Wanted, check_remote, score_remotely
from mit_harness.scoring.store import Row, Store


def remote_rows(
    registry: Registry,
    handles: Sequence[ModelHandle],
    sequences: SequenceSet,
    store: Path | None,
    how: How,
    step: Step | None = None,
) -> dict[str, list[ScoredRow]]:
    """Score a set of sequences by several models through Ray; by the model's name.

    Recorded scores are read here.

    Raises
    ------
    MitHarnessError
        If a model is not done: the sentence of each such model, after all others are finished and
        kept; or whatever `score_remotely` raises.
    """
    texts = list(dict.fromkeys(item.sequence for item in sequences))
    remote = [handle for handle in handles if handle.stored]
    check_remote(registry, remote)
    with ExitStack() as stack:
        opened = stack.enter_context(Store(store)) if store is not None else None
        kept = _Kept(opened, {handle.name: {} for handle in remote})
        wanted = []
        for handle in remote:
            held = kept.store_of(handle)
            todo = missing(handle, texts, held)
            wanted.append(Wanted(handle, todo, lasting=held is not None))
        faults = list(score_remotely(wanted, kept, how, step).values())
        if faults:
            raise type(faults[0])("; ".join(map(str, faults)))
        found = {handle.name: kept.rows(handle, texts) for handle in remote}
    return {
        handle.name: rows_of(handle, sequences, found[handle.name].__getitem__)
        if handle.stored
        else score_rows(handle, sequences)
        for handle in handles
    }


class _Kept:
    """Keeps scores in memory, and those of models with a lasting fingerprint in the store too."""

    def __init__(self, store: Store | None, rows: dict[str, dict[str, Row]]) -> None:
        self._store, self._rows = store, rows

    def store_of(self, handle: ModelHandle) -> Store | None:
        return self._store if handle.lasting else None

    def rows(self, handle: ModelHandle, sequences: Sequence[str]) -> dict[str, Row]:
        store = self.store_of(handle)
        known = {} if store is None else store.lookup(handle, sequences)
        return self._rows[handle.name] | known

    def scores(self, handle: ModelHandle, batch: list[str], scores: Scores) -> None:
        if (store := self.store_of(handle)) is not None:
            store.save(handle, batch, scores)
        columns = zip(batch, scores.values, scores.tokens, scores.bases, strict=True)
        rows = {text: Row(float(value), int(t), int(b)) for text, value, t, b in columns}
        self._rows[handle.name].update(rows)

    def noise(self, handle: ModelHandle, noise: Noise) -> None:
        """Not asked for by this command."""
