"""--mit-measured: off unless asked for, recorded, and needed again to recompute a run."""

import json

import pytest

from mit_harness.claims.registry import ON_MEASURED
from mit_harness.errors import ReportError
from mit_harness.measured import lafleur
from mit_harness.report.finished import read_run, verify


@pytest.fixture
def measured(project, tmp_path, monkeypatch):
    monkeypatch.setenv("MIT_HARNESS_DATA", str(tmp_path / "nothing"))
    return project.shipped("compensation", *ON_MEASURED)


def test_off_they_are_skipped_with_what_to_do(measured):
    result = measured.run(models=["pa-pwm"])
    assert (result.ret, result.parseoutcomes()) == (0, {"passed": 1, "skipped": 2})
    measured.said(result, "skipped measured_expression, measured_rescue: no measured expression")
    found = measured.results()
    assert set(found["run"]["skipped"]) == set(ON_MEASURED)
    assert "measured_sha256" not in found["run"]
    assert set(measured.verdicts()["pa-pwm"]) == {"compensation"}
    verify(read_run(measured.report))


def test_alone_and_off_they_are_no_green_run(measured):
    result = measured.run("-k", "measured", models=["pa-pwm"])
    assert result.ret == 1
    measured.said(result, "every eval was skipped, so nothing was shown")


def test_a_file_is_judged_recorded_and_recomputed(measured, workbooks, monkeypatch):
    result = measured.run(f"--mit-measured={workbooks.small}", models=["pa-pwm", "at"])
    assert result.ret == 1  # at does not hold
    found = measured.results()
    assert found["run"]["measured_sha256"] == lafleur.read_measured(workbooks.small).sha256
    assert measured.verdicts()["toys-at"]["measured_rescue"] == "refuted"
    assert set(measured.verdicts()["pa-pwm"]) == {"compensation", *ON_MEASURED}
    again = verify(read_run(measured.report))
    assert set(again["pa-pwm"]) == {"compensation", *ON_MEASURED}
    # Another process, on a machine without the file.
    monkeypatch.setattr(lafleur, "_OPENED", {})
    with pytest.raises(ReportError, match=r"measured promoters of a file with sha256 .* not on"):
        verify(read_run(measured.report))
    monkeypatch.setenv("MIT_HARNESS_MEASURED", str(workbooks.small))
    verify(read_run(measured.report))


def test_a_measured_number_that_was_changed_is_found(measured, workbooks):
    measured.run(f"--mit-measured={workbooks.small}", "-k", "rescue", models=["pa-pwm"])
    run = read_run(measured.report)
    text = json.loads(measured.results_text())
    assert text["models"][0]["claims"][0]["id"] == "measured_rescue"
    text["models"][0]["claims"][0]["metrics"]["raised"]["value"] += 0.01
    changed = run.results.model_validate(text)
    with pytest.raises(ReportError, match="raised value of measured_rescue"):
        verify(type(run)(run.file, changed, run.items))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("absent.xlsx", "the measured expression cannot be read from"),
        ("fetched", "the data set lafleur2022 is not on this machine"),
        ("test_compensation.py", "is no xlsx workbook, or is truncated"),
    ],
)
def test_a_file_that_cannot_be_used_stops_the_run(measured, value, words):
    result = measured.run(f"--mit-measured={value}", models=["pa-pwm"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    measured.said(result, words)
    assert not measured.report.exists()


def test_workers_judge_by_the_same_file(measured, workbooks):
    options = (f"--mit-measured={workbooks.small}", "-k", "expression")
    assert measured.run(*options, models=["pa-pwm"]).ret == 0
    alone = measured.results()["models"]
    assert measured.run(*options, "-n", "1", models=["pa-pwm"]).ret == 0
    assert measured.results()["models"] == alone
