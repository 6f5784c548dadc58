"""From a gate file and a finished run to a decision."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from mit_harness.errors import MitHarnessError
from mit_harness.report.clock import stated_time
from mit_harness.report.finished import FinishedRun, read_run
from mit_harness.report.gate.baseline import baseline_checks
from mit_harness.report.gate.checks import Check, Outcome
from mit_harness.report.gate.evidence import Evidence, Missing, find_model
from mit_harness.report.gate.rules import noise_checks, rule_checks
from mit_harness.report.gate.schema import EVERY, Gate, GateFile
from mit_harness.report.gate.trust import control_checks, faults

Word = Literal["promote", "block", "could not judge"]
STATUS: dict[Word, int] = {"promote": 0, "block": 1, "could not judge": 2}
"""Exit status of each decision."""


@dataclass(frozen=True)
class Decision:
    """What a gate says of a run.

    Attributes
    ----------
    checks
        Every rule's outcome.
    gate
        The file.
    run, baseline
        Where they were read; None where there was none.
    run_sha256
        The checksum that the run's results.json states; empty where it could not be read.
    models
        Whom the rules were for.
    """

    checks: tuple[Check, ...]
    gate: GateFile
    run: Path | None
    run_sha256: str = ""
    baseline: Path | None = None
    models: tuple[str, ...] = ()

    @property
    def word(self) -> Word:
        """Promote only where something was checked and everything passed.

        What could not be judged outweighs a block: a broken basis makes the blocks uncertain too.
        """
        counts = self.counts
        if counts["could not judge"] or not counts["pass"] + counts["block"]:
            return "could not judge"
        return "block" if counts["block"] else "promote"

    @property
    def status(self) -> int:
        """0 promote, 1 block, 2 could not judge."""
        return STATUS[self.word]

    @property
    def counts(self) -> Counter[Outcome]:
        """How many checks came out how."""
        return Counter(check.outcome for check in self.checks)


def unjudged(gate: GateFile, run: Path | None, reasons: Iterable[str]) -> Decision:
    """Return the decision that nothing can be said, and why."""
    checks = tuple(Check("could not judge", "run", reason) for reason in reasons)
    return Decision(checks, gate, run)


def decide(
    gate: GateFile,
    path: Path,
    troubles: Iterable[str] = (),
    baseline: FinishedRun | None = None,
    asked: Iterable[str] = (),
) -> Decision:
    """Hold a gate against a finished run; whatever is missing, unclear or broken is no promotion.

    Parameters
    ----------
    gate
        As `read_gate` gives it.
    path
        A report folder, or a results.json beside its scores.parquet.
    troubles
        What else is known to have gone wrong with the run, in sentences; each is a reason not to
        judge.
    baseline
        The gate's baseline, where it was read before the run could have replaced it.
    asked
        The user's models that the run was to judge. Where the gate names none, each is gated, so
        one of which nothing was judged blocks.
    """
    known = list(troubles)
    try:
        run = read_run(path)
        now = stated_time() or datetime.now(UTC)
    except MitHarnessError as error:
        return unjudged(gate, path, [*known, str(error)])
    found = [*known, *faults(run)]
    checks = [Check("could not judge", "run", why) for why in found]
    if not checks:
        checks.append(Check("pass", "run", "complete; every number came out when recomputed"))
    try:
        checks += control_checks(run)
    except MitHarnessError as error:
        checks.append(Check("could not judge", "control", str(error)))
    evidence = Evidence(gate.gate, run, trusted=not found)
    models = gated_models(gate.gate, run, asked)
    checks += _model_checks(gate.gate, run, models)
    if gate.baseline is not None:
        checks += baseline_checks(evidence, gate.baseline, models, now, baseline)
    checks += noise_checks(evidence, models)
    judged = list(rule_checks(evidence, models))
    checks += judged
    if not judged:
        checks.append(Check("could not judge", "models", "no rule applied to any model"))
    sha256 = run.results.run.sha256
    return Decision(tuple(checks), gate, run.file, sha256, gate.baseline, tuple(models))


def gated_models(gate: Gate, run: FinishedRun, asked: Iterable[str] = ()) -> list[str]:
    """Return whom the rules are for: those named, or every user's model, judged or only asked."""
    if gate.models is not None:
        return list(dict.fromkeys(gate.models))
    judged = [model.name for model in run.results.models if model.kind == "user"]
    return list(dict.fromkeys([*judged, *asked]))


def _model_checks(gate: Gate, run: FinishedRun, models: list[str]) -> list[Check]:
    """Return what is wrong with the choice of models."""
    general = gate.require_ran or gate.claims or EVERY in gate.expected
    if general and not models:
        why = "the run has no model of kind user; name some with models = [...]"
        return [Check("could not judge", "models", why)]
    found = []
    for name in models:
        try:
            find_model(run, name)
        except Missing as missing:
            found.append(Check("block", "models", missing.reason, name))
    return found
