"""The control audit as a table: one row per family for machines, short tables for people."""

from collections.abc import Callable, Iterable, Sequence

import pandas as pd

from mit_harness.promoter.audit import FamilyAudit, findings
from mit_harness.promoter.audit_content import KmerChange, KmerFrequencies
from mit_harness.report.text import ABSENT, markdown

Cells = dict[str, str | int | float]

_NOTES = """\
Pairs are matched by index. Elsewhere: outside every element and every place to which the controls
move one. KS: largest two-sample Kolmogorov-Smirnov distance of a k-mer's frequency per sequence,
its p adjusted by Holm over all k-mers of that size (pairs share a background, so it is
conservative). TV: total-variation distance of the pooled frequencies. Gained and lost: 6-mers that
the family has and its partner lacks, and the reverse. Local G+C: family - source, mean of the 10-bp
window where it differs most. Look-alikes: mean count per sequence on both strands, without those
that overlap the element's own place. In place: sequences in which the motif stands at its own
place. Two numbers divided by a slash: family / source."""


def audit_frame(audits: Sequence[FamilyAudit]) -> pd.DataFrame:
    """Return one row per family, numbers unrounded.

    Columns are the fields of `FamilyAudit`, nested ones joined with ``_``; look-alikes are
    ``look_alikes_ELEMENT_family`` and ``..._source``, in-place counts
    ``in_place_ELEMENT_MOTIF_family`` and ``..._source``.
    """
    return pd.DataFrame([_row(found) for found in audits])


def _row(found: FamilyAudit) -> Cells:
    row: Cells = {
        "family": found.family,
        "source": found.source,
        "control": found.control,
        "pairs": found.pairs,
        "unpaired": found.unpaired,
        "length": found.length,
        "identical": found.identical,
        "equal_composition": found.equal_composition,
        "differing_median": found.differing_median,
        "differing_max": found.differing_max,
        "elsewhere": found.elsewhere,
        "elsewhere_median": found.elsewhere_median,
        "elsewhere_max": found.elsewhere_max,
    }
    for name, kmers in (
        ("dinucleotides", found.dinucleotides),
        ("trinucleotides", found.trinucleotides),
    ):
        row |= {
            f"{name}_ks": kmers.ks,
            f"{name}_kmer": kmers.kmer,
            f"{name}_p_holm": kmers.p_holm,
            f"{name}_total_variation": kmers.total_variation,
            f"{name}_same": kmers.same,
        }
    for name, change in (("gained", found.gained), ("lost", found.lost)):
        row |= {
            f"{name}_mean": change.mean,
            f"{name}_commonest": change.commonest,
            f"{name}_pairs": change.pairs,
            f"{name}_elsewhere": change.elsewhere,
        }
    row |= {
        "local_gc_difference": found.local_gc.difference,
        "local_gc_start": found.local_gc.start,
        "local_gc_stop": found.local_gc.stop,
        "at_run_family": found.at_run_family,
        "at_run_source": found.at_run_source,
    }
    for alike in found.look_alikes:
        row[f"look_alikes_{alike.element}_family"] = alike.family
        row[f"look_alikes_{alike.element}_source"] = alike.source
    for place in found.in_place:
        row[f"in_place_{place.element}_{place.motif}_family"] = place.family
        row[f"in_place_{place.element}_{place.motif}_source"] = place.source
    return row


def audit_markdown(audits: Sequence[FamilyAudit]) -> str:
    """Return the audit as short tables, what the columns mean, and the findings as a list.

    Nothing in it depends on the date, and names are escaped.
    """
    if not audits:
        return "# Control audit\n\nNo family of this set has its source in it.\n"
    sections: dict[str, Callable[[FamilyAudit], Cells]] = {
        "Pairs and composition": _pairs,
        "Dinucleotides and trinucleotides": _frequencies,
        "6-mers gained and lost": _changes,
        "Local G+C and longest A+T run": _local,
        "Look-alikes outside their place": _look_alikes,
        "Compensators in place": _in_place,
    }
    parts = ["# Control audit", _NOTES]
    for title, cells in sections.items():
        parts += [f"## {title}", _table(audits, cells)]
    rules = {alike.element: alike.motif for found in audits for alike in found.look_alikes}
    parts.insert(2, "What looks alike:\n\n" + _listed(f"{k}: {v}" for k, v in rules.items()))
    parts += ["## Findings", _listed(findings(audits)) or "None."]
    return "\n\n".join(parts) + "\n"


def _listed(lines: Iterable[str]) -> str:
    return "\n".join(f"- {markdown(line)}" for line in lines)


def _table(audits: Sequence[FamilyAudit], cells: Callable[[FamilyAudit], Cells]) -> str:
    rows = [{"family": found.family, "source": found.source, **cells(found)} for found in audits]
    frame = pd.DataFrame(
        {markdown(name): markdown(str(value)) for name, value in row.items()} for row in rows
    )
    return frame.fillna(ABSENT).to_markdown(index=False, disable_numparse=True)


def _pairs(found: FamilyAudit) -> Cells:
    return {
        "pairs": found.pairs,
        "equal composition": f"{found.equal_composition} of {found.pairs}",
        "bp that differ, median": f"{found.differing_median:g}",
        "most": found.differing_max,
        "pairs that differ elsewhere": found.elsewhere,
        "bp elsewhere, median": f"{found.elsewhere_median:g}",
    }


def _frequencies(found: FamilyAudit) -> Cells:
    cells: Cells = {}
    for kmers in (found.dinucleotides, found.trinucleotides):
        cells |= _kmer_cells(kmers)
    return cells


def _kmer_cells(kmers: KmerFrequencies) -> Cells:
    return {
        f"KS, {kmers.size}-mers": f"{kmers.ks:.2f}" + (f" ({kmers.kmer})" if kmers.ks else ""),
        f"p, {kmers.size}-mers": f"{kmers.p_holm:.2g}",
        f"TV, {kmers.size}-mers": f"{kmers.total_variation:.3f}",
    }


def _changes(found: FamilyAudit) -> Cells:
    return {
        "gained": f"{found.gained.mean:.1f}",
        "commonest gained": _commonest(found.gained, found.pairs),
        "lost": f"{found.lost.mean:.1f}",
        "commonest lost": _commonest(found.lost, found.pairs),
    }


def _commonest(change: KmerChange, pairs: int) -> str:
    return f"{change.commonest} in {change.pairs} of {pairs}" if change.commonest else ABSENT


def _local(found: FamilyAudit) -> Cells:
    gc = found.local_gc
    return {
        "G+C": f"{gc.difference:+.2f}".replace("-0.00", "+0.00"),
        "window": f"[{gc.start},{gc.stop})" if gc.difference else ABSENT,
        "longest A+T run": f"{found.at_run_family:.1f} / {found.at_run_source:.1f}",
    }


def _look_alikes(found: FamilyAudit) -> Cells:
    return {a.element: f"{a.family:.2f} / {a.source:.2f}" for a in found.look_alikes}


def _in_place(found: FamilyAudit) -> Cells:
    return {f"{p.element} {p.motif}": f"{p.family} / {p.source}" for p in found.in_place}
