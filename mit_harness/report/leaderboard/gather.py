"""Finished runs made into one leaderboard: read, recomputed, joined."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from mit_harness.claims.registry import CLAIMS
from mit_harness.errors import ReportError
from mit_harness.report.finished import FinishedRun, known_claims, read_run, verify
from mit_harness.report.leaderboard.board import Board
from mit_harness.report.leaderboard.merge import merge
from mit_harness.report.schema import ClaimRecord, Results


def gather(paths: Sequence[Path], tell: Callable[[str], None] = lambda _: None) -> Board:
    """Read runs, recompute every number of them from per-item scores, and join them.

    Parameters
    ----------
    paths
        Report folders, or results.json files beside their scores.parquet.
    tell
        Gets one line before each run is recomputed, which takes seconds.

    Raises
    ------
    ReportError
        If a run has no per-item scores, a number of it does not come out, or runs cannot be
        joined; see `merge`.
    """
    runs = [read_run(path) for path in paths]
    merge([run.results for run in runs])  # what cannot be joined is refused before the slow part
    for k, run in enumerate(runs, 1):
        count = len(run.results.models)
        tell(f"recomputing {run.file} ({count} models; {k} of {len(runs)} runs)")
        _check_names(run)
        verify(run)
    shown = [_known(run.results) for run in runs]
    design, models = merge(shown)
    found = {
        model.name: tuple(
            sorted(
                {r.run.sha256: r.run for r in shown if _holds(r, model.name)}.values(),
                key=lambda record: (record.created, record.sha256),
            )
        )
        for model in models
    }
    return Board(design, models, found, _own_claims(run.results for run in runs))


def _check_names(run: FinishedRun) -> None:
    """Refuse a model or a claim that stands twice: it would count twice."""
    names = [model.name for model in run.results.models]
    if len(set(names)) < len(names):
        raise ReportError(f"{run.file} holds a model twice; run it again")
    for model in run.results.models:
        ids = [claim.id for claim in model.claims]
        if len(set(ids)) < len(ids):
            raise ReportError(f"{run.file} holds a claim of {model.name!r} twice; run it again")


def _known(results: Results) -> Results:
    """Return a run without claims of a project's own, and without models that had no others."""
    models = [
        model.model_copy(update={"claims": [_checked(c) for c in known_claims(model)]})
        for model in results.models
    ]
    return results.model_copy(update={"models": [m for m in models if m.claims]})


def _checked(claim: ClaimRecord) -> ClaimRecord:
    """Return a claim; one that ended in error has no number that could be recomputed."""
    return (
        claim.model_copy(update={"metrics": {}, "p": None}) if claim.verdict == "error" else claim
    )


def _holds(results: Results, name: str) -> bool:
    return any(model.name == name for model in results.models)


def _own_claims(runs: Iterable[Results]) -> tuple[str, ...]:
    return tuple(
        sorted(
            {claim.id for run in runs for model in run.models for claim in model.claims} - {*CLAIMS}
        )
    )
