"""composition: how much of a score over bare backgrounds is A+T and k-mers; a diagnostic."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mit_harness.claims.at_titration import LEVELS, at_group, at_percent, titration
from mit_harness.claims.base import Claim, Floats, Measured, Pairs, Scored
from mit_harness.models.pwm import words
from mit_harness.promoter.alphabet import encode
from mit_harness.promoter.core import DesignSpec, Protocol
from mit_harness.promoter.sequence_set import SequenceSet
from mit_harness.stats.inference import Inference
from mit_harness.stats.metric import Metric, undefined
from mit_harness.stats.verdict import Verdict

FOLDS = 5
RIDGE = 1e-6
WORDS = (1, 2, 3)
MOST_SMOOTHED = 2_000
"""Sequences up to which models share one matrix, of 32 MB at most."""
_GROUPS = tuple(at_group(level, "bare") for level in LEVELS)


class Composition(Claim):
    """Slope and correlation of score and A+T over bare backgrounds, and R2 of k-mer regressions.

    R2 is out of fold (backgrounds of one index stay together): 1 - residual / total sum of
    squares of a least-squares fit of the score on the counts of all words of k bp. It is 1 for a
    model that is a sum over words, and at or below 0 where words say nothing.
    """

    id = "composition"
    title = "What composition alone explains (diagnostic)"
    compares = "backgrounds of 30 to 80 % A+T without any element"
    threshold_text = "no threshold: a diagnostic"
    absent_band = None
    meaning: ClassVar[Mapping[Verdict, str]] = {
        Verdict.MEASURED: "A diagnostic, without a verdict.",
    }

    def pairs(self, protocol: Protocol) -> Pairs:
        """Nothing is compared."""
        self.only_matched(protocol)
        return ()

    def needed(self, protocol: Protocol) -> tuple[str, ...]:
        """The bare backgrounds at every level."""
        self.only_matched(protocol)
        return _GROUPS

    def make(self, spec: DesignSpec) -> SequenceSet:
        """Build the backgrounds of the titration."""
        return titration(spec, ("bare",))

    def measure(self, scored: Scored, stats: Inference) -> Measured:
        """Report everything."""
        scores = np.column_stack(scored.matched(*_GROUPS))
        at = np.column_stack(at_percent(scored).matched(*_GROUPS))
        reported = [
            stats.slope("composition_at_slope", at, scores, unit="nats per % A+T"),
            stats.pearson("composition_at_r_sequences", at, scores),
            stats.pearson_of_means("composition_at_r_means", at, scores),
        ]
        reported += [_explained(scored, stats, scores, size) for size in WORDS]
        return Measured([], reported)


def word_counts(texts: list[str], size: int) -> Floats:
    """Return counts of all words of `size` bp, shape (len(texts), 4 ** size)."""
    counts = [np.bincount(row, minlength=4**size) for row in words(encode(texts), size)]
    return np.array(counts, dtype=np.float64)


def _explained(scored: Scored, stats: Inference, scores: Floats, size: int) -> Metric:
    """Return the out-of-fold R2 of the regression on words of `size` bp."""
    name = f"kmer_r2_{size}"
    if len(scores) < FOLDS:
        why = f"{len(scores)} backgrounds make no {FOLDS} folds"
        return undefined(name, len(scores), "R2", why)
    row_of = Scored(scored.sequences, np.arange(len(scored.sequences), dtype=np.float64))
    rows: NDArray[np.intp] = np.column_stack(row_of.matched(*_GROUPS)).astype(np.intp)
    texts = tuple(scored.sequences[int(row)].sequence for row in rows.ravel())
    left = residuals(texts, rows.shape[1], size, scores.ravel()).reshape(rows.shape)
    total = scores - scores.mean()
    columns = np.column_stack([(left**2).mean(axis=1), (total**2).mean(axis=1)])
    return stats.ratio(
        name,
        [columns],
        lambda m: m[..., 1] - m[..., 0],
        lambda m: m[..., 1],
        rule="above 0",
        unit="R2",
    )


def residuals(texts: tuple[str, ...], levels: int, size: int, scores: Floats) -> Floats:
    """Return what a fit to the other folds leaves of each score, shape (len(texts),).

    Of many sequences the `smoother` would be too large a matrix: the fit is then made anew for
    each model, in memory that grows with the number of sequences and not with its square.
    """
    if len(texts) <= MOST_SMOOTHED:
        return smoother(texts, levels, size) @ scores
    counts, left = word_counts(list(texts), size), scores.copy()
    for held, kept in _folds(len(texts), levels):
        base = counts[kept].mean(axis=0)
        rest = counts[kept] - base
        slopes = np.linalg.solve(_square(rest), rest.T @ scores[kept])
        left[held] -= (counts[held] - base) @ slopes + scores[kept].mean()
    return left


def _folds(n: int, levels: int) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield the rows that are left out of a fit, and those that it is made of."""
    fold = np.arange(n) // levels % FOLDS
    for k in range(FOLDS):
        yield np.flatnonzero(fold == k), np.flatnonzero(fold != k)


def _square(rest: Floats) -> Floats:
    """Return the normal equations' matrix of centred counts.

    Counts sum to a constant, so one of them is redundant; the ridge only settles that.
    """
    found: Floats = rest.T @ rest + RIDGE * np.eye(rest.shape[1])
    return found


@lru_cache(maxsize=8)
def smoother(texts: tuple[str, ...], levels: int, size: int) -> Floats:
    """Return the matrix that turns scores into what a fit to the other folds leaves of them.

    It depends on the sequences alone, so all models of a run share it.

    Parameters
    ----------
    texts
        Sequences, `levels` in a row of each index; indices are dealt to the folds in turn.
    size
        bp of the words that are counted.

    Returns
    -------
    ndarray of float64, shape (len(texts), len(texts))
    """
    counts = word_counts(list(texts), size)
    matrix = np.eye(len(texts))
    for held, kept in _folds(len(texts), levels):
        base = counts[kept].mean(axis=0)
        rest = counts[kept] - base
        fit = (counts[held] - base) @ np.linalg.solve(_square(rest), rest.T)
        # Of centred scores; that the fit's rows sum to 0 makes centring them drop out.
        matrix[np.ix_(held, kept)] -= fit + 1 / len(kept)
    return matrix
