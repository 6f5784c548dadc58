"""Recorded scores: a file of numbers seen as a model (``scores:FILE#column``)."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mit_harness.errors import MitHarnessError, ModelError, near
from mit_harness.models.base import Floats, ModelHandle
from mit_harness.models.spec import Spec, safe_name
from mit_harness.promoter.alphabet import normalise
from mit_harness.promoter.files import field_text, read_rows
from mit_harness.promoter.formats import Row

if TYPE_CHECKING:
    from mit_harness.promoter.sequence_set import SequenceSet

NOISE = 0.01
"""Largest difference, in the score's unit, between two values of one sequence under two ids:
what batches and reduced precision put into a score. The first value is taken."""


class RecordedScores:
    """Scores read from a file, looked up by sequence."""

    def __init__(self, values: dict[str, float], name: str) -> None:
        self._values = values
        self._name = name

    def score(self, sequences: Sequence[str]) -> Floats:
        """Return the recorded scores, shape (n,).

        Raises
        ------
        ModelError
            If the file holds no score for a sequence.
        """
        absent = [s for s in sequences if s not in self._values]
        if absent:
            raise ModelError(
                f"{self._name} has no score for {len(absent)} of {len(sequences)} sequences, first "
                f"{absent[0][:20]}...; score the sequences of `mit-harness design` with the same "
                "--n, --seed, --split and --break"
            )
        return np.array([self._values[s] for s in sequences], dtype=np.float64)

    def close(self) -> None:
        """Nothing is held."""


def recorded_handle(
    spec: Spec, catalogue: "Callable[[], SequenceSet] | None" = None, *, exact: bool = False
) -> ModelHandle:
    """Return the handle of a ``scores:`` spec; checks the whole file now.

    Parameters
    ----------
    spec
        The file and the column.
    catalogue
        Returns the sequences that ids stand for; needed where the file has ids only.
    exact
        Refuse sequences that are not in the catalogue too, not only ids.

    Raises
    ------
    ModelError
        If the file or the column cannot be used, a value is missing or not finite, an id is not
        in the catalogue, or one sequence has two different scores.
    """
    path = Path(spec.target)
    try:
        values = _values(path, spec.column.lower(), catalogue)
        if exact and catalogue is not None:
            _refuse_extra(values, catalogue())
            _refuse_mixed(path, catalogue())
    except MitHarnessError as error:
        raise ModelError(f"{spec.target}: {error}") from error
    with path.open("rb") as file:
        data = file_digest(file, "sha256").hexdigest()
    return ModelHandle(
        name=safe_name(spec.column),
        spec=spec.text,
        kind="user",
        fingerprint=f"recorded:{data}#{spec.column}",
        load=lambda: RecordedScores(values, spec.text),
        method="recorded",
        stored=False,
    )


def _values(
    path: Path, column: str, catalogue: "Callable[[], SequenceSet] | None"
) -> dict[str, float]:
    columns = list(next(read_rows(path, Counter(), ())).fields)
    if column not in columns:
        raise ModelError(f"no column {column!r}{near(column, columns)}")
    known: dict[str, str] | None = None
    if "sequence" not in columns:
        if "id" not in columns:
            raise ModelError("it has neither a column 'id' nor 'sequence' to tell what was scored")
        if catalogue is None:
            raise ModelError("it has ids but no sequences; name the sequences' file too")
        known = {item.id: item.sequence for item in catalogue()}
    values: dict[str, float] = {}
    ids: set[str] = set()
    for row in read_rows(path, Counter(), ()):
        sequence = _sequence(row, known)
        name = field_text(row, "id") if "id" in columns else row.place
        if name in ids:
            rows = read_rows(path, Counter(), ())
            first = next(other.place for other in rows if field_text(other, "id") == name)
            raise ModelError(f"{first} and {row.place} are both {name!r}")
        ids.add(name)
        value = number(row, column)
        known_value = values.setdefault(sequence, value)
        if abs(known_value - value) > NOISE:
            raise ModelError(
                f"{row.place}: this sequence has the score {known_value:g} under another id and "
                f"{value:g} here; score each distinct sequence once"
            )
    return values


def _refuse_extra(values: Mapping[str, float], sequences: "SequenceSet") -> None:
    extra = set(values) - {item.sequence for item in sequences}
    if extra:
        raise ModelError(
            f"it scores {len(extra)} sequences that were not asked for, first "
            f"{min(extra)[:20]}...; remove them, or name the sequence file that was scored"
        )


def _refuse_mixed(path: Path, sequences: "SequenceSet") -> None:
    """Refuse a table whose ids and sequences contradict those that were scored."""
    known = {item.id: item.sequence for item in sequences}
    for row in read_rows(path, Counter(), ()):
        if "id" not in row.fields or "sequence" not in row.fields:
            continue
        name, sequence = field_text(row, "id"), _sequence(row, None)
        if known.get(name, sequence) != sequence:
            raise ModelError(
                f"{row.place}: {name!r} has another sequence in the file that was scored; the "
                "table's rows are mixed up"
            )


def _sequence(row: Row, known: Mapping[str, str] | None) -> str:
    if known is None:
        return normalise(field_text(row, "sequence"), row.place)[0]
    name = field_text(row, "id")
    if name not in known:
        raise ModelError(
            f"{row.place}: no sequence called {name!r} in this run; remove the row, or give the "
            "suite or the design (--mit-n, --mit-seed, --mit-split, --mit-break) that it belongs to"
        )
    return known[name]


def number(row: Row, column: str) -> float:
    """Return the finite number in a column.

    Raises
    ------
    ModelError
        If it is empty, no number, NaN or infinite.
    """
    given = row.fields.get(column)
    text = "" if given is None else str(given).strip()
    try:
        value = float(text)
    except ValueError as error:
        what = "is empty" if not text else f"holds {text[:20]!r}, which is not a number"
        raise ModelError(
            f"{row.place}, column {column!r} {what}; every sequence needs a finite score"
        ) from error
    if not math.isfinite(value):
        raise ModelError(
            f"{row.place}, column {column!r} is {value}; every sequence needs a finite score"
        )
    return value
