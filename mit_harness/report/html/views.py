"""What the page's tables hold: texts for people, and the values that they are sorted by."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from mit_harness.claims.registry import CLAIMS, get_claim
from mit_harness.errors import printable
from mit_harness.report.build import in_order
from mit_harness.report.schema import ClaimRecord, MetricRecord, ModelRecord
from mit_harness.report.text import ABSENT, find_metric, held, held_of, interval, number, verdict

SYMBOLS = {
    "holds": "●",
    "undecided": "◐",
    "absent": "◌",
    "refuted": "○",
    "measured": "◇",
    "error": "✕",
}
"""One sign per verdict, best first; the word always stands beside it."""
_RANK = {name: place for place, name in enumerate(SYMBOLS)}
_NOT_ASKED = len(SYMBOLS)

BOARD = {"SCR decoy": "scr_decoy", "CSS": "css", "SCR": "scr", "MES": "mes_synthetic"}
"""Columns of the leaderboard that are metrics."""


class Value(NamedTuple):
    """A cell: its text, and the number that it is sorted by; None comes last."""

    text: str
    sort: float | None


class Verdict(NamedTuple):
    """One verdict: sign, words (``holds*``), class, whether a control drifted, order, anchor."""

    sign: str
    words: str
    kind: str
    drifted: bool
    sort: int
    anchor: str


class ModelRow(NamedTuple):
    """One model: leaderboard and verdict matrix."""

    name: str
    kind: str
    held: Value
    numbers: tuple[Value, ...]
    verdicts: tuple[Verdict | None, ...]
    kinds: str
    about: str


class Reason(NamedTuple):
    """One model and claim, with what was found."""

    anchor: str
    model: str
    claim: str
    verdict: Verdict
    n: int
    p: Value
    p_bh: Value
    p_holm: Value
    text: str


class Asked(NamedTuple):
    """What a claim asks."""

    id: str
    title: str
    compares: str
    needed: str


def _sortable(value: float | None) -> float | None:
    """Return what a browser can sort by: infinities as very large numbers."""
    if value is None or math.isnan(value):
        return None
    return math.copysign(1e300, value) if math.isinf(value) else value


def metric_value(metric: MetricRecord | None) -> Value:
    """Return a metric with its interval."""
    return Value(interval(metric), _sortable(metric.value) if metric else None)


def probability(p: float | None) -> Value:
    """Return a p value with two significant digits."""
    return Value(ABSENT if p is None else f"{p:.2g}", p)


def claim_ids(models: Iterable[ModelRecord]) -> list[str]:
    """Return every claim of the run, diagnostics too, in the order of the registry."""
    return list(dict.fromkeys(claim.id for claim in in_order(c for m in models for c in m.claims)))


def anchor(model: int, claim: int) -> str:
    """Return the id of the row that gives the reason for a verdict; names are never part of it."""
    return f"reason-{model}-{claim}"


def verdict_of(claim: ClaimRecord, at: str) -> Verdict:
    """Return a verdict as it is shown."""
    sign, rank = SYMBOLS[claim.verdict], _RANK[claim.verdict]
    return Verdict(sign, verdict(claim), claim.verdict, claim.drifted, rank, at)


def model_rows(models: Sequence[ModelRecord], claims: Sequence[str]) -> list[ModelRow]:
    """Return a row per model, in the order given."""
    return [_model_row(k, model, claims) for k, model in enumerate(models)]


def _model_row(place: int, model: ModelRecord, claims: Sequence[str]) -> ModelRow:
    by_id = {claim.id: claim for claim in model.claims}
    verdicts = tuple(
        verdict_of(by_id[claim], anchor(place, k)) if claim in by_id else None
        for k, claim in enumerate(claims)
    )
    kinds = dict.fromkeys(v.kind for v in verdicts if v is not None)
    if any(v is not None and v.drifted for v in verdicts):
        kinds["drifted"] = None
    return ModelRow(
        name=printable(model.name),
        kind=model.kind,
        held=Value(held_of(model), held(model)),
        numbers=tuple(_board_value(model, column) for column in BOARD),
        verdicts=verdicts,
        kinds=" ".join(kinds),
        about=_about(model),
    )


def _board_value(model: ModelRecord, column: str) -> Value:
    metric = find_metric(model, BOARD[column])
    if column != "MES":
        return metric_value(metric)
    value = metric.value if metric else None
    return Value(number(value), _sortable(value))


def _about(model: ModelRecord) -> str:
    parts = [f"spec {model.spec}", f"method {model.method}", f"ties within {model.tolerance:g}"]
    if model.parameters is not None:
        parts.append(f"{model.parameters:,} parameters")
    if model.seen:
        parts.append(f"trained on {model.seen}")
    if model.revision:
        parts.append(f"revision {model.revision}")
    parts.append(f"fingerprint {model.fingerprint or 'not stated'}")
    if model.noise is not None:
        floor = model.noise.nats
        known = model.noise.note or "unknown"
        parts.append(f"noise floor {known if floor is None else f'{floor:.3g}'}")
    return printable("; ".join(parts))


def reasons(models: Sequence[ModelRecord], claims: Sequence[str]) -> list[Reason]:
    """Return a row per model and claim."""
    places = {claim: k for k, claim in enumerate(claims)}
    return [
        Reason(
            anchor=at,
            model=printable(model.name),
            claim=printable(claim.id),
            verdict=verdict_of(claim, at),
            n=claim.n,
            p=probability(claim.p),
            p_bh=probability(claim.p_bh),
            p_holm=probability(claim.p_holm),
            text=printable(claim.explanation.removeprefix(f"{claim.verdict}: ")),
        )
        for k, model in enumerate(models)
        for claim in in_order(model.claims)
        for at in [anchor(k, places[claim.id])]
    ]


def asked(claims: Iterable[str]) -> list[Asked]:
    """Return what each shipped claim asks; of others only their id is known here."""
    found = []
    for claim_id in claims:
        if claim_id in CLAIMS:
            claim = get_claim(claim_id)
            found.append(Asked(claim_id, claim.title, claim.compares, claim.threshold_text))
        else:
            found.append(Asked(printable(claim_id), "a claim of the project's own", "", ""))
    return found


_PARTS = ("unit", "test", "ci_method", "role", "note")


def every_number(models: Sequence[ModelRecord], claims: Sequence[str]) -> dict[str, Any]:
    """Return every metric for the page's table of numbers, each text once.

    A row: place of model and claim, name, value, CI low, CI high, p, n, ties, smallest detectable
    effect, threshold, then places in ``texts`` of unit, test, interval method, role and note.
    Infinite values are text.
    """
    texts: dict[str, int] = {}
    places = {claim: k for k, claim in enumerate(claims)}
    rows = []
    for k, model in enumerate(models):
        for claim in in_order(model.claims):
            for name, metric in claim.metrics.items():
                values = (metric.value, metric.ci_low, metric.ci_high, metric.p)
                more = (metric.mde, metric.threshold)
                parts = (printable(getattr(metric, part) or "") for part in _PARTS)
                rows.append(
                    [k, places[claim.id], printable(name), *map(_json, values), metric.n]
                    + [metric.ties, *map(_json, more)]
                    + [texts.setdefault(part, len(texts)) for part in parts]
                )
    return {"texts": list(texts), "rows": rows}


def _json(value: float | None) -> float | str | None:
    if value is None or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "∞" if value > 0 else "-∞"
