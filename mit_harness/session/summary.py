"""What a session found, and how it says so: on its terminal, and to a GitHub job."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mit_harness.errors import printable

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter  # `pytest` itself exports it from 9.0 on

    from mit_harness.report.gate.decision import Decision
    from mit_harness.report.schema import Results
    from mit_harness.session.run import EvalRun


@dataclass
class Findings:
    """What a session found.

    Attributes
    ----------
    notes
        What is worth knowing and changes nothing; no warning filter can make it an error.
    faults
        What must not be taken for a pass.
    results
        As written; None where there is no report.
    report
        The folder that they stand in.
    compared
        The comparison with a baseline, in lines.
    decision
        The gate's, if it was asked.
    """

    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    results: "Results | None" = None
    report: Path | None = None
    compared: list[str] = field(default_factory=list)
    decision: "Decision | None" = None


def notes_of(run: "EvalRun") -> Iterator[str]:
    """Yield what is worth knowing of a run before it begins."""
    from mit_harness.scoring.store import network_filesystem

    for own in (run.suite, run.regulondb):
        for text in own.notes if own else ():
            yield f"note: {text}"
    if kind := network_filesystem(run.settings.store):
        yield (
            f"warning: the score store lies on {kind}; SQLite's log is not safe over a network: "
            "name a local file with --mit-store"
        )
    if memory := run.memory_note:
        yield f"note: {memory}"
    for note in run.registry.notes:
        yield f"note: {note}"
    for handle in run.handles.values():
        if not handle.lasting:
            yield (
                f"note: {handle.name} states no fingerprint, so its scores are kept for this run "
                "only"
            )


def tell(found: Findings, terminal: "TerminalReporter") -> None:
    """Print the leaderboard, the reasons, and what must not be taken for a pass."""
    if found.results is None and not found.faults and found.decision is None:
        return
    terminal.section("mit-harness")
    if found.results is not None:
        from mit_harness.report.terminal import summary_lines

        for line in (*summary_lines(found.results), *found.compared):
            terminal.write_line(line)
        terminal.write_line(f"report: {printable(str(found.report))}")
    for note in found.notes:
        terminal.write_line(printable(note), yellow=True)
    for fault in found.faults:
        terminal.write_line(f"ERROR: {printable(fault)}", red=True)
    if found.decision is not None:
        from mit_harness.report.gate.text import decision_lines

        fine = found.decision.status == 0
        for line in decision_lines(found.decision):
            terminal.write_line(line, green=fine, red=not fine)


def tell_job(found: Findings) -> None:
    """Append the session to the summary of a GitHub job; that it cannot be written is a note."""
    if not os.environ.get("GITHUB_STEP_SUMMARY") or not (found.results or found.faults):
        return
    from mit_harness.report.gate.text import decision_markdown
    from mit_harness.report.job_summary import append_job_summary, job_summary

    gate = decision_markdown(found.decision) if found.decision else ""
    why_not = append_job_summary(job_summary(found.results, found.faults, gate))
    if why_not:
        found.notes.append(f"warning: {why_not}")
