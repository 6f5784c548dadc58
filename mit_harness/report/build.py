"""From judged claims to results.json: rounding, multiplicity, order."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from mit_harness.claims.base import ClaimResult, Role
from mit_harness.claims.registry import CLAIMS
from mit_harness.models.base import ModelHandle
from mit_harness.report.schema import ClaimRecord, MetricRecord, ModelRecord, NoiseRecord
from mit_harness.scoring.noise import Noise
from mit_harness.stats.metric import Metric
from mit_harness.stats.multiplicity import benjamini_hochberg, holm
from mit_harness.stats.verdict import Verdict

DIGITS = 10
"""Significant digits kept: more would differ between machines' summation orders."""


def _round(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}") + 0.0  # 0.0, not -0.0


def metric_record(
    metric: Metric, threshold: float | None = None, role: Role | None = None
) -> MetricRecord:
    """Return a metric as it stands in results.json."""
    return MetricRecord(
        value=_round(metric.value),
        ci_low=_round(metric.ci_low),
        ci_high=_round(metric.ci_high),
        level=metric.level,
        ci_method=metric.ci_method,
        ci90_low=_round(metric.ci90_low),
        ci90_high=_round(metric.ci90_high),
        p=_round(metric.p),
        test=metric.test,
        n=metric.n,
        ties=metric.ties,
        unit=metric.unit,
        mde=_round(metric.mde),
        note=metric.note,
        threshold=threshold,
        role=role,
    )


def claim_record(
    result: ClaimResult, threshold: float, declared: frozenset[Verdict] | None
) -> ClaimRecord:
    """Return a judged claim as it stands in results.json, p not yet adjusted."""
    metrics = {
        part.metric.name: metric_record(part.metric, threshold, part.role) for part in result.parts
    }
    metrics |= {metric.name: metric_record(metric) for metric in result.reported}
    return ClaimRecord(
        id=result.claim,
        version=result.version,
        verdict=result.verdict.value,
        n=result.n,
        metrics=metrics,
        explanation=result.explanation,
        declared=None if declared is None else sorted(declared),
        p=_round(result.p),
    )


def model_records(
    handles: Collection[ModelHandle],
    claims: Mapping[str, Sequence[ClaimRecord]],
    noise: Mapping[str, NoiseRecord] | None = None,
) -> list[ModelRecord]:
    """Return one record per model, in the order given, p adjusted for multiplicity.

    Its claims stand in the order of the registry, then by id, whichever was judged first.

    Benjamini-Hochberg over the models within a claim, Holm over the claims of a model. The
    verdicts stay unadjusted, so that they never depend on which other models ran.
    """
    adjusted = adjust({h.name: in_order(claims.get(h.name, ())) for h in handles})
    return [
        ModelRecord(
            name=handle.name,
            spec=handle.spec,
            kind=handle.kind,
            fingerprint=handle.fingerprint if handle.lasting else None,
            method=handle.method,
            tolerance=handle.tolerance,
            parameters=handle.parameters,
            revision=handle.revision,
            noise=(noise or {}).get(handle.name),
            seen=handle.seen,
            claims=adjusted[handle.name],
        )
        for handle in handles
        if adjusted[handle.name]
    ]


def noise_record(noise: Noise) -> NoiseRecord:
    """Return a noise floor as it stands in results.json."""
    return NoiseRecord(nats=noise.nats, n=noise.n, parts=noise.parts, note=noise.note)


def in_order(claims: Iterable[ClaimRecord]) -> list[ClaimRecord]:
    """Return claims in the order of the registry, then by id."""
    places = {claim_id: place for place, claim_id in enumerate(CLAIMS)}
    return sorted(claims, key=lambda claim: (places.get(claim.id, len(places)), claim.id))


def adjust(claims: Mapping[str, Sequence[ClaimRecord]]) -> dict[str, list[ClaimRecord]]:
    """Fill in `p_bh` and `p_holm` of claims by model name."""
    by_claim: dict[str, dict[str, float | None]] = {}
    for name, records in claims.items():
        for record in records:
            by_claim.setdefault(record.id, {})[name] = record.p
    bh = {
        claim: dict(zip(ps, benjamini_hochberg(list(ps.values())), strict=True))
        for claim, ps in by_claim.items()
    }
    return {
        name: [
            record.model_copy(
                update={"p_bh": _round(bh[record.id][name]), "p_holm": _round(p_holm)}
            )
            for record, p_holm in zip(records, holm([r.p for r in records]), strict=True)
        ]
        for name, records in claims.items()
    }
