"""Measured promoters as groups of sequences to score, and their scores back in the file's order.

The Urtecho library is three groups, by UP element, in which one index is one cell (-35 box,
spacer, -10 box, background); every other library is one group, its index the row of the sheet.
"""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mit_harness.measured.lafleur import SHEETS, MeasuredFile
from mit_harness.measured.urtecho import elements, of_set
from mit_harness.promoter.sequence_set import Item, SequenceSet

URTECHO = "urtecho"
OTHERS = tuple(sheet.name for sheet in SHEETS if sheet.name != URTECHO)

Rows = NDArray[np.intp]


def urtecho_groups() -> tuple[str, ...]:
    """Return the groups of the factorial, that without UP element first."""
    return tuple(f"{URTECHO}_{label}" for label in elements().up_labels)


@lru_cache(maxsize=4)
def rows_of(found: MeasuredFile) -> Mapping[str, tuple[Rows, Rows]]:
    """Return for each group its rows in the library and their indices, ascending by index."""
    made = of_set(found.sets[URTECHO])
    rows: dict[str, tuple[Rows, Rows]] = {}
    for number, group in enumerate(urtecho_groups()):
        kept = np.flatnonzero(made.up == number)
        kept = kept[np.argsort(made.cell[kept])]
        rows[group] = kept, made.cell[kept]
    for name in OTHERS:
        every = np.arange(len(found.sets[name].sequences))
        rows[name] = every, every
    return rows


@lru_cache(maxsize=4)
def measured_sequences(found: MeasuredFile, groups: tuple[str, ...]) -> SequenceSet:
    """Return the windows of some groups as sequences to score."""
    return SequenceSet.of(
        Item(f"{group}_{index:05d}", group, index, found.sets[library_of(group)].windows[row])
        for group in groups
        for row, index in zip(*(part.tolist() for part in rows_of(found)[group]), strict=True)
    )


def library_of(group: str) -> str:
    """Return the library that a group is of."""
    return URTECHO if group in urtecho_groups() else group
