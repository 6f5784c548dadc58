"""Child seeds: every random choice of the benchmark has a stream of its own."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Split = Literal["test", "dev"]

_SPLITS: dict[str, int] = {"test": 0, "dev": 1}
_STREAMS = (
    *("background", "elements", "shuffle", "dinucleotide", "sham", "natural", "natural_decoy"),
    *("titration", "tail", "scrambled_boxes", "grades", "fillers", "variants"),
    "spacing",
)


@dataclass(frozen=True, slots=True)
class Seeds:
    """Numpy generators that never depend on how many others are asked for.

    Attributes
    ----------
    seed
        The benchmark's is 42.
    split
        ``test`` is what leaderboards take; ``dev`` is another stream to tune on.
    """

    seed: int = 42
    split: Split = "test"

    def rng(self, stream: str, index: int) -> np.random.Generator:
        """Return the generator of one purpose at one index."""
        key = (_SPLITS[self.split], _STREAMS.index(stream), index)
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))
