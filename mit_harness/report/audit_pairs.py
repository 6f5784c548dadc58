"""The pairs that claims compare, as the audit takes them: what is meant to differ, and why."""

from collections.abc import Iterable
from dataclasses import replace

from mit_harness.claims.base import Claim
from mit_harness.claims.registry import CLAIMS
from mit_harness.errors import NotApplicable
from mit_harness.promoter.audit_pairs import AuditPair, default_pairs
from mit_harness.promoter.core import Protocol
from mit_harness.promoter.grammar import SIGMA70, Grammar
from mit_harness.stats.verdict import Verdict

_EDITED_CLAIMS = {
    "minus10_variants": "single bases of the box are exchanged, ranked within strata of equal A+T",
}
_EDITED_PAIRS = {
    ("up_AACCAACCA_E", "E_decoy"): "another UP element, with fewer A+T: its strength is the "
    "question",
    ("at_matched", "E"): "random bases of the elements' A+T stand in their places",
}
_DIAGNOSTIC = "a diagnostic compares it, without a verdict"


def claim_pairs(
    claims: Iterable[Claim], protocol: Protocol = "matched", grammar: Grammar = SIGMA70
) -> tuple[AuditPair, ...]:
    """Return the pairs of some claims, in their order, then the benchmark's other pairs.

    A pair of several claims stands once, with the first. Of a claim's pair, the first group has
    to win: it is the source that the other is held against, unless the benchmark builds it from
    the other (as E from D).
    """
    others = {frozenset((p.family, p.source)): p for p in default_pairs(grammar)}
    found: dict[frozenset[str], AuditPair] = {}
    for claim in claims:
        try:
            named = claim.pairs(protocol)
        except NotApplicable:
            continue
        for first, second in named:
            key = frozenset((first, second))
            if key not in found:
                known = others.pop(key, None) or AuditPair(second, first)
                found[key] = replace(known, edit=known.edit or _edit(claim, known))
            found[key] = _compared(found[key], claim)
    return (*found.values(), *others.values())


def _edit(claim: Claim, pair: AuditPair) -> str:
    named = _EDITED_PAIRS.get((pair.family, pair.source), "")
    return named or _EDITED_CLAIMS.get(claim.id, "")


def _compared(pair: AuditPair, claim: Claim) -> AuditPair:
    """Return a pair as one claim more compares it; the limits known are those of our own claims."""
    limit = pair.limit
    if set(claim.meaning) == {Verdict.MEASURED}:
        limit = limit if pair.claims or limit else _DIAGNOSTIC
    elif limit == _DIAGNOSTIC or claim.id not in CLAIMS:
        limit = ""
    return replace(pair, claims=(*pair.claims, claim.id), limit=limit)
