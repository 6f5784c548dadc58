"""`mit-harness leaderboard`: finished runs in, a leaderboard out, or a line that says why not."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mit_harness.cli import app
from mit_harness.errors import MitHarnessError

EVALS = ["-m", "pytest", "-p", "no:cacheprovider", "-q", "--pyargs", "mit_harness.evals"]


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: object) -> str:
    with pytest.raises(MitHarnessError) as caught:
        run(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two controls and one claim, as pytest leaves it."""
    folder = tmp_path_factory.mktemp("finished")
    done = subprocess.run(
        [sys.executable, *EVALS, "--mit-claim", "compensation", "--mit-n", "12",
         "--mit-model", "pa-pwm", "--mit-model", "at-content", "--mit-report", str(folder)],
        cwd=folder,
        env={**os.environ, "MIT_HARNESS_STORE": str(folder / "scores.sqlite")},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return folder


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("b.md", "# Leaderboard\n"),
        ("b.HTML", "<!doctype html>\n"),
        ("b.csv", "source,model,"),
        ("b.tex", "% Written by mit-harness"),
        ("board", "# Leaderboard\n"),
    ],
)
def test_the_files_suffix_tells_the_form(finished: Path, tmp_path: Path, name: str, begins: str):
    out = tmp_path / name
    run("leaderboard", finished, "--out", out)
    assert out.read_text(encoding="utf-8").startswith(begins)
    again = tmp_path / f"again-{name}"
    run("leaderboard", finished / "results.json", "--out", again)
    assert again.read_bytes() == out.read_bytes()


def test_a_format_that_is_named_wins(finished: Path, tmp_path: Path):
    out = tmp_path / "b.md"
    run("leaderboard", finished, "--format", "csv", "--out", out)
    with out.open(newline="") as handle:
        models = [row["model"] for row in csv.DictReader(handle)]
    assert models[:3] == ["at-content", "pa-pwm", "HyenaDNA"]


def test_a_model_card_is_for_one_model(finished: Path, tmp_path: Path):
    pytest.importorskip("huggingface_hub")
    out = tmp_path / "card.yaml"
    run("leaderboard", finished, "--model-index", "pa-pwm", "--out", out)
    assert out.read_text().startswith("model-index:\n- name: pa-pwm\n")
    assert "no model with a spec hf:" in refused("leaderboard", finished, "--out", out)
    assert "no model 'pa-pvm'" in refused("leaderboard", finished, "--model-index", "pa-pvm")


def test_bad_input_is_one_line(finished: Path, tmp_path: Path):
    out = tmp_path / "b.pdf"
    assert "no leaderboard is written as .pdf" in refused("leaderboard", finished, "--out", out)
    assert not out.exists()
    clash = ("--model-index", "pa-pwm", "--format", "csv")
    assert "--format model-index, not csv" in refused("leaderboard", finished, *clash)
    assert "cannot be read" in refused("leaderboard", tmp_path / "nowhere")
    away = tmp_path / "no" / "where.md"
    assert "cannot be written" in refused("leaderboard", finished, "--out", away)


def test_what_was_changed_is_refused(finished: Path, tmp_path: Path):
    folder = tmp_path / "run"
    shutil.copytree(finished, folder)
    content = json.loads((folder / "results.json").read_text())
    content["models"][0]["claims"][0]["verdict"] = "refuted"
    (folder / "results.json").write_text(json.dumps(content))
    assert "was changed since its run wrote it" in refused("leaderboard", folder)
    shutil.copy(finished / "results.json", folder)
    (folder / "scores.parquet").unlink()
    assert "per-item scores travel with results.json" in refused("leaderboard", folder)


def test_the_runs_own_leaderboard_has_no_date(finished: Path):
    created = json.loads((finished / "results.json").read_text())["run"]["created"][:10]
    assert created not in (finished / "leaderboard.md").read_text()
    assert created in run("leaderboard", finished)
