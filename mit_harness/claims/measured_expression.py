"""measured_expression: the score ranks with measured expression, given composition."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import ClassVar

import numpy as np

from mit_harness.claims.base import Floats, Measured, Scored
from mit_harness.claims.on_measured import OnMeasured, library_scores, measured_of
from mit_harness.measured.groups import OTHERS, URTECHO, Rows, urtecho_groups
from mit_harness.measured.lafleur import MeasuredFile
from mit_harness.measured.urtecho import of_set
from mit_harness.models.pwm import is_at, words
from mit_harness.promoter.alphabet import encode
from mit_harness.stats.checks import rounding
from mit_harness.stats.inference import Inference
from mit_harness.stats.levels import LEVELS_TEST, Factorial, PartialMean, levels_p
from mit_harness.stats.metric import Metric
from mit_harness.stats.partial import (
    Residuals,
    mean_of_groups,
    partial,
    partial_r,
    spearman,
    spearman_r,
)
from mit_harness.stats.verdict import Verdict


class MeasuredExpression(OnMeasured):
    """Partial Spearman correlation of score and expression, given A+T and dinucleotides.

    The covariates are those of the scored window. In the Urtecho library each of the eight
    backgrounds gives one estimate, and their mean with a t interval of 7 degrees of freedom
    decides; the other libraries are single ones and are reported, with intervals that take their
    sequences for independent draws.
    """

    id = "measured_expression"
    title = "The score ranks with measured expression beyond what composition says"
    compares = "six libraries of measured sigma70 promoters, each within itself"
    threshold = 0.0
    threshold_text = "CI low > 0"
    absent_band = None
    meaning: ClassVar[Mapping[Verdict, str]] = {
        Verdict.HOLDS: "Stronger promoters score higher beyond their composition.",
        Verdict.REFUTED: "Given A+T and dinucleotides the score says nothing of expression, or "
        "the opposite.",
        Verdict.UNDECIDED: "Eight backgrounds and a few elements do not tell.",
    }

    def groups(self) -> tuple[str, ...]:
        """Every library."""
        return (*urtecho_groups(), *OTHERS)

    def measure(self, scored: Scored, stats: Inference) -> Measured:
        """The mean over backgrounds decides."""
        found = measured_of(scored)
        scores = library_scores(scored, found, urtecho_groups())
        by_background = [(scores[rows], kept) for rows, kept in background_residuals(found)]
        reported = [_mean("spearman_urtecho", spearman_r, by_background, stats)]
        for name in OTHERS:
            values = library_scores(scored, found, (name,))
            kept = library_residuals(found, name)
            reported.append(partial(f"partial_{name}", values, kept, stats.tolerance))
            reported.append(spearman(f"spearman_{name}", values, kept, stats.tolerance))
        deciding = _mean("partial_urtecho", partial_r, by_background, stats)
        if deciding.value is not None:
            p = _levels_p(found, scores, stats)
            deciding = replace(deciding, p=p, test=LEVELS_TEST)
        return Measured([deciding], reported)


def _levels_p(found: MeasuredFile, scores: Floats, stats: Inference) -> float:
    """Return the p under permutations of -35 boxes, spacers and -10 boxes."""
    floor = stats.tolerance + rounding(scores)
    groups = background_residuals(found)
    ranks = np.zeros(len(scores))
    for rows, kept in groups:
        ranks[rows] = kept.of_score(scores[rows], floor)
    return levels_p(PartialMean(groups, ranks), factorial_cells(found), seed=stats.seed)


@lru_cache(maxsize=4)
def factorial_cells(found: MeasuredFile) -> Factorial:
    """Return the cells of the factorial; UP element and background stay as they are."""
    made = of_set(found.sets[URTECHO])
    strata = made.background * len(urtecho_groups()) + made.up
    return Factorial(strata, np.column_stack([made.minus35, made.spacer, made.minus10]))


Statistic = Callable[[str, Floats, Residuals, float], float | None]


def _mean(
    name: str, statistic: Statistic, parts: Sequence[tuple[Floats, Residuals]], stats: Inference
) -> Metric:
    values = [statistic(name, scores, kept, stats.tolerance) for scores, kept in parts]
    return mean_of_groups(name, values, unit="r", against=0.0, what="backgrounds")


def composition(windows: Sequence[str]) -> Floats:
    """Return A+T fraction and the 16 dinucleotide frequencies of sequences, shape (n, 17)."""
    codes = encode(list(windows))
    pairs = words(codes, 2)
    offsets = 16 * np.arange(len(pairs))[:, None]
    counts = np.bincount((pairs + offsets).ravel(), minlength=16 * len(pairs))
    shares = counts.reshape(len(pairs), 16) / pairs.shape[1]
    return np.column_stack([is_at(codes).mean(axis=1), shares])


@lru_cache(maxsize=16)
def library_residuals(found: MeasuredFile, name: str) -> Residuals:
    """Return what composition leaves of a library's expression; the same for every model."""
    library = found.sets[name]
    return Residuals.of(library.expression, composition(library.windows))


@lru_cache(maxsize=4)
def background_residuals(found: MeasuredFile) -> tuple[tuple[Rows, Residuals], ...]:
    """Return the rows of each background of the factorial, and what composition leaves of them."""
    library = found.sets[URTECHO]
    background = of_set(library).background
    covariates = composition(library.windows)
    parts = [np.flatnonzero(background == k) for k in np.unique(background)]
    return tuple((rows, Residuals.of(library.expression[rows], covariates[rows])) for rows in parts)
