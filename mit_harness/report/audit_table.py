"""The control audit as tables: one row per pair for machines; a summary and details for people."""

from collections.abc import Callable, Iterable, Sequence

import pandas as pd

from mit_harness.promoter.audit import FamilyAudit
from mit_harness.promoter.audit_content import KmerChange, KmerFrequencies
from mit_harness.promoter.audit_findings import Finding, Level, findings, sentences
from mit_harness.report.text import ABSENT, markdown

Cells = dict[str, str | int | float]

_SUMMARY_NOTES = """\
One row per pair of groups: a family and the source that it is held against, matched by index.
Identical composition: sequence pairs in which every base stands equally often (A+T: in which A+T
does). KS: largest Kolmogorov-Smirnov distance of a word's frequency per sequence, with that word
and its exact p (Holm over all words of that size; pairs share a background, so it is conservative).
6-mers gained and lost: those that only the family, or only the source, holds: mean per sequence
pair, and in how many pairs the commonest does so. Differences are family - source: G+C in the 10-bp
window where it differs most, the longest run of A and T, and the look-alike (of an element, outside
its own place, either strand) whose mean count differs most; a displaced element counts as one."""

_DETAIL_NOTES = """\
Elsewhere: outside every element, and every place to which an element moves. Kept: places at which
no pair differs. TV: total-variation distance of the pooled frequencies. Reverse: pairs in which
only the other side holds that 6-mer. In place: sequences in which the motif stands at its own
place. Two numbers divided by a slash: family / source."""

LEVELS: dict[Level, tuple[str, str]] = {
    "flaw": ("Flaws", "What makes the two no proper partners."),
    "limit": (
        "Known limits",
        "Something besides the places tells these apart; no verdict rests on them alone.",
    ),
    "design": ("By design", "What the design means to differ."),
}


def audit_frame(audits: Sequence[FamilyAudit]) -> pd.DataFrame:
    """Return one row per pair, numbers unrounded.

    Columns are the fields of `FamilyAudit`, nested ones joined with ``_``; look-alikes are
    ``look_alikes_ELEMENT_family`` and ``..._source``, in-place counts
    ``in_place_ELEMENT_MOTIF_family`` and ``..._source``.
    """
    return pd.DataFrame([_row(found) for found in audits])


def _row(found: FamilyAudit) -> Cells:
    row: Cells = {
        "claims": ",".join(found.pair.claims),
        "family": found.family,
        "source": found.source,
        "edit": found.pair.edit,
        "pairs": found.pairs,
        "unpaired": found.unpaired,
        "length": found.length,
        "identical": found.identical,
        "equal_composition": found.equal_composition,
        "equal_at": found.equal_at,
        "differing_median": found.differing_median,
        "differing_max": found.differing_max,
        "kept": found.kept,
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
            f"{name}_reverse": change.reverse,
            f"{name}_p": change.p,
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


def headline(audits: Sequence[FamilyAudit]) -> str:
    """Return the audit in one sentence: how many pairs are equal in composition, and what else."""
    if not audits:
        return "there is no pair to compare."
    equal = sum(found.equal_composition == found.pairs for found in audits)
    said = findings(audits)
    meant = sum(f.level == "design" and f.kind == "other bases" for f in said)
    also = f" ({meant} differ by design)" if meant else ""
    return (
        f"{equal} of {len(audits)} pairs have identical base composition{also}; findings: "
        f"{_counted(said, 'flaw') or 'none'}; known limits: {_counted(said, 'limit') or 'none'}."
    )


def _counted(said: Iterable[Finding], level: Level) -> str:
    """Return each kind of finding with the number of pairs that it is found in."""
    kinds: dict[str, set[tuple[str, str]]] = {}
    for finding in said:
        if finding.level == level:
            pair = finding.found.pair
            kinds.setdefault(finding.kind, set()).add((pair.family, pair.source))
    return ", ".join(f"{kind} ({len(where)})" for kind, where in kinds.items())


def audit_markdown(audits: Sequence[FamilyAudit], left_out: Sequence[str] = ()) -> str:
    """Return the audit: a summary with one row per pair, the findings in words, the details.

    Nothing in it depends on the date, and names are escaped.

    Parameters
    ----------
    audits
        What was compared.
    left_out
        What was not, and why, each a sentence without its full stop.
    """
    parts = ["# Control audit"]
    if audits:
        parts += [headline(audits), *_summary(audits), *_findings(audits)]
    else:
        parts.append("No group here has the one beside it that it would be held against.")
    if left_out:
        parts += ["## Not audited", _listed(f"{text}." for text in left_out)]
    if audits:
        parts += _details(audits)
    return "\n\n".join(parts) + "\n"


def _summary(audits: Sequence[FamilyAudit]) -> list[str]:
    rows: list[Cells] = [
        {
            "claims": markdown(", ".join(found.pair.claims)) or ABSENT,
            **_named(found),
            **summed(found),
        }
        for found in audits
    ]
    return ["## Summary", _table(rows), _SUMMARY_NOTES]


def _findings(audits: Sequence[FamilyAudit]) -> list[str]:
    said, parts = findings(audits), ["## Findings"]
    for level, (title, what) in LEVELS.items():
        lines = sentences(said, level)
        parts += [f"### {title}", *([what, _listed(lines)] if lines else ["None."])]
    return parts


def _details(audits: Sequence[FamilyAudit]) -> list[str]:
    sections: dict[str, Callable[[FamilyAudit], Cells]] = {
        "Backgrounds": _backgrounds,
        "Words of two and three bases": _frequencies,
        "6-mers gained and lost": _changes,
        "Local G+C and longest A+T run": _local,
        "Look-alikes outside their place": _look_alikes,
        "Compensators in place": _in_place,
    }
    rules = {alike.element: alike.motif for found in audits for alike in found.look_alikes}
    parts = ["## Details", _DETAIL_NOTES, "What looks alike:"]
    parts.append(_listed(f"{name}: {motif}" for name, motif in rules.items()))
    for title, cells in sections.items():
        parts += [f"### {title}", _table([{**_named(found), **cells(found)} for found in audits])]
    return parts


def _listed(lines: Iterable[str]) -> str:
    return "\n".join(f"- {markdown(line)}" for line in lines)


def _table(rows: Sequence[Cells]) -> str:
    frame = pd.DataFrame({name: str(value) for name, value in row.items()} for row in rows)
    return frame.fillna(ABSENT).to_markdown(index=False, disable_numparse=True)


def _named(found: FamilyAudit) -> Cells:
    return {"family": markdown(found.family), "source": markdown(found.source)}


def summed(found: FamilyAudit) -> Cells:
    """Return what was found of one pair of groups, in the words of a table's row."""
    equal = f"{found.equal_composition} of {found.pairs}"
    if found.equal_at != found.equal_composition:
        equal += f" (A+T: {found.equal_at})"
    alike = max(found.look_alikes, key=lambda a: abs(a.family - a.source), default=None)
    return {
        "n": found.pairs,
        "identical composition": equal,
        "KS, 2-mers": _distance(found.dinucleotides),
        "KS, 3-mers": _distance(found.trinucleotides),
        "6-mers gained": f"{found.gained.mean:.0f}; {_share(found.gained, found.pairs)}",
        "6-mers lost": f"{found.lost.mean:.0f}; {_share(found.lost, found.pairs)}",
        "local G+C": signed(found.local_gc.difference),
        "A+T run, bp": signed(found.at_run_family - found.at_run_source, 1),
        "look-alikes": ABSENT
        if alike is None
        else f"{alike.element} {signed(alike.family - alike.source)}",
    }


def signed(value: float, digits: int = 2) -> str:
    """Return a difference with its sign; 0 has none."""
    text = f"{value:+.{digits}f}"
    return text if float(text) else f"{0:.{digits}f}"


def _distance(kmers: KmerFrequencies) -> str:
    return f"{kmers.ks:.2f} {kmers.kmer}, p {kmers.p_holm:.2g}" if kmers.ks else "0.00"


def _share(change: KmerChange, pairs: int) -> str:
    return f"{change.pairs} of {pairs}"


def _backgrounds(found: FamilyAudit) -> Cells:
    return {
        "pairs": found.pairs,
        "without a partner": found.unpaired,
        "bp": found.length,
        "bp that differ, median": f"{found.differing_median:g}",
        "most": found.differing_max,
        "kept": found.kept,
        "pairs that differ elsewhere": found.elsewhere,
        "bp elsewhere, median": f"{found.elsewhere_median:g}",
    }


def _frequencies(found: FamilyAudit) -> Cells:
    cells: Cells = {}
    for kmers in (found.dinucleotides, found.trinucleotides):
        size = kmers.size
        cells |= {
            f"KS, {size}-mers": f"{kmers.ks:.2f}" + (f" ({kmers.kmer})" if kmers.ks else ""),
            f"p, {size}-mers": f"{kmers.p_holm:.2g}",
            f"TV, {size}-mers": f"{kmers.total_variation:.3f}",
        }
    return cells


def _changes(found: FamilyAudit) -> Cells:
    cells: Cells = {}
    for name, change in (("gained", found.gained), ("lost", found.lost)):
        common = f"{change.commonest} in {_share(change, found.pairs)}"
        cells |= {
            name: f"{change.mean:.1f}",
            f"commonest {name}": common if change.commonest else ABSENT,
            f"reverse of {name}": change.reverse,
        }
    return cells


def _local(found: FamilyAudit) -> Cells:
    gc = found.local_gc
    return {
        "G+C": signed(gc.difference),
        "window": f"[{gc.start},{gc.stop})" if gc.difference else ABSENT,
        "longest A+T run": f"{found.at_run_family:.1f} / {found.at_run_source:.1f}",
    }


def _look_alikes(found: FamilyAudit) -> Cells:
    return {a.element: f"{a.family:.2f} / {a.source:.2f}" for a in found.look_alikes}


def _in_place(found: FamilyAudit) -> Cells:
    return {f"{p.element} {p.motif}": f"{p.family} / {p.source}" for p in found.in_place}
