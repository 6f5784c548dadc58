"""Models without positional knowledge, for the false-positive rates of the claims.

None of them knows where a promoter's element belongs; a claim that one of them holds in more than
a few per cent of seeds is not evidence of positional logic.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mit_harness.models.base import Floats, Model, NumpyModel
from mit_harness.models.genomic import Kmer, Markov
from mit_harness.models.simple import AtContent, Random
from mit_harness.promoter.alphabet import Codes, encode
from mit_harness.promoter.genome import genome


class AtNoise:
    """A+T fraction plus independent noise of one fifth of its spread over backgrounds."""

    def __init__(self, seed: int) -> None:
        self._at, self._noise = AtContent(), Random(seed=seed)

    def score(self, sequences: Sequence[str]) -> Floats:
        """Return A+T fraction + 0.01 z; over 100-bp backgrounds the fraction's SD is 0.05."""
        return self._at.score(sequences) + 0.01 * self._noise.score(sequences)

    def close(self) -> None:
        """Nothing is held."""


class TokenUnigram(NumpyModel):
    """Non-overlapping 6-mer tokens, each with its frequency among the genome's 6-mers."""

    size = 6

    def __init__(self) -> None:
        codes = encode([genome()])[0].astype(np.int64)
        words = _words(codes[None, :], self.size, 1)[0]
        counts = np.bincount(words, minlength=4**self.size) + 1.0
        self._log_token = np.log(counts / counts.sum())
        bases = np.bincount(codes, minlength=4).astype(np.float64)
        self._log_base = np.log(bases / bases.sum())

    def score_block(self, codes: Codes) -> Floats:
        """Return the sum of token log-probabilities; a rest of under 6 bp is scored by base."""
        whole = codes.shape[1] // self.size * self.size
        words = _words(codes[:, :whole].astype(np.int64), self.size, self.size)
        rest: Floats = self._log_base[codes[:, whole:]].sum(axis=1)
        return self._log_token[words].sum(axis=1) + rest


class Adaptive(NumpyModel):
    """Learns in context: log-likelihood with counts of the sequence's own earlier words.

    Each base is predicted from the `order` bases before it by the words seen so far in the same
    sequence, with 1/4 added to each count: poor early context, better later.
    """

    def __init__(self, order: int) -> None:
        self._order = order

    def score_block(self, codes: Codes) -> Floats:
        """Return the adaptive log-likelihood in nats."""
        rows = np.arange(len(codes))
        counts = np.full((len(codes), 4**self._order, 4), 0.25)
        total = np.full(len(codes), self._order * np.log(0.25))
        contexts = _words(codes.astype(np.int64), self._order, 1)
        for place in range(self._order, codes.shape[1]):
            context, base = contexts[:, place - self._order], codes[:, place]
            seen = counts[rows, context]
            total += np.log(seen[rows, base] / seen.sum(axis=1))
            counts[rows, context, base] += 1.0
        return total


def _words(codes: NDArray[np.int64], size: int, step: int) -> NDArray[np.int64]:
    """Return the base-4 numbers of all words of `size` bases that start every `step` places."""
    starts = np.arange(0, codes.shape[1] - size + 1, step)
    words = np.zeros((len(codes), len(starts)), dtype=np.int64)
    for k in range(size):
        words = words * 4 + codes[:, starts + k]
    return words


NULLS: Mapping[str, Callable[[int], Model]] = {
    "random": lambda seed: Random(seed=seed),
    "AT": lambda _seed: AtContent(),
    "AT + noise": AtNoise,
    "Markov 1": lambda _seed: Markov(order=1),
    "Markov 2": lambda _seed: Markov(order=2),
    "Markov 5": lambda _seed: Markov(order=5),
    "Markov 8": lambda _seed: Markov(order=8),
    "6-mer": lambda _seed: Kmer(),
    "tokenised 6-mer": lambda _seed: TokenUnigram(),
    "adaptive 2": lambda _seed: Adaptive(2),
    "adaptive 4": lambda _seed: Adaptive(4),
}
"""Null model by name, made for one benchmark seed."""
