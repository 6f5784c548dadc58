"""The matched design against the unmatched one: what is compared, and what a table says of it."""

import numpy as np
import pytest
from matched_design import HEADER, THRESHOLDS, both_designs, models, one_seed, ratios, table, width

from mit_harness.claims.base import Scored
from mit_harness.promoter.core import DesignSpec, build
from mit_harness.promoter.seeds import Seeds
from mit_harness.stats.inference import inference

N = 20


@pytest.fixture(scope="module")
def found():
    return [one_seed(seed, N) for seed in (0, 1)]


def scored(values):
    sequences = build(DesignSpec(n=2 * N), ("C", "D", "E"))
    made = {group: values[k] for k, group in enumerate("CDE")}
    return Scored(sequences, np.array([made[item.group][item.index] for item in sequences]))


def test_both_designs_have_n_pairs_and_every_model_is_there(found):
    for one in found:
        assert set(one) == {(quantity, name) for quantity in THRESHOLDS for name in models()}
        assert {metric.n for pair in one.values() for metric in pair} == {N}


def test_the_matched_half_is_the_benchmark_of_n():
    sequences = build(DesignSpec(n=N, seeds=Seeds(0)), ("D", "E"))
    model = models()["markov"]
    broken, mended = np.split(model.score([item.sequence for item in sequences]), 2)
    stats = inference("matched", 0, 1e-9)
    matched, unmatched = one_seed(0, N)["rescue", "markov"]
    assert matched == stats.mean_difference("rescue", mended, broken)
    assert unmatched.value != matched.value


def test_shared_noise_of_the_background_cancels_in_the_matched_design_only():
    rng = np.random.default_rng(0)
    background, own = rng.normal(size=2 * N), rng.normal(size=(3, 2 * N)) / 10
    values = background + own + [[0.3], [0.0], [0.3]]
    designs = both_designs(scored(values), N, inference("matched", 0, 0.0))
    assert ratios([designs["rescue"]])[0] > 4
    assert ratios([designs["MES"]])[0] > 4
    assert ratios([designs["CSS"]])[0] > 1


def test_without_a_background_s_share_nothing_is_gained():
    wider = []
    for seed in range(20):
        values = np.random.default_rng(seed).normal(size=(3, 2 * N))
        designs = both_designs(scored(values), N, inference("matched", seed, 0.0))
        wider += ratios([designs["rescue"], designs["CSS"]])
    assert np.median(wider) == pytest.approx(1, abs=0.15)


def test_a_pair_without_width_has_no_ratio():
    constant = np.repeat([[1.0], [0.0], [1.0]], 2 * N, axis=1)
    designs = both_designs(scored(constant), N, inference("matched", 0, 0.0))
    assert width(designs["rescue"][0]) is None
    assert ratios([designs["rescue"], designs["MES"]]) == []
    assert ratios([designs["CSS"]]) == [1.0]  # Clopper-Pearson


def test_the_table_says_it_in_numbers(found):
    printed = table(found)
    assert table([one_seed(seed, N) for seed in (0, 1)]) == printed
    header, _, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in printed.splitlines()
    ]
    assert header == list(HEADER)
    by_name = {(row[0], row[1]): row[2:] for row in rows}
    assert set(by_name) == set(found[0])
    wider = ratios([one["MES", "at-content"] for one in found])
    ratio, times_n, matched, unmatched = by_name["MES", "at-content"]
    assert ratio.startswith(f"{np.median(wider):.2f} [")
    assert times_n == f"{np.median(wider) ** 2:.1f}"
    assert np.median(wider) > 5  # one base in a hundred, against the spread of backgrounds
    assert matched.endswith("; 100, 0")
    assert not unmatched.endswith("; 100, 0")
    assert by_name["MES", "rpa-pwm"][:2] == ["no width in 2 of 2", ""]
