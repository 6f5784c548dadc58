"""What audited sequences hold, wherever it stands: bases, k-mers, local G+C, runs of A and T."""

import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from re import findall
from typing import Literal, cast

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from mit_harness.promoter.alphabet import BASES, Codes

JUNCTION = 6
"""bp of the k-mers that are followed one by one: what a 6-mer tokenizer or model can see."""

GC_WINDOW = 10
"""bp of the windows in which local G+C is compared."""

_LARGEST_EXACT = 1000
"""Pairs up to which the Kolmogorov-Smirnov p is exact; above, it is the asymptotic one."""

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class KmerFrequencies:
    """How far the k-mer frequencies of a family lie from those of its source.

    Attributes
    ----------
    size
        bp of the k-mers.
    ks
        Largest two-sample Kolmogorov-Smirnov distance over the k-mers, 0 to 1: the frequency of
        a k-mer in each sequence of the family against that in each of the source.
    kmer
        The k-mer with that distance, the alphabetically first of several.
    p_holm
        Its p value adjusted by Holm over all 4**size k-mers: the smallest of the adjusted ones,
        where Holm and Bonferroni agree. The test takes the two samples as independent and the
        frequencies as continuous; pairs share a background and frequencies are steps, and both
        make it conservative.
    total_variation
        Distance of the frequencies pooled over all sequences, 0 to 1: the part of the k-mers
        that would have to be another.
    same
        Pairs in which every k-mer stands exactly as often in both.
    """

    size: int
    ks: float
    kmer: str
    p_holm: float
    total_variation: float
    same: int


@dataclass(frozen=True, slots=True)
class KmerChange:
    """6-mers of one side of the pairs that the other side lacks.

    Attributes
    ----------
    mean
        Number of different 6-mers of a sequence that its partner lacks, mean over the pairs.
    commonest
        The 6-mer that is so in the most pairs, the alphabetically first of several; empty if
        there is none.
    pairs
        In how many pairs that is so.
    elsewhere
        How many sequences of the other side hold it all the same.
    """

    mean: float
    commonest: str
    pairs: int
    elsewhere: int


@dataclass(frozen=True, slots=True)
class LocalGC:
    """The window of 10 bp in which mean G+C differs most.

    Attributes
    ----------
    difference
        Family - source, as a fraction of the window, with its sign.
    start, stop
        The first such window of all that there are (step 1 bp), 0-based and half-open.
    """

    difference: float
    start: int
    stop: int


def composition(codes: Codes) -> Counts:
    """Return how often A, C, G and T stand in each sequence, n x 4."""
    return np.stack([(codes == base).sum(axis=1) for base in range(len(BASES))], axis=1)


def local_gc(family: Codes, source: Codes) -> LocalGC:
    """Return where the mean G+C of a window differs most between two equally large sets."""
    size = min(GC_WINDOW, family.shape[1])
    strong = [BASES.index(base) for base in "CG"]
    more = np.isin(family, strong).sum(axis=0) - np.isin(source, strong).sum(axis=0)
    differences = sliding_window_view(more, size).sum(axis=1)
    start = int(np.argmax(np.abs(differences)))
    return LocalGC(float(differences[start] / (size * len(family))), start, start + size)


def at_run(sequences: Sequence[str]) -> float:
    """Return the mean length in bp of the longest stretch of A and T."""
    longest = [max(map(len, findall("[AT]+", s)), default=0) for s in sequences]
    return float(np.mean(longest))


def frequencies(family: Codes, source: Codes, size: int) -> KmerFrequencies:
    """Compare the k-mer frequencies of two equally large sets of equally long sequences.

    Parameters
    ----------
    family, source
        Base codes, n x L, row i of both being pair i.
    size
        bp of the k-mers, at most L.
    """
    from scipy.stats import ks_2samp

    counts, reference = _counts(family, size), _counts(source, size)
    method: Literal["exact", "asymp"] = "exact" if len(counts) <= _LARGEST_EXACT else "asymp"
    with warnings.catch_warnings():
        # Where the exact p cannot be had, scipy says so and gives the asymptotic one.
        warnings.simplefilter("ignore", RuntimeWarning)
        tests = [ks_2samp(*pair, method=method) for pair in zip(counts.T, reference.T, strict=True)]
    # Rounded, so that equal distances are equal and the first k-mer is taken everywhere.
    distances = np.round([float(test.statistic) for test in tests], 12)
    largest = int(np.argmax(distances))
    pooled = np.abs(counts.sum(0) - reference.sum(0)).sum() / (2 * counts.sum())
    return KmerFrequencies(
        size=size,
        ks=float(distances[largest]),
        kmer="".join(list(product(BASES, repeat=size))[largest]),
        p_holm=min(1.0, len(tests) * float(tests[largest].pvalue)),
        total_variation=float(pooled),
        same=int((counts == reference).all(axis=1).sum()),
    )


def changes(family: Sequence[str], source: Sequence[str]) -> tuple[KmerChange, KmerChange]:
    """Return which 6-mers the family gained and which it lost, pair by pair.

    A 6-mer that only moved is neither. One that is gained or lost in nearly every pair marks a
    junction of elements that exists on one side only.
    """
    ours, theirs = [_kmers(s) for s in family], [_kmers(s) for s in source]
    return _change(ours, theirs), _change(theirs, ours)


def _counts(codes: Codes, size: int) -> Counts:
    """Return how often each k-mer stands in each sequence, n x 4**size, in alphabetical order."""
    windows = sliding_window_view(codes, size, axis=1).astype(np.int64)
    numbers = windows @ (4 ** np.arange(size - 1, -1, -1, dtype=np.int64))
    rows = np.arange(len(codes))[:, None] * 4**size
    counts = np.bincount((rows + numbers).ravel(), minlength=len(codes) * 4**size)
    return cast("Counts", counts.reshape(len(codes), 4**size))


def _kmers(sequence: str) -> frozenset[str]:
    return frozenset(
        sequence[k : k + JUNCTION] for k in range(max(0, len(sequence) - JUNCTION + 1))
    )


def _change(side: Sequence[frozenset[str]], other: Iterable[frozenset[str]]) -> KmerChange:
    other = tuple(other)
    only = [mine - partner for mine, partner in zip(side, other, strict=True)]
    found = Counter(kmer for kmers in only for kmer in kmers)
    mean = found.total() / len(side)
    if not found:
        return KmerChange(mean, "", 0, 0)
    commonest, pairs = min(found.items(), key=lambda kmer: (-kmer[1], kmer[0]))
    return KmerChange(mean, commonest, pairs, sum(commonest in kmers for kmers in other))
