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


@pytest.mark.parametrize("absent", ["xdist", "terminal"])
def test_without_other_plugins(project, absent):
    result = project.toys().run("-p", f"no:{absent}", "--mit-plan", models=["at"])
    assert result.ret == 0
    project.said(result, "toys-at: 24 sequences, 24 to score; time unknown (never scored here)")
    assert project.run("-p", f"no:{absent}", models=["at"]).ret == 0
    assert project.verdicts()["toys-at"]["first"] == "holds"
