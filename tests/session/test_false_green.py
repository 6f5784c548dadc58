"""Whatever looks like a pass without having shown anything exits not 0, and says why."""

import pytest

NOTHING = "ERROR: no eval was run, so nothing was shown"


@pytest.mark.parametrize("workers", ["0", "1"])
def test_every_eval_skipped_for_want_of_sequences(project, workers):
    suite = project.shipped("compensation", "natural_rescue").suite("suite.tsv", "AB")
    result = project.run("-n", workers, "--mit-suite", suite, models=["pa-pwm"])
    assert (result.ret, result.parseoutcomes()) == (1, {"skipped": 2})
    project.said(result, "ERROR: every eval was skipped, so nothing was shown; first reason: ")
    assert "which the suite does not hold" in result.stdout.str()
    assert set(project.results()["run"]["skipped"]) == {"compensation", "natural_rescue"}


def test_one_claim_skipped_for_want_of_sequences_is_no_fault(project):
    suite = project.toys().suite("suite.tsv", "DE")
    project.shipped("motif_effect")
    result = project.run("--mit-suite", suite, "--mit-measure-only", models=["at"])
    assert (result.ret, result.parseoutcomes()["skipped"]) == (0, 1)
    project.said(result, "skipped motif_effect: ")


def test_every_eval_skipped_by_a_mark(project):
    project.toys()
    with (project.path / "test_toy.py").open("a") as file:
        file.write("\npytestmark = pytest.mark.skip(reason='not today')\n")
    result = project.run(models=["at"])
    assert (result.ret, result.parseoutcomes()) == (1, {"skipped": 3})
    project.said(result, "ERROR: every eval was skipped", "first reason: not today")


@pytest.mark.parametrize("workers", ["0", "1"])
def test_none_selected(project, workers):
    result = project.toys().run("-n", workers, "-k", "nothing")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    project.said(result, NOTHING)


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_claim_that_no_eval_here_judges(project, workers):
    project.toys().write(test_plain="def test_plain(): pass\n")
    result = project.run("-n", workers, "--mit-claim", "compensation", models=["at"])
    assert (result.ret, result.parseoutcomes()["passed"]) == (1, 1)
    project.said(result, NOTHING)


@pytest.mark.parametrize("workers", ["0", "1"])
def test_options_of_ours_where_there_are_no_evals(project, workers):
    project.write(test_plain="def test_plain(): pass\n")
    result = project.run("-n", workers, models=["pa-pwm"])
    assert (result.ret, result.parseoutcomes()) == (1, {"passed": 1})
    project.said(result, NOTHING)


@pytest.mark.parametrize("workers", ["0", "1"])
def test_an_eval_that_never_asks_for_its_verdict(project, workers):
    evals = "def test_idle(mit_verdict):\n    pass\n"
    mark = "import pytest, toy_claims\n@pytest.mark.mit_claim(toy_claims.Third())\n"
    project.toys().write(test_idle=mark + evals)
    result = project.run("-n", workers, models=["at"])
    assert (result.ret, result.parseoutcomes()) == (1, {"passed": 4})
    project.said(
        result,
        "ERROR: test_idle.py::test_idle[toys-at] ended without a verdict; did it call "
        "mit_verdict()?",
    )


SWALLOW = """
def pytest_runtest_protocol(item):
    return True if {} in item.name else None
"""


@pytest.mark.parametrize("workers", ["0", "1"])
@pytest.mark.parametrize("which", ["'second'", "''"])
def test_tests_that_were_never_reported(project, workers, which):
    project.toys().write(conftest=SWALLOW.format(which))
    result = project.run("-n", workers, models=["at"])
    assert result.ret == 1
    count, first = (1, "second") if "second" in which else (3, "first")
    project.said(
        result,
        f"ERROR: {count} of 3 tests were collected but never reported, first "
        f"test_toy.py::test_{first}[toys-at]",
    )
    assert project.report.exists() or count == 3


GREENED = """
import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    report = yield
    report.outcome = "passed"
    return report
"""


@pytest.mark.parametrize("model", ["nan", "missing_file"])
def test_errors_that_were_painted_green(project, model):
    project.toys().write(conftest=GREENED)
    result = project.run(models=[model])
    assert (result.ret, result.parseoutcomes()) == (1, {"passed": 3})
    reason = "verdicts are errors" if model == "nan" else "ended without a verdict"
    project.said(result, reason)


@pytest.mark.parametrize("extra", [("-x",), ("--maxfail", "1"), ("-x", "-n", "1")])
def test_stopping_early_keeps_its_own_status(project, extra):
    result = project.toys().run(*extra, models=["gc"])
    assert result.ret == (pytest.ExitCode.INTERRUPTED if "-n" in extra else 1)
    project.said(result, "stopping after 1 failures")
    assert "never reported" not in result.stdout.str()
    assert not project.results()["run"]["complete"]


LATE = """
def pytest_runtest_teardown():
    import os, pathlib
    pathlib.Path(os.environ["MIT_HARNESS_REPORT"], "results.json").mkdir(exist_ok=True)
"""


def test_a_report_that_can_no_longer_be_written(project):
    project.toys().write(conftest=LATE)
    result = project.run(models=["at"])
    assert (result.ret, result.parseoutcomes()) == (1, {"passed": 3})
    project.said(result, f"ERROR: {project.report / 'results.json'} cannot be written (")


HIDDEN = """
import pytest

import toy_claims


@pytest.fixture
def verdict(mit_verdict):
    return mit_verdict


def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.mit_claim(toy_claims.First()))
"""


def test_evals_that_no_search_of_the_files_can_see(project, monkeypatch):
    project.toys().write(conftest=HIDDEN, test_toy="def test_hidden(verdict): verdict()\n")
    monkeypatch.setenv("MIT_HARNESS_MODEL", "py:toys:at")
    result = project.run("-n", "1")
    assert (result.ret, result.parseoutcomes()) == (1, {"passed": 1})
    project.said(result, "ERROR: evals ran in workers, but their files did not show it beforehand")
    assert project.run("-n", "1", "--mit-report", project.report).ret == 0
    assert project.run().ret == 0
