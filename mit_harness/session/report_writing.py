"""What a session writes once its evals are through: the scores of every item, and the report."""

import platform
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mit_harness import __version__
from mit_harness.session.comparing import Comparing
from mit_harness.session.gathering import item_scores, judged_claims

if TYPE_CHECKING:
    from mit_harness.progress import Ticker
    from mit_harness.report.audit import AuditReport
    from mit_harness.report.schema import DesignRecord, Results, RunRecord
    from mit_harness.session.recorder import Recorder
    from mit_harness.session.run import EvalRun

_UNKNOWN_HERE = "a claim of the project's own is known to the workers only; run without -n"


class Clock:
    """When a session began; where ``SOURCE_DATE_EPOCH`` is set, that moment, and no duration.

    Raises
    ------
    InputError
        If ``SOURCE_DATE_EPOCH`` is no number of seconds.
    """

    def __init__(self) -> None:
        from mit_harness.report.clock import stated_time

        self._began = time.monotonic()
        self._stated = stated_time()

    def created(self) -> str:
        """Return the date and time of a report written now."""
        return (self._stated or datetime.now(UTC)).isoformat(timespec="seconds")

    def duration_s(self) -> float | None:
        """Return the seconds since the beginning, None where they must not be told."""
        return None if self._stated else round(time.monotonic() - self._began, 1)


class ReportWriter:
    """Holds a session's report folder from before anything is scored until `release`.

    Parameters
    ----------
    run
        Of this session.

    Raises
    ------
    MitHarnessError
        If the baseline cannot be read, or the folder not be written to.
    """

    def __init__(self, run: "EvalRun") -> None:
        from mit_harness.report.folder import ReportFolder

        self._run = run
        self._clock = Clock()
        # A gate blocks on a baseline of another design by itself.
        design = None if run.settings.gate else _design(run)
        self._comparing = Comparing.of(run.settings.baseline, design)
        self._folder = ReportFolder(run.settings.report)

    @property
    def path(self) -> Path:
        """The report folder."""
        return self._folder.path

    @property
    def compared(self) -> list[str]:
        """The comparison with the baseline, in lines; empty where there is none."""
        return self._comparing.lines

    def write(self, recorder: "Recorder", ticker: "Ticker") -> "Results":
        """Write all that stands in the folder, but for what a gate says of it.

        Parameters
        ----------
        recorder
            What the evals reported, whichever process ran them.
        ticker
            Shows what takes long.

        Returns
        -------
        Results
            As written.

        Raises
        ------
        MitHarnessError
            If the store cannot be read, or the folder not be written to.
        """

        def audit() -> "AuditReport":
            with ticker.doing("auditing the sequences and drawing the audit"):
                return _audit(self._run, recorder)

        with ticker.doing("writing the report"):
            with ticker.doing("gathering the scores of every item"):
                items = item_scores(self._run, recorder.judged())
            made = _results(self._run, recorder, self._clock)
            results = self._folder.write(made, audit, items)
            self._comparing.write(self._folder, results, items)
        return results

    def release(self) -> None:
        """Let another run write there."""
        self._folder.release()


def _results(run: "EvalRun", recorder: "Recorder", clock: Clock) -> "Results":
    from mit_harness.report.build import model_records, noise_record
    from mit_harness.report.schema import Results

    return Results(
        schema="mit-harness/results/1",
        run=_run_record(run, recorder, clock),
        design=_design(run),
        models=model_records(
            run.handles.values(),
            recorder.claims(),
            {name: noise_record(run.noise(handle)) for name, handle in run.handles.items()},
        ),
    )


def _design(run: "EvalRun") -> "DesignRecord":
    from mit_harness.report.schema import DesignRecord

    settings = run.settings
    return DesignRecord(
        protocol=run.spec.protocol,
        n=settings.n,
        seed=settings.seed,
        split=run.spec.seeds.split,
        break_form=settings.break_form,
        suite_sha256=run.suite.sha256 if run.suite else None,
        natural_sha256=run.regulondb.sha256 if run.regulondb else None,
    )


def _run_record(run: "EvalRun", recorder: "Recorder", clock: Clock) -> "RunRecord":
    from mit_harness.report.schema import RunRecord

    return RunRecord(
        created=clock.created(),
        duration_s=clock.duration_s(),
        harness=__version__,
        python=platform.python_version(),
        pytest=pytest.__version__,
        platform=f"{platform.system()} {platform.machine()}",
        complete=not recorder.missing and not recorder.faults,
        skipped=recorder.skipped(),
        faults=recorder.faults,
        measured_sha256=_measured_sha256(run),
    )


def _measured_sha256(run: "EvalRun") -> str | None:
    if run.settings.measured is None:
        return None
    from mit_harness.measured.lafleur import read_measured

    return read_measured(run.settings.measured).sha256


def _audit(run: "EvalRun", recorder: "Recorder") -> "AuditReport":
    """Audit the sequences of the claims that were judged, whichever process judged them."""
    from mit_harness.report.audit import audit_claims

    claims, absent = judged_claims(run, {case.claim for case in recorder.cases.values()})
    found = audit_claims(list(claims.values()), run.design, run.spec.protocol)
    unknown = [f"{claim_id}: {_UNKNOWN_HERE}" for claim_id in absent]
    return replace(found, left_out=(*unknown, *found.left_out))
