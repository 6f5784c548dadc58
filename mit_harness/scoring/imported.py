"""Scores made elsewhere, checked against the sequences that they claim to be of."""

from pathlib import Path

from mit_harness.errors import ModelError
from mit_harness.models.recorded import recorded_handle
from mit_harness.models.spec import Spec
from mit_harness.promoter.sequence_set import SequenceSet
from mit_harness.scoring.export import ScoredRow, score_rows


def checked_scores(file: Path, column: str, sequences: SequenceSet) -> list[ScoredRow]:
    """Return one row per sequence, read from a file of ids or sequences and scores.

    Raises
    ------
    ModelError
        If a score is missing, extra, no number, NaN or infinite, or one sequence has two.
    """
    spec = Spec(f"scores:{file}#{column}", "scores", str(file), column)
    handle = recorded_handle(spec, lambda: sequences, exact=True)
    try:
        return score_rows(handle, sequences)
    except ModelError as error:
        raise ModelError(f"{file}: {error}") from error
