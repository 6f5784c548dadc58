"""Models without positional knowledge, for the false-positive rates of the claims.

None of them knows where a promoter's element belongs; a claim that one of them holds in more than
a few per cent of seeds is not evidence of positional logic.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from null_context import Adaptive, PoorEarlyContext, left_flank
from null_tokenised import BpeUnigram, TokenUnigram

from mit_harness.models.base import Floats, Model
from mit_harness.models.genomic import Kmer, Markov
from mit_harness.models.simple import AtContent, Random


class AtNoise:
    """A+T fraction plus independent noise of one fifth of its spread over backgrounds."""

    def __init__(self, seed: int) -> None:
        self._at, self._noise = AtContent(), Random(seed=seed)

    def score(self, sequences: Sequence[str]) -> Floats:
        """Return A+T fraction + 0.01 z; over 100-bp backgrounds the fraction's SD is 0.05."""
        return self._at.score(sequences) + 0.01 * self._noise.score(sequences)

    def close(self) -> None:
        """Nothing is held."""


def _once(make: Callable[[], Model]) -> Callable[[int], Model]:
    """Return a factory that ignores the seed: the model is made on first use, and kept."""
    kept = cache(make)
    return lambda _seed: kept()


NULLS: Mapping[str, Callable[[int], Model]] = {
    "random": lambda seed: Random(seed=seed),
    "AT": _once(AtContent),
    "AT + noise": AtNoise,
    "Markov 1": _once(lambda: Markov(order=1)),
    "Markov 2": _once(lambda: Markov(order=2)),
    "Markov 5": _once(lambda: Markov(order=5)),
    "Markov 8": _once(lambda: Markov(order=8)),
    "6-mer": _once(Kmer),
    "tokenised 6-mer": _once(TokenUnigram),
    "tokenised BPE": _once(BpeUnigram),
    "adaptive 2": _once(lambda: Adaptive(2)),
    "adaptive 4": _once(lambda: Adaptive(4)),
    "adaptive 4 + flank": _once(lambda: Adaptive(4, left_flank())),
    "poor early context": _once(PoorEarlyContext),
    "poor early context + flank": _once(lambda: PoorEarlyContext(left_flank())),
}
"""Null model by name, made for one benchmark seed; cheap to call again."""
