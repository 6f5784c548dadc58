"""Finished runs made into one leaderboard: read, recomputed, joined."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from mit_harness.claims.declared import declared
from mit_harness.claims.registry import CLAIMS
from mit_harness.errors import ReportError
from mit_harness.report.finished import (
    FinishedRun,
    design_spec,
    known_claims,
    read_run,
    verify,
)
from mit_harness.report.identity import control_handle, misnamed
from mit_harness.report.leaderboard.board import Board
from mit_harness.report.leaderboard.merge import merge
from mit_harness.report.schema import ClaimRecord, ModelRecord, Results, RunRecord


def gather(paths: Sequence[Path], tell: Callable[[str], None] = lambda _: None) -> Board:
    """Read runs, recompute every number of them from per-item scores, and join them.

    Parameters
    ----------
    paths
        Report folders, or results.json files beside their scores.parquet.
    tell
        Told which run is being recomputed, which takes seconds.

    Raises
    ------
    ReportError
        If a run has no per-item scores, a number of it does not come out, or runs cannot be
        joined; see `merge`.
    """
    runs = [read_run(path) for path in paths]
    # What cannot be joined is refused before the slow part.
    merge([_shipped(run.results) for run in runs])
    shown = []
    for k, run in enumerate(runs, 1):
        count = len(run.results.models)
        size = "1 model" if count == 1 else f"{count} models"
        tell(f"recomputing {run.file} ({size}; run {k} of {len(runs)})")
        _check_whole(run)
        shown.append(_recomputed(run))
    design, models = merge(shown)
    sources = {model.name: _sources(shown, model.name) for model in models}
    return Board(design, models, sources, _own_claims(run.results for run in runs), _absent(runs))


def _check_whole(run: FinishedRun) -> None:
    """Refuse a model or a claim that stands twice, or that was scored and has no row.

    A claim that ended in error leaves no scores: one that has some was judged. A model has to be
    what its record says, too.
    """
    models = run.results.models
    names = [model.name for model in models]
    if len(set(names)) < len(names):
        raise ReportError(f"{run.file} holds a model twice; run it again")
    hidden = [name for name in run.items.scores if name not in names]
    for model in models:
        ids = [claim.id for claim in model.claims]
        if len(set(ids)) < len(ids):
            raise ReportError(f"{run.file} holds a claim of {model.name!r} twice; run it again")
        if why := misnamed(model):
            raise ReportError(f"{run.file}: {why}; run it again")
        scored = run.items.scores.get(model.name, {})
        for claim in known_claims(model):
            if claim.verdict == "error" and claim.id in scored:
                raise ReportError(
                    f"{run.file} has the verdict error for {claim.id} of {model.name!r}, and "
                    "scores that it was judged by; run it again"
                )
        hidden += [f"{claim} of {model.name}" for claim in scored if claim not in ids]
    if hidden:
        raise ReportError(f"{run.file} does not list {hidden[0]}, which was scored; run it again")


def _shipped(results: Results) -> Results:
    """Return a run without the claims of a project's own."""
    models = [m.model_copy(update={"claims": known_claims(m)}) for m in results.models]
    return results.model_copy(update={"models": models})


def _recomputed(run: FinishedRun) -> Results:
    """Return a run with recomputed claims in place of those that it states.

    A claim that ended in error keeps its words, and no number; a model without any recomputed
    claim, and so without scores that reproduce a row, has none.
    """
    found = verify(run)
    models = []
    for model in run.results.models:
        again = found[model.name]
        if again:
            claims = [
                _declared(run, model, again.get(claim.id) or _bare(claim))
                for claim in known_claims(model)
            ]
            models.append(model.model_copy(update={"claims": claims}))
    return run.results.model_copy(update={"models": models})


def _bare(claim: ClaimRecord) -> ClaimRecord:
    return claim.model_copy(update={"metrics": {}, "p": None})


def _declared(run: FinishedRun, model: ModelRecord, claim: ClaimRecord) -> ClaimRecord:
    """Return a claim with what this version's truth table declares, whatever the run says."""
    if model.kind != "control":
        return claim.model_copy(update={"declared": None})
    handle = control_handle(model)
    spec = design_spec(run.results.design, measured=run.items.measured)
    allowed = declared(handle, claim.id, spec) if run.results.design.is_shipped else None
    return claim.model_copy(
        update={"declared": None if allowed is None else sorted(map(str, allowed))}
    )


def _sources(runs: Sequence[Results], name: str) -> tuple[RunRecord, ...]:
    """Return the runs that a model stands in, each once, oldest first."""
    found = {
        run.run.sha256: run.run for run in runs if any(model.name == name for model in run.models)
    }
    return tuple(sorted(found.values(), key=lambda run: (run.created, run.sha256)))


def _absent(runs: Sequence[FinishedRun]) -> tuple[str, ...]:
    """Return the models without a row: no claim of theirs has scores."""
    return tuple(
        dict.fromkeys(
            model.name
            for run in runs
            for model in run.results.models
            if all(claim.verdict == "error" for claim in known_claims(model))
        )
    )


def _own_claims(runs: Iterable[Results]) -> tuple[str, ...]:
    return tuple(
        sorted(
            {claim.id for run in runs for model in run.models for claim in model.claims} - {*CLAIMS}
        )
    )
