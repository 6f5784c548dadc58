"""What audited sequences hold, wherever it stands: bases, k-mers, local G+C, runs of A and T.

All functions take base codes, n x L; where two are taken, row i of both is pair i.
"""

from dataclasses import dataclass
from math import exp, lgamma, log
from typing import cast

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from mit_harness.promoter.alphabet import BASES, Codes

JUNCTION = 6
"""bp of the k-mers that are followed one by one: what a 6-mer tokenizer or model can see."""

GC_WINDOW = 10
"""bp of the windows in which local G+C is compared."""

_ROWS = 2_000  # pairs whose 6-mers are held at once: 8 MB a side

Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]


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
        Its exact p value adjusted by Holm over all 4**size k-mers: the smallest of the adjusted
        ones, where Holm and Bonferroni agree. The test takes the two samples as independent and
        the frequencies as continuous; pairs share a background and frequencies are steps, and
        both make it conservative.
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
    reverse
        In how many pairs only the other side holds it.
    p
        Exact one-sided p of the sign test of `pairs` against `reverse`, adjusted by Bonferroni
        over all 6-mers: small where the word tells the sides apart, not by chance.
    """

    mean: float
    commonest: str
    pairs: int
    reverse: int
    p: float


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
    more = _is(family, "CG").sum(axis=0) - _is(source, "CG").sum(axis=0)
    differences = sliding_window_view(more, size).sum(axis=1)
    start = int(np.argmax(np.abs(differences)))
    return LocalGC(float(differences[start] / (size * len(family))), start, start + size)


def at_runs(codes: Codes) -> Counts:
    """Return the length in bp of the longest stretch of A and T in each sequence."""
    run = longest = np.zeros(len(codes), dtype=np.int64)
    for weak in _is(codes, "AT").T:
        run = (run + 1) * weak
        longest = np.maximum(longest, run)
    return longest


def _is(codes: Codes, bases: str) -> Mask:
    return np.array([base in bases for base in BASES])[codes]


def kmer_counts(codes: Codes, size: int) -> Counts:
    """Return how often each k-mer stands in each sequence, n x 4**size, in alphabetical order."""
    rows = np.arange(len(codes))[:, None] * 4**size
    counts = np.bincount((rows + _numbers(codes, size)).ravel(), minlength=len(codes) * 4**size)
    return cast("Counts", counts.reshape(len(codes), 4**size))


def frequencies(family: Counts, source: Counts, size: int) -> KmerFrequencies:
    """Compare the k-mer frequencies of two equally large sets of equally long sequences.

    Parameters
    ----------
    family, source
        What `kmer_counts` says of each, row i of both being pair i.
    size
        bp of the k-mers.
    """
    n, kinds = family.shape
    most = int(max(family.max(), source.max())) + 1
    places = np.arange(kinds) * most
    steps = [
        np.bincount((places + counts).ravel(), minlength=kinds * most).reshape(kinds, most)
        for counts in (family, source)
    ]
    # Distances in steps of 1/n are whole numbers, so that equal ones are equal everywhere.
    apart = np.abs(np.cumsum(steps[0] - steps[1], axis=1)).max(axis=1)
    largest = int(np.argmax(apart))
    pooled = np.abs(family.sum(0) - source.sum(0)).sum() / (2 * family.sum())
    return KmerFrequencies(
        size=size,
        ks=float(apart[largest] / n),
        kmer=_kmer(largest, size),
        p_holm=min(1.0, kinds * ks_p(int(apart[largest]), n)),
        total_variation=float(pooled),
        same=int((family == source).all(axis=1).sum()),
    )


def ks_p(steps: int, n: int) -> float:
    """Return the exact two-sided p of a Kolmogorov-Smirnov distance of `steps` / n, n against n.

    Gnedenko and Korolyuk (1951): 2 sum over j of (-1)**(j+1) C(2n, n - j steps) / C(2n, n).
    """
    if steps <= 0:
        return 1.0
    i = np.arange(1, n + 1)
    # Row k: C(2n, n - k) / C(2n, n), as sums of logarithms, since the numbers themselves overflow.
    logs = np.concatenate([[0.0], np.cumsum(np.log((n - i + 1) / (n + i)))])
    terms = np.exp(logs[steps::steps])
    signs = 1 - 2 * (np.arange(len(terms)) % 2)
    p = 2 * (signs * terms).sum()
    return min(1.0, float(f"{p:.10g}"))  # the last digits differ between machines' logarithms


def changes(family: Codes, source: Codes) -> tuple[KmerChange, KmerChange]:
    """Return which 6-mers the family gained and which it lost, pair by pair.

    A 6-mer that only moved is neither. One that is gained or lost in nearly every pair marks a
    junction of elements that exists on one side only.
    """
    if family.shape[1] < JUNCTION:
        return (KmerChange(0.0, "", 0, 0, 1.0),) * 2
    gained, lost = np.zeros((2, 4**JUNCTION), dtype=np.int64)
    for start in range(0, len(family), _ROWS):
        rows = slice(start, start + _ROWS)
        ours, theirs = _held(family[rows]), _held(source[rows])
        gained += (ours & ~theirs).sum(axis=0)
        lost += (theirs & ~ours).sum(axis=0)
    return _change(gained, lost, len(family)), _change(lost, gained, len(family))


def sign_p(wins: int, losses: int) -> float:
    """Return the exact one-sided p of a sign test: as many wins of so many, or more."""
    n = wins + losses
    whole = lgamma(n + 1) - n * log(2)
    terms = (exp(whole - lgamma(k + 1) - lgamma(n - k + 1)) for k in range(wins, n + 1))
    return min(1.0, float(f"{sum(terms):.10g}"))  # as in ks_p


def _numbers(codes: Codes, size: int) -> Counts:
    """Return the number of the k-mer at each place: its place in alphabetical order."""
    places = codes.shape[1] - size + 1
    numbers = np.zeros((len(codes), places), dtype=np.int64)
    for k in range(size):
        numbers = 4 * numbers + codes[:, k : k + places]
    return numbers


def _kmer(number: int, size: int) -> str:
    return "".join(BASES[(number >> 2 * k) & 3] for k in reversed(range(size)))


def _held(codes: Codes) -> Mask:
    """Return which 6-mers each sequence holds, n x 4096."""
    held = np.zeros((len(codes), 4**JUNCTION), dtype=np.bool_)
    held[np.arange(len(codes))[:, None], _numbers(codes, JUNCTION)] = True
    return held


def _change(found: Counts, reverse: Counts, n: int) -> KmerChange:
    if not found.any():
        return KmerChange(0.0, "", 0, 0, 1.0)
    commonest = int(np.argmax(found))
    pairs, others = int(found[commonest]), int(reverse[commonest])
    return KmerChange(
        mean=float(found.sum() / n),
        commonest=_kmer(commonest, JUNCTION),
        pairs=pairs,
        reverse=others,
        p=min(1.0, len(found) * sign_p(pairs, others)),
    )
