"""Null models that read tokens: fixed 6-mers, and byte-pair encoding learned on the genome.

Neither knows where a promoter's element belongs. Where BPE cuts depends on the bases around, so
the same element can cost more or less beside another neighbour.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mit_harness.models.base import Floats, NumpyModel
from mit_harness.models.pwm import words
from mit_harness.promoter.alphabet import BASES, Codes, encode, reverse_complement
from mit_harness.promoter.genome import genome

BPE_VOCABULARY = 1024
"""Tokens of the BPE model: the four bases and 1,020 merges."""
BPE_SLICE = 500_000
"""bp at the genome's beginning, read on both strands, on which merges and tokens are counted."""

Tokens = NDArray[np.uint16]
"""Token numbers: 0 stands between sequences, 1..4 are A, C, G, T, then come the merges in order."""

_FIRST_MERGE = 1 + len(BASES)


class TokenUnigram(NumpyModel):
    """Non-overlapping 6-mer tokens, each with its frequency among the genome's 6-mers."""

    size = 6

    def __init__(self) -> None:
        codes = encode([genome()])
        counts = np.bincount(words(codes, self.size)[0], minlength=4**self.size) + 1.0
        self._log_token = np.log(counts / counts.sum())
        bases = np.bincount(codes[0], minlength=4).astype(np.float64)
        self._log_base = np.log(bases / bases.sum())

    def score_block(self, codes: Codes) -> Floats:
        """Return the sum of token log-probabilities; a rest of under 6 bp is scored by base."""
        whole = codes.shape[1] // self.size * self.size
        tokens = words(codes[:, :whole], self.size)[:, :: self.size]
        rest = self._log_base[codes[:, whole:]].sum(axis=1)
        score: Floats = self._log_token[tokens].sum(axis=1) + rest
        return score


class Bpe:
    """Byte-pair encoding of DNA; a sequence is one word, as it has no white space.

    Attributes
    ----------
    pairs
        The two tokens of each merge, in the order learned.
    texts
        The bases of each token, by its number.
    counts
        How often each token stands in the text that the merges were learned on.
    """

    def __init__(self, sequences: list[str], vocabulary: int) -> None:
        """Learn merges: each time the most frequent pair of neighbours, of equals the first.

        Pairs are counted as they overlap (AAA holds AA twice) and merged from the left.
        """
        tokens = _flat([encode([text]) for text in sequences])
        self.pairs: list[tuple[int, int]] = []
        self.texts = ["", *BASES]
        for merged in range(_FIRST_MERGE, vocabulary + 1):
            numbers = tokens[:-1].astype(np.int64) * merged + tokens[1:]
            pairs = np.bincount(numbers, minlength=merged**2).reshape(merged, merged)
            pairs[0] = pairs[:, 0] = 0
            left, right = divmod(int(pairs.argmax()), merged)
            if pairs[left, right] < 2:
                break
            self.pairs.append((left, right))
            self.texts.append(self.texts[left] + self.texts[right])
            tokens = _merge(tokens, left, right, merged)
        self.counts = np.bincount(tokens, minlength=len(self.texts))
        self.counts[0] = 0

    def encode(self, codes: Codes) -> Tokens:
        """Return the tokens of all rows, one row after the other, each behind a 0.

        A merge makes no pair of earlier rank, so that taking the merges one by one, over all rows
        at once, is the same as always merging a row's pair of lowest rank first.
        """
        tokens = _flat([codes])
        for rank, (left, right) in enumerate(self.pairs):
            tokens = _merge(tokens, left, right, _FIRST_MERGE + rank)
        return tokens


class BpeUnigram(NumpyModel):
    """BPE tokens of the genome, each with its frequency (1 added) in the tokenised genome."""

    def __init__(self) -> None:
        self._bpe = genome_bpe()
        counts = self._bpe.counts[1:] + 1.0
        self.log_token: Floats = np.concatenate([[0.0], np.log(counts / counts.sum())])
        """By token number; 0 for what stands between sequences."""

    def score_block(self, codes: Codes) -> Floats:
        """Return the sum of token log-probabilities."""
        tokens = self._bpe.encode(codes)
        rows = np.cumsum(tokens == 0) - 1
        summed = np.bincount(rows, weights=self.log_token[tokens], minlength=len(codes))
        return summed.astype(np.float64)


@lru_cache(maxsize=1)
def genome_bpe() -> Bpe:
    """Return the BPE of `BPE_SLICE` bp of the genome, both strands; learned once per process."""
    text = genome()[:BPE_SLICE]
    return Bpe([text, reverse_complement(text)], BPE_VOCABULARY)


def _flat(blocks: list[Codes]) -> Tokens:
    """Return all rows of base codes as tokens, one row after the other, each behind a 0."""
    rows = [np.pad(block.astype(np.uint16) + np.uint16(1), ((0, 0), (1, 0))) for block in blocks]
    return np.concatenate([row.ravel() for row in rows])


def _merge(tokens: Tokens, left: int, right: int, merged: int) -> Tokens:
    """Return `tokens` with each `left, right` made one token, from the left."""
    places = np.flatnonzero((tokens[:-1] == left) & (tokens[1:] == right))
    if left == right and len(places):
        # Within a run of equal tokens the pairs overlap: every second one is merged.
        order = np.arange(len(places))
        begins = np.concatenate([[True], np.diff(places) > 1])
        places = places[(order - np.maximum.accumulate(np.where(begins, order, 0))) % 2 == 0]
    if not len(places):
        return tokens
    made = tokens.copy()
    made[places] = merged
    keep = np.ones(len(tokens), dtype=np.bool_)
    keep[places + 1] = False
    return made[keep]
