"""Scores as a table of their own: what ``mit-harness score`` writes."""

import csv
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from mit_harness.atomic import atomic
from mit_harness.errors import ModelError
from mit_harness.models.base import ModelHandle
from mit_harness.progress import Step
from mit_harness.promoter.sequence_set import SequenceSet
from mit_harness.scoring.engine import LazyModel, score
from mit_harness.scoring.noise import keep_noise
from mit_harness.scoring.rate import keep_rate
from mit_harness.scoring.store import Row, Store
from mit_harness.scoring.watch import ScoringWatch


class ScoredRow(NamedTuple):
    """One line of a scores file."""

    id: str
    sequence: str
    score: float
    tokens: int
    bases: int


def score_rows(
    handle: ModelHandle,
    sequences: SequenceSet,
    store: Path | None = None,
    step: Step | None = None,
    device: str | None = None,
    *,
    noise: bool = False,
) -> list[ScoredRow]:
    """Score a set of sequences, through a store if one is named, and say so on `step`.

    Beside the scores, the store keeps how long they took on `device` and, with `noise`, the model's
    noise floor, so that whoever judges from it need not load the model. A model without a lasting
    fingerprint bypasses the store: its key is good for one run only.

    Raises
    ------
    ModelError
        If the model fails, or gives a score that is not finite; the sequence is named.
    """
    step = step or Step("")
    watch = ScoringWatch(step)
    with LazyModel(handle, watch.loading) as model:
        wanted = [item.sequence for item in sequences]
        if store is None or not (handle.lasting and handle.stored):
            table = score(model, wanted, progress=watch)
        else:
            with Store(store) as opened:
                table = score(model, wanted, opened, progress=watch)
                if watch.rate is not None:
                    keep_rate(handle, device, opened, watch.rate)
                if noise and wanted:
                    step.say(f"measuring the noise floor of {handle.name}")
                    keep_noise(model, opened)
    return rows_of(handle, sequences, table.row)


def rows_of(
    handle: ModelHandle, sequences: SequenceSet, scored: Callable[[str], Row]
) -> list[ScoredRow]:
    """Return the lines of a set of sequences; `scored` gives the score of one.

    Raises
    ------
    ModelError
        If a score is not finite; the sequence is named.
    """
    rows = [ScoredRow(item.id, item.sequence, *scored(item.sequence)) for item in sequences]
    for row in rows:
        if not math.isfinite(row.score):
            raise ModelError(
                f"{handle.name} gave {row.id} the score {row.score}; every sequence needs a finite "
                "score"
            )
    return rows


def write_rows(rows: Sequence[ScoredRow], out: Path | None) -> None:
    """Write tab-separated rows, floats in full precision, to a file or standard output."""
    _write(ScoredRow._fields, ((*row[:2], repr(row.score), *row[3:]) for row in rows), out)


def write_columns(models: Mapping[str, Sequence[ScoredRow]], out: Path | None) -> None:
    """Write one column of scores for each model, by its name, beside ids and sequences."""
    lines = zip(*models.values(), strict=True)
    _write(
        ("id", "sequence", *models),
        ((*rows[0][:2], *(repr(row.score) for row in rows)) for rows in lines),
        out,
    )


def _write(names: Iterable[str], lines: Iterable[Iterable[object]], out: Path | None) -> None:
    if out is None:
        _write_to(sys.stdout, names, lines)
        return
    with atomic(out) as handle:
        _write_to(handle, names, lines)


def _write_to(handle: IO[str], names: Iterable[str], lines: Iterable[Iterable[object]]) -> None:
    writer = csv.writer(handle, delimiter="\t", lineterminator="\n")
    writer.writerow(names)
    writer.writerows(lines)
