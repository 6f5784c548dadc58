"""Several runs joined into one set of models, if they speak of the same thing."""

from collections.abc import Sequence

from mit_harness.errors import ReportError
from mit_harness.report.build import adjust, in_order
from mit_harness.report.identity import measured_by
from mit_harness.report.leaderboard.table import describe_design
from mit_harness.report.schema import (
    ClaimRecord,
    DesignRecord,
    MetricRecord,
    ModelRecord,
    Results,
)


def merge(runs: Sequence[Results]) -> tuple[DesignRecord, list[ModelRecord]]:
    """Join the models of several runs, adjusting p over all of them.

    A model may stand in several runs, each with some of its claims.

    Raises
    ------
    ReportError
        If designs, files of measured promoters or claim versions differ, a split other than
        ``test`` or an incomplete run is among them, or two runs disagree about one model.
    """
    design = runs[0].design
    if design.split != "test":
        raise ReportError(f"leaderboards take the test split only, not {design.split!r}")
    measured = sorted({sha256 for run in runs if (sha256 := measured_by(run)) is not None})
    if len(measured) > 1:
        raise ReportError(
            "runs judged on different files of measured promoters cannot share a leaderboard: "
            f"sha256 {measured[0]}; against {measured[1]}"
        )
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
