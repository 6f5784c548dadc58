"""Null models whose early bases are predicted badly, with and without a flank on their left.

They stand in for causal language models: none knows a promoter's places, but a base counts more or
less by how much stands before it, which punishes early elements. The flank is context that is
not scored.
"""

from functools import lru_cache

import numpy as np

from mit_harness.models.base import Floats, NumpyModel
from mit_harness.models.genomic import Markov
from mit_harness.models.pwm import words
from mit_harness.promoter.alphabet import Codes, encode
from mit_harness.promoter.construct import draw_bases
from mit_harness.promoter.grammar import SIGMA70

FLANK_LENGTH = 96
FLANK_SEED = 20260604
"""Of the one flank of all null models; no background comes from this stream."""


def left_flank() -> str:
    """Return 96 independent bases of the backgrounds' composition, the same on every call."""
    return draw_bases(SIGMA70, FLANK_LENGTH, np.random.default_rng(FLANK_SEED))


class Adaptive(NumpyModel):
    """Learns in context: log-likelihood with counts of the earlier words, the flank's included.

    Each base is predicted from the `order` bases before it by the words seen so far, with 1/4
    added to each count: poor early context, better later. Bases with fewer than `order` before
    them are uniform.

    Parameters
    ----------
    order
        Number of bases that the next one depends on.
    flank
        Bases on the left of every sequence, learned from and not scored.
    """

    def __init__(self, order: int, flank: str = "") -> None:
        self._order = order
        self._flank = encode([flank]).ravel()
        self._seen = np.full((4**order, 4), 0.25)
        for word in words(self._flank[None, :], order + 1)[0]:
            self._seen[word // 4, word % 4] += 1.0

    def score_block(self, codes: Codes) -> Floats:
        """Return the adaptive log-likelihood in nats."""
        rows = np.arange(len(codes))
        counts = np.tile(self._seen, (len(codes), 1, 1))
        left = self._flank[len(self._flank) - min(self._order, len(self._flank)) :]
        whole = _behind(left, codes)
        unscored = self._order - len(left)
        total = np.full(len(codes), min(unscored, codes.shape[1]) * np.log(0.25))
        contexts = words(whole, self._order)
        for place in range(self._order, whole.shape[1]):
            context, base = contexts[:, place - self._order], whole[:, place]
            seen = counts[rows, context]
            total += np.log(seen[rows, base] / seen.sum(axis=1))
            counts[rows, context, base] += 1.0
        return total


class PoorEarlyContext(NumpyModel):
    """The genome's Markov chain, mixed with the uniform distribution where little stands before.

    The base behind t others (flank included) is uniform with weight exp(-t / tau), and otherwise
    follows the chain, of lower order where t is smaller.

    Parameters
    ----------
    flank
        Bases on the left of every sequence, not scored.
    tau
        bp over which the uniform weight falls to 1/e.
    order
        Of the chain.
    """

    def __init__(self, flank: str = "", tau: float = 20.0, order: int = 5) -> None:
        self._flank = encode([flank]).ravel()
        self._tau = tau
        self._next = [_next_base(k) for k in range(order + 1)]

    def probabilities(self, codes: Codes) -> Floats:
        """Return each base's distribution given all before it, shape (n, L, 4)."""
        whole, scored = _behind(self._flank, codes), len(self._flank)
        made = np.empty((*codes.shape, 4))
        for place in range(scored, whole.shape[1]):
            order = min(place, len(self._next) - 1)
            context = words(whole[:, place - order : place], order)[:, 0]
            uniform = np.exp(-place / self._tau)
            made[:, place - scored] = uniform / 4 + (1 - uniform) * self._next[order][context]
        return made

    def score_block(self, codes: Codes) -> Floats:
        """Return the log-likelihood in nats of the sequence behind the flank."""
        of_bases = np.take_along_axis(self.probabilities(codes), codes[:, :, None], axis=2)
        score: Floats = np.log(of_bases[:, :, 0]).sum(axis=1)
        return score


@lru_cache(maxsize=16)
def _next_base(order: int) -> Floats:
    """Return the genome's probabilities, shape (4**order, 4), of a base after each context."""
    return np.exp(Markov(order).log_next)


def _behind(left: Codes, codes: Codes) -> Codes:
    """Return `codes` with `left` before each row."""
    return np.hstack([np.tile(left, (len(codes), 1)), codes])
