"""What an eval does with its verdict: pass, xfail or fail, and the words it says."""

import re

import pytest

from mit_harness.claims.base import ClaimResult
from mit_harness.session.outcome import conclude
from mit_harness.stats.verdict import Verdict

HOLDS, OTHERS = {Verdict.HOLDS}, {Verdict.REFUTED, Verdict.ABSENT}


@pytest.fixture
def controls(project, monkeypatch):
    """Return a function that runs two controls at the default design, declared as it is told."""
    monkeypatch.delenv("MIT_HARNESS_N")
    project.shipped("compensation")

    def run(pa_pwm, pwm, *args):
        table = {"pa-pwm": {"compensation": pa_pwm}, "pwm": {"compensation": pwm}}
        monkeypatch.setattr("mit_harness.claims.declared.truth_table", lambda: table)
        return project.run(*args, models=["pa-pwm", "pwm"])

    return run


def test_controls_as_declared(project, controls):
    result = controls(HOLDS, OTHERS, "-rx")
    assert (result.ret, result.parseoutcomes()) == (0, {"passed": 1, "xfailed": 1})
    project.said(result, "controls: 2 of 2 verdicts as declared", "XFAIL test_compensation.py")
    assert [model["claims"][0]["declared"] for model in project.results()["models"]] == [
        ["holds"],
        ["absent", "refuted"],
    ]


@pytest.mark.parametrize("extra", [(), ("--mit-measure-only",), ("--runxfail",)])
def test_a_control_that_drifted_fails(project, controls, extra):
    result = controls(OTHERS, HOLDS, *extra)
    assert (result.ret, result.parseoutcomes()) == (1, {"failed": 2})
    project.said(
        result,
        "pa-pwm: compensation: holds",
        "This control declares absent or refuted",
        "This control declares holds",
        "truth_table.toml",
    )


def test_a_user_model_that_does_not_hold(project):
    result = project.shipped("compensation").run("--mit-n", "16", models=["gc"])
    assert (result.ret, result.parseoutcomes()) == (1, {"failed": 1})
    project.said(result)
    message = next(line for line in result.outlines if line.startswith("toys-gc: "))
    assert re.search(r"css\D+0\.0\d.*95 ?% .*\[0, 0\.\d+\].*CI low > 0\.50.*E_i", message)


def test_measuring_only_never_fails_a_claim(project):
    result = project.toys().run("--mit-measure-only", models=["at", "gc"])
    assert (result.ret, result.parseoutcomes()) == (0, {"passed": 3, "xfailed": 3})


def test_runxfail_shows_measured_claims_as_passed(project):
    result = project.toys().run("--mit-measure-only", "--runxfail", models=["gc"])
    assert (result.ret, result.parseoutcomes()) == (0, {"passed": 3})
    assert project.verdicts()["toys-gc"]["first"] == "refuted"


@pytest.mark.parametrize("extra", [(), ("--mit-measure-only",), ("--mit-measure-only", "-n", "1")])
@pytest.mark.parametrize("model", ["nan", "infinite"])
def test_scores_that_are_no_numbers_are_errors(project, extra, model):
    result = project.toys().run(*extra, models=["at", model])
    assert (result.ret, result.parseoutcomes()) == (1, {"passed": 3, "failed": 3})
    project.said(result, "24 of 24 sequences, first E_000, have ", "3 verdicts are errors, first ")
    assert set(project.verdicts()[f"toys-{model}"].values()) == {"error"}


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_model_that_cannot_be_loaded_is_one_sentence(project, workers):
    args = ("-n", workers, "--mit-measure-only", "--runxfail")
    result = project.toys().run(*args, models=["missing_file"])
    assert (result.ret, result.parseoutcomes()) == (1, {"errors": 3})
    project.said(result, "ModelError: 'py:toys:missing_file' could not be loaded: OSError: no wei")
    assert set(project.verdicts()["toys-missing_file"].values()) == {"error"}
    assert "\x1b" not in result.stdout.str()


BUGS = """
import pytest

import toy_claims


@pytest.mark.mit_claim(toy_claims.First())
def test_before(mit_verdict):
    1 / 0


@pytest.mark.mit_claim(toy_claims.Second())
def test_after(mit_verdict):
    mit_verdict()
    {} / 0


class Third(toy_claims.Third):
    def judge(self, *args, **options):
        return {{}}["a bug"]


@pytest.mark.mit_claim(Third())
def test_within(mit_verdict):
    mit_verdict()
"""


@pytest.mark.parametrize("extra", [(), ("--runxfail",), ("-n", "1")])
def test_a_bug_is_never_taken_for_a_verdict(project, extra):
    project.toys().write(test_toy=BUGS.format(1))
    result = project.run(*extra, models=["at"])
    assert (result.ret, result.parseoutcomes()) == (1, {"failed": 2, "errors": 1})
    text = result.stdout.str()
    assert "ZeroDivisionError" in text
    assert "KeyError: 'a bug'" in text
    assert project.verdicts() == {
        "toys-at": {"first": "error", "second": "holds", "third": "error"}
    }
    run = project.results()["run"]
    assert run["faults"] == {
        "test_toy.py::test_after[toys-at]": "ZeroDivisionError: division by zero"
    }
    assert not run["complete"]


REFERENCE = """
import toys


def pytest_mit_register_models(registry):
    registry.add("measured", toys.gc, kind="reference", fingerprint="1")
    registry.add("broken", toys.nan, kind="reference", fingerprint="1")
"""


def test_a_reference_never_fails_but_by_an_error(project):
    project.toys().write(conftest=REFERENCE)
    result = project.run("--mit-model", "measured")
    assert (result.ret, result.parseoutcomes()) == (0, {"xfailed": 3})
    result = project.run("--mit-model", "broken")
    assert (result.ret, result.parseoutcomes()) == (1, {"failed": 3})


def outcome(verdict, kind, declared=None, measure_only=False):
    result = ClaimResult("c", 1, Verdict(verdict), 9, (), (), f"{verdict}: why")
    allowed = None if declared is None else frozenset(map(Verdict, declared))
    return conclude(result, "m", kind, allowed, measure_only=measure_only).status


@pytest.mark.parametrize("measure_only", [False, True])
@pytest.mark.parametrize("kind", ["control", "reference", "user"])
@pytest.mark.parametrize("verdict", list(Verdict))
def test_who_may_fail_a_run(kind, verdict, measure_only):
    found = outcome(verdict, kind, measure_only=measure_only)
    if verdict == "error":
        assert found == "fail"
    elif verdict in ("holds", "measured"):
        assert found == "pass"
    else:
        assert found == ("fail" if kind == "user" and not measure_only else "xfail")


def test_what_a_control_declares_decides():
    assert outcome("refuted", "control", {"refuted", "absent"}) == "xfail"
    assert outcome("undecided", "control", {"refuted", "absent"}) == "fail"
    assert outcome("holds", "control", {"refuted"}, measure_only=True) == "fail"
    assert outcome("holds", "control", {"holds", "undecided"}) == "pass"
    assert outcome("error", "control", {"error"}) == "fail"
