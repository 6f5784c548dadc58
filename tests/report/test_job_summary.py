"""The job summary: what failed and why, short enough for GitHub."""

import pytest

from mit_harness.report.job_summary import append_job_summary, job_summary


def test_a_small_run_says_what_did_not_hold(make):
    text = job_summary(make.small_run(), faults=["2 of 3 tests were <never> reported"])
    assert "- 2 of 3 tests were &lt;never&gt; reported" in text
    assert "- at-content, compensation: holds: css = 0.960 \\|" in text
    assert "- my-model, scrambled\\_control: undecided: because" in text
    assert "- my-model, natural\\_motif: error: because" in text
    assert "- pa-pwm" not in text
    assert "2026" not in text


def test_a_reference_fails_nothing(make):
    model = make.model("ref", [make.claim(verdict="refuted")], kind="reference")
    assert "What did not hold" not in job_summary(make.results(model))


def test_faults_alone_are_a_summary_too():
    assert job_summary(None, ["the disk is full"]) == "## mit-harness\n\n- the disk is full\n"


def test_an_incomplete_run_says_so(make):
    text = job_summary(make.results(complete=False, faults={"test_x": "broke|n"}))
    assert "**This run is incomplete" in text
    assert "- broke test\\_x: broke\\|n" in text


def test_many_reasons_are_counted(make):
    models = [make.model(f"m{k}", [make.claim(verdict="refuted")]) for k in range(70)]
    text = job_summary(make.results(*models))
    assert text.count(": because") == 50
    assert text.endswith("- and 20 more, in leaderboard.md\n")


def test_it_is_appended(tmp_path, monkeypatch):
    file = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    assert append_job_summary("one\n") is None
    assert append_job_summary("two") is None
    assert file.read_text() == "\none\n\ntwo\n"


@pytest.mark.parametrize("letter", ["x", "é"])
def test_what_github_would_drop_whole_is_cut(tmp_path, monkeypatch, letter):
    file = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    assert append_job_summary("a" + letter * 2_000_000) is None
    assert 999_000 < file.stat().st_size < 1 << 20
    assert file.read_text(encoding="utf-8").endswith("(cut off here)\n")


def test_a_lone_surrogate_is_no_obstacle(tmp_path, monkeypatch):
    file = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    assert append_job_summary("\ud800") is None
    assert "ud800" in file.read_text()


@pytest.mark.parametrize("file", ["nowhere/summary.md", ".", "nul\0byte"])
def test_why_it_cannot_be_written_is_returned(tmp_path, monkeypatch, file):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.environ", {"GITHUB_STEP_SUMMARY": file})
    assert "cannot be written: " in append_job_summary("text")


def test_nothing_is_written_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert append_job_summary("text") is None
    assert list(tmp_path.iterdir()) == []
