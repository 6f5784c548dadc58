"""The paper's protocol: by hand on made-up data, and on the released scores where they are."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from mit_harness.stats import published
from mit_harness.stats.inference import inference

RELEASED = Path(__file__).resolve().parents[3] / "shared" / "reference" / "published"
needs_release = pytest.mark.skipif(
    not (RELEASED / "scores.tsv").is_file(), reason=f"the paper's scores are not at {RELEASED}"
)
PAPER = inference("published", 42, 0.0)


@pytest.fixture(scope="module")
def released():
    with (RELEASED / "scores.tsv").open(newline="") as file:
        rows = sorted(csv.DictReader(file, delimiter="\t"), key=lambda row: row["id"])

    def scores(model, group):
        return np.array([float(row[model]) for row in rows if row["id"].startswith(group)])

    return scores


CSS_SCR = {
    "hyenadna": (0.630, 0.480),
    "nt_500m": (0.540, 0.400),
    "kmer": (0.430, 0.500),
    "random": (0.500, 0.460),
    "pwm": (0.000, 0.000),
    "pa_pwm": (1.000, 0.980),
    "rpa_pwm": (1.000, 0.920),
    "thermo": (0.970, 0.680),
    "scan": (0.430, 0.540),
    "pa_pwm_nopos": (0.630, 0.560),
    "pa_pwm_nocomp": (0.000, 0.000),
}
MES = {
    "hyenadna": ("-0.01", "-0.34"),
    "nt_500m": ("-0.00", "-0.10"),
    "kmer": ("-0.17", "0.11"),
    "random": ("-0.14", "-0.04"),
    "pwm": ("0.70", "inf"),
}


@needs_release
@pytest.mark.parametrize("model", CSS_SCR)
def test_css_and_scr_of_the_release(released, model):
    e, d, h = (released(model, group) for group in "EDH")
    assert (len(e), len(d), len(h)) == (100, 100, 50)
    css, scr = PAPER.proportion("css", e, d), PAPER.proportion("scr", e[:50], h)
    assert (css.value, scr.value) == pytest.approx(CSS_SCR[model], abs=1e-12)
    assert (css.n, scr.n) == (100, 50)


@needs_release
def test_uncertainty_of_hyenadna(released):
    css = PAPER.proportion("css", released("hyenadna", "E"), released("hyenadna", "D"))
    assert f"{css.p:.4f}" == "0.0043"
    assert (css.ci_low, css.ci_high) == pytest.approx((0.53, 0.73), abs=0.011)
    assert css.ci_method == "percentile bootstrap"


@needs_release
@pytest.mark.parametrize("model", MES)
def test_mes_of_the_release_to_the_printed_digit(released, model):
    a, b, c, d = (released(model, group) for group in "ABCD")
    natural = PAPER.cohen_d("mes_natural", a, b)
    synthetic = PAPER.cohen_d("mes_synthetic", c, d)
    assert (f"{natural.value:.2f}", f"{synthetic.value:.2f}") == MES[model]
    if model == "pwm":
        assert synthetic.note == f"zero spread (pooled SD); the raw difference is {c[0] - d[0]:g}"


@needs_release
def test_the_paper_divides_by_n_minus_one(released):
    a, b = released("pwm", "A"), released("pwm", "B")
    other = (a.mean() - b.mean()) / math.sqrt((a.var() + b.var()) / 2)
    assert f"{other:.2f}" == "0.71"  # printed: 0.70


@needs_release
def test_correlations_of_the_release():
    import json

    probes = json.loads((RELEASED / "hyenadna_probes.json").read_text())["at_titration"]
    cells = [
        (int(at) / 100, cell["values"])
        for at, classes in probes.items()
        if at != "correlation"
        for cell in classes.values()
    ]
    assert sum(len(values) for _, values in cells) == 540
    x = np.concatenate([np.full(len(values), at) for at, values in cells])
    y = np.concatenate([values for _, values in cells])
    assert f"{PAPER.pearson('r', x, y).value:.3f}" == "0.784"
    size = {len(values) for _, values in cells}
    assert len(size) == 1
    levels = np.tile([at for at, _ in cells], (size.pop(), 1))
    means = PAPER.pearson_of_means("r", levels, np.column_stack([values for _, values in cells]))
    assert f"{means.value:.3f}" == "0.890"


def test_proportion_by_hand():
    a, b = np.array([2.0, 2, 2, 2, 2, 2, 1, 0]), np.ones(8)
    found = published.proportion("css", a, b, tolerance=0, seed=0)
    assert found.value == 6 / 8  # the tie loses
    assert found.ties == 1
    # mean 0.75, sd sqrt(8/7 * 0.1875) = 0.46291, t = 0.25 / (sd / sqrt 8) = 1.52753
    assert found.p == pytest.approx(stats.t.sf(1.527525, 7), rel=1e-6)
    assert found.ci_method == "percentile bootstrap"
    assert found.note == "ties lose"
    assert found.mde is None
    assert found.ci_low <= found.ci90_low < 0.75 < found.ci90_high <= found.ci_high


def test_strict_comparison_ignores_the_tolerance():
    found = published.proportion("css", [1.01, 2.01, 0], [1, 2, 1], tolerance=0.1, seed=0)
    assert found.value == pytest.approx(2 / 3)
    assert found.ties == 2


@pytest.mark.parametrize(("a", "p"), [(1.0, 0.0), (-1.0, 1.0), (0.0, 1.0)])
def test_outcomes_without_variance(a, p):
    found = published.proportion("css", np.full(10, a), np.zeros(10), tolerance=0, seed=0)
    assert found.p == p
    assert found.ci_low == found.ci_high == found.value == float(a > 0)
    assert f"p set to {p:g}" in found.note


def test_cohen_d_by_hand():
    found = published.cohen_d("mes", [1, 3, 5, 3], [-1, 1, 3, 1], seed=0, tolerance=0)
    assert found.value == pytest.approx(2 / math.sqrt(8 / 3))
    assert PAPER.cohen_d("mes", [1, 3, 5, 3], [-1, 1, 3, 1]) == published.cohen_d(
        "mes", [1, 3, 5, 3], [-1, 1, 3, 1], seed=42, tolerance=0
    )
    level = published.cohen_d("mes", np.full(5, 0.1) + 0.2, np.full(5, 0.1), seed=0, tolerance=0)
    assert level.value == math.inf


def test_mean_difference_by_hand():
    found = published.mean_difference("m", [1, 2, 3], [0, 0, 0], tolerance=0, seed=0)
    assert found.value == 2
    assert found.p == pytest.approx(stats.t.sf(2 / (1 / math.sqrt(3)), 2))


@pytest.mark.parametrize(("shift", "p"), [(1.0, 0.0), (0.0, 1.0), (-1.0, 1.0)])
def test_differences_without_variance(shift, p):
    found = published.mean_difference("m", np.full(9, shift), np.zeros(9), tolerance=0, seed=0)
    assert (found.value, found.ci_low, found.ci_high, found.p) == (shift, shift, shift, p)


def test_few():
    for function in (published.proportion, published.mean_difference):
        assert function("x", [], [], tolerance=0, seed=0).value is None
        one = function("x", [1.0], [0.0], tolerance=0, seed=0)
        assert (one.value, one.ci_low, one.p) == (1, None, None)
