"""Scores made elsewhere, checked against the sequences that they claim to be of."""

from collections import Counter
from pathlib import Path

from mit_harness.errors import InputError, ModelError
from mit_harness.models.recorded import recorded_handle
from mit_harness.models.spec import Spec
from mit_harness.promoter.files import read_rows
from mit_harness.promoter.sequence_set import SequenceSet
from mit_harness.scoring.export import ScoredRow, score_rows


def checked_scores(
    file: Path, column: str, sequences: SequenceSet, sha256: str | None = None
) -> list[ScoredRow]:
    """Return one row per sequence, read from a file of ids or sequences and scores.

    Parameters
    ----------
    file, column
        The scores. Where the file holds sequences, these are compared one by one.
    sequences
        What was scored.
    sha256
        Checksum of the sequences that were scored, as ``mit-harness design`` says it.

    Raises
    ------
    InputError
        If the sequences have another checksum.
    ModelError
        If a score is missing, extra, no number, NaN or infinite, or one sequence has two.
    """
    if sha256 is not None and sha256.strip().lower() != sequences.sha256:
        raise InputError(
            f"the sequences have the checksum {sequences.sha256}, not {sha256}: they are not those "
            "that were scored; name the file that was, or design it with the same --n, --seed, "
            "--split and --break"
        )
    spec = Spec(f"scores:{file}#{column}", "scores", str(file), column)
    handle = recorded_handle(spec, lambda: sequences, exact=True)
    try:
        return score_rows(handle, sequences)
    except ModelError as error:
        raise ModelError(f"{file}: {error}") from error


def names_ids_only(file: Path) -> bool:
    """Tell whether a file of scores holds no sequences, so that only ids say what was scored."""
    return "sequence" not in next(read_rows(file, Counter(), ())).fields
