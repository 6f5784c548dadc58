"""What only looks at the evals runs none, loads none, and leaves no file."""

import pytest


@pytest.mark.parametrize(
    "mode", [("--collect-only",), ("--collect-only", "-n", "2"), ("--fixtures",), ("--setup-plan",)]
)
def test_looking_is_not_running(project, mode):
    before = project.toys().files()
    result = project.run(*mode, models=["at", "gc"])
    assert result.ret == 0
    project.said(result)
    assert "ERROR" not in result.stdout.str()
    assert project.files() == before


def test_the_fixtures_are_documented(project):
    result = project.run("--fixtures", "-q")
    for name in ("mit_claim", "mit_model", "mit_result", "mit_scores", "mit_verdict"):
        assert any(line.startswith(name) for line in result.outlines), name


@pytest.mark.parametrize("workers", ["0", "2"])
def test_the_plan(project, workers):
    before = project.toys().files()
    result = project.run("--mit-plan", "-n", workers, models=["at", "gc"])
    assert result.ret == 0
    project.said(
        result,
        "toys-at: 24 sequences, 24 to score; claims: first, second, third",
        "toys-gc: 24 sequences, 24 to score; claims: first, second, third",
        f"store: {project.store}",
        "no tests ran",
    )
    assert "ERROR" not in result.stdout.str()
    assert project.files() == before


def test_the_plan_by_environment(project, monkeypatch):
    monkeypatch.setenv("MIT_HARNESS_PLAN", "yes")
    project.toys()
    result = project.run("-n", "2", "-k", "second", models=["at"])
    assert result.ret == 0
    project.said(result, "toys-at: 24 sequences, 24 to score; claims: second")
    assert project.loads == []


def test_the_plan_of_nothing(project):
    result = project.toys().run("--mit-plan", "-k", "nothing", models=["at"])
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    project.said(result, "no eval is selected, so nothing would be scored")


def test_the_plan_refuses_bad_input_too(project):
    result = project.toys().run("--mit-plan", models=["no-such-model"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize("absent", ["xdist", "terminal"])
def test_without_other_plugins(project, absent):
    result = project.toys().run("-p", f"no:{absent}", "--mit-plan", models=["at"])
    assert result.ret == 0
    project.said(result, "toys-at: 24 sequences, 24 to score; claims: first, second, third")
    assert project.run("-p", f"no:{absent}", models=["at"]).ret == 0
    assert project.verdicts()["toys-at"]["first"] == "holds"
