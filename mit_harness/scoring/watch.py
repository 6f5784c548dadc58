"""How far scoring is, in words, and how fast."""

import time

from mit_harness.models.base import ModelHandle
from mit_harness.progress import Step, duration, rate
from mit_harness.scoring.rate import Rate


class ScoringWatch:
    """Says how far a model is, and takes the time.

    Attributes
    ----------
    rate
        What was measured, once all is scored.
    """

    def __init__(self, step: Step) -> None:
        self.rate: Rate | None = None
        self._step = step
        self._loading: float | None = None
        self._began = 0.0

    def loading(self, handle: ModelHandle) -> None:
        """Say that a model is being loaded."""
        self._loading = time.monotonic()
        self._step.say(f"loading {handle.name}{_size(handle)}")

    def __call__(self, name: str, done: int, total: int) -> None:
        """Say how many sequences are scored; see `mit_harness.scoring.engine.Progress`."""
        now = time.monotonic()
        if not done:
            self._began = now
        text, spent = f"scoring {name}: {done} of {total} sequences", now - self._began
        if done:
            text += f", {rate(done, spent)}, {duration(spent / done * (total - done))} left"
        self._step.say(text, self._began)
        if done == total:
            load_s = 0.0 if self._loading is None else self._began - self._loading
            self.rate = Rate(total, spent, load_s)


def _size(handle: ModelHandle) -> str:
    if handle.parameters is None:
        return ""
    from mit_harness.models.neural.presets import BYTES

    gb = handle.parameters * BYTES.get(handle.options.get("dtype", "float32"), 4) / 1e9
    return f", {gb:.1f} GB" if gb >= 0.05 else ""
