"""Claims ask one object, whatever the protocol."""

import dataclasses
import json

import numpy as np
import pytest

from mit_harness.errors import InputError
from mit_harness.stats import paired, peak, published, rank, ratio
from mit_harness.stats.inference import Inference, PublishedInference, inference

rng = np.random.default_rng(0)
B = rng.normal(-140, 3, size=40)
A = B + rng.normal(0.5, 1, size=40)
NATURAL = rng.normal(-139, 3, size=30), rng.normal(-143, 3, size=35)


def every_metric(stats):
    sets = rng.normal(size=(10, 4))
    return [
        stats.proportion("p", A, B),
        stats.mean_difference("m", A, B),
        stats.cohen_d("d", A, B),
        stats.cohen_dz("dz", A, B),
        *stats.motif_effects(A, B),
        *stats.natural_effects(*NATURAL, A, B),
        stats.compensation_magnitude("cm", A + 2, B, A),
        stats.ratio("r", [A[:, None] - B[:, None]], lambda m: m[..., 0], lambda m: m[..., 0]),
        stats.estimate("e", [A], lambda m: m[..., 0], unit="nats"),
        stats.pearson("r", A, B),
        stats.pearson_of_means("rm", np.tile(np.arange(4.0), (10, 1)), sets),
        stats.slope("s", A, B, unit="1"),
        stats.contrast("c", sets, [1, -0.5, -0.5, 0]),
        stats.rank_covariance("rc", sets, [3, 1, 2, 4], [0, 0, 0, 0]),
        stats.peak("pk", sets, [1, 2, 3, 4], unit="bp"),
        stats.adjusted_auc("auc", *NATURAL, *(v[:, None] ** 2 for v in NATURAL)),
    ]


@pytest.mark.parametrize("protocol", ["matched", "published"])
def test_every_method_gives_plain_values(protocol):
    for metric in every_metric(inference(protocol, 7, 1e-9)):
        assert metric.value is not None, metric
        assert metric.ci_method
        assert metric.sample is not None
        fields = dataclasses.asdict(dataclasses.replace(metric, sample=None))
        fields.pop("sample")
        assert {type(v) for v in fields.values()} <= {str, float, int, type(None)}
        assert json.loads(json.dumps(fields)) == fields


def test_matched_and_published():
    ours, theirs = inference("matched", 7, 0.1), inference("published", 7, 0.1)
    assert (type(ours), type(theirs)) == (Inference, PublishedInference)
    assert (ours.protocol, theirs.protocol) == ("matched", "published")
    assert ours.proportion("p", A, B) == paired.proportion("p", A, B, tolerance=0.1, seed=7)
    assert theirs.proportion("p", A, B) == published.proportion("p", A, B, tolerance=0.1, seed=7)
    assert ours.mean_difference("m", A, B).test != theirs.mean_difference("m", A, B).test


def test_only_matched_classes_are_resampled_together():
    ours, theirs = inference("matched", 7, 0), inference("published", 7, 0)

    def width(metric):
        return metric.ci_high - metric.ci_low

    assert width(ours.cohen_d("d", A, B)) < 0.8 * width(ours.cohen_d("d", A, B, paired_index=False))
    assert width(theirs.cohen_d("d", A, B)) > 1.2 * width(ours.cohen_d("d", A, B))
    for stats, matched in ((ours, True), (theirs, False)):
        how = {
            "paired_index": matched,
            "seed": 7,
            "tolerance": 0,
            "size": stats.size,
            "method": stats.method,
        }
        assert stats.cir("cir", NATURAL, (A, B)) == ratio.cir("cir", NATURAL, (A, B), **how)
        assert stats.compensation_magnitude("cm", A + 9, B, A) == ratio.cm("cm", A + 9, B, A, **how)
    assert [m.name for m in ours.motif_effects(A, B)] == ["mes_synthetic", "mes_synthetic_dz"]
    assert [m.name for m in theirs.motif_effects(A, B)] == ["mes_synthetic"]


def test_a_ratio_takes_the_tolerance_as_zero():
    block = np.column_stack([np.ones(10), np.full(10, 1e-3)])
    stats = inference("matched", 0, 0.01)

    def first(means):
        return means[..., 0]

    def second(means):
        return means[..., 1]

    assert stats.ratio("r", [block], first, second).value is None
    assert stats.ratio("r", [block], first, second, floor=0).value == pytest.approx(1000)


@pytest.mark.parametrize("protocol", ["matched", "published"])
def test_ranks_and_peaks_take_seed_tolerance_size_and_method(protocol):
    stats = inference(protocol, 7, 0.1)
    sets = np.random.default_rng(1).normal(size=(20, 5))
    how = {"seed": 7, "tolerance": 0.1, "size": stats.size}
    reference, strata = [1, 2, 3, 4, 5], [0, 0, 1, 1, 1]
    assert stats.rank_covariance("r", sets, reference, strata) == rank.rank_covariance(
        "r", sets, reference, strata, **how, method="percentile"
    )
    assert stats.peak("p", sets, reference, unit="bp") == peak.peak(
        "p", sets, reference, unit="bp", **how
    )


def test_a_contrast_is_the_mean_difference_of_weighted_sums():
    sets = np.random.default_rng(1).normal(-140, 3, size=(20, 4))
    weights = np.array([1, 0, -0.5, -0.5])
    for protocol, module in (("matched", paired), ("published", published)):
        found = inference(protocol, 7, 1e-9).contrast("c", sets, weights, unit="bits")
        assert found == module.mean_difference(
            "c", (sets * weights).sum(axis=1), np.zeros(20), tolerance=1e-9, seed=7, unit="bits"
        )
    flat = inference("matched", 7, 0).contrast("c", np.full((20, 3), -140.1), [1, -0.9, -0.1])
    assert (flat.value, flat.ci_low, flat.ci_high, flat.p, flat.ties) == (0, 0, 0, 1, 20)
    assert flat.unit == "nats"
    near = inference("matched", 7, 0.5).contrast("c", [[1.0, 0.6], [3.0, 1.0]], [1, -1])
    assert (near.value, near.ties) == (1, 1)
    with pytest.raises(InputError, match="weights"):
        inference("matched", 7, 0).contrast("c", sets, [1, -1])


def test_refuses():
    with pytest.raises(InputError, match="matched, published"):
        inference("other", 0, 0)
    with pytest.raises(InputError, match="tolerance"):
        inference("matched", 0, -1)
