"""``mit-harness compare``: every format, whose models, and one line for what cannot be compared."""

import csv
import io
import json
import shutil

import pytest
from typer.testing import CliRunner

from mit_harness.cli import app
from mit_harness.errors import MitHarnessError

CLAIMS = ("compensation", "motif_effect")


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["compare", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: object) -> str:
    with pytest.raises(MitHarnessError) as caught:
        CliRunner().invoke(app, ["compare", *map(str, arguments)], catch_exceptions=False)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def runs(finished_run):
    new = finished_run("new=markov", "pa-pwm", claims=CLAIMS)
    return new, finished_run("old=kmer", "pa-pwm", claims=CLAIMS)


def test_a_report_in_markdown(runs, tmp_path):
    text = run(*runs)
    assert text.startswith("# Comparison\n")
    assert "## new against old" in text
    assert "### motif_effect" in text
    prose = [line for line in text.splitlines() if not line.startswith("|")]
    assert max(map(len, prose)) <= 80
    run(*runs, "--out", tmp_path / "comparison.md")
    assert (tmp_path / "comparison.md").read_text() == text
    assert str(tmp_path) not in text


def test_a_results_file_is_as_good_as_its_folder(runs):
    assert run(runs[0] / "results.json", runs[1]) == run(*runs)


def test_the_short_form_keeps_to_80_columns(runs):
    lines = run(*runs, "--format", "text").splitlines()
    assert lines[0] == "new against the baseline's old, candidate less baseline:"
    assert max(map(len, lines)) <= 80


def test_tsv_and_json_hold_the_same_numbers(runs):
    rows = list(csv.DictReader(io.StringIO(run(*runs, "--format", "tsv")), delimiter="\t"))
    whole = json.loads(run(*runs, "--format", "json"))
    (found,) = whole["comparisons"]
    assert [row["metric"] for row in rows] == [d["metric"] for d in found["differences"]]
    for row, d in zip(rows, found["differences"], strict=True):
        assert (float(row["ci_low"]) if row["ci_low"] else None) == d["ci_low"]


def test_one_claim(runs):
    text = run(*runs, "--claim", "compensation")
    assert "### compensation" in text
    assert "motif_effect" not in text


def test_the_flipped_pairs(runs):
    rows = list(
        csv.DictReader(
            io.StringIO(run(*runs, "--format", "tsv", "--flipped", "--claim", "compensation")),
            delimiter="\t",
        )
    )
    counted = json.loads(run(*runs, "--format", "json"))["comparisons"][0]["differences"][0]
    assert counted["metric"] == "css"
    assert len(rows) == counted["gained"] + counted["lost"] > 0
    assert "Flipped pairs" in run(*runs, "--flipped")
    assert "text" in refused(*runs, "--flipped", "--format", "text")


def test_two_named_models_of_one_run(runs):
    text = run(runs[0], runs[0], "--model", "new", "--baseline-model", "pa-pwm")
    assert "## new against pa-pwm" in text


def test_what_cannot_be_compared_is_one_line(runs, finished_run, tmp_path):
    other = finished_run("old=kmer", claims=CLAIMS, n=21)
    said = refused(runs[0], other)
    assert "n is 20 and 21" in said
    assert str(runs[0]) in said
    assert str(other) in said
    assert "it is not clear" in refused(runs[0], finished_run("markov", claims=CLAIMS))
    assert "did you mean 'compensation'" in refused(*runs, "--claim", "compensatio")
    assert "cannot be read" in refused(runs[0], tmp_path / "nothing")
    changed = tmp_path / "changed"
    shutil.copytree(runs[1], changed)
    file = changed / "results.json"
    file.write_text(file.read_text().replace('"kind": "user"', '"kind": "control"'))
    assert "was changed since" in refused(runs[0], changed)


def test_the_same_bytes_each_time(runs):
    assert run(*runs, "--flipped") == run(*runs, "--flipped")
