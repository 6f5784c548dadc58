"""Whether a finished run can be judged at all, and whether its controls behaved."""

from collections.abc import Iterator

from mit_harness.claims.declared import declared
from mit_harness.claims.registry import CLAIMS, get_claim
from mit_harness.errors import MitHarnessError, NotApplicable, printable
from mit_harness.promoter.core import DesignSpec
from mit_harness.report.finished import FinishedRun, design_spec, known_claims, verify
from mit_harness.report.gate.checks import Check
from mit_harness.report.identity import control_handle, misnamed
from mit_harness.report.schema import ClaimRecord, ModelRecord


def faults(run: FinishedRun) -> Iterator[str]:
    """Yield why a run cannot be judged: what is broken, missing, or does not come out.

    Its numbers are recomputed last, and only where all else is well.
    """
    found = [*_incomplete(run), *_errors(run), *_inconsistent(run)]
    yield from found
    if not found:
        try:
            verify(run)
        except MitHarnessError as error:
            yield str(error)


def _incomplete(run: FinishedRun) -> Iterator[str]:
    facts = run.results.run
    if not facts.complete:
        yield "the run is incomplete: not every eval that was collected was reported"
    for test, why in facts.faults.items():
        yield f"{printable(test)} broke: {printable(why)}"


def _errors(run: FinishedRun) -> Iterator[str]:
    for model in run.results.models:
        for claim in model.claims:
            if claim.verdict == "error":
                yield (
                    f"{printable(claim.id)} of {printable(model.name)} ended in "
                    f"{printable(claim.explanation)}"
                )


def _inconsistent(run: FinishedRun) -> Iterator[str]:
    """Yield where results.json does not say what the per-item scores beside it show was run."""
    models = run.results.models
    yield from _twice("model", [model.name for model in models])
    if extra := set(run.items.scores) - {model.name for model in models}:
        yield f"scores were kept of {printable(min(extra))}, which results.json does not list"
    asked = dict.fromkeys(claim.id for model in models for claim in known_claims(model))
    for claim_id in sorted(asked.keys() & run.results.run.skipped.keys()):
        why = printable(run.results.run.skipped[claim_id])
        yield f"{claim_id} was judged for some models and skipped for others: {why}"
    for model in models:
        name = printable(model.name)
        yield from _twice(f"claim of {name}", [claim.id for claim in model.claims])
        stated = {claim.id for claim in known_claims(model) if claim.verdict != "error"}
        kept = {claim for claim in run.items.scores.get(model.name, {}) if claim in CLAIMS}
        for claim_id in sorted(stated ^ kept):
            where = "results.json" if claim_id in stated else "the per-item scores"
            yield f"only {where} has {claim_id} of {name}"
        for claim_id in asked:
            if claim_id not in {claim.id for claim in model.claims}:
                yield f"{name} has no verdict on {claim_id}, which other models of the run have"
        if why := misnamed(model) or _noise(model):
            yield why


def _noise(model: ModelRecord) -> str:
    """Return why a noise floor is not the largest of its own parts; empty where it is."""
    if model.noise is None:
        return ""
    largest = max((p for p in model.noise.parts.values() if p is not None), default=None)
    if model.noise.nats == largest:
        return ""
    return (
        f"the noise floor of {printable(model.name)} is {model.noise.nats}, and its largest part "
        f"{largest}"
    )


def _twice(what: str, names: list[str]) -> Iterator[str]:
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"results.json lists the {what} {printable(name)} twice"


def control_checks(run: FinishedRun) -> list[Check]:
    """Return a block for every control that drifted, or a single pass.

    What a control may get is read from this version's truth table, whatever results.json says.
    """
    found, checked = [], 0
    for model in run.results.models:
        for claim in known_claims(model):
            allowed = _allowed(run, model, claim)
            checked += allowed is not None
            drifted = allowed is not None and claim.verdict not in allowed
            if drifted or claim.drifted:
                words = " or ".join(sorted(allowed or claim.declared or ()))
                why = f"the control drifted: {claim.verdict}, declared {words}"
                found.append(Check("block", "control", why, model.name, claim.id))
    if not found and checked:
        found.append(Check("pass", "control", f"{checked} control verdicts are as declared"))
    return found


def _allowed(run: FinishedRun, model: ModelRecord, claim: ClaimRecord) -> frozenset[str] | None:
    if model.kind != "control" or misnamed(model):
        return None
    spec = design_spec(run.results.design, measured=run.items.measured)
    if not run.results.design.is_shipped and not _as_designed(run, claim.id, spec):
        return None
    allowed = declared(control_handle(model), claim.id, spec)
    return None if allowed is None else frozenset(map(str, allowed))


def _as_designed(run: FinishedRun, claim_id: str, spec: DesignSpec) -> bool:
    """Tell whether what is said to be a user's own sequences are the shipped ones."""
    try:
        made = get_claim(claim_id).design(spec)
    except NotApplicable:
        return False
    return claim_id in run.items.sequences and made.items == run.items.sequences[claim_id].items
