"""The page's error analysis: how many pairs each model gets right, and what tells these apart."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from mit_harness.errors import MitHarnessError, printable
from mit_harness.promoter.grammar import SIGMA70
from mit_harness.report.build import metric_record
from mit_harness.report.error_analysis import Comparison, model_errors
from mit_harness.report.error_features import GroupPair, group_pair
from mit_harness.report.error_table import ALPHA
from mit_harness.report.html.pairs import OUTCOMES, GroupRows, outcomes
from mit_harness.report.html.views import Value, metric_value, probability
from mit_harness.report.items import ItemScores
from mit_harness.report.schema import ModelRecord
from mit_harness.scoring.export import ScoredRow

ANALYSED = ("compensation", "scrambled_control")
"""Claims whose pairs are looked into: those of `mit-harness errors`."""
SIZE = 1_000
"""Bootstrap resamples of an AUC's interval here; `mit-harness errors` takes 10,000."""

NOTE = (
    "Features of the pairs of compensation and scrambled_control, right against wrong ones: "
    "two-sided Mann-Whitney U test, ties left out, p adjusted by Holm over all tests of the model. "
    f"AUC: probability that a right pair has the larger value (95 % interval: {SIZE:,} bootstrap "
    "resamples; mit-harness errors takes 10,000, and has the features' meanings). A feature that "
    "tells them apart need not be what the model uses."
)


class Counted(NamedTuple):
    """What one model makes of one pair of groups."""

    model: str
    claim: str
    winner: str
    loser: str
    n: int
    right: int
    wrong: int
    tied: int


class Told(NamedTuple):
    """A feature that tells a model's right pairs from its wrong ones."""

    model: str
    pair: str
    feature: str
    auc: Value
    right: Value
    wrong: Value
    p_holm: Value
    tests: int


def counts(
    models: Sequence[ModelRecord], items: ItemScores, every: Mapping[str, Sequence[GroupRows]]
) -> list[Counted]:
    """Count right, wrong and tied pairs, model by model, all pairs of groups of every claim."""
    found = []
    for model in models:
        for claim, pairs in every.items():
            for rows in pairs if items.has(model.name, claim) else ():
                made = np.bincount(outcomes(rows, items, model), minlength=4)
                right, wrong, tied = (
                    int(made[OUTCOMES.index(o)]) for o in ("right", "wrong", "tie")
                )
                found.append(
                    Counted(
                        model=printable(model.name),
                        claim=printable(claim),
                        winner=printable(rows.winner),
                        loser=printable(rows.loser),
                        n=len(rows.first),
                        right=right,
                        wrong=wrong,
                        tied=tied,
                    )
                )
    return found


def told_apart(
    models: Sequence[ModelRecord],
    items: ItemScores,
    every: Mapping[str, Sequence[GroupRows]],
    seed: int,
) -> tuple[list[Told], list[str]]:
    """Return the features that tell right from wrong pairs after Holm's correction.

    Returns
    -------
    tuple
        The features; and a sentence for each model that could not be analysed.
    """
    pairs = {claim: _pairs(claim, every[claim], items) for claim in ANALYSED if claim in every}
    found, left_out = [], []
    for model in models:
        claims = [claim for claim in pairs if items.has(model.name, claim)]
        if not claims:
            continue
        rows = {row.id: row for claim in claims for row in _rows(model, claim, items)}
        chosen = [pair for claim in claims for pair in pairs[claim]]
        try:
            made = model_errors(
                model.name, model.tolerance, rows.values(), chosen, seed=seed, size=SIZE
            )
        except MitHarnessError as error:
            left_out.append(f"{printable(model.name)}: {error}")
            continue
        found += [
            _told(model.name, part.pair, test, made.family)
            for part in made.pairs
            for test in part.comparisons
            if test.p_holm < ALPHA
        ]
    return found, left_out


def _pairs(claim: str, pairs: Sequence[GroupRows], items: ItemScores) -> list[GroupPair]:
    made = items.sequences[claim]
    return [group_pair(made, pair.winner, pair.loser, (claim,), SIGMA70) for pair in pairs]


def _rows(model: ModelRecord, claim: str, items: ItemScores) -> list[ScoredRow]:
    scores = items.scores[model.name][claim]
    columns = (scores.values.tolist(), scores.tokens.tolist(), scores.bases.tolist())
    return [
        ScoredRow(item.id, item.sequence, *numbers)
        for item, *numbers in zip(items.sequences[claim], *columns, strict=True)
    ]


def _told(model: str, pair: GroupPair, test: Comparison, tests: int) -> Told:
    return Told(
        printable(model),
        printable(f"{pair.winner} over {pair.loser}"),
        test.feature,
        metric_value(metric_record(test.auc)),
        Value(f"{test.right:.3g}", test.right),
        Value(f"{test.wrong:.3g}", test.wrong),
        probability(test.p_holm),
        tests,
    )
