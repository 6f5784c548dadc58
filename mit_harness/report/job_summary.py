"""The summary that GitHub shows on the page of a job: table, verdicts, what failed, the gate."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mit_harness.report.leaderboard import notes
from mit_harness.report.leaderboard.as_markdown import grid
from mit_harness.report.leaderboard.table import (
    describe_design,
    ranked,
    table,
    verdict_table,
)
from mit_harness.report.schema import ModelRecord, Results
from mit_harness.report.text import markdown

VARIABLE = "GITHUB_STEP_SUMMARY"

_REASONS = 50
"""Of more than these, the rest is only counted."""
_LIMIT = 1_000_000
"""Bytes; GitHub drops a step's summary of more than 1 MiB whole."""


def append_job_summary(text: str) -> str | None:
    """Append markdown to the job's summary, where the environment names its file.

    Returns
    -------
    str or None
        Why it could not be written; a summary never fails a run.
    """
    file = os.environ.get(VARIABLE)
    if not file:
        return None
    data = text.encode("utf-8", "backslashreplace")
    if len(data) > _LIMIT:
        data = data[:_LIMIT].decode("utf-8", "ignore").encode() + b"\n\n(cut off here)\n"
    try:
        with Path(file).open("ab") as handle:
            handle.write(b"\n" + data.rstrip(b"\n") + b"\n")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        return f"the job summary {file} ({VARIABLE}) cannot be written: {why}"
    return None


def job_summary(results: Results | None, faults: Iterable[str] = (), gate: str = "") -> str:
    """Return a run as short markdown.

    Parameters
    ----------
    results
        Of the run; None where no report could be written.
    faults
        Sentences about what must not be taken for a pass.
    gate
        What a gate decided, as markdown.
    """
    said = [f"- {markdown(text)}" for text in (*faults, *_broken(results))]
    parts = [gate.strip(), "## mit-harness", "\n".join(said)]
    if results is not None:
        described = f"mit-harness {results.run.harness}; {describe_design(results.design)}."
        parts += [
            markdown(described),
            "" if results.run.complete else f"**{notes.INCOMPLETE}**",
            grid(table(results.models)),
            *_verdicts(results.models),
            *_failed(results.models),
        ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _broken(results: Results | None) -> list[str]:
    faults = results.run.faults if results else {}
    return [f"broke {test}: {why}" for test, why in faults.items()]


def _verdicts(models: Sequence[ModelRecord]) -> list[str]:
    frame = verdict_table(models, drifted=" **!**").rename(columns=markdown)
    return ["### Verdicts", grid(frame)] if len(frame) else []


def _failed(models: Sequence[ModelRecord]) -> list[str]:
    lines = list(_reasons(models))
    if not lines:
        return []
    more = len(lines) - _REASONS
    rest = [f"- and {more} more, in leaderboard.md"] if more > 0 else []
    return ["### What did not hold", "\n".join(lines[:_REASONS] + rest)]


def _reasons(models: Sequence[ModelRecord]) -> Iterator[str]:
    """Yield a line for what fails a run: a user's claim, an error, a control that drifted."""
    for model in ranked(models):
        for claim in model.claims:
            lost = model.kind == "user" and claim.verdict not in ("holds", "measured")
            if lost or claim.drifted or claim.verdict == "error":
                text = f"{markdown(claim.id)}: {markdown(claim.explanation)}"
                yield f"- {markdown(model.name)}, {text}"
