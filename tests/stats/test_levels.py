"""Permuting the elements of a factorial: what thousands of pairs of few elements can show."""

import numpy as np
import pytest

from mit_harness.errors import InputError
from mit_harness.stats.clustered import Grouping, average_ranks, concordance
from mit_harness.stats.levels import Factorial, PartialMean, RankContrast, levels_p
from mit_harness.stats.partial import Residuals, partial_r

STRATA, LEVELS = (
    part.reshape(-1, size).squeeze()
    for part, size in zip(
        np.split(np.stack(np.meshgrid(*map(np.arange, (4, 5, 6, 5)), indexing="ij"), -1)
                 .reshape(-1, 4), [1], axis=1),
        (1, 3),
        strict=True,
    )
)  # fmt: skip
CELLS = Factorial(STRATA, LEVELS)
EVERY = np.arange(len(STRATA))


def main_effects(rng):
    return sum(rng.normal(size=6)[LEVELS[:, k]] for k in range(3))


def contrast(scores, rises):
    ranks = np.concatenate([average_ranks(scores[s == STRATA], 1e-9) for s in range(4)]) / 150
    return RankContrast(ranks, rises, STRATA, np.ones(len(rises)))


def test_a_permutation_keeps_strata_and_moves_levels_as_wholes():
    for source in CELLS.shuffles(1, 60):
        assert (STRATA[source] == STRATA[:, None]).all()
        for column in source.T:
            assert sorted(column) == list(EVERY)
            for k in range(3):
                moved = LEVELS[column, k]
                assert len({(a, b) for a, b in zip(LEVELS[:, k], moved, strict=True)}) <= 6


def test_cells_that_are_not_there_give_nothing():
    kept = EVERY != 7
    found = Factorial(STRATA[kept], LEVELS[kept])
    assert sum((source < 0).sum() for source in found.shuffles(0, 50)) > 0
    with pytest.raises(InputError, match="two rows are one cell"):
        levels_p(lambda s: np.zeros(s.shape[1]), Factorial([0, 0], [[1], [1]]), seed=0)
    with pytest.raises(InputError, match="do not match"):
        Factorial([0, 0], [[1]]).unchanged  # noqa: B018


def test_scores_that_follow_the_measurement_are_seen():
    rng = np.random.default_rng(0)
    effect = main_effects(rng)
    rises = effect + rng.normal(size=len(effect)) > 0
    assert levels_p(contrast(effect, rises), CELLS, seed=0) < 0.01
    assert levels_p(contrast(-effect, rises), CELLS, seed=0) > 0.9


def test_a_score_without_a_difference_shows_nothing():
    rises = np.random.default_rng(0).random(len(STRATA)) > 0.5
    assert levels_p(contrast(np.zeros(len(STRATA)), rises), CELLS, seed=0) == 1.0


def test_any_preference_for_elements_is_no_evidence():
    """The interval of pairs takes it for evidence far too often, the permutation does not."""
    by_interval = by_levels = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        rises = main_effects(rng) + rng.normal(size=len(STRATA)) > 0
        scores = main_effects(rng)
        grouping = Grouping(STRATA, EVERY, np.ones(len(EVERY)))
        by_interval += concordance("a", scores, rises, grouping).ci_low > 0.5
        by_levels += levels_p(contrast(scores, rises), CELLS, seed=0, permutations=200) < 0.025
    assert by_interval >= 12
    assert by_levels <= 5


def test_the_mean_of_partial_correlations_is_that_of_the_groups():
    rng = np.random.default_rng(2)
    covariates, measured = rng.normal(size=(len(EVERY), 2)), rng.normal(size=len(EVERY))
    scores = measured + rng.normal(size=len(EVERY))
    groups = [
        (rows, Residuals.of(measured[rows], covariates[rows]))
        for rows in (EVERY[s == STRATA] for s in range(4))
    ]
    left = np.zeros(len(EVERY))
    for rows, kept in groups:
        left[rows] = kept.of_score(scores[rows], 0.0)
    mean = PartialMean(groups, left)
    wanted = np.mean([partial_r("p", scores[rows], kept, 0.0) for rows, kept in groups])
    assert mean(EVERY[:, None])[0] == pytest.approx(wanted)
    assert levels_p(mean, CELLS, seed=0, permutations=200) < 0.025
    nothing = PartialMean(groups, np.zeros(len(EVERY)))
    assert levels_p(nothing, CELLS, seed=0, permutations=50) == 1.0


def test_the_same_seed_gives_the_same_p():
    rng = np.random.default_rng(3)
    made = contrast(main_effects(rng), rng.random(len(STRATA)) > 0.5)
    again = Factorial(STRATA, LEVELS)
    assert levels_p(made, CELLS, seed=5) == levels_p(made, again, seed=5)
    for seed, permutations in ((-1, 10), (0, 0)):
        with pytest.raises(InputError):
            levels_p(made, CELLS, seed=seed, permutations=permutations)
