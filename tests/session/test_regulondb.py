"""A run on the user's own natural promoters: recorded, not held against declared verdicts."""

import hashlib

import pytest

from mit_harness.report.finished import read_run, verify


@pytest.fixture
def natural(project, promoter_set):
    project.shipped("natural_motif", "natural_rescue", "compensation")
    return project, promoter_set()


def test_the_run_says_which_file_and_checks_no_declared_verdict(natural):
    project, file = natural
    result = project.run("--mit-regulondb", file, models=["at-content"])
    out = result.stdout.str()
    assert "note: natural promoters of PromoterSet.tsv: A " in out
    assert "controls: measured, not checked" in out
    design = project.results()["design"]
    assert design["natural_sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert design["suite_sha256"] is None
    (model,) = project.results()["models"]
    assert {claim["declared"] for claim in model["claims"]} == {None}
    assert "natural promoters sha256" in (project.report / "leaderboard.md").read_text()
    run = read_run(project.report)
    assert set(verify(run)["at-content"]) == {"natural_motif", "natural_rescue", "compensation"}


def test_the_same_run_on_two_workers(natural):
    project, file = natural
    seen = set()
    for workers in ("0", "2"):
        project.run("-n", workers, "--mit-regulondb", file, models=["pa-pwm"])
        seen.add(project.results_text().partition('\n "design"')[2])
    assert len(seen) == 1


def test_the_claims_see_these_promoters(natural):
    project, file = natural
    project.run("--mit-regulondb", file, "--mit-measure-only", models=["pa-pwm"])
    own = read_run(project.report).items.sequences
    project.run("--mit-measure-only", models=["pa-pwm"])
    plain = read_run(project.report).items.sequences
    assert "natural_sha256" not in project.results()["design"]
    assert own["natural_motif"].sha256 != plain["natural_motif"].sha256
    assert own["compensation"].sha256 == plain["compensation"].sha256


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_file_that_cannot_be_used_is_one_line(project, workers):
    project.toys()
    (project.path / "bad.tsv").write_text("pmName\tstrand\n")
    result = project.run("-n", workers, "--mit-regulondb", "bad.tsv", models=["at"])
    assert result.ret == 4
    lines = [x for x in (result.outlines + result.errlines) if "bad.tsv" in x]
    assert len(lines) == 1
    assert "lacks posTSS" in lines[0]


def test_a_suite_beside_it_is_refused(natural):
    project, file = natural
    suite = project.suite("suite.tsv", "DE")
    result = project.run("--mit-regulondb", file, "--mit-suite", suite, models=["at-content"])
    assert result.ret == 4
    assert "give one" in result.stderr.str() + result.stdout.str()
