"""Two models on the same sequences: every metric's difference, and the pairs that flipped.

Everything is computed anew from both runs' per-item scores; see docs/compare.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mit_harness.claims.base import MIN_PAIRS, Role
from mit_harness.claims.registry import CLAIMS, ON_MEASURED, get_claim
from mit_harness.errors import ReportError, near, printable
from mit_harness.report.build import claim_record
from mit_harness.report.finished import FinishedRun, confirm, judged
from mit_harness.report.flipped import FlippedPair, Side, flipped_pairs
from mit_harness.report.schema import ClaimRecord, DesignRecord, ModelRecord
from mit_harness.stats.bootstrap import LEVELS, Interval
from mit_harness.stats.difference import difference, discordant
from mit_harness.stats.metric import Metric, notes
from mit_harness.stats.multiplicity import holm

IDENTICAL = "identical scores"


@dataclass(frozen=True)
class Difference:
    """One metric of one claim: candidate less baseline, paired by background.

    Attributes
    ----------
    claim, metric, unit
        As in results.json; the difference is in the metric's unit.
    n
        Pairs or matched sets that are resampled.
    candidate, baseline
        The metric of each; None where undefined.
    difference
        Candidate - baseline; None, with the reason in `note`, where either is undefined or
        infinite.
    ci_low, ci_high, ci_method
        Its paired 95 % interval, see `mit_harness.stats.difference`; None where undefined.
    note
        What else a reader has to know.
    mcnemar_p, gained, lost
        McNemar's exact two-sided test, and the discordant pairs; of proportions only.
    role
        How the claim's verdict depends on the metric; None where it is only reported.
    p_holm
        `mcnemar_p` adjusted over the deciding metrics of one comparison; None of others.
    """

    claim: str
    metric: str
    unit: str
    n: int
    candidate: float | None
    baseline: float | None
    difference: float | None
    ci_low: float | None
    ci_high: float | None
    ci_method: str
    note: str
    mcnemar_p: float | None = None
    gained: int | None = None
    lost: int | None = None
    role: Role | None = None
    p_holm: float | None = None


@dataclass(frozen=True)
class Verdicts:
    """What a claim says of each of the two models."""

    claim: str
    candidate: str
    baseline: str


@dataclass(frozen=True)
class Comparison:
    """Everything that is said of two models.

    Attributes
    ----------
    candidate, baseline
        Names of the models.
    differences, flipped, verdicts
        In the order of the claims.
    notes
        What was not compared, and why.
    identical
        Whether both gave every sequence the same score.
    """

    candidate: str
    baseline: str
    differences: tuple[Difference, ...]
    flipped: tuple[FlippedPair, ...] = ()
    verdicts: tuple[Verdicts, ...] = ()
    notes: tuple[str, ...] = ()
    identical: bool = False


def compare_models(
    candidate: FinishedRun,
    baseline: FinishedRun,
    candidate_model: str,
    baseline_model: str,
    claim_ids: Sequence[str] = (),
) -> Comparison:
    """Compare two models claim by claim.

    Parameters
    ----------
    candidate, baseline
        Runs of one design; they may be one run.
    candidate_model, baseline_model
        Names of models in them.
    claim_ids
        Shipped claims; none: all that both models were judged by.

    Raises
    ------
    ReportError
        If anything is missing, broken, or not comparable.
    """
    mine, theirs = find_model(candidate, candidate_model), find_model(baseline, baseline_model)
    shared, left_out = _shared(mine, theirs)
    wanted = tuple(dict.fromkeys(claim_ids)) or shared
    if not wanted:
        raise ReportError(
            f"{_side(candidate, mine.name)} and {_side(baseline, theirs.name)} have no shipped "
            "claim in common; run both on the same claims"
        )
    check_comparable(candidate, baseline, wanted)
    sides = (candidate, baseline, mine.name, theirs.name)
    found = [d for claim_id in wanted for d in compare_claim(*sides, claim_id)]
    return Comparison(
        mine.name,
        theirs.name,
        _adjusted(found),
        tuple(pair for claim_id in wanted for pair in _flipped(*sides, claim_id)),
        tuple(_verdicts(candidate, mine, baseline, theirs, claim_id) for claim_id in wanted),
        () if claim_ids else left_out,
        identical=all(_identical(*sides, claim_id) for claim_id in wanted),
    )


def _verdicts(
    candidate: FinishedRun,
    mine: ModelRecord,
    baseline: FinishedRun,
    theirs: ModelRecord,
    claim_id: str,
) -> Verdicts:
    known = _record(candidate, mine, claim_id), _record(baseline, theirs, claim_id)
    return Verdicts(claim_id, *(record.verdict for record in known))


def check_comparable(
    candidate: FinishedRun, baseline: FinishedRun, claim_ids: Iterable[str]
) -> None:
    """Refuse two runs that did not ask the same question.

    Raises
    ------
    ReportError
        If either is incomplete, or the designs, or any claim's sequences or version differ.
    """
    for run in (candidate, baseline):
        if not run.results.run.complete:
            raise ReportError(f"{run.file} is of a run that broke off; run it again")
    if why := design_difference(candidate.results.design, baseline.results.design):
        raise _not_comparable(candidate, baseline, why)
    for claim_id in claim_ids:
        _check_claim(candidate, baseline, claim_id)


def design_difference(one: DesignRecord, other: DesignRecord) -> str | None:
    """Return the first difference of two designs, such as ``n is 100 and 20``, if any."""
    there = other.model_dump()
    for key, value in one.model_dump().items():
        if value != there[key]:
            return f"{key.replace('_', ' ')} is {value} and {there[key]}"
    return None


def _check_claim(candidate: FinishedRun, baseline: FinishedRun, claim_id: str) -> None:
    ships = get_claim(claim_id).version
    versions = []
    for run in (candidate, baseline):
        known = {c.version for m in run.results.models for c in m.claims if c.id == claim_id}
        if claim_id not in run.items.sequences or not known:
            raise ReportError(f"{run.file} holds no scores of the claim {claim_id!r}; run it there")
        versions.append(" or ".join(map(str, sorted(known))))
    if versions[0] != versions[1]:
        why = f"{claim_id} is of version {versions[0]} and {versions[1]}"
        raise _not_comparable(candidate, baseline, why)
    if versions[0] != str(ships):
        why = f"{claim_id} is of version {versions[0]}, and this mit-harness judges by {ships}"
        raise _not_comparable(candidate, baseline, why)
    if candidate.items.sequences[claim_id].items != baseline.items.sequences[claim_id].items:
        why = f"the sequences of {claim_id} are not the same"
        raise _not_comparable(candidate, baseline, why)
    files = [run.results.run.measured_sha256 for run in (candidate, baseline)]
    if claim_id in ON_MEASURED and files[0] != files[1]:
        why = f"{claim_id} was judged on measured promoters with sha256 {files[0]} and {files[1]}"
        raise _not_comparable(candidate, baseline, why)


def _not_comparable(candidate: FinishedRun, baseline: FinishedRun, why: str) -> ReportError:
    return ReportError(
        f"{candidate.file} and {baseline.file} cannot be compared: {why}; run both alike"
    )


def compare_claim(
    candidate: FinishedRun,
    baseline: FinishedRun,
    candidate_model: str,
    baseline_model: str,
    claim_id: str,
) -> list[Difference]:
    """Return the difference of every metric of one claim, in the claim's own order.

    The runs have to be comparable, see `check_comparable`.

    Raises
    ------
    ReportError
        If a model or its scores are missing, its verdict is ``error``, or results.json does not
        come out when recomputed.
    """
    sides = ((candidate, candidate_model), (baseline, baseline_model))
    mine, theirs = (_metrics(run, name, claim_id) for run, name in sides)
    identical = _identical(candidate, baseline, candidate_model, baseline_model, claim_id)
    found = []
    for name in dict.fromkeys((*mine, *theirs)):
        metrics = (mine.get(name), theirs.get(name))
        role = next((roles for _, roles in filter(None, metrics)), None)
        pair = tuple(None if known is None else known[0] for known in metrics)
        found.append(replace(_difference(claim_id, *pair, identical=identical), role=role))
    return found


def _metrics(run: FinishedRun, name: str, claim_id: str) -> dict[str, tuple[Metric, Role | None]]:
    """Return the metrics of a model by name, with their roles, held against results.json."""
    model = find_model(run, name)
    record = _record(run, model, claim_id)
    result = judged(run, model, claim_id)
    confirm(run, model, record, claim_record(result, get_claim(claim_id).threshold, None))
    found: dict[str, tuple[Metric, Role | None]] = {
        part.metric.name: (part.metric, part.role) for part in result.parts
    }
    return found | {metric.name: (metric, None) for metric in result.reported}


def _record(run: FinishedRun, model: ModelRecord, claim_id: str) -> ClaimRecord:
    record = next((claim for claim in model.claims if claim.id == claim_id), None)
    if record is None:
        raise ReportError(f"{_side(run, model.name)} was not judged by {claim_id!r}; run it there")
    if record.verdict == "error":
        raise ReportError(
            f"{_side(run, model.name)} has the verdict error for {claim_id!r}; mend it and run "
            "again, or compare other claims"
        )
    return record


def _identical(
    candidate: FinishedRun,
    baseline: FinishedRun,
    candidate_model: str,
    baseline_model: str,
    claim_id: str,
) -> bool:
    mine = candidate.items.scored(candidate_model, claim_id)
    return np.array_equal(mine.values, baseline.items.scored(baseline_model, claim_id).values)


def _difference(
    claim_id: str, mine: Metric | None, theirs: Metric | None, *, identical: bool
) -> Difference:
    known = mine or theirs
    assert known is not None
    made = Difference(
        claim=claim_id,
        metric=known.name,
        unit=known.unit,
        n=min(metric.n for metric in (mine, theirs) if metric is not None),
        candidate=None if mine is None else mine.value,
        baseline=None if theirs is None else theirs.value,
        difference=None,
        ci_low=None,
        ci_high=None,
        ci_method="",
        note="",
    )
    if mine is None or theirs is None:
        side = "candidate" if mine is None else "baseline"
        return replace(made, note=f"the {side} has no such metric")
    found, test = difference(mine, theirs), discordant(mine, theirs)
    if test is not None:
        made = replace(made, mcnemar_p=test.p, gained=test.gained, lost=test.lost)
    few = f"n too small to conclude from ({made.n} < {MIN_PAIRS})" if made.n < MIN_PAIRS else ""
    if identical and found.estimate == 0:
        found = Interval(0.0, LEVELS, ((0.0, 0.0),) * len(LEVELS), IDENTICAL)
    return replace(
        made,
        difference=found.estimate,
        ci_low=found.low,
        ci_high=found.high,
        ci_method=found.method,
        note=notes(few, found.note),
    )


def _flipped(
    candidate: FinishedRun,
    baseline: FinishedRun,
    candidate_model: str,
    baseline_model: str,
    claim_id: str,
) -> list[FlippedPair]:
    mine, theirs = (
        Side(run.items.scored(name, claim_id), find_model(run, name).tolerance)
        for run, name in ((candidate, candidate_model), (baseline, baseline_model))
    )
    return flipped_pairs(get_claim(claim_id), candidate.results.design.protocol, mine, theirs)


def _adjusted(found: Sequence[Difference]) -> tuple[Difference, ...]:
    """Fill in Holm's p over the deciding metrics."""
    adjusted = holm([d.mcnemar_p if d.role == "deciding" else None for d in found])
    return tuple(replace(d, p_holm=p) for d, p in zip(found, adjusted, strict=True))


def find_model(run: FinishedRun, name: str) -> ModelRecord:
    """Return a run's model by name.

    Raises
    ------
    ReportError
        If there is none; near matches are listed.
    """
    for model in run.results.models:
        if model.name == name:
            return model
    known = [model.name for model in run.results.models]
    raise ReportError(f"{run.file} has no model {name!r}{near(name, known)}")


def _shared(mine: ModelRecord, theirs: ModelRecord) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the shipped claims that both were judged by, and what is left out."""
    ids = [[claim.id for claim in model.claims] for model in (mine, theirs)]
    both = [claim_id for claim_id in ids[0] if claim_id in ids[1]]
    reasons = {
        "only the candidate was judged by": [c for c in ids[0] if c not in both],
        "only the baseline was judged by": [c for c in ids[1] if c not in both],
        "only their own project can judge": [c for c in both if c not in CLAIMS],
    }
    said = tuple(f"{why} {', '.join(claims)}" for why, claims in reasons.items() if claims)
    return tuple(claim_id for claim_id in both if claim_id in CLAIMS), said


def _side(run: FinishedRun, model: str) -> str:
    return f"{printable(model)} of {run.file}"
