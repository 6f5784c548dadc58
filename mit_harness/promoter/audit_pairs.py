"""Which groups the audit compares, and what of their difference is meant or known."""

from dataclasses import dataclass, replace

from mit_harness.promoter.grammar import Grammar

_BROKEN = "the box is broken, and that is the question"
_ADDED = "elements are added, so a count of A+T tells the two apart"


@dataclass(frozen=True, slots=True)
class AuditPair:
    """Two groups to compare.

    Attributes
    ----------
    family, source
        Names of the group that is judged and of the one that it is held against.
    claims
        Ids of the claims that compare the two.
    edit
        Why the two hold other bases by design; empty where they are to hold the same.
    limit
        Why what tells the two apart decides nothing, although claims compare them; empty where a
        verdict rests on the pair alone.
    elsewhere
        bp outside every element at which the two differ by design.
    by_layout
        Whether elements move only between places that the layout names; else they are found
        where most pairs differ.
    """

    family: str
    source: str
    claims: tuple[str, ...] = ()
    edit: str = ""
    limit: str = ""
    elsewhere: int = 0
    by_layout: bool = False

    @property
    def name(self) -> str:
        """Such as ``H against E``."""
        return f"{self.family} against {self.source}"


def single(element: str) -> str:
    """Return the name of the family in which only this compensator is displaced."""
    return f"{element}_displaced"


def default_pairs(grammar: Grammar) -> tuple[AuditPair, ...]:
    """Return each family of the benchmark with what it was built from."""
    alone = (single(element.name) for element in grammar.compensators)
    made = (
        AuditPair("D", "C", edit=_BROKEN),
        AuditPair("E", "D", edit=_ADDED),
        AuditPair("F", "E", edit=_ADDED),
        *(AuditPair(family, "E") for family in ("H", "displaced", *alone, "shuffled")),
        AuditPair("dinucleotide", "E", limit="its shuffle keeps the dinucleotides only"),
        AuditPair("H_decoy", "E_decoy"),
        AuditPair("motif_exchanged", "motif_correct"),
        AuditPair("A_broken", "A", edit=_BROKEN),
        AuditPair("A_sham", "A", edit="one base is changed, outside every element", elsewhere=1),
        AuditPair("A_sham", "A_broken", elsewhere=1),
        AuditPair("A_displaced", "A_compensated", limit="the decoy form is judged beside it"),
        AuditPair("A_displaced_decoy", "A_compensated_decoy"),
    )
    return tuple(replace(pair, by_layout=True) for pair in made)
