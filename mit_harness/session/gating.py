"""The gate of one session: read before anything is scored, asked once the report is written."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from mit_harness.errors import MitHarnessError
from mit_harness.session.settings import is_on

if TYPE_CHECKING:
    from mit_harness.report.finished import FinishedRun
    from mit_harness.report.gate.decision import Decision
    from mit_harness.report.gate.schema import GateFile
    from mit_harness.session.settings import Settings

COULD_NOT_JUDGE = 2
_ENDED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
"""Exit statuses of sessions that ran their evals to the end."""


def gate_is_asked(config: pytest.Config) -> bool:
    """Tell whether a gate was named, on the command line, in the environment or the ini file."""
    try:
        return is_on(config, "gate")
    except MitHarnessError:  # named so that it cannot be read: more than not at all
        return True


class OpenGate(NamedTuple):
    """A gate file, and its baseline as it was before the run, which may write to the same place."""

    file: "GateFile"
    baseline: "FinishedRun | None"


def open_gate(settings: "Settings") -> OpenGate | None:
    """Read the gate file of a session, and its baseline.

    Raises
    ------
    MitHarnessError
        If either cannot be used; nothing has been scored yet.
    """
    if settings.gate is None:
        return None
    from mit_harness.report.finished import read_run
    from mit_harness.report.gate.schema import read_gate

    found = read_gate(settings.gate, settings.baseline)
    return OpenGate(found, None if found.baseline is None else read_run(found.baseline))


def decide_session(
    opened: OpenGate,
    report: Path | None,
    exitstatus: int,
    troubles: Iterable[str],
    asked: Iterable[str],
) -> "Decision":
    """Return the decision on what a session left in its report folder, and write it there.

    Parameters
    ----------
    opened
        What `open_gate` returned.
    report
        The folder; None where the session wrote none.
    exitstatus
        pytest's own.
    troubles
        What else went wrong.
    asked
        The user's models of the session.
    """
    from mit_harness.report.gate.decision import decide, unjudged
    from mit_harness.report.gate.text import write_decision

    gate, known = opened.file, list(troubles)
    if exitstatus not in _ENDED:
        known.append(
            f"pytest ended with exit status {int(exitstatus)}, before its evals were through"
        )
    if report is None:
        return unjudged(gate, None, known or ["no eval was run"])
    try:
        decision = decide(gate, report, known, opened.baseline, asked)
        write_decision(decision, report)
    except Exception as error:  # noqa: BLE001 - whatever breaks here, nothing was judged
        why = (
            str(error) if isinstance(error, MitHarnessError) else f"{type(error).__name__}: {error}"
        )
        return unjudged(gate, report, [*known, f"the gate broke: {why}"])
    return decision


def settled(status: int, decision: "Decision | None") -> int:
    """Return the exit status of a gated session: 0 only where the gate said promote.

    Parameters
    ----------
    status
        pytest's own, as other plugins left it.
    decision
        The gate's; None where it was never asked.
    """
    if decision is None:
        return COULD_NOT_JUDGE
    if decision.status:
        return decision.status
    return int(status) if status in _ENDED else COULD_NOT_JUDGE
