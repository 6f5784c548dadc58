"""leaderboard.md: one row per model, the verdicts behind it, and what the numbers mean."""

from collections.abc import Mapping, Sequence

import pandas as pd

from mit_harness.report.leaderboard import notes
from mit_harness.report.leaderboard.board import Board
from mit_harness.report.leaderboard.runs import runs_table, versions
from mit_harness.report.leaderboard.table import (
    PROBES,
    WET_LAB,
    describe_design,
    metric_table,
    published_table,
    reasons,
    table,
    verdict_table,
)
from mit_harness.report.schema import DesignRecord, ModelRecord
from mit_harness.report.text import markdown


def to_markdown(
    design: DesignRecord,
    models: Sequence[ModelRecord],
    harness: str,
    *,
    complete: bool = True,
    audit: str = "",
    board: Board | None = None,
) -> str:
    """Return leaderboard.md; without a `board`, nothing in it depends on the date.

    Parameters
    ----------
    design, models, harness
        Of the run, or of the runs that were merged; the version that judged.
    complete
        Whether every eval of the run was reported.
    audit
        The headline of the audit.md beside it, if there is one.
    board
        Of merged runs: adds what each row comes from.
    """
    parts = [
        "# Leaderboard",
        markdown(f"mit-harness {harness}; {describe_design(design)}."),
        *([] if complete else [f"**{notes.INCOMPLETE}**"]),
        grid(table(models)),
        notes.of_protocol(design),
        *map(markdown, notes.of_seen(models)),
        *([f"[Control audit](audit.md) of the sequences: {audit}"] if audit else []),
        "## Verdicts",
        grid(verdict_table(models, drifted=" **!**").rename(columns=markdown)),
        *_metrics("Probes", models, PROBES, notes.PROBES),
        *_metrics("Measured promoters", models, WET_LAB, notes.WET_LAB),
        *_runs(board),
        *_explanations(models),
        "## Published rows",
        notes.of_published_rows(design),
        grid(published_table()),
    ]
    return "\n\n".join(parts) + "\n"


def board_markdown(board: Board) -> str:
    """Return merged runs as markdown, with the run behind every row."""
    return to_markdown(board.design, board.models, board.harness, board=board)


def grid(frame: pd.DataFrame) -> str:
    """Return a table as markdown: names escaped; all else in it is of our own making."""
    if "model" in frame:
        frame = frame.assign(model=[markdown(name) for name in frame["model"]])
    return frame.to_markdown(index=False, disable_numparse=True)


def _metrics(
    title: str, models: Sequence[ModelRecord], columns: Mapping[str, str], note: str
) -> list[str]:
    frame = metric_table(models, columns)
    return [f"## {title}", grid(frame), note] if len(frame) else []


def _runs(board: Board | None) -> list[str]:
    if board is None:
        return []
    frame = runs_table(board).map(markdown)
    said = [versions(board), *notes.left_out(board)]
    return [
        "## Runs",
        frame.to_markdown(index=False, disable_numparse=True),
        notes.RUNS,
        *(markdown(text) for text in said if text),
    ]


def _explanations(models: Sequence[ModelRecord]) -> list[str]:
    lines = [
        f"- {markdown(model)}, {markdown(claim)}: {markdown(explanation)}"
        for model, claim, explanation in reasons(models)
    ]
    return ["## Reasons", "\n".join(lines)] if lines else []
