"""What the controller makes of test reports."""

import json

import pytest

from mit_harness.report.schema import ClaimRecord
from mit_harness.session.recorder import Recorder, case_property, result_property

NODE = "test_a.py::test_a[m]"


def record(claim="c", verdict="holds"):
    return ClaimRecord(id=claim, version=1, verdict=verdict, n=9, metrics={}, explanation="why")


def report(outcome="passed", when="call", nodeid=NODE, claim="c", result=None, **others):
    properties = [] if claim is None else [case_property("m", claim, 1)]
    if result is not None:
        properties.append(result)
    made = pytest.TestReport(
        nodeid=nodeid,
        location=("test_a.py", 1, "test_a"),
        keywords={},
        outcome=outcome,
        longrepr=others.pop("longrepr", None),
        when=when,
        user_properties=json.loads(json.dumps(properties)),  # as xdist sends it
    )
    vars(made).update(others)
    return made


def test_one_eval_in_three_phases():
    recorder = Recorder()
    recorder.expect([NODE])
    recorder.read(report(when="setup"))
    assert recorder.missing == [NODE]
    for when in ("call", "teardown"):
        recorder.read(report(when=when, result=result_property(record(), False)))
    assert recorder.missing == []
    assert recorder.faults == {}
    assert recorder.claims() == {"m": [record()]}


def test_a_verdict_that_fails_is_no_fault():
    recorder = Recorder()
    refuted = record(verdict="refuted")
    recorder.read(report("failed", result=result_property(refuted, True), longrepr="m: refuted"))
    assert recorder.faults == {}
    assert recorder.claims() == {"m": [refuted]}


@pytest.mark.parametrize(("when", "fails"), [("call", False), ("teardown", True)])
def test_what_breaks_after_the_verdict_is_a_fault(when, fails):
    recorder = Recorder()
    result = result_property(record(), fails)
    recorder.read(report("failed", when, result=result, longrepr="a\nbug\x1b[31m"))
    assert recorder.faults == {NODE: "bug\\x1b[31m"}
    assert recorder.claims() == {"m": [record()]}


def test_what_breaks_before_the_verdict_is_an_error():
    recorder = Recorder()
    recorder.read(report("failed", "setup", longrepr="ModelError: no"))
    (found,) = recorder.claims()["m"]
    assert (found.verdict, found.explanation) == ("error", "error: ModelError: no")


def test_a_worker_that_crashed_names_no_eval():
    recorder = Recorder()
    recorder.expect([NODE])
    recorder.read(report("failed", "???", claim=None, longrepr="worker 'gw0' crashed"))
    assert recorder.faults == {NODE: "worker 'gw0' crashed"}
    assert (recorder.cases, recorder.missing) == ({}, [])


def test_skips_and_expected_failures():
    recorder = Recorder()
    skip = ("test_a.py", 3, "Skipped: no\nsuite")
    recorder.read(report("skipped", "setup", longrepr=skip))
    result = result_property(record("d"), False)
    recorder.read(report("skipped", nodeid="b", claim="d", result=result, wasxfail="why"))
    assert recorder.skipped() == {"c": "no\\nsuite"}
    assert recorder.claims() == {"m": [record("d")]}


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_of_two_evals_of_one_claim_the_error_stays(order):
    recorder = Recorder()
    for nodeid in order:
        verdict = "error" if nodeid == "a" else "holds"
        recorder.read(report(nodeid=nodeid, result=result_property(record(verdict=verdict), False)))
    assert [claim.verdict for claim in recorder.claims()["m"]] == ["error"]


def test_infinite_numbers_survive_the_way():
    metric = {"value": float("inf"), "ci_low": None, "ci_high": 1e300, "level": 0.95}
    others = {
        "ci_method": "",
        "p": 0.1 + 0.2,
        "test": "",
        "n": 1,
        "ties": 0,
        "unit": "",
        "mde": 0.5,
    }
    sent = record().model_copy(update={"metrics": {}})
    sent = ClaimRecord.model_validate({**sent.model_dump(), "metrics": {"mes": metric | others}})
    recorder = Recorder()
    recorder.read(report(result=result_property(sent, False)))
    assert recorder.claims() == {"m": [sent]}


def test_properties_of_others_are_left_alone():
    recorder = Recorder()
    strange = report(claim=None)
    strange.user_properties += [("mine", object()), ("a", 1, 2)]
    recorder.read(strange)
    assert recorder.cases == {}
