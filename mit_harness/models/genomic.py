"""Models of the E. coli genome's own words: 6-mer frequencies, and a Markov chain.

Both count NC_000913.3 on both strands, words across the origin excepted, and add 1 to each count.
"""

import numpy as np

from mit_harness.models.base import Floats, NumpyModel
from mit_harness.models.pwm import words
from mit_harness.promoter.alphabet import Codes, encode
from mit_harness.promoter.genome import genome


def word_counts(text: str, size: int) -> Floats:
    """Return 1 + how often each word of `size` bp stands on either strand, shape (4**size,)."""
    numbers = words(encode([text]), size)[0]
    forward = np.bincount(numbers, minlength=4**size).reshape((4,) * size)
    # With one axis per base, flipping all axes complements and transposing reverses.
    both = forward + np.flip(forward).T
    return (both.ravel() + 1).astype(np.float64)


class Kmer(NumpyModel):
    """Sum over overlapping 6-mers of the log of their frequency in the genome, in nats.

    The published k-mer baseline was meant so (arXiv 2604.06549); its released scores are those
    of another model and are not reproduced. Not a likelihood: the words overlap.

    Parameters
    ----------
    text
        Upper-case DNA to count; the genome unless given.
    """

    size = 6

    def __init__(self, text: str | None = None) -> None:
        counts = word_counts(genome() if text is None else text, self.size)
        self.log_frequency: Floats = np.log(counts / counts.sum())
        self.min_length = self.size

    def score_block(self, codes: Codes) -> Floats:
        """Return the summed log frequencies."""
        score: Floats = self.log_frequency.take(words(codes, self.size)).sum(axis=1)
        return score


class Markov(NumpyModel):
    """Log-likelihood in nats under the genome's Markov chain; the first bases by their marginal.

    Parameters
    ----------
    order
        Number of bases that the next one depends on.
    text
        Upper-case DNA to count; the genome unless given.
    """

    def __init__(self, order: int = 5, text: str | None = None) -> None:
        self.order = order
        self.min_length = max(1, order)
        text = genome() if text is None else text
        start = word_counts(text, order)
        self.log_start: Floats = np.log(start / start.sum())
        """Shape (4**order,): each possible beginning."""
        step = word_counts(text, order + 1).reshape(-1, 4)
        self.log_next: Floats = np.log(step / step.sum(axis=1, keepdims=True))
        """Shape (4**order, 4): each next base after each context."""

    def score_block(self, codes: Codes) -> Floats:
        """Return the log-likelihood of the whole sequence."""
        start = self.log_start.take(words(codes[:, : self.order], self.order)[:, 0])
        score: Floats = start + self.log_next.take(words(codes, self.order + 1)).sum(axis=1)
        return score
