"""Finished runs, read back and recomputed from per-item scores rather than trusted."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mit_harness.claims.base import ClaimResult
from mit_harness.claims.registry import CLAIMS, ON_MEASURED, get_claim
from mit_harness.errors import NotApplicable, ReportError, printable
from mit_harness.promoter.core import DesignSpec
from mit_harness.promoter.sequence_set import SequenceSet
from mit_harness.report.build import claim_record
from mit_harness.report.folder import read_results, results_file
from mit_harness.report.items import ItemScores, read_items
from mit_harness.report.schema import ClaimRecord, DesignRecord, ModelRecord, Results

CLOSE = 1e-6
"""Relative difference up to which a recomputed number is the same: another machine may sum in
another order."""
_ZERO = 1e-9
"""Two numbers below this are both rounding of zero."""

_LEFT_OUT = {"p_bh", "p_holm", "declared", "explanation"}
"""What depends on the other models of a run, on the installed truth table, or is words."""


@dataclass(frozen=True)
class FinishedRun:
    """A run as its folder holds it.

    Attributes
    ----------
    file
        Its results.json.
    results, items
        As read; checksums agree.
    """

    file: Path
    results: Results
    items: ItemScores


def design_spec(
    design: DesignRecord, suite: SequenceSet | None = None, measured: Path | None = None
) -> DesignSpec:
    """Return what a run's sequences are built from; `measured` is a file of measured promoters.

    Raises
    ------
    ReportError
        If this version cannot build such a design.
    """
    from mit_harness.errors import MitHarnessError
    from mit_harness.promoter.seeds import Seeds

    try:
        return DesignSpec(
            n=design.n,
            seeds=Seeds(design.seed, design.split),
            break_form=design.break_form,
            protocol=design.protocol,
            suite=suite,
            measured=measured,
        )
    except MitHarnessError as error:
        raise ReportError(f"this version cannot build the run's design: {error}") from error


def read_run(path: Path) -> FinishedRun:
    """Read a run's results.json and its scores.parquet, both held against their checksums.

    Parameters
    ----------
    path
        A report folder, or a results.json beside its scores.parquet.

    Raises
    ------
    ReportError
        If either is missing, damaged or changed, or the run kept no per-item scores.
    """
    file = results_file(path)
    results = read_results(path)
    if results.scores is None:
        raise ReportError(
            f"{file} has no per-item scores, and without them nothing in it can be checked; run "
            "it again"
        )
    items = read_items(file.parent / Path(results.scores.file).name, results.scores.sha256)
    if (sha256 := results.run.measured_sha256) is not None:
        from mit_harness.measured.lafleur import find

        items = replace(items, measured=find(sha256))
    return FinishedRun(file, results, items)


def _needs_measured(run: FinishedRun, claim_id: str) -> None:
    """Refuse a claim on measured promoters whose file is not here.

    Raises
    ------
    ReportError
        With how to get it.
    """
    if claim_id not in ON_MEASURED or run.items.measured is not None:
        return
    sha256 = run.results.run.measured_sha256
    named = f"with sha256 {sha256}" if sha256 else "that results.json does not name"
    raise ReportError(
        f"{run.file} holds {claim_id}, judged on measured promoters of a file {named}, which is "
        "not on this machine: run `mit-harness data lafleur2022`, or name the file in "
        "MIT_HARNESS_MEASURED"
    )


def verify(run: FinishedRun) -> dict[str, dict[str, ClaimRecord]]:
    """Recompute every shipped claim of a run from its per-item scores.

    The sequences must be those that this version designs (unless a file of the user's had a part),
    and every number and verdict must come out as results.json has it, to 1e-6. Claims of a
    project's own are unknown here, and passed over: see `known_claims`.

    Returns
    -------
    dict
        The recomputed claims by model and claim id; those that ended in error are not among them.

    Raises
    ------
    ReportError
        With the first model, claim and number that does not come out.
    """
    spec = design_spec(run.results.design, measured=run.items.measured)
    if run.results.design.is_shipped:
        for claim_id, found in run.items.sequences.items():
            _check_design(run, claim_id, found, spec)
    return {
        model.name: {
            record.id: _check_claim(run, model, record)
            for record in known_claims(model)
            if record.verdict != "error"
        }
        for model in run.results.models
    }


def known_claims(model: ModelRecord) -> list[ClaimRecord]:
    """Return a model's claims that this version ships, and so can recompute."""
    return [claim for claim in model.claims if claim.id in CLAIMS]


def recomputed(run: FinishedRun, model: ModelRecord, claim_id: str) -> ClaimRecord:
    """Return a shipped claim judged anew from a model's per-item scores.

    Raises
    ------
    ReportError
        If the scores are not there.
    """
    return claim_record(judged(run, model, claim_id), get_claim(claim_id).threshold, None)


def judged(run: FinishedRun, model: ModelRecord, claim_id: str) -> ClaimResult:
    """Return what a shipped claim says of a model's per-item scores, before any rounding.

    Raises
    ------
    ReportError
        If the scores are not there.
    """
    design = run.results.design
    _needs_measured(run, claim_id)
    return get_claim(claim_id).judge(
        run.items.scored(model.name, claim_id),
        protocol=design.protocol,
        seed=design.seed,
        tolerance=model.tolerance,
    )


def _check_design(run: FinishedRun, claim_id: str, found: SequenceSet, spec: DesignSpec) -> None:
    if claim_id not in CLAIMS:
        return
    _needs_measured(run, claim_id)
    try:
        made = get_claim(claim_id).design(spec)
    except NotApplicable as reason:
        raise ReportError(f"{run.file} holds {claim_id}: {reason}") from reason
    if made.items != found.items:
        raise ReportError(
            f"{run.file}: the sequences of {claim_id} are not those that this version designs for "
            "the run's n, seed, split and break; run it again with this version"
        )


def _check_claim(run: FinishedRun, model: ModelRecord, record: ClaimRecord) -> ClaimRecord:
    claim = get_claim(record.id)
    if record.version != claim.version:
        raise ReportError(
            f"{run.file} holds version {record.version} of {record.id}, and this version of "
            f"mit-harness judges by version {claim.version}; run it again"
        )
    again = recomputed(run, model, record.id)
    confirm(run, model, record, again)
    return again


def confirm(run: FinishedRun, model: ModelRecord, record: ClaimRecord, again: ClaimRecord) -> None:
    """Refuse a claim's record that does not come out as it stands in results.json.

    Raises
    ------
    ReportError
        With the first number that differs.
    """
    for where, stated, found in _differences(record, again):
        raise ReportError(
            f"{run.file}: {where} of {record.id} for {printable(model.name)} is {stated} there, "
            f"and {found} when recomputed from its per-item scores; run it again"
        )


def _differences(stated: ClaimRecord, found: ClaimRecord) -> Iterator[tuple[str, object, object]]:
    """Yield what differs between two records of one claim: where, and both values."""
    pairs = [
        (
            "",
            stated.model_dump(exclude={*_LEFT_OUT, "metrics"}),
            found.model_dump(exclude={"metrics"}),
        ),
    ]
    names = {*stated.metrics, *found.metrics}
    for name in sorted(names):
        if name not in stated.metrics or name not in found.metrics:
            yield name, _presence(name in stated.metrics), _presence(name in found.metrics)
            return
        pairs.append(
            (f"{name} ", stated.metrics[name].model_dump(), found.metrics[name].model_dump())
        )
    for prefix, one, other in pairs:
        for key, value in one.items():
            if not _same(value, other[key]):
                yield f"{prefix}{key}", value, other[key]


def _presence(there: bool) -> str:
    return "present" if there else "absent"


def _same(a: object, b: object) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return a == b or math.isclose(a, b, rel_tol=CLOSE, abs_tol=_ZERO)
    return a == b
