"""The committed run's figures against scores.parquet, by plain numpy: no code of ours computes."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from mit_harness.report.charts import spec
from mit_harness.report.charts.data import FigureData
from mit_harness.report.finished import read_run

RUN = Path(__file__).parents[2] / "reports" / "embedded"
MODELS = ("pa-pwm", "any-gap", "kmer", "markov")
ALL = tuple(range(10, 26))


@pytest.fixture(scope="module")
def group():
    """Return a function: scores of a model, claim and group, by background."""
    table = pq.read_table(RUN / "scores.parquet").to_pydict()
    claims, groups, index = (np.array(table[name]) for name in ("claim", "group", "index"))

    def group(model, claim, name):
        rows = np.flatnonzero((claims == claim) & (groups == name))
        rows = rows[np.argsort(index[rows])]
        assert len(rows)
        return np.array(table[f"score:{model}"])[rows]

    return group


@pytest.fixture(scope="module")
def data():
    run = read_run(RUN)
    return FigureData(run.results, run.items, MODELS)


def drawn(data, name):
    """Return the rows of a figure's spec, by model, and series and place."""
    made = spec(name, data)["datasets"].values()
    rows = max((v for v in made if all("model" in row for row in v)), key=len)
    return {(row["model"], row["series"], row["x"]): row for row in rows}


def pooled(*groups):
    squares = sum(((values - values.mean()) ** 2).sum() for values in groups)
    return np.sqrt(squares / sum(len(values) - 1 for values in groups))


def agrees(row, values, spread):
    """The mean, n, and where values are many, an interval about as wide as a normal mean's."""
    assert row["n"] == len(values)
    assert row["raw"] == pytest.approx(values.mean(), rel=1e-5, abs=1e-9)
    assert row["estimate"] == pytest.approx(values.mean() / spread, rel=1e-5, abs=1e-9)
    if len(np.unique(values.round(6))) < len(values) / 2:
        return
    wide = 2 * 1.96 * values.std() / np.sqrt(len(values)) / spread
    assert row["ci_high"] - row["ci_low"] == pytest.approx(wide, rel=0.25)


@pytest.mark.parametrize("model", MODELS)
def test_spacing_is_centred_on_each_background(data, group, model):
    scores = np.array([group(model, "spacing", f"spacing_{bp}") for bp in ALL])
    rows = drawn(data, "spacing")
    for values, bp in zip(scores - scores.mean(axis=0), ALL, strict=True):
        agrees(rows[model, "spacing", bp], values, pooled(*scores))


@pytest.mark.parametrize("model", MODELS)
def test_places_of_the_up_element_are_less_its_absence(data, group, model):
    clear = (0, 5, 10, 15, 20, 39, 63, 69, 75, 81, 87)
    absent = group(model, "up_position", "up_absent")
    rows = {key[2]: row for key, row in drawn(data, "up_position").items() if key[0] == model}
    assert set(rows) == {*clear, 25, 45}
    held = {at: group(model, "up_position", f"up_at_{at}") for at in clear}
    for at, values in held.items():
        agrees(rows[at], values - absent, pooled(*held.values(), absent))


@pytest.mark.parametrize("model", MODELS)
def test_the_titration_is_less_the_mean_of_broken(data, group, model):
    held = {
        (c, at): group(model, "at_titration", f"at{at}_{c}")
        for c in "CDE"
        for at in range(30, 90, 10)
    }
    zero = np.mean([values.mean() for (c, _), values in held.items() if c == "D"])
    rows = drawn(data, "at_titration")
    for (condition, at), values in held.items():
        agrees(rows[model, condition, at], values - zero, pooled(*held.values()))


@pytest.mark.parametrize("model", MODELS)
def test_the_ladder_is_cohens_d(data, group, model):
    def mean(claim, names):
        return np.mean([group(model, claim, name) for name in names], axis=0)

    near = [f"spacing_{bp}" for bp in (16, 17, 18)]
    far = [f"spacing_{bp}" for bp in (10, 11, 12, 22, 23, 24)]
    wrong = [f"up_at_{at}" for at in (39, 63, 69, 75, 81, 87)]
    sides = {
        "at": ("at_titration", ["at80_C"], ["at30_C"]),
        "e_d": ("compensation", ["E"], ["D"]),
        "spacing": ("spacing", near, far),
        "place": ("up_position", ["up_at_15"], wrong),
        "decoy": ("scrambled_control", ["E_decoy"], ["H_decoy"]),
    }
    rows = {key[:2]: row for key, row in drawn(data, "ladder").items()}
    for series, (claim, *two) in sides.items():
        a, b = (mean(claim, names) for names in two)
        row, spread = rows[model, series], np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
        assert row["raw"] == pytest.approx((a - b).mean(), rel=1e-5, abs=1e-9)
        if spread > 1e-9:
            assert row["estimate"] == pytest.approx((a - b).mean() / spread, rel=1e-5, abs=1e-9)
        else:
            assert row["estimate"] is None


@pytest.mark.parametrize("model", MODELS)
def test_the_plane_is_shares_of_pairs_won(data, group, model):
    rows = {row["model"]: row for row in next(iter(plane(data)))}
    for metric, claim, first, second in (
        ("css", "compensation", "E", "D"),
        ("scr", "scrambled_control", "E_decoy", "H_decoy"),
    ):
        gained = group(model, claim, first) - group(model, claim, second)
        won = np.where(np.abs(gained) < 1e-9, 0.5, gained > 0)
        assert rows[model][f"{metric}_estimate"] == pytest.approx(won.mean(), abs=1e-6)


def plane(data):
    for rows in spec("css_scr", data)["datasets"].values():
        if rows and "css_estimate" in rows[0]:
            yield rows
