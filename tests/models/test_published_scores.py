"""The released scores of every published baseline, to 1e-6."""

import csv
import json
from importlib.resources import files
from pathlib import Path

import pytest

from mit_harness.models.embedded import EMBEDDED

RELEASE = Path(__file__).resolve().parents[3] / "shared" / "reference" / "published"
COLUMNS = ("pwm", "pa_pwm", "thermo", "scan", "pa_pwm_nocomp", "pa_pwm_nopos", "rpa_pwm")

pytestmark = pytest.mark.skipif(
    not (RELEASE / "scores.tsv").is_file(),
    reason="the paper's released scores do not lie beside this checkout",
)


def table(name):
    with (RELEASE / name).open(newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


@pytest.mark.parametrize("column", COLUMNS)
def test_scores_are_the_released_ones(column):
    sequences = {row["id"]: row["sequence"] for row in table("sequences.tsv")}
    released = {row["id"]: float(row[column]) for row in table("scores.tsv")}
    assert len(released) == 650
    scores = EMBEDDED[column.replace("_", "-")].build({}).score(list(sequences.values()))
    assert dict(zip(sequences, scores, strict=True)) == pytest.approx(released, abs=1e-6)


def test_weights_are_the_released_ones():
    released = json.loads((RELEASE / "baseline_parameters.json").read_text())
    ours = json.loads(
        files("mit_harness.models").joinpath("data", "published_weights.json").read_text()
    )
    assert ours["thermo_spacing"] == released["thermo"].pop("spacing")
    renamed = {"extended_minus10": "extended"}
    assert ours["matrices"] == {
        model: {
            renamed.get(element, element): [[row[base] for base in "ACGT"] for row in rows]
            for element, rows in elements.items()
        }
        for model, elements in released.items()
    }
