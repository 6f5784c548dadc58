"""What the evals report, gathered where the report is written: the controller, or -n0."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mit_harness.errors import printable
from mit_harness.report.schema import ClaimRecord
from mit_harness.session import CASE, RESULT

if TYPE_CHECKING:
    import pytest


@dataclass
class Case:
    """One eval: which model meets which claim, and what came out."""

    model: str
    claim: str
    version: int
    record: ClaimRecord | None = None
    fault: str = ""
    skipped: str = ""


@dataclass
class Recorder:
    """Reads every test report once per eval.

    Attributes
    ----------
    cases
        By node id; only evals that were reported.
    collected
        Node ids of all tests, evals or not, in the order of collection.
    reported
        Node ids of the tests that came to an end.
    faults
        Tests that broke otherwise than by their verdict, such as by a bug in an eval or a killed
        worker, and how.
    failed
        How many reports pytest counts as failures.
    """

    cases: dict[str, Case] = field(default_factory=dict)
    collected: dict[str, None] = field(default_factory=dict)
    reported: set[str] = field(default_factory=set)
    faults: dict[str, str] = field(default_factory=dict)
    failed: int = 0

    def expect(self, nodeids: Iterable[str]) -> None:
        """Learn which tests will run."""
        self.collected.update(dict.fromkeys(nodeids))

    def read(self, report: "pytest.TestReport") -> None:
        """Take in one phase of one test."""
        self.failed += report.failed and not hasattr(report, "wasxfail")
        if report.when != "setup" or not report.passed:
            self.reported.add(report.nodeid)
        case = self._case(report)
        if case is None:
            if report.failed:
                self.faults[report.nodeid] = _last_line(report)
            return
        result = _property(report, RESULT)
        if result is not None:
            case.record = ClaimRecord.model_validate(result["record"])
        if report.skipped and not hasattr(report, "wasxfail"):
            case.skipped = _last_line(report)
        elif report.failed:
            case.fault = _last_line(report)
            by_verdict = report.when == "call" and result is not None and result["fails"]
            if case.record is not None and not by_verdict:
                self.faults[report.nodeid] = case.fault

    def account_for(self, failures: int) -> None:
        """Hold pytest's own count of failures against what was reported.

        A file that could not be collected is counted and has no report, so nobody would miss its
        evals (``--continue-on-collection-errors``).
        """
        if failures > self.failed:
            self.faults["collection"] = (
                f"pytest counts {failures - self.failed} failures of no test, such as files that "
                "could not be collected"
            )

    def _case(self, report: "pytest.TestReport") -> Case | None:
        known = _property(report, CASE)
        if known is not None:
            self.cases.setdefault(report.nodeid, Case(**known))
        return self.cases.get(report.nodeid)

    def claims(self) -> dict[str, list[ClaimRecord]]:
        """Return every judged claim by model.

        An eval that broke before it was judged has the verdict ``error``; where two evals judge
        one claim of one model, an error is what stays.
        """
        found: dict[str, dict[str, ClaimRecord]] = {}
        for case in self.cases.values():
            record = case.record or (_broken(case) if case.fault else None)
            if record is None:
                continue
            records = found.setdefault(case.model, {})
            if record.id not in records or record.verdict == "error":
                records[record.id] = record
        return {model: list(records.values()) for model, records in found.items()}

    def judged(self) -> dict[str, list[str]]:
        """Return by model the ids of the claims whose verdict is no error."""
        return {
            model: [claim.id for claim in claims if claim.verdict != "error"]
            for model, claims in self.claims().items()
        }

    def skipped(self) -> dict[str, str]:
        """Return the claims that no model was asked, with the reason."""
        return {case.claim: case.skipped for case in self.cases.values() if case.skipped}

    @property
    def missing(self) -> list[str]:
        """Tests that were collected but never reported, in order."""
        return [nodeid for nodeid in self.collected if nodeid not in self.reported]


def result_property(record: ClaimRecord, fails: bool) -> tuple[str, str]:
    """Return the user property in which a verdict travels: plain text, whatever is in it."""
    return RESULT, json.dumps({"record": record.model_dump(mode="json"), "fails": fails})


def case_property(model: str, claim: str, version: int) -> tuple[str, str]:
    """Return the user property that says which eval a test is."""
    return CASE, json.dumps({"model": model, "claim": claim, "version": version})


def _property(report: "pytest.TestReport", name: str) -> dict[str, Any] | None:
    for key, value, *_ in report.user_properties:
        if key == name:
            found: dict[str, Any] = json.loads(str(value))
            return found
    return None


def _broken(case: Case) -> ClaimRecord:
    return ClaimRecord(
        id=case.claim,
        version=case.version,
        verdict="error",
        n=0,
        metrics={},
        explanation=f"error: {case.fault}",
    )


def _last_line(report: "pytest.TestReport") -> str:
    if isinstance(report.longrepr, tuple):  # a skip: (path, line, "Skipped: reason")
        return printable(report.longrepr[2].removeprefix("Skipped: "))
    crash = getattr(report.longrepr, "reprcrash", None)
    text = report.longreprtext if crash is None else crash.message
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return "failed without a message"
    return printable(lines[0] if crash is not None else lines[-1])
