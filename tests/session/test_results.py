"""results.json: the same run gives the same bytes, and dates stand only in ``run``."""

import pytest

MODELS = ("pa-pwm", "at", "unstated", "gc")


def beyond_run(project):
    """Return the bytes after the block ``run``."""
    before, design, after = project.results_text().partition('\n "design"')
    assert design
    assert before.count('\n "') == 2
    return after


@pytest.fixture
def mixed(project):
    """Toy claims and a shipped one, so that there are numbers to differ in."""
    return project.toys().shipped("motif_effect")


def test_the_same_bytes_at_any_number_of_workers(mixed):
    seen = set()
    for workers in ("0", "2"):
        mixed.run("-n", workers, "--mit-measure-only", "--mit-n", "16", models=MODELS)
        seen.add(beyond_run(mixed))
    assert len(seen) == 1
    assert [model["name"] for model in mixed.results()["models"]] == [
        "pa-pwm",
        "toys-at",
        "toys-unstated",
        "toys-gc",
    ]


def test_the_same_file_at_a_given_date(project, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    seen = set()
    for _ in range(2):
        project.toys().run("--mit-measure-only", models=["at", "unstated"])
        board = (project.report / "leaderboard.md").read_text()
        seen.add((project.results_text(), board))
    assert len(seen) == 1
    run = project.results()["run"]
    assert (run["created"], run["duration_s"]) == ("2023-11-14T22:13:20+00:00", None)


def test_what_stands_in_it(project):
    result = project.toys().run("--mit-seed", "7", models=["at"])
    found = project.results()
    assert found["schema"] == "mit-harness/results/1"
    assert found["design"] == {
        "protocol": "matched",
        "n": 12,
        "seed": 7,
        "split": "test",
        "break_form": "TGTAAT",
        "suite_sha256": None,
    }
    assert found["run"]["complete"]
    assert found["run"]["faults"] == found["run"]["skipped"] == {}
    assert project.files() >= {"report/results.json", "report/leaderboard.md"}
    project.said(result, f"report: {project.report}")


def test_claims_stand_in_one_order(project):
    args = ("--dist", "load", "--maxschedchunk", "1", "-n", "2")
    project.toys().run(*args, models=["at"])
    assert list(project.verdicts()["toys-at"]) == ["first", "second", "third"]


def test_an_interrupted_run_keeps_pytests_status(project):
    result = project.toys().run(models=["at", "interrupted"], apart=True)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert project.stored() == {"toys-at": 24}
    assert list(project.verdicts()) == ["toys-at"]
    assert not project.results()["run"]["complete"]
    assert project.run(models=["at"]).ret == 0
    assert project.results()["run"]["complete"]


def test_a_run_that_selects_nothing_leaves_the_report_alone(project):
    project.toys().run(models=["at"])
    before = project.results_text()
    assert project.run("-k", "nothing", models=["at"]).ret == 5
    assert project.run("--mit-model", "no-such").ret == 4
    assert project.results_text() == before


def test_junit(project):
    project.toys().run("--junitxml", "junit.xml", "--mit-measure-only", models=["at", "gc"])
    text = (project.path / "junit.xml").read_text()
    assert 'tests="6"' in text
    assert text.count('name="mit_result"') == 6
