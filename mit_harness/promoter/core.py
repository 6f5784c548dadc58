"""The benchmark's sequences: the eight classes, the control families, the pairs of the claims."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from mit_harness.promoter.construct import Promoter, promoters
from mit_harness.promoter.grammar import SIGMA70, Grammar
from mit_harness.promoter.natural import (
    DERIVATIVES,
    NaturalTable,
    derivatives,
    natural_promoters,
)
from mit_harness.promoter.seeds import Seeds
from mit_harness.promoter.sequence_set import Item, SequenceSet, make_items

Protocol = Literal["matched", "published"]

DEFAULT_N = 100
NATURAL_CLASSES = ("A", "B", "G")
CLASSES = ("A", "B", "C", "D", "E", "F", "G", "H")


@dataclass(frozen=True)
class DesignSpec:
    """Everything that decides which sequences a claim asks for.

    Attributes
    ----------
    grammar
        The layout.
    n
        Number of backgrounds, and at most so many natural promoters.
    seeds
        Seed and split.
    break_form
        The form of every broken box.
    protocol
        ``matched`` (ours) or ``published`` (the paper's statistics).
    suite
        The user's own sequences, taken instead of building any.
    natural
        Natural promoters in place of the shipped ones.
    measured
        File of promoters with measured expression, for the claims that are judged on them.
    """

    grammar: Grammar = SIGMA70
    n: int = DEFAULT_N
    seeds: Seeds = field(default_factory=Seeds)
    break_form: str = SIGMA70.break_form
    protocol: Protocol = "matched"
    suite: SequenceSet | None = None
    natural: NaturalTable | None = None
    measured: Path | None = None

    @property
    def is_default(self) -> bool:
        """Whether declared verdicts apply: all is as shipped, natural promoters too.

        Measured promoters come beside these; what is declared of them is for one file.
        """
        return replace(self, measured=None) == DesignSpec()

    def promoters(self, tenths: int = 10) -> tuple[Promoter, ...]:
        """Return the first promoters of this design: so many tenths of n, rounded up."""
        return promoters(self.grammar, self.seeds, self.share(tenths), self.break_form)

    def share(self, tenths: int) -> int:
        """Return so many tenths of n, rounded up: what a probe of many conditions takes of each."""
        return -(-self.n * tenths // 10)


_Maker = Callable[[Promoter, Seeds, int], str]


def _displacer(name: str) -> _Maker:
    return lambda p, _s, _i: p.displace(p.compensated(), name)


def _makers(grammar: Grammar) -> dict[str, _Maker]:
    """Return how each synthetic group is made from promoter i."""
    made: dict[str, _Maker] = {
        "C": lambda p, _s, _i: p.intact(),
        "D": lambda p, _s, _i: p.broken(),
        "E": lambda p, _s, _i: p.compensated(),
        "F": lambda p, _s, _i: p.over_compensated(),
        "H": lambda p, _s, _i: p.displace(p.compensated()),
        "displaced": lambda p, _s, _i: p.displace(p.compensated()),
    }
    for element in grammar.compensators:
        made[f"{element.name}_displaced"] = _displacer(element.name)
    made |= {
        "shuffled": lambda p, s, i: p.shuffled(s.rng("shuffle", i)),
        "dinucleotide": lambda p, s, i: p.dinucleotide_shuffled(s.rng("dinucleotide", i)),
        "E_decoy": lambda p, _s, _i: p.decoy_pair()[0],
        "H_decoy": lambda p, _s, _i: p.decoy_pair()[1],
        "motif_correct": lambda p, _s, _i: p.motif_pair()[0],
        "motif_exchanged": lambda p, _s, _i: p.motif_pair()[1],
    }
    return made


def family_names(grammar: Grammar) -> tuple[str, ...]:
    """Return the control families, then the decoy pair, in the order they are printed."""
    single = tuple(f"{e.name}_displaced" for e in grammar.compensators)
    return ("displaced", *single, "shuffled", "dinucleotide", "E_decoy", "H_decoy")


def group_size(group: str, n: int, natural: NaturalTable | None = None) -> int:
    """Return how many sequences a group has when n backgrounds are asked for.

    F, G and H are half as many as the others; natural classes end with the table.
    """
    wanted = n // 2 if group in ("F", "G", "H") else n
    if group in NATURAL_CLASSES:
        return min(wanted, len(natural_promoters(group, natural)))
    return wanted


def grouped(groups: Mapping[str, Iterable[str]]) -> SequenceSet:
    """Return groups of sequences, by name, as one set; each sequence's index is its place."""
    return SequenceSet.of(item for name, made in groups.items() for item in make_items(name, made))


def decoy_groups(names: tuple[str, str], made: Iterable[Promoter]) -> dict[str, list[str]]:
    """Return E' and H' of promoters, under two group names."""
    pairs = [promoter.decoy_pair() for promoter in made]
    return {name: [pair[k] for pair in pairs] for k, name in enumerate(names)}


def build(spec: DesignSpec, groups: Iterable[str]) -> SequenceSet:
    """Build the named groups, in the order named; a group's items depend on nothing else."""
    items: list[Item] = []
    makers = _makers(spec.grammar)
    for group in groups:
        size = group_size(group, spec.n, spec.natural)
        if group in NATURAL_CLASSES:
            made = natural_promoters(group, spec.natural)[:size]
            items += make_items(group, [p.sequence for p in made])
        elif group in DERIVATIVES:
            items += [
                item
                for item in derivatives(spec.break_form, spec.seeds, spec.natural)
                if item.group == group and item.index < spec.n
            ]
        else:
            maker = makers[group]
            bases = enumerate(spec.promoters()[:size])
            items += make_items(group, [maker(p, spec.seeds, i) for i, p in bases])
    return SequenceSet.of(items)


def core(spec: DesignSpec) -> SequenceSet:
    """Return the eight classes: 650 sequences at the default n."""
    return build(spec, CLASSES)


def families(spec: DesignSpec) -> SequenceSet:
    """Return every control family and the decoy pair."""
    return build(spec, family_names(spec.grammar))
