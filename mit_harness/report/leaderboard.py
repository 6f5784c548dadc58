"""leaderboard.md: one row per model, the verdicts behind it, and what the numbers mean."""

from collections.abc import Iterable, Sequence

import pandas as pd

from mit_harness.errors import ReportError
from mit_harness.report import published
from mit_harness.report.build import adjust, in_order
from mit_harness.report.schema import (
    ClaimRecord,
    DesignRecord,
    MetricRecord,
    ModelRecord,
    Results,
)
from mit_harness.report.text import (
    ABSENT,
    find_metric,
    held,
    held_of,
    interval,
    markdown,
    number,
    verdict,
)

NOTES = """\
Intervals are 95 % (BCa bootstrap over matched pairs, 10,000 resamples; Clopper-Pearson where all
pairs agree); ties count one half. A claim holds when its interval lies above the threshold and an
exact one-sided sign test has p < 0.025. `holds*`: it does not survive Benjamini-Hochberg over the
models or Holm over the claims. CSS alone flatters any model that counts A+T: read SCR decoy, in
which composition is equal and the junctions of element and box stand on both sides. MES is Cohen's
d of intact against broken boxes (synthetic, classes C and D); ∞ means zero spread."""

PUBLISHED_NOTES = """\
The paper's protocol: ties lose, percentile bootstrap, one-sided t-test of the 0/1 outcomes, the
models of the run corrected by Benjamini-Hochberg; no control with equal k-mers. MES is Cohen's d of
intact against broken boxes."""

_PROBES = {
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

_PROBE_NOTES = """\
UP in place: P(UP element at its place > at six other places). Positional fraction: how much of what
an UP element adds is its place. Place / composition: what that place is worth over what 50 points
of A+T add. Variant ranks: covariance of ranks with PA-PWM's -10 matrix at equal A+T, 1 = its order
(percentile interval; judged with a permutation test). AT-LL r over single sequences and over 18
condition means are different numbers. 3-mer R2: out of fold, bare backgrounds. A dash: undefined,
with the reason in results.json."""

_INCOMPLETE = "**This run is incomplete: some of its evals broke or were never reported.**"

_PUBLISHED_ROWS = """\
The paper scored sequences of its own: only a run of these under `--mit-protocol published` can be
compared with it."""


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
    """Return the leaderboard as text columns, ranked."""
    rows = []
    for model in ranked(models):
        metrics = {name: find_metric(model, name) for name in ("css", "scr", "scr_decoy")}
        mes = find_metric(model, "mes_synthetic")
        rows.append(
            {
                "model": markdown(model.name),
                "kind": model.kind,
                "claims held": held_of(model),
                "SCR decoy": interval(metrics["scr_decoy"]),
                "CSS": interval(metrics["css"]),
                "SCR": interval(metrics["scr"]),
                "MES": number(mes.value) if mes else ABSENT,
            }
        )
    return pd.DataFrame(rows)


def probe_table(models: Sequence[ModelRecord]) -> pd.DataFrame:
    """Return what the probes measured, for the models and metrics that there are."""
    measured = {
        heading: name
        for heading, name in _PROBES.items()
        if any(find_metric(model, name) for model in models)
    }
    return pd.DataFrame(
        {
            "model": markdown(model.name),
            **{heading: interval(find_metric(model, name)) for heading, name in measured.items()},
        }
        for model in (ranked(models) if measured else ())
    )


def verdict_table(models: Sequence[ModelRecord]) -> pd.DataFrame:
    """Return models x claims; a control that drifted is marked with an exclamation mark.

    Diagnostics have no verdict and no column.
    """
    judged = (c for m in models for c in m.claims if c.verdict != "measured")
    claims = list(dict.fromkeys(claim.id for claim in in_order(judged)))
    rows = []
    for model in ranked(models):
        by_id = {claim.id: claim for claim in model.claims}
        cells = {
            claim: verdict(by_id[claim]) + (" **!**" if by_id[claim].drifted else "")
            if claim in by_id
            else ABSENT
            for claim in claims
        }
        rows.append({"model": markdown(model.name), **{markdown(k): v for k, v in cells.items()}})
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


def describe_design(design: DesignRecord) -> str:
    """Return what decided the sequences, in one line."""
    suite = f", suite sha256 {design.suite_sha256[:12]}" if design.suite_sha256 else ""
    return (
        f"protocol {design.protocol}, n = {design.n}, seed {design.seed}, split {design.split}, "
        f"broken box {design.break_form}{suite}"
    )


def to_markdown(
    design: DesignRecord,
    models: Sequence[ModelRecord],
    harness: str,
    *,
    complete: bool = True,
    audit: str = "",
) -> str:
    """Return leaderboard.md; nothing in it depends on the date.

    `audit` is the headline of the audit.md beside it, if there is one.
    """
    parts = [
        "# Leaderboard",
        markdown(f"mit-harness {harness}; {describe_design(design)}."),
        *([] if complete else [_INCOMPLETE]),
        _markdown(table(models)),
        PUBLISHED_NOTES if design.protocol == "published" else NOTES,
        *([f"[Control audit](audit.md) of the sequences: {audit}"] if audit else []),
        "## Verdicts",
        _markdown(verdict_table(models)),
        *_probes(models),
        *_explanations(models),
        "## Published rows",
        "\n".join(
            [f"From {published.SOURCE}.", _PUBLISHED_ROWS]
            + ([] if design.protocol == "published" else [PUBLISHED_NOTES])
        ),
        _markdown(published_table()),
    ]
    return "\n\n".join(parts) + "\n"


def _probes(models: Sequence[ModelRecord]) -> list[str]:
    frame = probe_table(models)
    return ["## Probes", _markdown(frame), _PROBE_NOTES] if len(frame) else []


def _markdown(frame: pd.DataFrame) -> str:
    return frame.to_markdown(index=False, disable_numparse=True)


def _explanations(models: Sequence[ModelRecord]) -> list[str]:
    lines = [
        f"- {markdown(model.name)}, {markdown(claim.id)}: {markdown(claim.explanation)}"
        for model in ranked(models)
        for claim in model.claims
        if model.kind != "control" or claim.drifted or claim.verdict == "error"
    ]
    return ["## Reasons", "\n".join(lines)] if lines else []


def merge(runs: Sequence[Results]) -> tuple[DesignRecord, list[ModelRecord]]:
    """Join the models of several runs, adjusting p over all of them.

    A model may stand in several runs, each with some of its claims.

    Raises
    ------
    ReportError
        If designs or claim versions differ, a split other than ``test`` or an incomplete run is
        among them, or two runs disagree about one model.
    """
    design = runs[0].design
    if design.split != "test":
        raise ReportError(f"leaderboards take the test split only, not {design.split!r}")
    models: dict[str, ModelRecord] = {}
    versions: dict[str, int] = {}
    for run in runs:
        if run.design != design:
            raise ReportError(
                "runs of different designs cannot share a leaderboard: "
                f"{describe_design(design)}; against {describe_design(run.design)}"
            )
        if not run.run.complete:
            raise ReportError(
                f"the run of {run.run.created} is incomplete: some of its evals broke or were "
                "never reported; run it again"
            )
        for model in run.models:
            models[model.name] = _joined(models.get(model.name, model), model)
            for claim in model.claims:
                if versions.setdefault(claim.id, claim.version) != claim.version:
                    raise ReportError(
                        f"claim {claim.id!r} has the versions {versions[claim.id]} and "
                        f"{claim.version} among the runs; run the older ones again"
                    )
    adjusted = adjust({name: in_order(model.claims) for name, model in models.items()})
    return design, [m.model_copy(update={"claims": adjusted[m.name]}) for m in models.values()]


def _joined(first: ModelRecord, second: ModelRecord) -> ModelRecord:
    """Return one model with the claims of both records."""
    if first == second:
        return first
    identities = [(m.fingerprint, m.method, m.tolerance, m.kind) for m in (first, second)]
    if first.fingerprint is None or identities[0] != identities[1]:
        raise ReportError(
            f"two runs hold models called {first.name!r} that are not known to be the same (by "
            "fingerprint, method, tolerance and kind); leave one run out, or rename the model"
        )
    claims = {claim.id: claim for claim in first.claims}
    for claim in second.claims:
        known = claims.setdefault(claim.id, claim)
        if known.version == claim.version and _judged(known) != _judged(claim):
            raise ReportError(
                f"two runs disagree about claim {claim.id!r} of model {first.name!r} "
                f"({known.verdict}, {claim.verdict}); leave one run out"
            )
    return first.model_copy(update={"claims": list(claims.values())})


def _judged(claim: ClaimRecord) -> tuple[str, dict[str, MetricRecord]]:
    """Return what cannot differ between two runs of one model; adjusted p's can."""
    return claim.verdict, claim.metrics
