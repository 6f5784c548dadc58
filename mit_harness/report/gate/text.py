"""A gate's decision as it is printed and written: terminal, markdown, JSON."""

import json
import textwrap
from pathlib import Path

from mit_harness import __version__
from mit_harness.atomic import atomic
from mit_harness.errors import printable
from mit_harness.report.gate.checks import Check
from mit_harness.report.gate.decision import Decision
from mit_harness.report.terminal import WIDTH
from mit_harness.report.text import markdown

SCHEMA = "mit-harness/gate-decision/1"
MARKDOWN, JSON = "gate.md", "gate.json"
_ORDER = ("could not judge", "block", "pass")


def in_order(decision: Decision) -> list[Check]:
    """Return the checks, those first that keep the run from being promoted."""
    return sorted(decision.checks, key=lambda check: _ORDER.index(check.outcome))


def headline(decision: Decision) -> str:
    """Return the decision in one line, such as ``block (1 of 7 checks blocks)``."""
    counts, total = decision.counts, len(decision.checks)
    said = []
    if counts["could not judge"]:
        said.append(f"{counts['could not judge']} of {total} checks could not be made")
    if counts["block"]:
        said.append(f"{counts['block']} of {total} checks block")
    return f"{decision.word} ({', '.join(said) or f'{total} of {total} checks pass'})"


def decision_lines(decision: Decision) -> list[str]:
    """Return the decision for the terminal, in 80 columns."""
    lines = textwrap.wrap(f"gate: {printable(headline(decision))}", WIDTH, subsequent_indent="    ")
    for check in in_order(decision):
        about = f"{printable(check.about)} " if check.about else ""
        text = f"{check.outcome}: {about}{printable(check.rule)}: {printable(check.reason)}"
        lines += textwrap.wrap(
            text, WIDTH, initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False
        )
    return lines


def decision_markdown(decision: Decision) -> str:
    """Return gate.md."""
    rows = [
        "| outcome | model | claim | metric | rule | why |",
        "|---|---|---|---|---|---|",
    ]
    for check in in_order(decision):
        cells = (check.model, check.claim, check.metric, check.rule, check.reason)
        outcome = "pass" if check.outcome == "pass" else f"**{check.outcome}**"
        rows.append(f"| {outcome} | " + " | ".join(markdown(cell) for cell in cells) + " |")
    gate = decision.gate
    facts = f"Gate {markdown(gate.path.name)} (SHA-256 {gate.sha256[:12]})"
    if decision.run_sha256:
        facts += f", run {decision.run_sha256[:12]}"
    facts += f", mit-harness {__version__}; exit status {decision.status}."
    title = f"# Gate: {headline(decision)}"
    return "\n".join([title, "", facts, "", *rows, ""])


def decision_json(decision: Decision) -> str:
    """Return gate.json."""
    content = {
        "schema": SCHEMA,
        "decision": decision.word,
        "status": decision.status,
        "gate": {"file": decision.gate.path.name, "sha256": decision.gate.sha256},
        "run": {"sha256": decision.run_sha256},
        "baseline": None if decision.baseline is None else str(decision.gate.baseline),
        "models": list(decision.models),
        "harness": __version__,
        "checks": [
            {
                "outcome": check.outcome,
                "rule": check.rule,
                "model": check.model or None,
                "claim": check.claim or None,
                "metric": check.metric or None,
                "reason": check.reason,
            }
            for check in in_order(decision)
        ],
    }
    return json.dumps(content, indent=1) + "\n"


def write_decision(decision: Decision, folder: Path) -> None:
    """Write gate.md and gate.json into a report folder.

    Raises
    ------
    ReportError
        If they cannot be written.
    """
    for name, text in (
        (MARKDOWN, decision_markdown(decision)),
        (JSON, decision_json(decision)),
    ):
        with atomic(folder / name) as handle:
            handle.write(text)
