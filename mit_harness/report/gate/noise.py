"""How far the noise in a model's scores can move a metric."""

import math
from dataclasses import dataclass, replace

import numpy as np

from mit_harness.claims.base import Scored
from mit_harness.claims.registry import get_claim
from mit_harness.errors import MitHarnessError
from mit_harness.models.base import Floats
from mit_harness.report.build import claim_record
from mit_harness.report.finished import FinishedRun
from mit_harness.report.schema import ClaimRecord, MetricRecord, ModelRecord

DRAWS = 20
"""Perturbed copies of the scores; the largest of 20 is about the 95th percentile of what noise
does."""


@dataclass(frozen=True)
class Band:
    """What noise alone can do to a metric.

    Attributes
    ----------
    width
        In the metric's unit; infinite where noise can leave the metric undefined; None where the
        model's noise floor is unknown.
    reason
        How it was come by, or why it is unknown.
    """

    width: float | None
    reason: str

    @property
    def at_least(self) -> float:
        """The width, 0 where it is unknown."""
        return 0.0 if self.width is None else self.width


def floor_of(model: ModelRecord) -> tuple[float | None, str]:
    """Return a model's noise floor in the unit of its scores, or None and why it is unknown."""
    noise = model.noise
    if noise is None:
        return None, "its noise floor was not measured"
    if noise.nats is None:
        return None, noise.note or "its noise floor is null"
    if not (math.isfinite(noise.nats) and noise.nats >= 0):
        return None, f"its noise floor is {noise.nats}, which is no spread"
    return noise.nats, f"noise floor {noise.nats:.3g}"


def noise_band(run: FinishedRun, model: ModelRecord, claim_id: str, metric: str) -> Band:
    """Return how far noise within a model's floor moves a metric or either end of its interval.

    The floor is the largest spread of one sequence's score between ways to compute it, and a run's
    score is one of these, so another lies anywhere within the floor above or below. The claim is
    judged anew `DRAWS` times, each sequence's score moved by its own uniform draw from +-floor
    (seeded by the run; the same sequence moves alike wherever it stands), and the band is the
    largest change of value, CI low or CI high that came out.

    Parameters
    ----------
    run, model
        The model's scores of the claim are in the run.
    claim_id, metric
        A shipped claim, and one of its metrics.

    Raises
    ------
    ReportError
        If the scores are not there.
    """
    floor, reason = floor_of(model)
    if floor is None:
        return Band(None, reason)
    scored = run.items.scored(model.name, claim_id)
    if floor == 0:
        return Band(0.0, reason)
    start = _numbers(_judged(run, model, claim_id, scored).metrics.get(metric))
    distinct, places = np.unique([item.sequence for item in scored.sequences], return_inverse=True)
    rng = np.random.default_rng(np.random.SeedSequence(run.results.design.seed, spawn_key=(20,)))
    width = 0.0
    for _ in range(DRAWS):
        moved: Floats = scored.values + floor * rng.uniform(-1, 1, len(distinct))[places]
        try:
            again = _judged(run, model, claim_id, replace(scored, values=moved))
        except MitHarnessError:  # scores too large to be squared
            return Band(math.inf, reason)
        width = max(width, _distance(start, _numbers(again.metrics.get(metric))))
    return Band(width, reason)


def _judged(run: FinishedRun, model: ModelRecord, claim_id: str, scored: Scored) -> ClaimRecord:
    claim, design = get_claim(claim_id), run.results.design
    result = claim.judge(
        scored, protocol=design.protocol, seed=design.seed, tolerance=model.tolerance
    )
    return claim_record(result, claim.threshold, None)


def _numbers(metric: MetricRecord | None) -> list[float] | None:
    if metric is None or metric.value is None or metric.ci_low is None or metric.ci_high is None:
        return None
    return [metric.value, metric.ci_low, metric.ci_high]


def _distance(start: list[float] | None, found: list[float] | None) -> float:
    if start is None or found is None:
        return math.inf
    changes = [abs(a - b) for a, b in zip(start, found, strict=True)]
    return max(changes) if all(map(math.isfinite, changes)) else math.inf
