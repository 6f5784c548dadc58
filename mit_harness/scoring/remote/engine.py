"""Several models on many sequences through Ray, in one go."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from mit_harness.errors import InputError, MitHarnessError
from mit_harness.models.base import Loading, ModelHandle
from mit_harness.models.registry import Registry
from mit_harness.models.spec import parse
from mit_harness.progress import Step, duration, rate
from mit_harness.scoring.engine import BATCH_TOKENS, batches
from mit_harness.scoring.remote.cluster import check_installed, cluster
from mit_harness.scoring.remote.dispatch import RETRIES, Share, Sink, dispatch
from mit_harness.scoring.remote.work import Recipe


@dataclass(frozen=True)
class Wanted:
    """What one model has to score, distinct sequences that nobody has scored yet.

    Attributes
    ----------
    noise
        Whether its noise floor is measured too.
    lasting
        Whether the sink keeps its scores for later runs.
    """

    handle: ModelHandle
    sequences: Sequence[str]
    noise: bool = False
    lasting: bool = True


@dataclass(frozen=True)
class How:
    """How a run scores.

    Attributes
    ----------
    run_id, loading
        As the registry that made the handles has them.
    batch_tokens
        As in `mit_harness.scoring.engine.score`.
    cpus
        CPUs of one actor.
    retries
        How often a batch is scored again after its actor was lost.
    """

    run_id: str = ""
    loading: Loading = field(default_factory=Loading)
    batch_tokens: int = BATCH_TOKENS
    cpus: int = 1
    retries: int = RETRIES


def check_remote(registry: Registry, handles: Sequence[ModelHandle]) -> None:
    """Raise unless Ray is installed and its actors can make all models again; nothing is begun.

    Raises
    ------
    InputError
        If Ray is missing, or a model is known to this process only.
    """
    check_installed()
    for handle in handles:
        spec = parse(handle.spec)
        if not spec.scheme and spec.target in registry.added:
            raise InputError(
                f"model {spec.target!r} is registered by a conftest.py, which Ray's actors do not "
                "read; name it py:package.module:factory, or give it an entry point in the group "
                "'mit_harness.models'"
            )


def score_remotely(
    wanted: Sequence[Wanted], sink: Sink, how: How, step: Step | None = None
) -> dict[str, MitHarnessError]:
    """Score through Ray, and return by its name why a model is not done; the others are.

    Models are made again in the actors from their specs. Ray is not started where nothing is
    wanted.

    Raises
    ------
    InputError
        If Ray is not installed.
    EngineError
        If the cluster cannot be used.
    StoreError
        If the sink cannot keep a batch; finished batches are kept.
    """
    shares = [share_of(one, how) for one in wanted if one.sequences or one.noise]
    if not shares:
        return {}
    step = step or Step("")
    step.say("connecting to Ray")
    with cluster(how.loading.device, how.cpus) as pool:
        step.say("waiting for Ray to start an actor")
        watch = RemoteWatch(step, sum(share.total for share in shares))
        dispatch(pool, shares, sink, watch, retries=how.retries)
    faults = {share.handle.name: share.fault() for share in shares}
    return {name: fault for name, fault in faults.items() if fault is not None}


def share_of(one: Wanted, how: How) -> Share:
    """Return what the dispatcher gives out for one model: the local engine's batches."""
    handle = one.handle
    tokens = min(how.batch_tokens, handle.batch_bases or how.batch_tokens)
    recipe = Recipe.of(handle, how.run_id, how.loading)
    made = batches(one.sequences, tokens)
    return Share.of(handle, recipe, made, noise=one.noise, lasting=one.lasting)


class RemoteWatch:
    """Says how far all models together are; see `mit_harness.scoring.engine.Progress`."""

    def __init__(self, step: Step, total: int) -> None:
        self._step, self._total = step, total
        self._done: dict[str, int] = {}
        self._open: dict[str, None] = {}
        self._began = time.monotonic()

    def __call__(self, name: str, done: int, total: int) -> None:
        """Take in how many sequences of one model are scored."""
        self._done[name] = done
        self._open[name] = None
        if done == total:
            del self._open[name]
        scored, spent = sum(self._done.values()), time.monotonic() - self._began
        text = f"scoring by Ray: {scored} of {self._total} scores"
        if scored:
            left = duration(spent / scored * (self._total - scored))
            text += f", {rate(scored, spent)}, {left} left"
        if self._open:
            text += f" ({', '.join(self._open)})"
        self._step.say(text, self._began)
