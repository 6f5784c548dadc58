"""What a Markov chain of the same training bases gives on the same held-out bases."""

import numpy as np
import numpy.typing as npt
from corpus import Codes, Corpus, complement

from mit_harness.models.pwm import words

Floats = npt.NDArray[np.float64]


def log2_transitions(corpus: Corpus, order: int) -> Floats:
    """Return log2 P(base | the `order` bases before), by word; both strands, counts + 1."""
    counts = np.ones(4 ** (order + 1))
    for stretch in corpus.training:
        for strand in (stretch, complement(stretch)):
            counts += np.bincount(words(strand[None], order + 1)[0], minlength=len(counts))
    rows = counts.reshape(-1, 4)
    log2: Floats = np.log2(rows / rows.sum(axis=1, keepdims=True)).ravel()
    return log2


def causal_bits(corpus: Corpus, order: int, rows: Codes, context: int) -> float:
    """Return the bits per base of the bases after `context` of each window."""
    log2 = log2_transitions(corpus, order)
    return -float(log2[words(rows[:, context - order :], order + 1)].mean())


def masked_bits(corpus: Corpus, order: int, rows: Codes) -> float:
    """Return the bits of the middle base of each window given both sides, under the same chain.

    P(base | the rest) is in proportion to the chain's probability of the window with that base, so
    only the words that hold it count.
    """
    log2 = log2_transitions(corpus, order)
    middle = rows.shape[1] // 2
    around = rows[:, middle - order : middle + order + 1].copy()
    truth = around[:, order].copy()
    scores = np.empty((len(rows), 4))
    for base in range(4):
        around[:, order] = base
        scores[:, base] = log2[words(around, order + 1)].sum(axis=1)
    scores -= np.logaddexp2.reduce(scores, axis=1, keepdims=True)
    return -float(scores[np.arange(len(rows)), truth].mean())
