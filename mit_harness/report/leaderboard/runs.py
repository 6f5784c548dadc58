"""Where each row of a merged leaderboard comes from: revision, dtype, noise, date, version."""

import pandas as pd

from mit_harness.errors import ModelError
from mit_harness.models.spec import parse
from mit_harness.report.leaderboard.board import Board
from mit_harness.report.leaderboard.table import ranked
from mit_harness.report.schema import ModelRecord
from mit_harness.report.text import ABSENT

SHORT = 12
"""Characters of a revision in tables; CSV has it whole."""


def runs_table(board: Board) -> pd.DataFrame:
    """Return one row per model: what it was, and when and with what it was run."""
    return pd.DataFrame(
        {
            "model": model.name,
            "revision": (model.revision or ABSENT)[:SHORT],
            "dtype": dtype(model) or ABSENT,
            "noise floor": noise_floor(model) or ABSENT,
            "date": ", ".join(dates(board, model)),
            "harness": ", ".join(harnesses(board, model)),
        }
        for model in ranked(board.models)
    )


def dates(board: Board, model: ModelRecord) -> list[str]:
    """Return the days on which a model was run, oldest first."""
    return list(dict.fromkeys(run.created[:10] for run in board.runs[model.name]))


def harnesses(board: Board, model: ModelRecord) -> list[str]:
    """Return the versions of mit-harness that a model was run with."""
    return list(dict.fromkeys(run.harness for run in board.runs[model.name]))


def dtype(model: ModelRecord) -> str | None:
    """Return the dtype that a model's spec names, or None."""
    try:
        return parse(model.spec).options.get("dtype")
    except ModelError:
        return None  # a spec of a later version, or of a name that is no spec


def noise_floor(model: ModelRecord) -> str | None:
    """Return the noise floor in two digits, or None where it is not known."""
    nats = model.noise.nats if model.noise else None
    return None if nats is None else f"{nats:.2g}"


def versions(board: Board) -> str:
    """Return the version of every claim, in one sentence."""
    found = {claim.id: claim.version for model in board.models for claim in model.claims}
    if not found:
        return ""
    listed = ", ".join(f"{claim} {version}" for claim, version in found.items())
    return f"Claim versions: {listed}."
