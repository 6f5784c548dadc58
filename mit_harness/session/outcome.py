"""From a verdict to pytest's outcome: who may fail a run, and with which words."""

from dataclasses import dataclass
from typing import Literal

from mit_harness.claims.base import ClaimResult
from mit_harness.models.base import Kind
from mit_harness.stats.verdict import Verdict


@dataclass(frozen=True)
class Outcome:
    """What the eval does: pass, xfail (measured, nothing to fail) or fail, and why."""

    status: Literal["pass", "xfail", "fail"]
    message: str


def conclude(
    result: ClaimResult,
    model: str,
    kind: Kind,
    declared: frozenset[Verdict] | None,
    *,
    measure_only: bool,
) -> Outcome:
    """Decide the outcome of one eval.

    An ``error`` always fails; a diagnostic has nothing else to fail by. A control fails when its
    verdict is not among those it declares. A user's model fails when a claim does not hold.
    Everything else is measured only.
    """
    text = f"{model}: {result.claim}: {result.explanation}"
    if result.verdict is Verdict.ERROR:
        return Outcome("fail", text)
    if declared is not None and result.verdict not in declared:
        allowed = " or ".join(sorted(declared))
        return Outcome(
            "fail",
            f"{text} This control declares {allowed}: the harness, the design or the statistics "
            "have drifted; see mit_harness/claims/truth_table.toml",
        )
    if result.verdict in (Verdict.HOLDS, Verdict.MEASURED):
        return Outcome("pass", text)
    if kind == "user" and not measure_only:
        return Outcome("fail", text)
    return Outcome("xfail", text)
