"""Error analysis: which pairs a model gets right and wrong, and what tells the two apart.

A pair is right where the member that a claim wants to win scores higher, by more than the model's
tolerance. Every feature of the pairs is compared between right and wrong ones by a two-sided
Mann-Whitney U test, corrected by Holm over all tests of the model. That a feature tells them apart
does not show that the model uses it; that none does, does not show that they are alike.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from types import MappingProxyType

import numpy as np

from mit_harness.claims.base import MIN_PAIRS
from mit_harness.errors import InputError
from mit_harness.models.base import ModelHandle
from mit_harness.promoter.core import DesignSpec
from mit_harness.promoter.sequence_set import Item
from mit_harness.report.error_features import TOKEN_FEATURES, GroupPair, Sides, values
from mit_harness.scoring.export import ScoredRow
from mit_harness.stats.agreement import cohen_kappa
from mit_harness.stats.auc import auc_adjusted
from mit_harness.stats.bootstrap import RESAMPLES
from mit_harness.stats.checks import FloatArray
from mit_harness.stats.metric import Metric
from mit_harness.stats.multiplicity import holm
from mit_harness.stats.paired import wins

OUTCOMES = ("right", "wrong", "tie")
MANN_WHITNEY = "two-sided Mann-Whitney U test"


@dataclass(frozen=True)
class Comparison:
    """One feature of right pairs against wrong ones.

    Attributes
    ----------
    feature
        Its name.
    auc
        Probability that a right pair has the larger value, ties counted 1/2, with its 95 %
        interval (percentile bootstrap of right and wrong pairs) and the p of the two-sided
        Mann-Whitney U test; tied pairs are in neither group.
    p_holm
        That p adjusted by Holm over all tests of the model.
    right, wrong
        Means of the feature.
    """

    feature: str
    auc: Metric
    p_holm: float
    right: float
    wrong: float


@dataclass(frozen=True)
class PairErrors:
    """What one model makes of one pair of groups.

    Attributes
    ----------
    pair
        The groups.
    margins
        Score of the winner less that of the loser, in the model's unit, shape (n,).
    outcomes
        One of `OUTCOMES` per pair.
    features
        Values by feature name, shape (n,) each; token counts included where there are any.
    comparisons
        The features that were tested.
    left_out
        The features that were not, with the reason.
    untested
        Why nothing was tested; empty if something was looked at.
    """

    pair: GroupPair
    margins: FloatArray
    outcomes: tuple[str, ...]
    features: Mapping[str, FloatArray]
    comparisons: tuple[Comparison, ...]
    left_out: Mapping[str, str]
    untested: str

    def count(self, outcome: str) -> int:
        """Return how many pairs have an outcome."""
        return self.outcomes.count(outcome)

    def wrong(self) -> list[int]:
        """Return the positions of the wrong pairs, the worst first."""
        found = [k for k, outcome in enumerate(self.outcomes) if outcome == "wrong"]
        return sorted(found, key=lambda k: float(self.margins[k]))


@dataclass(frozen=True)
class ModelErrors:
    """What one model makes of every pair of groups.

    Attributes
    ----------
    name, tolerance
        Of the model.
    pairs
        One for each pair of groups.
    family
        Number of tests that were corrected together: all of this model.
    tokens
        Whether the model counts tokens. One that counts one token per base, or does not say how
        many it takes, has none of `TOKEN_FEATURES`.
    """

    name: str
    tolerance: float
    pairs: tuple[PairErrors, ...]
    family: int
    tokens: bool


@dataclass(frozen=True)
class Agreement:
    """How far two models get the same pairs right, wrong and tied; `same` of `kappa.n` pairs."""

    first: str
    second: str
    pair: GroupPair
    same: int
    kappa: Metric


@dataclass(frozen=True)
class Analysis:
    """Everything that a report of errors says."""

    spec: DesignSpec
    seed: int
    size: int
    models: tuple[ModelErrors, ...]
    agreements: tuple[Agreement, ...]


def analyse(
    scored: Iterable[tuple[ModelHandle, Sequence[ScoredRow]]],
    pairs: Sequence[GroupPair],
    spec: DesignSpec,
    *,
    seed: int,
    size: int = RESAMPLES,
) -> Analysis:
    """Analyse the errors of one or more models on the same pairs.

    Parameters
    ----------
    scored
        Each model with its scores of `to_score`.
    pairs
        What is compared.
    spec
        Where the sequences come from.
    seed, size
        Of the bootstrap.

    Raises
    ------
    InputError
        If a score is missing or not finite; the sequence is named.
    """
    models = [
        model_errors(handle.name, handle.tolerance, rows, pairs, seed=seed, size=size)
        for handle, rows in scored
    ]
    agreed = agreements(models, seed=seed, size=size)
    return Analysis(spec, seed, size, tuple(models), agreed)


def model_errors(
    name: str,
    tolerance: float,
    rows: Iterable[ScoredRow],
    pairs: Iterable[GroupPair],
    *,
    seed: int,
    size: int = RESAMPLES,
) -> ModelErrors:
    """Say which pairs a model gets right, and test what tells these from the wrong ones.

    Parameters
    ----------
    name
        Of the model.
    tolerance
        Largest difference of two scores that is a tie.
    rows
        Its scores of `to_score`, by id.
    pairs
        What is compared.
    seed, size
        Of the bootstrap.

    Raises
    ------
    InputError
        If a score is missing or not finite; the sequence is named.
    """
    scored = {row.id: row for row in rows}
    tokens = any(row.tokens != row.bases for row in scored.values())
    found = [_pair_errors(pair, scored, tolerance, tokens, seed, size) for pair in pairs]
    tests = [comparison for part in found for comparison in part.comparisons]
    adjusted = iter(holm([test.auc.p for test in tests]))
    corrected = tuple(
        replace(part, comparisons=tuple(_corrected(c, next(adjusted)) for c in part.comparisons))
        for part in found
    )
    return ModelErrors(name, tolerance, corrected, len(tests), tokens)


def _corrected(comparison: Comparison, p_holm: float | None) -> Comparison:
    return replace(comparison, p_holm=1.0 if p_holm is None else p_holm)


def _pair_errors(
    pair: GroupPair,
    scored: Mapping[str, ScoredRow],
    tolerance: float,
    tokens: bool,
    seed: int,
    size: int,
) -> PairErrors:
    rows = [(_row(scored, a), _row(scored, b)) for a, b in pair.items]
    scores = np.array([[a.score, b.score] for a, b in rows]).reshape(-1, 2)
    share = wins(scores[:, 0], scores[:, 1], tolerance)
    outcomes = tuple("right" if w == 1 else "wrong" if w == 0 else "tie" for w in share.tolist())
    features = dict(pair.features)
    if tokens:
        sides = [
            Sides(a.sequence, b.sequence, layout, (a.tokens, b.tokens))
            for (a, b), layout in zip(rows, pair.layouts, strict=True)
        ]
        features |= values(TOKEN_FEATURES, sides)
    few = [f"{n} {what}" for what in OUTCOMES[:2] if (n := outcomes.count(what)) < MIN_PAIRS]
    untested = f"too few to compare ({' and '.join(few)}; {MIN_PAIRS} of each are needed)"
    comparisons, left_out = list[Comparison](), dict[str, str]()
    if not few:
        kept, left_out = _worth_testing(features, share)
        comparisons = [_compare(name, kept[name], share, seed, size) for name in kept]
    return PairErrors(
        pair,
        scores[:, 0] - scores[:, 1],
        outcomes,
        MappingProxyType(features),
        tuple(comparisons),
        MappingProxyType(left_out),
        untested if few else "",
    )


def _row(scored: Mapping[str, ScoredRow], item: Item) -> ScoredRow:
    row = scored.get(item.id)
    if row is None or not math.isfinite(row.score):
        what = "no score" if row is None or math.isnan(row.score) else f"the score {row.score}"
        raise InputError(f"{item.id} has {what}; every sequence needs a finite score")
    return row


def _worth_testing(
    features: Mapping[str, FloatArray], share: FloatArray
) -> tuple[dict[str, FloatArray], dict[str, str]]:
    """Return the features to test, and those that could tell nothing (more), with the reason.

    Nothing here depends on which pairs are right: else the correction would count too few tests.
    """
    from scipy.stats import rankdata

    kept: dict[str, FloatArray] = {}
    dropped: dict[str, str] = {}
    orders: dict[bytes, str] = {}
    for name, value in features.items():
        if np.ptp(value) == 0:
            dropped[name] = f"constant by design: {value[0]:g} in every pair"
        elif np.ptp(value[share != 0.5]) == 0:
            dropped[name] = "does not vary over the pairs that are not tied"
        elif (twin := orders.setdefault(rankdata(value).tobytes(), name)) != name:
            dropped[name] = f"puts the pairs in the same order as {twin}"
        else:
            kept[name] = value
    return kept, dropped


def _compare(name: str, value: FloatArray, share: FloatArray, seed: int, size: int) -> Comparison:
    from scipy.stats import mannwhitneyu

    right, wrong = value[share == 1], value[share == 0]
    none = np.empty((len(right), 0)), np.empty((len(wrong), 0))
    auc = auc_adjusted(name, right, wrong, *none, seed=seed, size=size)
    apart = auc.value in (0.0, 1.0)
    auc = replace(
        auc,
        p=float(mannwhitneyu(right, wrong, alternative="two-sided").pvalue),
        test=MANN_WHITNEY,
        sample=None,
        note="right and wrong do not overlap, so the interval has zero width" * apart,
    )
    return Comparison(name, auc, 1.0, float(right.mean()), float(wrong.mean()))


def agreements(
    models: Sequence[ModelErrors], *, seed: int, size: int = RESAMPLES
) -> tuple[Agreement, ...]:
    """Compare the outcomes of every two models, one pair of groups after the other.

    Parameters
    ----------
    models
        All on the same pairs.
    seed, size
        Of the bootstrap.
    """
    found = []
    for parts in zip(*(model.pairs for model in models), strict=True):
        for (a, one), (b, other) in combinations(zip(models, parts, strict=True), 2):
            same = sum(x == y for x, y in zip(one.outcomes, other.outcomes, strict=True))
            kappa = cohen_kappa("kappa", one.outcomes, other.outcomes, seed=seed, size=size)
            found.append(Agreement(a.name, b.name, one.pair, same, kappa))
    return tuple(found)
