"""``--mit-engine ray``: what all selected models need is scored at once, before the first eval."""

from typing import TYPE_CHECKING

import numpy as np

from mit_harness.errors import MitHarnessError
from mit_harness.models.base import ModelHandle, Scores
from mit_harness.progress import Ticker
from mit_harness.scoring.engine import missing
from mit_harness.scoring.noise import Noise, noise_is_due, remember_noise
from mit_harness.scoring.remote.engine import How, Wanted, check_remote, score_remotely
from mit_harness.scoring.store import Row, Store

if TYPE_CHECKING:
    from mit_harness.session.run import EvalRun

Ahead = dict[str, Row] | MitHarnessError
"""Scores that the store does not keep (not finite), by sequence, or why a model is not done."""


def score_ahead(run: "EvalRun", ticker: Ticker) -> dict[str, Ahead]:
    """Score what the selected claims need and the store does not hold, and measure noise floors.

    Recorded scores are left to the evals, which read their file.

    Raises
    ------
    MitHarnessError
        If Ray, the cluster, a model or the store cannot be used at all.
    """
    settings = run.settings
    handles = [run.handles[name] for name in run.selected if run.handles[name].stored]
    check_remote(run.registry, handles)
    with ticker.doing("designing what is scored") as step:
        wanted = [_wanted(run, handle) for handle in handles]
        kept = _Kept(run.store, {handle.name: {} for handle in handles})
        how = How(settings.run_id, settings.loading, settings.batch_tokens, settings.ray_cpus)
        faults = score_remotely(wanted, kept, how, step)
    return {**kept.not_finite, **faults}


def _wanted(run: "EvalRun", handle: ModelHandle) -> Wanted:
    todo = missing(handle, run.needed(handle.name), run.store)
    noise = noise_is_due(handle, run.store, loaded=bool(todo))
    return Wanted(handle, todo, noise=noise, lasting=handle.lasting)


class _Kept:
    """Commits every batch to the store at once, and keeps what the store does not take."""

    def __init__(self, store: Store, not_finite: dict[str, dict[str, Row]]) -> None:
        self.not_finite = not_finite
        self._store = store

    def scores(self, handle: ModelHandle, batch: list[str], scores: Scores) -> None:
        self._store.save(handle, batch, scores)
        for k in np.flatnonzero(~np.isfinite(scores.values)):
            row = Row(float(scores.values[k]), int(scores.tokens[k]), int(scores.bases[k]))
            self.not_finite[handle.name][batch[k]] = row

    def noise(self, handle: ModelHandle, noise: Noise) -> None:
        remember_noise(handle, noise, self._store)
