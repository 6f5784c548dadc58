"""Two runs compared: which model of one meets which of the other."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mit_harness.errors import ReportError, printable
from mit_harness.report.comparison import Comparison, compare_models, find_model
from mit_harness.report.finished import FinishedRun
from mit_harness.report.schema import DesignRecord, ModelRecord

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Compared:
    """Comparisons of two runs.

    Attributes
    ----------
    design
        Of both runs.
    baseline
        Checksum of the baseline's results.json.
    comparisons
        One for each two models.
    alone
        Models without a counterpart.
    """

    design: DesignRecord
    baseline: str
    comparisons: Sequence[Comparison]
    alone: Sequence[str] = ()


def compare_runs(
    candidate: FinishedRun,
    baseline: FinishedRun,
    model: str | None = None,
    baseline_model: str | None = None,
    claim_ids: Sequence[str] = (),
    progress: Callable[[Pairs], Iterable[tuple[str, str]]] = iter,
) -> Compared:
    """Compare every model of a run with its counterpart in another.

    Parameters
    ----------
    candidate, baseline, model, baseline_model
        As in `counterparts`.
    claim_ids
        As in `mit_harness.report.comparison.compare_models`.
    progress
        Goes through the pairs of models, and may say how far it is.

    Raises
    ------
    ReportError
        If it is not clear which models meet, or any two cannot be compared.
    """
    pairs, alone = counterparts(candidate, baseline, model, baseline_model)
    found = [
        compare_models(candidate, baseline, mine, theirs, claim_ids)
        for mine, theirs in progress(pairs)
    ]
    return Compared(candidate.results.design, baseline.results.run.sha256, found, alone)


def counterparts(
    candidate: FinishedRun,
    baseline: FinishedRun,
    model: str | None = None,
    baseline_model: str | None = None,
) -> tuple[Pairs, list[str]]:
    """Return pairs of names (candidate's, baseline's), and which models have no counterpart.

    Without names each of the candidate's user models, or every model where it has none, meets the
    baseline's model of the same name; where each run has one user model, these two meet whatever
    they are called. One name leaves the other side to the same rule.

    Parameters
    ----------
    candidate, baseline
        The runs.
    model, baseline_model
        Names that are asked for.

    Raises
    ------
    ReportError
        If a name is not there, or no pair is clear; both sides' names are listed.
    """
    if model is not None and baseline_model is not None:
        pair = find_model(candidate, model).name, find_model(baseline, baseline_model).name
        return [pair], []
    if baseline_model is not None:
        wanted = find_model(baseline, baseline_model)
        name = _other(wanted, candidate)
        if name is None:
            raise _unclear(candidate, baseline, f"{wanted.name!r} of the baseline")
        return [(name, wanted.name)], []
    asked = candidate.results.models if model is None else [find_model(candidate, model)]
    chosen = users(asked) or asked
    # Two models of one's own cannot both be what the baseline's only one has become.
    alone = model is not None or len(users(asked)) == 1
    found = {m.name: _other(m, baseline, alone=alone) for m in chosen}
    pairs = [(name, other) for name, other in found.items() if other is not None]
    if not pairs:
        raise _unclear(candidate, baseline, f"{_names(chosen)} of the candidate")
    return pairs, [name for name, other in found.items() if other is None]


def users(models: Sequence[ModelRecord]) -> list[ModelRecord]:
    """Return the models that are neither controls nor references."""
    return [model for model in models if model.kind == "user"]


def _other(model: ModelRecord, run: FinishedRun, *, alone: bool = True) -> str | None:
    """Return the name of a model's counterpart in another run, if that is clear."""
    if any(model.name == other.name for other in run.results.models):
        return model.name
    theirs = users(run.results.models)
    return theirs[0].name if alone and model.kind == "user" and len(theirs) == 1 else None


def _unclear(candidate: FinishedRun, baseline: FinishedRun, which: str) -> ReportError:
    return ReportError(
        f"it is not clear what to compare {which} with: {candidate.file} holds "
        f"{_names(candidate.results.models)}, and {baseline.file} holds "
        f"{_names(baseline.results.models)}; name one of each (--model, --baseline-model)"
    )


def _names(models: Sequence[ModelRecord]) -> str:
    return ", ".join(printable(model.name) for model in models) or "no model"
