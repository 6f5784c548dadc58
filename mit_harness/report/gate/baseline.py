"""Whether a baseline may be compared with: the same design, fresh, whole, and recomputed."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from mit_harness.claims.registry import get_claim
from mit_harness.errors import MitHarnessError
from mit_harness.report.finished import FinishedRun, known_claims, read_run
from mit_harness.report.gate.checks import Check
from mit_harness.report.gate.evidence import Evidence, Missing, find_model
from mit_harness.report.gate.trust import faults
from mit_harness.report.identity import measured_by

_AHEAD_DAYS = 1.0
"""Clocks differ; a baseline that is further in the future has no age that can be told."""


def baseline_checks(
    evidence: Evidence,
    path: Path,
    models: Sequence[str],
    now: datetime,
    known: FinishedRun | None = None,
) -> list[Check]:
    """Read a baseline into the evidence, if it may be compared with, and say whether it may.

    Foreign or stale is a block; one that cannot be read, is incomplete or does not come out when
    recomputed cannot be judged. `known` is the run as it was read before, where it was.
    """
    try:
        run = known or read_run(path)
    except MitHarnessError as error:
        return [Check("could not judge", "baseline", str(error))]
    # By its bytes: a copy or a link is no other run. What was read before the run is one.
    if known is None and run.results.run.sha256 == evidence.run.results.run.sha256:
        return [Check("block", "baseline", "it is the very run that is judged")]
    blocks = [
        *_foreign(evidence, run),
        *_stale(evidence, run, now),
        *_absent(evidence, run, models),
    ]
    found = [Check("block", "baseline", why) for why in blocks]
    if not any(_foreign(evidence, run)):
        found += [Check("could not judge", "baseline", f"{path}: {why}") for why in faults(run)]
    if not found:
        evidence.baseline = run
        found.append(Check("pass", "baseline", f"same design, made {run.results.run.created}"))
    return found


def _foreign(evidence: Evidence, run: FinishedRun) -> Iterator[str]:
    """Yield what makes a run another experiment than the candidate's."""
    mine, other = evidence.run.results.design, run.results.design
    for key in type(mine).model_fields:
        one, two = getattr(mine, key), getattr(other, key)
        if one != two:
            yield f"foreign: its {key} is {two}, the run's is {one}"
    files = measured_by(evidence.run.results), measured_by(run.results)
    if None not in files and files[0] != files[1]:
        yield f"foreign: its measured promoters have sha256 {files[1]}, the run's {files[0]}"
    for model in run.results.models:
        for claim in known_claims(model):
            version = get_claim(claim.id).version
            if claim.version != version:
                yield (
                    f"foreign: it judged {claim.id} by version {claim.version}, and this version "
                    f"judges by {version}"
                )
                break
    rules = evidence.gate.metric_rules()
    named = {claim for claim, _, rule in rules if rule.max_regression is not None}
    for claim_id in sorted(named & evidence.run.items.sequences.keys()):
        theirs = run.items.sequences.get(claim_id)
        if theirs is not None and theirs.items != evidence.run.items.sequences[claim_id].items:
            yield f"foreign: it scored other sequences of {claim_id}"


def _stale(evidence: Evidence, run: FinishedRun, now: datetime) -> Iterator[str]:
    table = evidence.gate.baseline
    if table is None or table.max_age_days is None:
        return
    created = run.results.run.created
    try:
        made = datetime.fromisoformat(created)
        age = (now - made).total_seconds() / 86_400
    except (ValueError, TypeError, OverflowError):  # no date, or one without a time zone
        yield f"stale: {created!r} does not tell when it was made"
        return
    if age > table.max_age_days:
        yield f"stale: {age:.1f} days old, and at most {table.max_age_days:g} are allowed"
    elif age < -_AHEAD_DAYS:
        yield f"stale: it was made in the future ({created}), so its age cannot be told"


def _absent(evidence: Evidence, run: FinishedRun, models: Sequence[str]) -> Iterator[str]:
    for name in models:
        try:
            find_model(run, evidence.baseline_name(name))
        except Missing as missing:
            yield f"for {name}: {missing.reason}"
