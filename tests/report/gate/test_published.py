"""Real scores: hyenadna and nt_500m as the paper released them, and a few rows written here."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mit_harness.claims.registry import get_claim
from mit_harness.models.base import ModelHandle, Scores
from mit_harness.promoter.core import DesignSpec
from mit_harness.promoter.files import read_sequences
from mit_harness.report.build import claim_record, model_records
from mit_harness.report.folder import ReportFolder
from mit_harness.report.items import ItemScores

RELEASE = Path(__file__).resolve().parents[4] / "shared" / "reference" / "published"
released = pytest.mark.skipif(
    not (RELEASE / "scores.tsv").is_file(),
    reason="the paper's released scores do not lie beside this checkout",
)
CLAIMS = ("compensation", "scrambled_control")
HANDLE = ModelHandle("", "scores:scores.tsv#x", "user", "1", load=lambda: None)


def write(make, folder, suite, values, name):
    """Write the run of one model's recorded scores, by the paper's protocol."""
    spec = DesignSpec(protocol="published", suite=suite)
    handle = replace(HANDLE, name=name)
    designs, scores, records = {}, {}, []
    for claim_id in CLAIMS:
        claim = get_claim(claim_id)
        designs[claim_id] = claim.design(spec)
        found = np.array([values[item.id] for item in designs[claim_id]])
        counts = np.full(len(found), 100, dtype=np.int64)
        scores[claim_id] = Scores(found, counts, counts)
        scored = ItemScores(designs, {name: scores}).scored(name, claim_id)
        result = claim.judge(scored, protocol="published", seed=42, tolerance=1e-9)
        records.append(claim_record(result, claim.threshold, None))
    models = model_records([handle], {name: records})
    design = make.design(protocol="published", suite_sha256="0" * 64)
    written = ReportFolder(folder)
    written.write(make.results(*models, design=design), items=ItemScores(designs, {name: scores}))
    written.release()
    return folder


def rules(candidate, baseline):
    return {
        "require_ran": list(CLAIMS),
        "baseline": {"models": {candidate: baseline}},
        "claims": {
            "compensation": {
                "css": {"min_ci_low": 0.5, "max_regression": 0.05, "min_power": 0.8},
            },
            "scrambled_control": {"scr": {"max_regression": 0.05}},
        },
    }


@pytest.fixture(scope="module")
def real(make, tmp_path_factory):
    suite, _ = read_sequences(RELEASE / "sequences.tsv")
    with (RELEASE / "scores.tsv").open(newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    made = {}
    for name in ("hyenadna", "nt_500m"):
        values = {row["id"]: float(row[name]) for row in rows}
        made[name] = write(make, tmp_path_factory.mktemp(name), suite, values, name)
    return made


@released
def test_nt_500m_does_not_replace_hyenadna(gates, real):
    decision = gates.ask(real["nt_500m"], rules("nt_500m", "hyenadna"), real["hyenadna"])
    assert decision.status == 1
    assert gates.stopped(decision) == [
        ("block", "min_ci_low", "CI low 0.44 < 0.5; noise floor unknown"),
        (
            "block",
            "max_regression",
            "difference -0.09 [-0.21, 0.03]: CI low < -0.05; noise floor unknown",
        ),
        (
            "block",
            "max_regression",
            "difference -0.08 [-0.22, 0.08]: CI low < -0.05; noise floor unknown",
        ),
    ]


@released
def test_hyenadna_replaces_nt_500m_but_for_the_spread_of_50_pairs(gates, real):
    decision = gates.ask(real["hyenadna"], rules("hyenadna", "nt_500m"), real["nt_500m"])
    ((outcome, rule, why),) = gates.stopped(decision)
    assert (outcome, rule) == ("block", "max_regression")
    assert why.startswith("difference 0.08 [-0.08, 0.22]: CI low < -0.05")
    wider = rules("hyenadna", "nt_500m")
    wider["claims"]["scrambled_control"]["scr"]["max_regression"] = 0.1
    assert gates.ask(real["hyenadna"], wider, real["nt_500m"]).word == "promote"


@pytest.fixture(scope="module")
def small(make, tmp_path_factory):
    """Twenty pairs of recorded scores: the first model wins 18, the second 11."""
    folder = tmp_path_factory.mktemp("small")
    bases, lines = np.random.default_rng(3), ["id\tclass\tindex\tsequence"]
    for group in "DEH":
        for index in range(20):
            sequence = "".join(bases.choice(list("ACGT"), 100))
            lines.append(f"{group}_{index:03d}\t{group}\t{index}\t{sequence}")
    (folder / "suite.tsv").write_text("\n".join(lines) + "\n")
    suite, _ = read_sequences(folder / "suite.tsv")
    made = {}
    for name, won in (("old", 18), ("new", 11)):
        values = {item.id: float(item.group == "E" and item.index < won) for item in suite}
        values |= {item.id: 0.5 for item in suite if item.group != "E"}
        made[name] = write(make, folder / name, suite, values, name)
    return made


def test_recorded_scores_lose_and_win(gates, small):
    losing = {
        "claims": {"compensation": {"css": {"max_regression": 0.05}}},
        "baseline": {"models": {"new": "old"}},
    }
    ((outcome, rule, why),) = gates.stopped(gates.ask(small["new"], losing, small["old"]))
    assert (outcome, rule) == ("block", "max_regression")
    assert why.startswith("difference -0.35 [")
    winning = {**losing, "baseline": {"models": {"old": "new"}}}
    assert gates.ask(small["old"], winning, small["new"]).word == "promote"
