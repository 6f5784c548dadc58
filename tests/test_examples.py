"""The examples run as their README says."""

import json
import os
import re
import shutil
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


CANDIDATE = """
from mit_harness.models.registry import Registry


def load(name="pa-pwm"):
    return Registry().resolve(name).load()


load.fingerprint = "pa-pwm under another name"
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository as the example's README makes one: a gate, a model, and a baseline."""
    folder = tmp_path_factory.mktemp("repository")
    shutil.copy(EXAMPLES / "ci" / "gate.toml", folder)
    (folder / "candidate.py").write_text(CANDIDATE)
    readme = (EXAMPLES / "ci" / "README.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"\$ (pytest .*--mit-report baseline)", readme)
    done = shell(folder, line.replace("hf:ORG/NAME@COMMIT", "py:candidate:load"))
    assert (folder / "baseline" / "scores.parquet").exists(), done.stdout
    return folder


def shell(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of the example, for the claims that its gate names and beside one control."""
    gate = tomllib.loads((folder / "gate.toml").read_text(encoding="utf-8"))
    chosen = " ".join(f"--mit-claim {claim}" for claim in gate["require_ran"])
    line = line.replace("--mit-model controls", "--mit-model markov")
    command = line.replace("pytest", f"{sys.executable} -m pytest -p no:cacheprovider", 1)
    env = {**os.environ, "MIT_HARNESS_STORE": "s.sqlite", "GITHUB_STEP_SUMMARY": "summary.md"}
    return subprocess.run(
        ["bash", "-ec", f"{command.rstrip()} {chosen}"],
        cwd=folder,
        env={**env, "MIT_HARNESS_REPORT": "report", "MODEL": "py:candidate:load"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_of_the_workflow_promotes_what_is_as_good_as_the_baseline(repository: Path):
    done = shell(repository, step("Gate")["run"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert (repository / "report" / "gate.md").exists()
    summary = (repository / "summary.md").read_text(encoding="utf-8")
    assert "promote" in summary
    assert "candidate-load" in summary


def test_the_command_of_the_workflow_blocks_what_is_worse(repository: Path):
    worse = CANDIDATE.replace('"pa-pwm"', '"at-content"').replace("pa-pwm under", "A+T under")
    (repository / "candidate.py").write_text(worse)
    done = shell(repository, step("Gate")["run"])
    assert done.returncode == 1, done.stdout + done.stderr
    decision = (repository / "report" / "gate.md").read_text(encoding="utf-8")
    assert "block" in decision
    assert "scr\\_decoy" in decision


def test_the_evals_run_in_a_clone_without_what_only_the_tests_need():
    """Pytest reads tests/conftest.py there for `--pyargs mit_harness.evals` too."""
    conftest = Path(__file__).with_name("conftest.py")
    code = "import runpy, sys; sys.modules['hypothesis'] = None; runpy.run_path(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(conftest)], check=True)
