"""The leaderboard's tables as plain text, ranked; every medium escapes them in its own way."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from mit_harness.report import published
from mit_harness.report.build import in_order
from mit_harness.report.schema import DesignRecord, ModelRecord
from mit_harness.report.text import ABSENT, find_metric, held, held_of, interval, number, verdict

HEADLINE = {"SCR decoy": "scr_decoy", "CSS": "css", "SCR": "scr"}
"""Metrics of the first table, with intervals, by heading."""

MES = "mes_synthetic"

PROBES = {
    "UP in place": "up_in_place",
    "positional fraction": "positional_fraction",
    "place / composition": "positional_over_composition",
    "spacing peak (bp)": "spacing_peak",
    "strand accuracy": "strand_accuracy",
    "variant ranks": "variant_ranks",
    "AT-LL r, sequences": "at_ll_r_sequences",
    "AT-LL r, means": "at_ll_r_means",
    "3-mer R2": "kmer_r2_3",
}
"""Metrics of the table of probes, by heading."""

WET_LAB = {
    "rescue AUROC": "rescue_auroc",
    "by background": "rescue_auroc_by_background",
    "sign excess": "sign_excess",
    "expression": "partial_urtecho",
    "La Fleur": "partial_lafleur",
    "Hossain": "partial_hossain",
    "Pl": "partial_pl",
    "Pr": "partial_pr",
    "36N": "partial_n36",
}
"""Metrics of the table of measured promoters, by heading."""


def ranked(models: Iterable[ModelRecord]) -> list[ModelRecord]:
    """Return models by claims held, then SCR decoy, then SCR, then name."""

    def place(model: ModelRecord) -> tuple[float, ...]:
        values = [find_metric(model, name) for name in ("scr_decoy", "scr")]
        return (
            -held(model),
            *(-(m.value if m and m.value is not None else -1.0) for m in values),
        )

    return sorted(models, key=lambda model: (*place(model), model.name))


def table(models: Sequence[ModelRecord]) -> pd.DataFrame:
    """Return the leaderboard, ranked."""
    rows = []
    for model in ranked(models):
        mes = find_metric(model, MES)
        rows.append(
            {
                "model": model.name,
                "kind": model.kind,
                "claims held": held_of(model),
                **{
                    heading: interval(find_metric(model, name))
                    for heading, name in HEADLINE.items()
                },
                "MES": number(mes.value) if mes else ABSENT,
            }
        )
    return pd.DataFrame(rows)


def found_columns(models: Sequence[ModelRecord], columns: Mapping[str, str]) -> dict[str, str]:
    """Return those of `columns`, headings with metrics, that any model has."""
    return {
        heading: name
        for heading, name in columns.items()
        if any(find_metric(model, name) for model in models)
    }


def metric_table(models: Sequence[ModelRecord], columns: Mapping[str, str]) -> pd.DataFrame:
    """Return metrics with intervals, for the models and those of `columns` that there are."""
    found = found_columns(models, columns)
    return pd.DataFrame(
        {
            "model": model.name,
            **{heading: interval(find_metric(model, name)) for heading, name in found.items()},
        }
        for model in (ranked(models) if found else ())
    )


def judged_claims(models: Sequence[ModelRecord]) -> list[str]:
    """Return the ids of the claims that have a verdict, in the registry's order.

    Diagnostics have none.
    """
    judged = (c for m in models for c in m.claims if c.verdict != "measured")
    return list(dict.fromkeys(claim.id for claim in in_order(judged)))


def verdict_table(models: Sequence[ModelRecord], drifted: str = " !") -> pd.DataFrame:
    """Return models x claims; `drifted` is put behind the verdict of a control that drifted."""
    claims = judged_claims(models)
    rows = []
    for model in ranked(models):
        by_id = {claim.id: claim for claim in model.claims}
        cells = {
            claim: verdict(by_id[claim]) + (drifted if by_id[claim].drifted else "")
            if claim in by_id
            else ABSENT
            for claim in claims
        }
        rows.append({"model": model.name, **cells})
    return pd.DataFrame(rows)


def published_table() -> pd.DataFrame:
    """Return the paper's rows."""
    return pd.DataFrame(
        {
            "model": row.model,
            "CSS": f"{row.css:.3f}",
            "SCR": f"{row.scr:.3f}",
            "MES natural": number(row.mes_natural),
            "MES synthetic": number(row.mes_synthetic),
        }
        for row in published.ROWS
    )


def reasons(models: Sequence[ModelRecord]) -> list[tuple[str, str, str]]:
    """Return model, claim and explanation of all but the controls' expected verdicts."""
    return [
        (model.name, claim.id, claim.explanation)
        for model in ranked(models)
        for claim in model.claims
        if model.kind != "control" or claim.drifted or claim.verdict == "error"
    ]


def describe_design(design: DesignRecord) -> str:
    """Return what decided the sequences, in one line."""
    suite = f", suite sha256 {design.suite_sha256[:12]}" if design.suite_sha256 else ""
    if design.natural_sha256:
        suite += f", natural promoters sha256 {design.natural_sha256[:12]}"
    return (
        f"protocol {design.protocol}, n = {design.n}, seed {design.seed}, split {design.split}, "
        f"broken box {design.break_form}{suite}"
    )
