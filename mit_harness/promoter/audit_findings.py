"""What an audit found, in words: what is a flaw, what is a known limit, what is by design."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from mit_harness.promoter.audit import FamilyAudit
from mit_harness.promoter.audit_content import JUNCTION
from mit_harness.promoter.audit_elements import InPlace
from mit_harness.promoter.audit_pairs import single

Level = Literal["flaw", "limit", "design"]

ALPHA = 0.01
"""p below which words tell two groups apart; adjusted over all words of a size, not over pairs."""
_MOST_ALIKE = 3
"""Findings of one kind and claim that are said one by one; of more, their number and the first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that tells a family from its source.

    Attributes
    ----------
    level
        ``flaw``: the two are no proper partners. ``limit``: something tells them apart, and no
        verdict rests on the two alone. ``design``: what the design means to differ.
    kind
        Short, the same for findings of one kind.
    found
        The comparison.
    text
        The rest of a sentence that begins with the pair's name, without its full stop.
    """

    level: Level
    kind: str
    found: FamilyAudit
    text: str

    def __str__(self) -> str:
        """Return the sentence, for a limit with the reason why nothing rests on it."""
        why = (
            f" ({self.found.pair.limit})" if self.level == "limit" and self.found.pair.limit else ""
        )
        return f"{self.found.pair.name}: {self.text}{why}."


def findings(audits: Iterable[FamilyAudit]) -> list[Finding]:
    """Return what tells each family from its source, in the order of the audits.

    For every family: sequences without a partner, identical pairs, backgrounds that are not
    matched. Where the two are to hold the same bases also: composition that is not equal,
    compensators that still stand in place, words whose frequencies differ, and 6-mers that only
    one side holds too often for chance. A control that moves one compensator alone
    (``NAME_displaced``) is to keep the others.
    """
    return [
        finding
        for found in audits
        for part in (_pairing, _background, _composition, _in_place, _words)
        for finding in part(found)
    ]


def sentences(found: Iterable[Finding], level: Level) -> list[str]:
    """Return the findings of one level; many of one kind, claim and reason are said once."""
    alike: dict[tuple[object, ...], list[Finding]] = {}
    for finding in found:
        if finding.level == level:
            pair = finding.found.pair
            alike.setdefault((finding.kind, pair.claims, pair.edit), []).append(finding)
    return [text for many in alike.values() for text in _said(many)]


def _said(many: Sequence[Finding]) -> list[str]:
    if len(many) <= _MOST_ALIKE:
        return [str(finding) for finding in many]
    claims = ", ".join(many[0].found.pair.claims)
    where = f" of {claims}" if claims else ""
    return [f"{many[0].kind} in {len(many)} pairs{where}, first {many[0]}"]


def _pairing(found: FamilyAudit) -> Iterator[Finding]:
    n, pair = found.pairs, found.pair
    if found.unpaired:
        yield Finding(
            "flaw",
            "sequences without a partner",
            found,
            f"{found.unpaired} of {found.unpaired + n} sequences of {pair.family} have no partner "
            f"of their index in {pair.source} and are left out",
        )
    if found.identical:
        text = f"{found.identical} of {n} pairs are identical; they compare nothing"
        yield Finding("flaw", "identical sequences", found, text)


def _background(found: FamilyAudit) -> Iterator[Finding]:
    if found.elsewhere_max <= found.pair.elsewhere:
        return
    shuffled = found.dinucleotides.same == found.pairs
    how = "the backgrounds are not matched"
    if shuffled:
        how = "every dinucleotide count is equal: the backgrounds are shuffled, not kept"
    yield Finding(
        "design" if shuffled else "flaw",
        "shuffled backgrounds" if shuffled else "unmatched backgrounds",
        found,
        f"{found.elsewhere} of {found.pairs} pairs differ outside every element and displaced "
        f"place (median {found.elsewhere_median:g} bp there, {found.differing_median:g} of "
        f"{found.length} bp in all); {how}",
    )


def _composition(found: FamilyAudit) -> Iterator[Finding]:
    n, edit = found.pairs, found.pair.edit
    if found.equal_composition == n:
        return
    equal = f"{found.equal_composition} of {n} pairs have equal base composition"
    if edit:
        text = f"{equal}, {found.equal_at} as many A+T; {edit}"
        yield Finding("design", "other bases", found, text)
    else:
        text = f"{equal}; a model that only counts bases can tell the others apart"
        yield Finding("flaw", "unequal composition", found, text)


def _in_place(found: FamilyAudit) -> Iterator[Finding]:
    if found.pair.edit:
        return
    for place in _standing(found):
        where = "" if place.start is None else f" [{place.start},{place.stop})"
        text = f"{place.family} of {found.pairs} still read {place.motif} at the place of"
        level: Level = "limit" if found.pair.limit else "flaw"
        yield Finding(level, "compensators in place", found, f"{text} {place.element}{where}")


def _standing(found: FamilyAudit) -> Iterator[InPlace]:
    """Return what a control should have moved; a signature only if it counts more sequences."""
    singles = {single(place.element) for place in found.in_place}
    most: dict[str, int] = {}
    for place in found.in_place:
        stays = found.family in singles and found.family != single(place.element)
        in_source = 2 * place.source >= found.pairs
        if place.family > most.get(place.element, 0) and in_source and not stays:
            yield place
        most[place.element] = max(place.family, most.get(place.element, 0))


def _words(found: FamilyAudit) -> Iterator[Finding]:
    pair, n = found.pair, found.pairs
    if pair.edit:
        return
    level: Level = "flaw" if pair.claims and not pair.limit else "limit"
    for words in (found.dinucleotides, found.trinucleotides):
        if words.p_holm < ALPHA:
            yield Finding(
                level,
                f"frequencies of {words.size}-mers",
                found,
                f"the frequencies of {words.kmer} differ (KS {words.ks:.2f}, p {words.p_holm:.1g});"
                f" a model that counts words of {words.size} bp can tell the two apart",
            )
    for name, change, has, lacks in (
        ("lost", found.lost, pair.source, pair.family),
        ("gained", found.gained, pair.family, pair.source),
    ):
        if change.p < ALPHA:
            yield Finding(
                level,
                f"{JUNCTION}-mers {name}",
                found,
                f"in {change.pairs} of {n} pairs {has} holds the {JUNCTION}-mer "
                f"{change.commonest} and {lacks} does not; a model of k-mers without places can "
                "tell them apart",
            )
