"""The process that reports: -n0 itself, or xdist's controller. It sees every result once."""

import os
import platform
import time
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import pytest

from mit_harness import __version__
from mit_harness.errors import MitHarnessError, printable
from mit_harness.session.comparing import Comparing
from mit_harness.session.distribution import model_named
from mit_harness.session.gating import (
    COULD_NOT_JUDGE,
    OpenGate,
    decide_session,
    gate_is_asked,
    open_gate,
)
from mit_harness.session.progress import WorkerWatch, ticker_of
from mit_harness.session.recorder import Recorder

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter  # `pytest` itself exports it from 9.0 on

    from mit_harness.report.audit import AuditReport
    from mit_harness.report.folder import ReportFolder
    from mit_harness.report.gate.decision import Decision
    from mit_harness.report.items import ItemScores
    from mit_harness.report.schema import Results
    from mit_harness.session.run import EvalRun

_JUDGED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
"""Exit statuses of sessions that came to their end; others say themselves what happened."""


class Controller:
    """Takes the report folder, gathers results, writes the report, and sets the exit status.

    Registered as a plugin of its own only in sessions with eval cases.

    Parameters
    ----------
    config
        Of the session.
    asked
        Whether the command line named one of our options, so that evals are expected.
    """

    def __init__(self, config: pytest.Config, *, asked: bool) -> None:
        self.recorder = Recorder()
        self.notes: list[str] = []
        self.faults: list[str] = []
        self.results: Results | None = None
        self.decision: Decision | None = None
        self._gated = gate_is_asked(config)
        self._gate: OpenGate | None = None
        self._asked = asked
        self._run: EvalRun | None = None
        self._folder: ReportFolder | None = None
        self._comparing: Comparing | None = None
        self._time: datetime | None = None
        self._started = time.monotonic()
        self._config = config
        self._watching = ExitStack()
        config.add_cleanup(self._watching.close)
        config.pluginmanager.register(self, "mit-harness-controller")

    def prepare(self, run: "EvalRun") -> None:
        """Refuse bad input before anything is scored.

        Raises
        ------
        MitHarnessError
            If a model is unknown, the suite or the store cannot be used, or the report folder
            cannot be written.
        """
        from mit_harness.report.clock import stated_time
        from mit_harness.report.folder import ReportFolder
        from mit_harness.scoring.store import network_filesystem

        self._run = run
        self._time = stated_time()
        handles = run.handles
        _ = run.spec, run.store
        self._gate = open_gate(run.settings)
        for note in run.suite.notes if run.suite else ():
            self.note(note)
        if kind := network_filesystem(run.settings.store):
            self.note(
                f"the score store lies on {kind}; SQLite's log is not safe over a network: "
                "name a local file with --mit-store",
                "warning",
            )
        if memory := run.memory_note:
            self.note(memory)
        for handle in handles.values():
            if not handle.lasting:
                self.note(
                    f"{handle.name} states no fingerprint, so its scores are kept for this run only"
                )
        self._comparing = Comparing.of(run.settings.baseline)
        self._folder = ReportFolder(run.settings.report)

    def note(self, text: str, kind: Literal["note", "warning"] = "note") -> None:
        """Say something at the end of the run; no warning filter can make it an error."""
        self.notes.append(f"{kind}: {text}")

    def expect(self, nodeids: Iterable[str]) -> None:
        """Learn which tests will run."""
        self.recorder.expect(nodeids)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Learn from a worker which tests will run."""
        self.expect(ids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather one phase of one test."""
        self.recorder.read(report)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the report and make sure that nothing is green by accident."""
        self._watching.close()
        self.recorder.account_for(session.testsfailed)
        try:
            self._write()
            if exitstatus in _JUDGED and not (session.shouldfail or session.shouldstop):
                self.faults += self._false_greens(exitstatus)
            if self._gated:
                self.decision = self._decide(exitstatus)
                session.exitstatus = self.decision.status if self.decision else COULD_NOT_JUDGE
            elif self.faults and exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
            self._summarise_job()
        finally:
            if self._folder is not None:
                self._folder.release()

    def _write(self) -> None:
        try:
            if self._run is not None and self._folder is not None and self._evals_began():
                with ticker_of(self._config).doing("writing the report"):
                    self.results = self._written(self._run, self._folder)
        except MitHarnessError as error:
            self.faults.append(str(error))
        finally:
            self._close()

    def _decide(self, exitstatus: int) -> "Decision | None":
        """Ask the gate, if the session came so far as to read it."""
        if self._gate is None:
            if exitstatus in _JUDGED:  # others say themselves what happened
                self.faults.append("the gate was not asked, because no eval was run")
            return None
        written = self._folder.path if self._folder is not None and self.results else None
        handles = {} if self._run is None else self._run.handles
        asked = [name for name, handle in handles.items() if handle.kind == "user"]
        with ticker_of(self._config).doing("recomputing the run for the gate"):
            return decide_session(self._gate, written, exitstatus, self.faults, asked)

    def _summarise_job(self) -> None:
        """Append the run to the summary of a GitHub job; one that cannot be written is a note."""
        if not os.environ.get("GITHUB_STEP_SUMMARY") or not (self.results or self.faults):
            return
        from mit_harness.report.gate.text import decision_markdown
        from mit_harness.report.job_summary import append_job_summary, job_summary

        gate = decision_markdown(self.decision) if self.decision else ""
        why_not = append_job_summary(job_summary(self.results, self.faults, gate))
        if why_not:
            self.note(why_not, "warning")

    def _written(self, run: "EvalRun", folder: "ReportFolder") -> "Results":
        def audit() -> "AuditReport":
            with ticker_of(self._config).doing("auditing the sequences and drawing the audit"):
                return self._audit(run)

        with ticker_of(self._config).doing("gathering the scores of every item"):
            items = self._items(run)
        results = folder.write(self._results(run), audit, items)
        if self._comparing is not None:
            self._comparing.write(folder, results, items)
        return results

    def watch(self) -> None:
        """Show the progress of workers from now on."""
        if self._run is not None:
            watch = WorkerWatch(self._config, self._run.settings)
            self._watching.enter_context(watch)

    def _evals_began(self) -> bool:
        recorder = self.recorder
        return bool(recorder.cases) or bool(self._expected() and recorder.reported)

    def _expected(self) -> list[str]:
        """Return the collected tests that are evals of a model, as far as their names show."""
        if self._run is None:
            return []
        models = self._run.handles
        return [nodeid for nodeid in self.recorder.collected if model_named(nodeid, models)]

    def _close(self) -> None:
        if self._run is not None:
            try:
                self._run.close(forget=True)
            except MitHarnessError as error:
                self.faults.append(str(error))

    def _false_greens(self, exitstatus: int) -> list[str]:
        """Return every reason why a run that looks fine is not."""
        recorder, cases = self.recorder, self.recorder.cases
        found = []
        if missing := recorder.missing:
            found.append(
                f"{len(missing)} of {len(recorder.collected)} tests were collected but never "
                f"reported, first {missing[0]}"
            )
        if not cases:
            explained = self._expected() and (found or recorder.faults)
            empty = exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED
            if not explained and (self._asked or empty or self._expected()):
                found.append("no eval was run, so nothing was shown")
            return found
        if self._run is None:
            found.append(
                "evals ran in workers, but their files did not show it beforehand, so there is no "
                "report: run without -n, or name any --mit- option"
            )
        skipped = [case.skipped for case in cases.values() if case.skipped]
        if len(skipped) == len(cases):
            found.append(
                f"every eval was skipped, so nothing was shown; first reason: {skipped[0]}"
            )
        for nodeid, case in cases.items():
            if case.record is None and not case.skipped and not case.fault:
                found.append(f"{nodeid} ended without a verdict; did it call mit_verdict()?")
                break
        errors = [c for c in cases.values() if c.record is not None and c.record.verdict == "error"]
        if errors:
            first = f"{errors[0].claim} of {errors[0].model}"
            found.append(f"{len(errors)} verdicts are errors, first {first}")
        return found

    def _results(self, run: "EvalRun") -> "Results":
        from mit_harness.report.build import model_records, noise_record
        from mit_harness.report.schema import DesignRecord, Results, RunRecord

        stated, recorder, settings = self._time, self.recorder, run.settings
        now = datetime.now(UTC) if stated is None else stated
        seconds = round(time.monotonic() - self._started, 1)
        return Results(
            schema="mit-harness/results/1",
            run=RunRecord(
                created=now.isoformat(timespec="seconds"),
                duration_s=seconds if stated is None else None,
                harness=__version__,
                python=platform.python_version(),
                pytest=pytest.__version__,
                platform=f"{platform.system()} {platform.machine()}",
                complete=not recorder.missing and not recorder.faults,
                skipped=recorder.skipped(),
                faults=recorder.faults,
            ),
            design=DesignRecord(
                protocol=run.spec.protocol,
                n=settings.n,
                seed=settings.seed,
                split=run.spec.seeds.split,
                break_form=settings.break_form,
                suite_sha256=run.suite.sha256 if run.suite else None,
            ),
            models=model_records(
                run.handles.values(),
                recorder.claims(),
                {name: noise_record(run.noise(handle)) for name, handle in run.handles.items()},
            ),
        )

    def _items(self, run: "EvalRun") -> "ItemScores":
        """Return the scores behind every verdict, whichever process made them."""
        from mit_harness.session.gathering import item_scores

        return item_scores(
            run,
            {
                model: [claim.id for claim in claims if claim.verdict != "error"]
                for model, claims in self.recorder.claims().items()
            },
        )

    def _audit(self, run: "EvalRun") -> "AuditReport":
        """Audit the sequences of the claims that were judged, whichever process judged them."""
        from dataclasses import replace

        from mit_harness.report.audit import audit_claims
        from mit_harness.session.gathering import judged_claims

        judged = {case.claim for case in self.recorder.cases.values()}
        claims, absent = judged_claims(run, judged)
        found = audit_claims(list(claims.values()), run.design, run.spec.protocol)
        unknown = [
            f"{claim_id}: a claim of the project's own is known to the workers only; run without -n"
            for claim_id in absent
        ]
        return replace(found, left_out=(*unknown, *found.left_out))

    def pytest_terminal_summary(self, terminalreporter: "TerminalReporter") -> None:
        """Print the leaderboard, the reasons, and what must not be taken for a pass."""
        if self.results is None and not self.faults and self.decision is None:
            return
        terminalreporter.section("mit-harness")
        if self.results is not None and self._run is not None:
            from mit_harness.report.terminal import summary_lines

            for line in summary_lines(self.results):
                terminalreporter.write_line(line)
            for line in self._comparing.lines if self._comparing else ():
                terminalreporter.write_line(line)
            terminalreporter.write_line(f"report: {printable(str(self._run.settings.report))}")
        for note in self.notes:
            terminalreporter.write_line(printable(note), yellow=True)
        for fault in self.faults:
            terminalreporter.write_line(f"ERROR: {printable(fault)}", red=True)
        if self.decision is not None:
            from mit_harness.report.gate.text import decision_lines

            fine = self.decision.status == 0
            for line in decision_lines(self.decision):
                terminalreporter.write_line(line, green=fine, red=not fine)
