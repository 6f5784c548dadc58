"""The page's view of the control audit: its findings in words, and one row per comparison."""

from dataclasses import replace
from typing import NamedTuple

from mit_harness.claims.registry import CLAIMS, get_claim
from mit_harness.errors import printable
from mit_harness.promoter.audit_findings import findings, sentences
from mit_harness.report.audit import AuditReport, audit_claims
from mit_harness.report.audit_table import LEVELS, summed
from mit_harness.report.items import ItemScores
from mit_harness.report.schema import DesignRecord
from mit_harness.report.text import ABSENT


class Level(NamedTuple):
    """Findings of one level."""

    title: str
    what: str
    sentences: list[str]


class AuditView(NamedTuple):
    """What the page says of the audit; the first cell of a row is the family."""

    headline: str
    levels: list[Level]
    header: list[str]
    rows: list[list[str]]
    left_out: list[str]


def audit_view(audit: AuditReport) -> AuditView:
    """Return the audit as texts."""
    said = findings(audit.audits)
    rows = [
        {
            "family": printable(found.family),
            "source": printable(found.source),
            "claims": printable(", ".join(found.pair.claims)) or ABSENT,
            **{name: printable(str(value)) for name, value in summed(found).items()},
        }
        for found in audit.audits
    ]
    header = list(dict.fromkeys(name for row in rows for name in row))
    return AuditView(
        headline=audit.headline,
        levels=[
            Level(title, what, [printable(text) for text in sentences(said, level)])
            for level, (title, what) in LEVELS.items()
        ]
        if audit.audits
        else [],
        header=header[1:],
        rows=[[row.get(name, ABSENT) for name in header] for row in rows],
        left_out=[printable(text) for text in audit.left_out],
    )


def finished_audit(items: ItemScores, design: DesignRecord) -> AuditReport:
    """Audit the sequences of a finished run; those of a project's own claims are unknown here."""
    claims = [get_claim(claim) for claim in CLAIMS if claim in items.sequences]
    found = audit_claims(claims, lambda claim: items.sequences[claim.id], design.protocol)
    unknown = [
        f"{claim}: a claim of the project's own is known to its own run only"
        for claim in items.sequences
        if claim not in CLAIMS
    ]
    return replace(found, left_out=(*unknown, *found.left_out))
