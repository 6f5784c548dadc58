"""Per-item scores: what every number of a run is computed from, in one file beside results.json."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import file_digest
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mit_harness.atomic import atomic
from mit_harness.claims.base import Scored
from mit_harness.errors import MitHarnessError, ReportError
from mit_harness.models.base import Floats, Ints, Scores
from mit_harness.promoter.sequence_set import Item, SequenceSet

if TYPE_CHECKING:
    import pyarrow as pa

SCORES = "scores.parquet"
KEYS = ("claim", "id", "group", "index", "sequence")
"""What was scored; a model adds the columns ``score:NAME``, ``tokens:NAME``, ``bases:NAME``."""

_GROUP = 1 << 17  # rows of one row group


@dataclass(frozen=True)
class ItemScores:
    """The sequences of every judged claim, and each model's scores of them.

    Attributes
    ----------
    sequences
        By claim id.
    scores
        By model and claim id: `Scores` in the order of the claim's sequences. A model that was
        not asked a claim, or whose scores broke off, has none of it.
    measured
        File that claims on measured promoters are judged with, where it is on this machine.
    """

    sequences: Mapping[str, SequenceSet] = field(default_factory=dict)
    scores: Mapping[str, Mapping[str, Scores]] = field(default_factory=dict)
    measured: Path | None = None

    def has(self, model: str, claim: str) -> bool:
        """Tell whether a model's scores of a claim are here."""
        return claim in self.scores.get(model, {})

    def scored(self, model: str, claim: str) -> Scored:
        """Return a claim's sequences with a model's scores, ready to be judged.

        Raises
        ------
        ReportError
            If they are not here.
        """
        if not self.has(model, claim):
            raise ReportError(
                f"{SCORES} holds no scores of {model!r} for the claim {claim!r}; run it again"
            )
        return Scored(self.sequences[claim], self.scores[model][claim].values, self.measured)

    def __len__(self) -> int:
        """Return the number of rows."""
        return sum(map(len, self.sequences.values()))


def write_items(items: ItemScores, path: Path) -> str:
    """Write a parquet file, the same bytes for the same scores, and return its SHA-256.

    Raises
    ------
    ReportError
        If it cannot be written.
    """
    import pyarrow.parquet as pq

    tables = _tables(items)
    with atomic(path, "wb") as handle:
        first = next(tables)
        with pq.ParquetWriter(handle, first.schema, compression="zstd") as writer:
            for table in chain([first], tables):
                writer.write_table(table)
    with path.open("rb") as written:
        return file_digest(written, "sha256").hexdigest()


def _tables(items: ItemScores) -> "Iterator[pa.Table]":
    """Yield the rows, some at a time; one table without rows where there are none."""
    import pyarrow as pa

    columns = {
        f"{column}:{name}": _column(items.sequences, by_claim, column, kind)
        for name, by_claim in items.scores.items()
        for column, kind in (("score", np.float64), ("tokens", np.int64), ("bases", np.int64))
    }
    every = ((claim, item) for claim, made in items.sequences.items() for item in made)
    for start in range(0, max(len(items), 1), _GROUP):
        part = list(islice(every, _GROUP))
        rows = slice(start, start + len(part))
        yield pa.table(
            {
                "claim": pa.array([claim for claim, _ in part], pa.string()),
                "id": pa.array([item.id for _, item in part], pa.string()),
                "group": pa.array([item.group for _, item in part], pa.string()),
                "index": pa.array([item.index for _, item in part], pa.int64()),
                "sequence": pa.array([item.sequence for _, item in part], pa.string()),
                **{
                    column: pa.array(values[rows], mask=~known[rows])
                    for column, (values, known) in columns.items()
                },
            }
        )


def _column(
    sequences: Mapping[str, SequenceSet],
    by_claim: Mapping[str, Scores],
    column: str,
    kind: type[np.float64 | np.int64],
) -> tuple[Floats | Ints, NDArray[np.bool_]]:
    """Return one column of one model over all claims, and where it is known."""
    attribute = "values" if column == "score" else column
    values: list[Any] = [np.zeros(0, dtype=kind)]
    known: list[Any] = [np.zeros(0, dtype=bool)]
    for claim, made in sequences.items():
        there = claim in by_claim
        values.append(
            getattr(by_claim[claim], attribute) if there else np.zeros(len(made), dtype=kind)
        )
        known.append(np.full(len(made), there))
    column_values: Floats | Ints = np.concatenate(values)
    return column_values, np.concatenate(known)


def read_items(path: Path, checksum: str | None = None) -> ItemScores:
    """Read what `write_items` wrote.

    Parameters
    ----------
    path
        Of the file.
    checksum
        The SHA-256 that it must have; None: any.

    Raises
    ------
    ReportError
        If it is missing, damaged, or not the file that the checksum is of.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with path.open("rb") as file:
            found = file_digest(file, "sha256").hexdigest()
            if checksum is not None and found != checksum:
                raise ReportError(
                    f"{path} is not the file that results.json was made with (its SHA-256 "
                    "differs); copy both from one run, or run again"
                )
            try:
                return _items(pq.read_table(file))
            except (pa.ArrowException, KeyError, ValueError, TypeError, MitHarnessError) as error:
                raise ReportError(f"{path} holds no per-item scores: {error}") from error
    except OSError as error:
        raise ReportError(
            f"{path} cannot be read ({error.strerror or error}); per-item scores travel with "
            "results.json: copy both, or run again"
        ) from error


def _items(table: "pa.Table") -> ItemScores:
    keys = {name: table.column(name).to_pylist() for name in KEYS}
    rows: dict[str, list[int]] = {}
    for row, claim in enumerate(keys["claim"]):
        rows.setdefault(claim, []).append(row)
    sequences = {
        claim: SequenceSet.of(Item(*(keys[name][row] for name in KEYS[1:])) for row in places)
        for claim, places in rows.items()
    }
    scores = {}
    for name in _models(table):
        columns = {
            part: table.column(f"{part}:{name}").combine_chunks()
            for part in ("score", "tokens", "bases")
        }
        known = columns["score"].is_valid().to_numpy(zero_copy_only=False)
        filled = {part: column.fill_null(0).to_numpy() for part, column in columns.items()}
        scores[name] = {
            claim: Scores(
                filled["score"][places].astype(np.float64),
                filled["tokens"][places].astype(np.int64),
                filled["bases"][places].astype(np.int64),
            )
            for claim, places in rows.items()
            if known[places].all()
        }
    return ItemScores(sequences, scores)


def _models(table: "pa.Table") -> Iterator[str]:
    for column in table.column_names:
        if column.startswith("score:"):
            yield column.removeprefix("score:")
