"""``--mit-baseline``: the comparison is printed and kept, and never decides anything."""

import json
import shutil

import pytest

CLAIM = "compensation"


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Where the first test leaves the baseline for the others."""
    return tmp_path_factory.mktemp("kept") / "baseline"


@pytest.fixture
def project(project, kept):
    """One shipped eval, and a baseline: what `gc` got."""
    project.shipped(CLAIM)
    if not kept.exists():
        assert project.run(models=["gc"]).ret == 1
        shutil.copytree(project.report, kept)
    shutil.copytree(kept, project.path / "baseline")
    return project


def compared(project, *args, models=("at",), baseline="baseline/results.json"):
    return project.run("--mit-baseline", baseline, *args, models=models)


@pytest.mark.parametrize("workers", ["0", "1"])
def test_it_is_printed_and_kept(project, workers):
    result = compared(project, "-n", workers)
    assert result.ret == 0
    project.said(result, "toys-at against the baseline's toys-gc, candidate less baseline:")
    lines = result.stdout.str().splitlines()
    start = lines.index("toys-at against the baseline's toys-gc, candidate less baseline:")
    assert max(map(len, lines[start : start + 6])) <= 80
    assert "verdicts that changed: compensation from refuted to holds" in result.stdout.str()
    text = (project.report / "comparison.md").read_text()
    assert "## toys-at against toys-gc" in text
    assert str(project.path) not in text


def test_a_folder_is_as_good_as_its_file(project):
    project.said(compared(project, baseline="baseline"), "against the baseline's toys-gc")


def test_the_exit_status_stays_that_of_the_claims(project):
    better = compared(project, "--mit-measure-only")
    worse = compared(project, "--mit-measure-only", models=["gc"])
    assert (better.ret, worse.ret) == (0, 0)
    project.said(worse, "scores identical to the baseline's: toys-gc")
    assert compared(project, models=["gc"]).ret == 1


def test_the_run_may_replace_its_own_baseline(project):
    shutil.copytree(project.path / "baseline", project.report, dirs_exist_ok=True)
    result = project.run("--mit-baseline", "report", models=["at"])
    project.said(result, "against the baseline's toys-gc")
    assert (project.report / "comparison.md").exists()


def test_an_old_comparison_does_not_outlive_its_run(project):
    compared(project)
    assert (project.report / "comparison.md").exists()
    project.run(models=["at"])
    assert not (project.report / "comparison.md").exists()


def damage(project, what):
    file = project.path / "baseline" / "results.json"
    if what == "changed":
        file.write_text(file.read_text().replace('"refuted"', '"holds"'))
    elif what == "not json":
        file.write_text("{")
    elif what == "no scores":
        (file.parent / "scores.parquet").unlink()
    else:
        shutil.rmtree(file.parent)


@pytest.mark.parametrize(
    ("what", "why", "workers"),
    [
        ("changed", "was changed since its run wrote it", "0"),
        ("changed", "was changed since its run wrote it", "1"),
        ("not json", "is not a results file", "0"),
        ("no scores", "per-item scores travel with", "0"),
        ("missing", "cannot be read", "0"),
    ],
)
def test_a_baseline_that_cannot_be_read_is_refused_before_anything_is_scored(
    project, what, why, workers
):
    damage(project, what)
    loads = project.loads
    result = compared(project, "-n", workers)
    assert result.ret == 4
    project.said(result, why)
    assert project.loads == loads
    assert not (project.report / "comparison.md").exists()


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_baseline_of_another_design_is_refused_before_anything_is_scored(project, workers):
    loads = project.loads
    result = compared(project, "--mit-n", "13", "-n", workers)
    assert result.ret == 4
    project.said(result, "this run cannot be compared with ", "n is 13 and 12; run both alike")
    assert project.loads == loads
    assert not (project.report / "comparison.md").exists()


def test_models_that_do_not_meet_are_named(project):
    result = compared(project, models=["pa-pwm"])
    assert result.ret == 0
    project.said(result, "it is not clear what to compare pa-pwm")


def test_a_project_of_its_own_claims_alone(project):
    """Their judgement is known to the project only: nothing is compared, and nothing breaks."""
    project.toys()
    for name in (f"test_{CLAIM}", "test_toy"):
        (project.path / f"{name}.py").rename(project.path / f"{name}.off")
    (project.path / "test_toy.off").rename(project.path / "test_toy.py")
    project.run("--mit-report", "own", models=["at"])
    result = compared(project, models=["at"], baseline="own")
    assert result.ret == 0
    project.said(result, "no shipped claim in common")


def test_the_environment_names_it_too(project, monkeypatch):
    monkeypatch.setenv("MIT_HARNESS_BASELINE", "baseline")
    project.said(project.run(models=["at"]), "against the baseline's toys-gc")


def test_the_results_do_not_depend_on_it(project, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    compared(project)
    with_it = json.loads(project.results_text())
    project.run(models=["at"])
    assert json.loads(project.results_text()) == with_it
