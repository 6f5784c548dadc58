"""Supplementary data 6 of La Fleur et al. 2022 (Nat. Commun. 13:5159): six measured libraries.

The workbook has one sheet a library, with columns that are named differently in each. What is
read: the promoter (upper case here) and ``Observed log(TX/Txref)``, which is negative where a
promoter is stronger than the reference; `expression` is its negative, so natural log of
TX/TXref. The Urtecho sheet's ``Activity`` is that study's own unit (RNA over DNA).

Models that count places from the start need promoters in the benchmark's layout, with the -35 box
at [30,36) of 100 bp. So each sheet's sequences are cut or filled at both ends by one rule, which
looks at no score and no expression:

===========  ==========================================================================
library      where the -35 box stands (0-based), by construction of the library
===========  ==========================================================================
La Fleur     16; in sequences of 77 bp at 20, of 79 bp at 22 (a longer UP element)
Urtecho      85; followed by GCTAG, the reporter's junction
Hossain      20
Pl, Pr       46
36N          nowhere: 36 random bases at [40,76), put at [26,62), about both boxes' places
===========  ==========================================================================

Where bases lack, the same seeded background stands on that side of every sequence of every
library. Boxes that a library moves (La Fleur's spacers of other lengths) stay where they are.
"""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mit_harness.errors import InputError, MitHarnessError
from mit_harness.measured.catalogue import data_set
from mit_harness.measured.fetch import located, sha256_of
from mit_harness.promoter.alphabet import check
from mit_harness.promoter.construct import draw_bases
from mit_harness.promoter.grammar import SIGMA70

Floats = NDArray[np.float64]

DATA_SET = "lafleur2022"
"""What `mit_harness.measured.catalogue` calls the workbook."""
FILLER_SEED = 42
_OBSERVED = "Observed log(TX/Txref)"
_SEQUENCE = "Promoter"
_ALIKE = 1e-4
"""Of logs; in the published sheet they agree to 1e-14."""


@dataclass(frozen=True)
class Sheet:
    """One library of the workbook.

    Attributes
    ----------
    name
        What it is called here; also the group of its sequences.
    title
        Of the sheet.
    anchor
        0-based place of the -35 box, that is of what is put at the layout's.
    by_length
        Other places, by the sequence's length in bp.
    tail
        What follows every sequence in its construct.
    activity
        Name of a column with the study's own unit.
    """

    name: str
    title: str
    anchor: int
    by_length: Mapping[int, int] = field(default_factory=dict)
    tail: str = ""
    activity: str = ""

    def window(self, sequence: str) -> str:
        """Return the bases to score, with the -35 box at the layout's place."""
        return aligned(sequence + self.tail, self.by_length.get(len(sequence), self.anchor))


SHEETS = (
    Sheet("lafleur", "La Fleur et al. (Fig S9a)", 16, by_length={77: 20, 79: 22}),
    Sheet("urtecho", "Urtecho et al. (Fig S9b)", 85, tail="GCTAG", activity="Activity"),
    Sheet("hossain", "Hossain et al. (Fig S9c)", 20),
    Sheet("pl", "Pl", 46),
    Sheet("pr", "Pr", 46),
    Sheet("n36", "36 N", 44),
)


@dataclass(frozen=True, eq=False)
class MeasuredSet:
    """One library as it was measured; row k of everything is promoter k of its sheet.

    Attributes
    ----------
    name
        As in `SHEETS`.
    sequences
        Upper case, as in the workbook.
    windows
        What is scored: see the module's docstring.
    expression
        ln(TX/TXref), higher is stronger; shape (n,).
    activity
        In the study's own unit, where the sheet has it; shape (n,) or (0,).
    """

    name: str
    sequences: tuple[str, ...]
    windows: tuple[str, ...]
    expression: Floats
    activity: Floats


@dataclass(frozen=True, eq=False)
class MeasuredFile:
    """A workbook that was read and checked.

    Attributes
    ----------
    sha256
        Of the file.
    sets
        Its libraries by name, in the order of `SHEETS`.
    """

    sha256: str
    sets: Mapping[str, MeasuredSet]

    @cached_property
    def is_published(self) -> bool:
        """Whether it is the published file, for which verdicts are declared."""
        return self.sha256 == data_set(DATA_SET).sha256


@lru_cache(maxsize=1)
def _fillers() -> tuple[str, str]:
    """Return what stands before and after sequences that are too short."""
    left, right = (
        draw_bases(
            SIGMA70,
            SIGMA70.length,
            np.random.default_rng(np.random.SeedSequence(FILLER_SEED, spawn_key=(2022, side))),
        )
        for side in (0, 1)
    )
    return left, right


def aligned(sequence: str, anchor: int) -> str:
    """Return 100 bp in which what stood at `anchor` stands at the place of the -35 box.

    Parameters
    ----------
    sequence
        Of any length.
    anchor
        0-based place in it.
    """
    before, after = _fillers()
    start = anchor - SIGMA70["minus35"].start
    left = before[start:] if start < 0 else ""
    kept = (left + sequence[max(start, 0) :])[: SIGMA70.length]
    return kept + after[: SIGMA70.length - len(kept)]


def read_measured(path: Path) -> MeasuredFile:
    """Read the workbook, or one of the same form; a file is read once.

    Raises
    ------
    InputError
        If it cannot be read, or a sheet, a column or a value is not what it has to be.
    """
    try:
        state = path.stat()
        return _read(path, _sha256(path, state.st_mtime_ns, state.st_size))
    except OSError as error:
        raise InputError(
            f"the measured expression cannot be read from {path} ({error.strerror or error}); "
            "name the workbook, or run `mit-harness data lafleur2022` and take `fetched`"
        ) from error


@lru_cache(maxsize=4)
def _sha256(path: Path, changed: int, size: int) -> str:
    """Return the checksum of a file, computed again where its time or size changed."""
    return sha256_of(path)


@lru_cache(maxsize=4)
def _read(path: Path, sha256: str) -> MeasuredFile:
    tables = _tables(path)
    lacking = [sheet.title for sheet in SHEETS if sheet.title not in tables]
    if lacking:
        raise InputError(
            f"{path} has no sheet {lacking[0]!r}; it has to be supplementary data 6 of La Fleur "
            "et al. 2022, with all of its six sheets"
        )
    sets = {sheet.name: _set(path, sheet, tables[sheet.title]) for sheet in SHEETS}
    found = MeasuredFile(sha256, MappingProxyType(sets))
    _OPENED[sha256] = path
    return found


_OPENED: dict[str, Path] = {}


def opened(sha256: str) -> Path | None:
    """Return where this process read the file of that checksum, if it did."""
    return _OPENED.get(sha256)


def _tables(path: Path) -> dict[str, list[list[Any]]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(path)
        return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    # A truncated archive can also end in a panic of the reader, which is no Exception.
    except (CalamineError, ValueError, OSError) as error:
        raise InputError(
            f"{path} is no xlsx workbook, or is truncated ({error}); fetch it again"
        ) from error


def _set(path: Path, sheet: Sheet, table: Sequence[Sequence[Any]]) -> MeasuredSet:
    where = f"{path}, sheet {sheet.title!r}"
    header = [str(cell).strip() for cell in table[0]] if table else []
    sequences = tuple(_sequences(where, _column(where, header, table, _SEQUENCE)))
    if not sequences:
        raise InputError(f"{where}: there is no promoter; the sheet has to hold one in each row")
    observed = _numbers(where, _OBSERVED, _column(where, header, table, _OBSERVED))
    activity = np.empty(0)
    if sheet.activity:
        activity = _numbers(
            where, sheet.activity, _column(where, header, table, sheet.activity), above=0.0
        )
        _same_measurement(where, sheet.activity, activity, observed)
    windows = tuple(map(sheet.window, sequences))
    # + 0.0 makes the reference's -0.0 a plain zero.
    return MeasuredSet(sheet.name, sequences, windows, -observed + 0.0, activity)


def _same_measurement(where: str, name: str, activity: Floats, observed: Floats) -> None:
    """Refuse a sheet in which one column was sorted or moved without the other.

    Both are one measurement: ln activity and the observed log differ by the reference's alone.
    """
    apart = np.log(activity) + observed
    off = np.abs(apart - np.median(apart))
    if off.max() > _ALIKE:
        raise InputError(
            f"{where}: {name!r} and {_OBSERVED!r} of row {int(off.argmax()) + 2} are not one "
            "measurement; take the sheet as published"
        )


def _column(
    where: str, header: Sequence[str], table: Sequence[Sequence[Any]], name: str
) -> list[Any]:
    if name not in header:
        raise InputError(
            f"{where}: there is no column {name!r}; it has {', '.join(filter(None, header))}"
        )
    place = header.index(name)
    return [row[place] for row in table[1:]]


def _sequences(where: str, cells: Sequence[Any]) -> Iterator[str]:
    for number, cell in enumerate(cells, start=2):
        yield check(str(cell).strip().upper(), f"{where}: the promoter of row {number}")


def _numbers(where: str, name: str, cells: Sequence[Any], above: float = -math.inf) -> Floats:
    values = np.empty(len(cells))
    for k, cell in enumerate(cells):
        number = isinstance(cell, int | float) and not isinstance(cell, bool)
        if not number or not math.isfinite(cell) or cell <= above:
            wanted = "a finite number" if above == -math.inf else f"a number above {above:g}"
            raise InputError(f"{where}: {name!r} of row {k + 2} is {cell!r}; it has to be {wanted}")
        values[k] = cell
    return values


def named(text: str, folder: Path | None = None) -> Path | None:
    """Return the workbook that an option names, read once to see that it can be used.

    Parameters
    ----------
    text
        ``off`` for none, ``fetched`` for that in the cache, or a path.
    folder
        What the path is relative to.

    Raises
    ------
    InputError
        If it cannot be used.
    """
    if text == "off":
        return None
    path = fetched() if text == "fetched" else (folder or Path()) / Path(text).expanduser()
    read_measured(path)
    return path


def fetched() -> Path:
    """Return the published workbook in the cache.

    Raises
    ------
    InputError
        If it is not there, or damaged.
    """
    return located(DATA_SET)


def find(sha256: str) -> Path | None:
    """Return the file of a checksum: as read by this process, as named, or as fetched; or None.

    Named is what the environment variable ``MIT_HARNESS_MEASURED`` says.
    """
    if (path := opened(sha256)) is not None:
        return path
    for candidate in _candidates():
        try:
            if sha256_of(candidate) == sha256:
                return candidate
        except OSError:
            continue
    return None


def _candidates() -> Iterator[Path]:
    named = os.environ.get("MIT_HARNESS_MEASURED", "")
    if named and named not in ("off", "fetched"):
        yield Path(named).expanduser()
    try:
        yield fetched()
    except MitHarnessError:
        return
