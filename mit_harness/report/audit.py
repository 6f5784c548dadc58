"""The control audit of a run or a file: which claims, which sequences, and what is written."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from mit_harness.claims.base import Claim
from mit_harness.errors import InputError, MitHarnessError, NotApplicable, ReportError
from mit_harness.promoter.audit import FamilyAudit, audit_what_can_be
from mit_harness.promoter.core import Protocol
from mit_harness.promoter.sequence_set import SequenceSet
from mit_harness.report.audit_figure import audit_svg, digest
from mit_harness.report.audit_pairs import claim_pairs
from mit_harness.report.audit_table import audit_frame, audit_markdown, headline

_SHOWN = 6
"""Groups of a file that are named in an error."""


@dataclass(frozen=True)
class AuditReport:
    """What was compared, and what was not.

    Attributes
    ----------
    audits
        One for each pair of groups.
    left_out
        What was not compared, and why, each a sentence without its full stop.
    """

    audits: tuple[FamilyAudit, ...]
    left_out: tuple[str, ...] = ()

    @property
    def markdown(self) -> str:
        """audit.md."""
        return audit_markdown(self.audits, self.left_out)

    @property
    def tsv(self) -> str:
        """One row per pair, numbers unrounded."""
        text: str = audit_frame(self.audits).to_csv(sep="\t", index=False, lineterminator="\n")
        return text

    def nothing(self, sequences: SequenceSet) -> str:
        """Return why nothing was compared, in one clause."""
        if self.left_out:
            return f"none of its pairs can be audited: {self.left_out[0]}"
        groups = ", ".join(map(repr, sequences.groups[:_SHOWN]))
        more = " and more" if len(sequences.groups) > _SHOWN else ""
        return (
            f"it holds none of the pairs to audit, such as H with E or H_decoy with E_decoy; its "
            f"groups are {groups}{more}"
        )

    @property
    def headline(self) -> str:
        """The audit in one sentence."""
        return headline(self.audits)

    @property
    def svg(self) -> str:
        """audit.svg; takes a second or two to draw."""
        return audit_svg(self.audits)

    @property
    def mark(self) -> str:
        """The last line of audit.svg: the same if it need not be drawn again."""
        return digest(self.audits)


def audit_sequences(
    sequences: SequenceSet, claims: Iterable[Claim], protocol: Protocol = "matched"
) -> AuditReport:
    """Audit the pairs of some claims, and the benchmark's others, as far as a set holds them."""
    found, left_out = audit_what_can_be(sequences, claim_pairs(claims, protocol))
    return AuditReport(tuple(found), tuple(left_out))


def audit_claims(
    claims: Sequence[Claim], design: Callable[[Claim], SequenceSet], protocol: Protocol
) -> AuditReport:
    """Audit what a run scored: the sequences of its claims.

    Parameters
    ----------
    claims
        The claims of the run.
    design
        Returns a claim's sequences. A claim that has none, or whose own code fails, is left out:
        its evals say so themselves.
    protocol
        Of the run.

    Raises
    ------
    ReportError
        If the audit itself fails.
    """
    made: dict[Claim, SequenceSet] = {}
    left_out = []
    for claim in claims:
        try:
            made[claim] = design(claim)
        except NotApplicable:
            continue
        except MitHarnessError as error:
            left_out.append(f"{claim.id}: {error}")
        except Exception as error:  # noqa: BLE001 - a user's own code, said by its own eval
            left_out.append(f"{claim.id}: {type(error).__name__}: {error}")
    try:
        joined = _joined(made, left_out)
        found = audit_sequences(joined, made, protocol)
    except Exception as error:
        raise ReportError(
            f"the control audit cannot be made ({type(error).__name__}: {error})"
        ) from error
    return AuditReport(found.audits, (*left_out, *found.left_out))


def _joined(made: dict[Claim, SequenceSet], left_out: list[str]) -> SequenceSet:
    """Return the sequences of all claims; claims that contradict earlier ones are left out."""
    try:
        return SequenceSet.of(chain.from_iterable(made.values()))
    except InputError:
        joined = SequenceSet(())
    for claim in tuple(made):
        try:
            joined = joined | made[claim]
        except InputError as error:
            del made[claim]
            left_out.append(f"{claim.id}: {error}")
    return joined
