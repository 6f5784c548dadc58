"""Natural promoters from RegulonDB's PromoterSet.tsv, in classes A, B and G by our own rules.

RegulonDB's terms forbid shipping the file, so the user supplies it. Sequences are read from the
genome at the transcription start; the file's own are not used.
"""

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mit_harness.errors import InputError
from mit_harness.promoter.alphabet import at_count, encode
from mit_harness.promoter.genome import ACCESSION, genome, window
from mit_harness.promoter.grammar import SIGMA70
from mit_harness.promoter.natural import NaturalPromoter, NaturalTable, shipped

MOST = {"A": 100, "B": 100, "G": 50}
"""Promoters that are kept of a class: as many as are shipped."""

FEWEST = 6
"""In a class: on fewer no verdict can rest."""

APART_BP = 50
"""Between the starts of two promoters of one class, at least."""

STARTS = (10, 14)
"""bp from the first base of the -10 box to the start; 245 of the 250 shipped ones lie there."""

SPACERS = (15, 19)
"""bp between the boxes."""

RICH_UPSTREAM = 0.75
"""A+T fraction of the 20 bp upstream of the -35 box from which on it counts as an UP element."""

_UPSTREAM_BP = 20
_KEY_BASES = (0, 1, 5)
"""Of the -10 box: T1, A2 and T6."""

_COLUMNS = {
    "pmName": ("pmname", "promotername", "name"),
    "strand": ("strand",),
    "posTSS": ("postss", "tss"),
    "sigmaFactor": ("sigmafactor", "sigmaf", "sigma"),
    "confidenceLevel": ("confidencelevel",),
}
_STRANDS = {"forward": "+", "reverse": "-", "+": "+", "-": "-"}
_CONFIDENCE = {"confirmed": 0, "c": 0, "strong": 1, "s": 1, "weak": 2, "w": 2}
_UNKNOWN_CONFIDENCE = 3


class PromoterSet(NamedTuple):
    """A file of natural promoters: what was taken of it, what was left, and its hash."""

    table: NaturalTable
    notes: tuple[str, ...]
    sha256: str


class Start(NamedTuple):
    """A transcription start of sigma70 as the file has it; confidence 0 is the best."""

    name: str
    strand: str
    tss: int
    confidence: int


def read_promoter_set(path: Path) -> PromoterSet:
    """Read RegulonDB's PromoterSet.tsv and sort its sigma70 promoters into classes.

    Boxes are the best of a position-weight scan (`found_boxes`). Class A has at most one mismatch
    to TATAAT, with T1, A2 and T6; weak boxes have three mismatches, or two that hit T1, A2 or T6:
    of these B has neither TGn nor an A+T-rich upstream, and G has either. Each class takes the
    best confidence first, then the lowest position, keeps `APART_BP` and ends at `MOST`.

    Parameters
    ----------
    path
        Tab-separated, lines with ``#`` are comments. Columns are found by name, numbered
        (``4)posTSS``, releases 11 and later) or plain; their order does not matter.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, holds no sigma70 promoter with a start, has a
        start outside the genome, or fewer than `FEWEST` promoters of a class.
    """
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is no text in UTF-8: give PromoterSet.tsv as published"
        ) from error
    starts = list(dict.fromkeys(_starts(path, text)))
    if not starts:
        raise InputError(f"{path} holds no sigma70 promoter with a transcription start")
    table = chosen(starts)
    counts = {name: len(table.classes.get(name, ())) for name in MOST}
    few = [f"{name} {count}" for name, count in counts.items() if count < FEWEST]
    if few:
        raise InputError(
            f"{path} gives too few natural promoters of class {', '.join(few)} (at least {FEWEST} "
            f"each are needed) from {len(starts)} sigma70 starts"
        )
    kept = ", ".join(f"{name} {count}" for name, count in counts.items())
    note = f"natural promoters of {path.name}: {kept}, from {len(starts)} sigma70 starts"
    return PromoterSet(table, (note,), hashlib.sha256(data).hexdigest())


def chosen(starts: list[Start]) -> NaturalTable:
    """Return what the rules take of some starts, in the order of each class."""
    taken: dict[str, list[NaturalPromoter]] = {name: [] for name in MOST}
    for start in sorted(starts, key=lambda s: (s.confidence, s.tss, s.strand, s.name)):
        promoter = classified(start)
        if promoter is None:
            continue
        fellows = taken[promoter.promoter_class]
        apart = all(abs(other.tss - promoter.tss) >= APART_BP for other in fellows)
        if apart and len(fellows) < MOST[promoter.promoter_class]:
            fellows.append(promoter)
    return NaturalTable(tuple(p for fellows in taken.values() for p in fellows))


def classified(start: Start) -> NaturalPromoter | None:
    """Return the promoter of a start; None where its box is of no class, or the genome ends."""
    downstream = 1 if start.strand == "+" else -1
    if not SIGMA70.length <= start.tss <= len(genome()) - SIGMA70.length:
        return None
    distance, spacer = found_boxes(start.strand, start.tss)
    minus10_start = start.tss - downstream * distance
    made = NaturalPromoter(
        promoter_class="",
        name=f"{start.name}_{start.tss}{start.strand}",
        strand=start.strand,
        tss=start.tss,
        minus10_start=minus10_start,
        minus35="",
        spacer=spacer,
        minus10="",
        extended=False,
        up_at=0.0,
    )
    box, sequence = SIGMA70.breakable, made.sequence
    first = made.grammar["minus35"].start
    minus10, minus35 = box.of(sequence), sequence[first : first + len(SIGMA70["minus35"].consensus)]
    extended = sequence[box.start - 3 : box.start - 1] == "TG"
    up_at = at_count(sequence[first - _UPSTREAM_BP : first]) / _UPSTREAM_BP
    found = class_of(minus10, rich=extended or up_at >= RICH_UPSTREAM)
    if found is None:
        return None
    return NaturalPromoter(
        found, made.name, made.strand, made.tss, minus10_start, minus35, spacer, minus10,
        extended, up_at,
    )  # fmt: skip


def class_of(minus10: str, *, rich: bool) -> str | None:
    """Return the class of a -10 box, given whether something compensates it; None: neither."""
    consensus = SIGMA70.breakable.consensus
    wrong = [k for k, (a, b) in enumerate(zip(minus10, consensus, strict=True)) if a != b]
    key = any(k in _KEY_BASES for k in wrong)
    if len(wrong) <= 1 and not key:
        return "A"
    if len(wrong) >= 3 or (len(wrong) == 2 and key):
        return "G" if rich else "B"
    return None


def found_boxes(strand: str, tss: int) -> tuple[int, int]:
    """Return where the boxes of a start are: the best of a position-weight scan.

    The score is the sum of both boxes' log-odds, those of the shipped promoters' boxes with one
    pseudocount against equal bases; spacers of `SPACERS` count alike, as do places in `STARTS`.

    Returns
    -------
    distance, spacer : int
        bp from the first base of the -10 box to the start, and between the boxes. Among equals
        the nearest to the start, then the shortest spacer.
    """
    minus35, minus10 = _weights()
    size = len(minus10)
    reach = STARTS[1] + SPACERS[1] + size
    first = tss - reach if strand == "+" else tss + reach
    codes = encode([window(first, reach, strand)])[0]
    places = product(range(STARTS[0], STARTS[1] + 1), range(SPACERS[0], SPACERS[1] + 1))

    def score(place: tuple[int, int]) -> float:
        ten = reach - place[0]
        other = ten - place[1] - size
        rows = np.arange(size)
        both = minus10[rows, codes[ten : ten + size]] + minus35[rows, codes[other : other + size]]
        return round(float(both.sum()), 9)  # sums in another order are still ties

    return max(places, key=score)


@lru_cache(maxsize=1)
def _weights() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the log-odds of the -35 and the -10 box, each of shape (6, 4)."""
    known = shipped().promoters
    made = []
    for boxes in ([p.minus35 for p in known], [p.minus10 for p in known]):
        counts = np.array([np.bincount(column, minlength=4) for column in encode(boxes).T])
        made.append(np.log((counts + 1.0) / (len(boxes) + 4.0) * 4.0))
    return made[0], made[1]


def _starts(path: Path, text: str) -> Iterator[Start]:
    """Yield the sigma70 starts of a file; promoters without start or strand are passed over."""
    columns: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split("\t")
        if not columns:
            columns = _header(path, number, fields)
            continue
        if line.startswith("#") or not line.strip():
            continue
        row = {name: fields[k].strip() if k < len(fields) else "" for name, k in columns.items()}
        if not _is_sigma70(row["sigmaFactor"]) or row["posTSS"] in ("", "0"):
            continue
        if row["strand"].lower() in ("", "unknown"):
            continue
        yield _start(f"{path} line {number}", row)
    if not columns:
        raise InputError(
            f"{path} has no header with the columns {', '.join(_COLUMNS)}: give PromoterSet.tsv as "
            "published by RegulonDB"
        )


def _header(path: Path, number: int, fields: list[str]) -> dict[str, int]:
    """Return the columns that a line names; none where it is a comment."""
    names = [re.sub(r"^\(?\d+\)|[^a-z]", "", f.strip("# \t").lower()) for f in fields]
    found = {
        name: next((names.index(s) for s in spelled if s in names), -1)
        for name, spelled in _COLUMNS.items()
    }
    absent = [name for name, k in found.items() if k < 0]
    if not absent:
        return found
    if fields[0].startswith("#") or not "".join(fields).strip():
        return {}
    raise InputError(
        f"{path} line {number} is no header: it lacks {', '.join(absent)}; give PromoterSet.tsv as "
        "published by RegulonDB"
    )


def _is_sigma70(text: str) -> bool:
    return bool({"sigma70", "rpod"} & set(re.split(r"[^a-z0-9]+", text.lower())))


def _start(where: str, row: dict[str, str]) -> Start:
    strand = _STRANDS.get(row["strand"].lower())
    if strand is None:
        raise InputError(f"{where}: strand {row['strand']!r} is neither forward nor reverse")
    if not re.fullmatch(r"[0-9]{1,9}", row["posTSS"]):
        raise InputError(f"{where}: posTSS {row['posTSS']!r} is no position")
    tss = int(row["posTSS"])
    if tss > len(genome()):
        raise InputError(
            f"{where}: posTSS {tss} lies outside the {len(genome())} bp of {ACCESSION}; is the "
            "file of another genome?"
        )
    confidence = _CONFIDENCE.get(row["confidenceLevel"].lower(), _UNKNOWN_CONFIDENCE)
    return Start(row["pmName"] or "promoter", strand, tss, confidence)
