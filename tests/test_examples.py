"""The examples run as their README says."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from mit_harness.claims.registry import CLAIMS

EXAMPLES = Path(__file__).parents[1] / "examples"


def run(tmp_path: Path, folder: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--import-mode=importlib"]
    return subprocess.run(
        [*command, "--mit-report", str(tmp_path / "report"), *arguments],
        cwd=EXAMPLES / folder,
        env={**os.environ, "MIT_HARNESS_STORE": str(tmp_path / "s.sqlite")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_own_model_fails_what_it_cannot_do_and_says_so(tmp_path: Path):
    done = run(tmp_path, "own_model", "--pyargs", "mit_harness.evals",
               "--mit-model", "py:my_model:load")  # fmt: skip
    assert done.returncode == 1
    assert "11 failed, 3 passed" in done.stdout  # compensation, and the two diagnostics
    assert "scrambled_control refuted" in done.stdout


def test_a_registered_reference_model_is_measured_only(tmp_path: Path):
    done = run(tmp_path, "registered_model", ".", "--mit-model", "gc-skew")
    assert done.returncode == 0, done.stdout
    assert "1 xfailed" in done.stdout


@pytest.mark.parametrize(
    ("model", "outcome"), [("pa-pwm", "1 passed"), ("at-content", "1 xfailed")]
)
def test_own_claim_is_judged(model: str, outcome: str, tmp_path: Path):
    done = run(tmp_path, "own_claim", ".", "--mit-model", model)
    assert done.returncode == 0, done.stdout
    assert outcome in done.stdout


def workflow() -> dict[str, Any]:
    content = yaml.safe_load((EXAMPLES / "ci" / "release.yml").read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def step(name: str) -> dict[str, Any]:
    (found,) = [s for s in workflow()["jobs"]["gate"]["steps"] if s.get("name") == name]
    return found


def test_the_workflow_keeps_the_report_and_the_scores_of_a_run_that_blocks():
    content = workflow()
    assert content["permissions"] == {"contents": "read"}
    report = content["env"]["MIT_HARNESS_REPORT"]
    for name, path in (("Keep the report", report), ("Keep the scores", ".mit-harness")):
        assert step(name)["if"] == "always()"
        assert step(name)["with"]["path"] == path
    assert content["env"]["MIT_HARNESS_STORE"].startswith(".mit-harness/")
    for found in content["jobs"]["gate"]["steps"]:
        assert "${{" not in found.get("run", ""), "an input must not become part of a command"


def test_the_gate_of_the_workflow_names_claims_and_metrics_that_there_are():
    content = tomllib.loads((EXAMPLES / "ci" / "gate.toml").read_text(encoding="utf-8"))
    named = [*content["require_ran"], *content["claims"], *content["expected"]["*"]]
    assert set(named) <= {*CLAIMS}
    run = json.loads((EXAMPLES.parent / "reports" / "embedded" / "results.json").read_text())
    metrics = {c["id"]: c["metrics"] for c in run["models"][0]["claims"]}
    for claim, rules in content["claims"].items():
        assert set(rules) <= set(metrics[claim])
