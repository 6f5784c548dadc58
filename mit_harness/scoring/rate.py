"""How fast a model was scored on this machine: what a plan says of how long it takes."""

import json
from dataclasses import asdict, dataclass

from mit_harness.models.base import ModelHandle
from mit_harness.scoring.store import Store

ENOUGH = 16
"""Sequences, from which on a measurement replaces an earlier one."""

KIND = "rate"


@dataclass(frozen=True)
class Rate:
    """What one run measured.

    Attributes
    ----------
    sequences
        That were scored.
    seconds
        In which they were, the model being loaded.
    load_s
        Seconds that loading took.
    """

    sequences: int
    seconds: float
    load_s: float

    def estimate(self, sequences: int) -> float:
        """Return the seconds that loading and scoring so many would take."""
        return self.load_s + sequences * self.seconds / self.sequences


def keep_rate(handle: ModelHandle, device: str | None, store: Store, rate: Rate) -> None:
    """Keep how fast a model was, unless it was measured on more sequences before."""
    known = known_rate(handle, device, store)
    if known is None or rate.sequences >= min(ENOUGH, known.sequences):
        store.remember(KIND, _key(handle, device), json.dumps(asdict(rate)))


def known_rate(handle: ModelHandle, device: str | None, store: Store) -> Rate | None:
    """Return how fast a model was when it was last scored on this device; None if it never was."""
    text = store.recall(KIND, _key(handle, device))
    return None if text is None else Rate(**json.loads(text))


def _key(handle: ModelHandle, device: str | None) -> str:
    where = handle.options.get("device") or device or "auto"
    return f"{handle.fingerprint}\n{handle.method}\n{where}"
