"""The leaderboard as CSV: one row per model, whole numbers and whole revisions."""

import math
from collections.abc import Mapping

import pandas as pd

from mit_harness.errors import printable
from mit_harness.report import published
from mit_harness.report.leaderboard.board import Board
from mit_harness.report.leaderboard.runs import dates, dtype, harnesses
from mit_harness.report.leaderboard.table import (
    HEADLINE,
    MES,
    PROBES,
    WET_LAB,
    found_columns,
    judged_claims,
    ranked,
)
from mit_harness.report.schema import MetricRecord, ModelRecord
from mit_harness.report.text import find_metric, held, verdict

Cell = str | int | float | None

_FORMULA = ("=", "+", "-", "@", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}",
            "\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}")  # fmt: skip
"""What a spreadsheet takes for the beginning of a formula."""


def to_csv(board: Board) -> str:
    """Return the leaderboard as CSV, the paper's rows last.

    ``source`` tells runs from what is published. A cell is empty where nothing is known. Text that
    a spreadsheet would run as a formula has an apostrophe before it.
    """
    claims = judged_claims(board.models)
    metrics = [
        *HEADLINE.values(),
        MES,
        "mes_natural",
        *found_columns(board.models, PROBES | WET_LAB).values(),
    ]
    rows = [_row(board, model, metrics, claims) for model in ranked(board.models)]
    rows += [
        {
            "source": published.SOURCE,
            "model": row.model,
            "protocol": "published",
            "css": row.css,
            "scr": row.scr,
            "mes_natural": row.mes_natural,
            "mes_synthetic": row.mes_synthetic,
        }
        for row in published.ROWS
    ]
    columns = [*_row_columns(metrics, claims)]
    harmless = [{name: _harmless(row.get(name)) for name in columns} for row in rows]
    frame = pd.DataFrame(harmless, columns=columns, dtype=object)
    return frame.to_csv(index=False, lineterminator="\n")


def _row_columns(metrics: list[str], claims: list[str]) -> list[str]:
    return [
        *("source", "model", "spec", "kind", "method", "revision", "fingerprint", "dtype"),
        *(
            "noise_floor",
            "date",
            "harness",
            "protocol",
            "n",
            "seed",
            "suite_sha256",
            "natural_sha256",
        ),
        *("claims_held", "claims_judged"),
        *(column for name in metrics for column in (name, f"{name}_ci_low", f"{name}_ci_high")),
        *(f"{part}:{claim}" for claim in claims for part in ("verdict", "version")),
    ]


def _row(
    board: Board, model: ModelRecord, metrics: list[str], claims: list[str]
) -> Mapping[str, Cell]:
    design = board.design
    row: dict[str, Cell] = {
        "source": "run",
        "model": model.name,
        "spec": model.spec,
        "kind": model.kind,
        "method": model.method,
        "revision": model.revision,
        "fingerprint": model.fingerprint,
        "dtype": dtype(model),
        "noise_floor": model.noise.nats if model.noise else None,
        "date": " ".join(dates(board, model)),
        "harness": " ".join(harnesses(board, model)),
        "protocol": design.protocol,
        "n": design.n,
        "seed": design.seed,
        "suite_sha256": design.suite_sha256,
        "natural_sha256": design.natural_sha256,
        "claims_held": held(model),
        "claims_judged": sum(claim.verdict != "measured" for claim in model.claims),
    }
    for name in metrics:
        row |= _metric(name, find_metric(model, name))
    for claim in model.claims:
        if claim.id in claims:
            row[f"verdict:{claim.id}"] = verdict(claim) + (" !" if claim.drifted else "")
            row[f"version:{claim.id}"] = claim.version
    return row


def _metric(name: str, metric: MetricRecord | None) -> dict[str, Cell]:
    if metric is None:
        return {}
    return {name: metric.value, f"{name}_ci_low": metric.ci_low, f"{name}_ci_high": metric.ci_high}


def _harmless(cell: Cell) -> Cell:
    """Return a cell on one line, and never a formula; infinities as results.json writes them."""
    if isinstance(cell, float) and math.isinf(cell):
        return "Infinity" if cell > 0 else "'-Infinity"
    if not isinstance(cell, str):
        return cell
    text = printable(cell)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
