"""On GitHub a run shows itself on the job's page, once, and never fails for it."""

import pytest


@pytest.fixture
def summary(project, monkeypatch):
    file = project.path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    return file


@pytest.mark.parametrize("workers", ["0", "2"])
def test_the_table_verdicts_and_reasons_are_appended_once(project, summary, workers):
    summary.write_text("before\n")
    result = project.toys().run("-n", workers, models=["at", "gc"])
    assert result.ret == 1
    text = summary.read_text()
    assert text.startswith("before\n\n## mit-harness\n")
    assert text.count("## mit-harness") == text.count("### Verdicts") == 1
    assert "| model " in text
    assert "### What did not hold" in text
    assert text.count("- toys-gc, ") == 3
    assert "- toys-at, " not in text


def test_a_model_that_breaks_is_told(project, summary):
    project.toys().run(models=["missing_file"])
    text = summary.read_text()
    assert "error" in text
    assert "no weights" in text
    assert "<b>" not in text
    assert "\x1b" not in text


def test_a_folder_in_the_files_place_is_one_note(project, summary):
    summary.mkdir()
    result = project.toys().run(models=["at"])
    assert result.ret == 0
    said = [line for line in result.outlines if "GITHUB_STEP_SUMMARY" in line]
    assert len(said) == 1
    assert said[0].startswith("warning: the job summary ")
    assert (project.report / "results.json").exists()


@pytest.mark.parametrize("look", ["--mit-plan", "--collect-only"])
def test_a_session_that_only_looks_writes_nothing(project, summary, look):
    project.toys().run(look, models=["at"])
    assert not summary.exists()


def test_a_project_without_evals_writes_nothing(project, summary):
    project.write(test_plain="def test_one():\n    pass\n")
    assert project.run().ret == 0
    assert not summary.exists()


def test_without_github_nothing_is_written(project, summary, monkeypatch):
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    project.toys().run(models=["at"])
    assert not summary.exists()


def test_a_report_that_cannot_be_written_is_told(project, summary):
    project.report.mkdir()
    (project.report / "results.json").mkdir()
    assert project.toys().run(models=["at"]).ret == 1
    assert "cannot be written" in summary.read_text()


GATE = """
schema = "mit-harness/gate/1"
[claims.compensation.css]
min_ci_low = 0.5
"""


@pytest.mark.parametrize(("model", "word"), [("at", "promote"), ("gc", "block")])
def test_the_gates_decision_stands_first(project, summary, model, word):
    (project.path / "gate.toml").write_text(GATE)
    project.shipped("compensation").run("--mit-gate", "gate.toml", models=[model])
    gate, run = summary.read_text().split("## mit-harness\n")
    assert word in gate
    assert (project.report / "gate.md").read_text().strip() in gate
    assert "| model" in run


def test_without_a_gate_the_decision_of_an_older_run_is_not_shown(project, summary):
    project.report.mkdir()
    (project.report / "gate.md").write_text("# Gate: promote\n")
    project.toys().run(models=["at"])
    assert "promote" not in summary.read_text()
