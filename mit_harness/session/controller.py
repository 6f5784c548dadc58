"""The process that reports: -n0 itself, or xdist's controller. It sees every result once."""

from collections.abc import Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from mit_harness.errors import MitHarnessError
from mit_harness.session.distribution import model_named
from mit_harness.session.false_green import false_greens
from mit_harness.session.gating import (
    COULD_NOT_JUDGE,
    OpenGate,
    decide_session,
    gate_is_asked,
    open_gate,
)
from mit_harness.session.progress import WorkerWatch, ticker_of
from mit_harness.session.recorder import Recorder
from mit_harness.session.summary import Findings, notes_of, tell, tell_job

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter  # `pytest` itself exports it from 9.0 on

    from mit_harness.report.gate.decision import Decision
    from mit_harness.session.report_writing import ReportWriter
    from mit_harness.session.run import EvalRun

_JUDGED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
"""Exit statuses of sessions that came to their end; others say themselves what happened."""


class Controller:
    """Takes the report folder, gathers results, has them written, and sets the exit status.

    Registered as a plugin of its own only in sessions with eval cases.

    Parameters
    ----------
    config
        Of the session.
    asked
        Whether the command line named one of our options, so that evals are expected.

    Attributes
    ----------
    found
        What is said at the end, so far.
    """

    def __init__(self, config: pytest.Config, *, asked: bool) -> None:
        self.found = Findings()
        self._config = config
        self._asked = asked
        self._gated = gate_is_asked(config)
        self._recorder = Recorder()
        self._run: EvalRun | None = None
        self._gate: OpenGate | None = None
        self._writer: ReportWriter | None = None
        self._watching = ExitStack()
        config.add_cleanup(self._watching.close)
        config.pluginmanager.register(self, "mit-harness-controller")

    def prepare(self, run: "EvalRun") -> None:
        """Refuse bad input before anything is scored.

        Raises
        ------
        MitHarnessError
            If a model is unknown, the suite, the store, the gate or the baseline cannot be used,
            or the report folder cannot be written.
        """
        from mit_harness.session.report_writing import ReportWriter

        self._run = run
        _ = run.handles, run.spec, run.store
        self._gate = open_gate(run.settings)
        self.found.notes += notes_of(run)
        self._writer = ReportWriter(run)

    def watch(self) -> None:
        """Show the progress of workers from now on."""
        if self._run is not None:
            watch = WorkerWatch(self._config, self._run.settings)
            self._watching.enter_context(watch)

    def expect(self, nodeids: Iterable[str]) -> None:
        """Learn which tests will run."""
        self._recorder.expect(nodeids)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Learn from a worker which tests will run."""
        self.expect(ids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather one phase of one test."""
        self._recorder.read(report)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the report and make sure that nothing is green by accident."""
        self._watching.close()
        found = self.found
        self._recorder.account_for(session.testsfailed)
        try:
            self._write()
            if exitstatus in _JUDGED and not (session.shouldfail or session.shouldstop):
                found.faults += self._false_greens(exitstatus)
            if self._gated:
                found.decision = self._decide(exitstatus)
                session.exitstatus = found.decision.status if found.decision else COULD_NOT_JUDGE
            elif found.faults and exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
            tell_job(found)
        finally:
            if self._writer is not None:
                self._writer.release()

    def pytest_terminal_summary(self, terminalreporter: "TerminalReporter") -> None:
        """Say what was found."""
        tell(self.found, terminalreporter)

    def _write(self) -> None:
        """Have the report written, if any eval began, and close the store."""
        found, writer = self.found, self._writer
        try:
            if writer is not None and self._evals_began():
                found.results = writer.write(self._recorder, ticker_of(self._config))
                found.report, found.compared = writer.path, writer.compared
        except MitHarnessError as error:
            found.faults.append(str(error))
        finally:
            self._close()

    def _close(self) -> None:
        if self._run is not None:
            try:
                self._run.close(forget=True)
            except MitHarnessError as error:
                self.found.faults.append(str(error))

    def _evals_began(self) -> bool:
        recorder = self._recorder
        return bool(recorder.cases) or bool(self._evals() and recorder.reported)

    def _evals(self) -> list[str]:
        """Return the collected tests that are evals of a model, as far as their names show."""
        if self._run is None:
            return []
        models = self._run.handles
        return [nodeid for nodeid in self._recorder.collected if model_named(nodeid, models)]

    def _false_greens(self, exitstatus: int) -> list[str]:
        empty = exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED
        return false_greens(
            self._recorder,
            self._evals(),
            expected=self._asked or empty,
            reported=self._run is not None,
        )

    def _decide(self, exitstatus: int) -> "Decision | None":
        """Ask the gate, if the session came so far as to read it."""
        found = self.found
        if self._gate is None:
            if exitstatus in _JUDGED:
                found.faults.append("the gate was not asked, because no eval was run")
            return None
        handles = {} if self._run is None else self._run.handles
        asked = [name for name, handle in handles.items() if handle.kind == "user"]
        with ticker_of(self._config).doing("recomputing the run for the gate"):
            return decide_session(self._gate, found.report, exitstatus, found.faults, asked)
