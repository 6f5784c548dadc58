"""What the rules look at: numbers of a run, recomputed once, and those of its baseline."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mit_harness.claims.base import MIN_PAIRS
from mit_harness.claims.registry import CLAIMS
from mit_harness.errors import near, printable
from mit_harness.report.finished import FinishedRun, recomputed
from mit_harness.report.gate.checks import Outcome, finite
from mit_harness.report.gate.schema import Gate
from mit_harness.report.schema import ClaimRecord, MetricRecord, ModelRecord
from mit_harness.stats.multiplicity import benjamini_hochberg, holm

if TYPE_CHECKING:
    from mit_harness.report.comparison import Difference


class Missing(Exception):  # noqa: N818 - a reason, turned into a check
    """What a rule needs is not there; `outcome` says what follows from that."""

    def __init__(self, reason: str, outcome: Outcome = "block") -> None:
        super().__init__(reason)
        self.reason, self.outcome = reason, outcome


@dataclass
class Evidence:
    """A run whose checksums agree, seen by one gate; whatever is asked for is computed once.

    Attributes
    ----------
    gate
        The rules.
    run
        The candidate.
    baseline
        The run to compare with; None where there is none that can be compared.
    trusted
        Whether every number of `run` came out when it was recomputed.
    """

    gate: Gate
    run: FinishedRun
    baseline: FinishedRun | None = None
    trusted: bool = True
    _records: dict[tuple[str, str], ClaimRecord] = field(default_factory=dict)
    _differences: dict[tuple[str, str], "Sequence[Difference]"] = field(default_factory=dict)

    def model(self, name: str) -> ModelRecord:
        """Return a model's record, or raise `Missing`."""
        return find_model(self.run, name)

    def claim(self, name: str, claim_id: str) -> ClaimRecord:
        """Return a claim judged anew from a model's per-item scores, or raise `Missing`."""
        model = self.model(name)
        stated = find_claim(self.run, model, claim_id)
        if not self.trusted:
            raise Missing("the run's numbers cannot be trusted", "could not judge")
        key = (name, claim_id)
        if key not in self._records:
            record = recomputed(self.run, model, stated.id)
            if record.verdict == "error":
                raise Missing(record.explanation, "could not judge")
            self._records[key] = record
        return self._records[key]

    def metric(self, name: str, claim_id: str, metric: str) -> MetricRecord:
        """Return a metric with a finite value and interval, or raise `Missing`."""
        found = self.claim(name, claim_id).metrics
        if metric not in found:
            raise Missing(f"no metric {metric!r}{near(metric, list(found))}")
        record = found[metric]
        if not finite(record.value, record.ci_low, record.ci_high):
            note = f" ({record.note})" if record.note else ""
            raise Missing(
                f"value {record.value}, 95 % CI [{record.ci_low}, {record.ci_high}]: undefined or "
                f"not finite{note}"
            )
        if record.n < MIN_PAIRS:
            raise Missing(f"n = {record.n}: fewer than {MIN_PAIRS} pairs show nothing")
        return record

    def adjusted_p(self, name: str, claim_id: str) -> float | None:
        """Return a claim's p as the gate's family corrects it; None where it has none.

        ``holm``: over the claims that rules name for this model. ``bh``: over the models of the
        run that were asked this claim.
        """
        own = self.claim(name, claim_id).p
        if self.gate.multiplicity == "none" or own is None:
            return own
        if self.gate.multiplicity == "holm":
            family = [c for c in self.gate.named_claims(name) if self._has(name, c)]
            ps = [self.claim(name, c).p for c in family]
            return holm(ps)[family.index(claim_id)]
        models = [m.name for m in self.run.results.models if self._has(m.name, claim_id)]
        ps = [self.claim(m, claim_id).p for m in models]
        return benjamini_hochberg(ps)[models.index(name)]

    def _has(self, name: str, claim_id: str) -> bool:
        try:
            self.claim(name, claim_id)
        except Missing:
            return False
        return True

    def baseline_name(self, name: str) -> str:
        """Return what a gated model is called in the baseline."""
        table = self.gate.baseline
        return name if table is None else table.models.get(name, name)

    def difference(self, name: str, claim_id: str, metric: str) -> "Difference":
        """Return candidate less baseline, or raise `Missing`."""
        from mit_harness.report.comparison import compare_claim

        if self.baseline is None:
            raise Missing("there is no baseline to compare with (see baseline)")
        key = (name, claim_id)
        if key not in self._differences:
            other = self.baseline_name(name)
            find_claim(self.baseline, find_model(self.baseline, other), claim_id)
            self._differences[key] = compare_claim(self.run, self.baseline, name, other, claim_id)
        known = {difference.metric: difference for difference in self._differences[key]}
        if metric not in known:
            raise Missing(f"no difference of {metric!r} to the baseline{near(metric, list(known))}")
        return known[metric]


def find_model(run: FinishedRun, name: str) -> ModelRecord:
    """Return a model's record, or raise `Missing`."""
    for model in run.results.models:
        if model.name == name:
            return model
    close = near(name, [model.name for model in run.results.models])
    raise Missing(f"there is no model {name!r}{close if close.endswith('?') else ''}")


def find_claim(run: FinishedRun, model: ModelRecord, claim_id: str) -> ClaimRecord:
    """Return a claim's record that this version can recompute, or raise `Missing`."""
    by_id = {claim.id: claim for claim in model.claims}
    if claim_id not in CLAIMS:
        if claim_id in by_id:
            raise Missing("a claim of the project's own cannot be recomputed, and so not be gated")
        raise Missing(f"no claim {claim_id!r}{near(claim_id, list(CLAIMS))}")
    if claim_id not in by_id:
        why = run.results.run.skipped.get(claim_id)
        raise Missing(f"skipped: {printable(why)}" if why else "was not judged in the run")
    if by_id[claim_id].verdict == "error":
        raise Missing(by_id[claim_id].explanation, "could not judge")
    return by_id[claim_id]
