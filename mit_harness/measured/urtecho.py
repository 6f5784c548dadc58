"""The factorial of Urtecho et al. 2019: UP x -35 x spacer x -10 x background.

Biochemistry 58:1539, doi:10.1021/acs.biochem.7b01069.

Which promoter has which elements is read off the sequences alone; the elements themselves ship in
``data/urtecho_elements.json``, with their labels as published (34G->T there is the G at -33).
A promoter of 150 bp is a background with elements at fixed places: UP (22 bp; without UP element
the background's own bases) at 60, -35 box at 85, spacer of 17 bp, -10 box at 108.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mit_harness.errors import InputError
from mit_harness.measured.lafleur import MeasuredSet

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

FLOOR = 0.2
"""Activity below which a promoter is at the assay's floor."""

_UP, _MINUS35, _SPACER, _MINUS10 = slice(60, 82), slice(85, 91), slice(91, 108), slice(108, 114)
_BACKGROUND = (slice(0, 60), slice(82, 85), slice(114, 150))
_LENGTH = 150


@dataclass(frozen=True)
class Elements:
    """The elements of the factorial: label to bases, in a fixed order that `Factorial` counts in.

    Attributes
    ----------
    no_up
        Label of promoters without UP element.
    up, minus35, spacer, minus10
        Label to bases.
    background
        Label to the four stretches ``upstream``, ``no_up``, ``between`` and ``downstream``.
    """

    no_up: str
    up: Mapping[str, str]
    minus35: Mapping[str, str]
    spacer: Mapping[str, str]
    minus10: Mapping[str, str]
    background: Mapping[str, Mapping[str, str]]

    @cached_property
    def up_labels(self) -> tuple[str, ...]:
        """No UP element first."""
        return (self.no_up, *self.up)

    @cached_property
    def minus10_bases(self) -> tuple[str, ...]:
        """The -10 boxes, by their number."""
        return tuple(self.minus10.values())


@lru_cache(maxsize=1)
def elements() -> Elements:
    """Return the elements, read once."""
    facts = _facts("urtecho_elements.json")
    facts.pop("source")
    return Elements(**facts)


def _facts(name: str) -> dict[str, Any]:
    path = files("mit_harness.measured").joinpath("data", name)
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return facts


@dataclass(frozen=True)
class Factorial:
    """Which elements each promoter has, as numbers in the order of `elements`; shape (n,) each.

    Attributes
    ----------
    up
        0 is none.
    minus35, spacer, minus10, background
        Of the cell that promoters with and without UP element share.
    """

    up: Places
    minus35: Places
    spacer: Places
    minus10: Places
    background: Places

    @cached_property
    def cell(self) -> Places:
        """One number for each combination of all but the UP element."""
        made = elements()
        number = self.background * len(made.minus35) + self.minus35
        number = number * len(made.spacer) + self.spacer
        return number * len(made.minus10) + self.minus10


def factorial(sequences: tuple[str, ...]) -> Factorial:
    """Return the elements of promoters, read off their bases.

    Raises
    ------
    InputError
        If a sequence has another length, an element that is not of the factorial, or stands twice.
    """
    made = elements()
    by_background = {
        tuple(parts[name] for name in ("upstream", "between", "downstream")): (k, parts["no_up"])
        for k, parts in enumerate(made.background.values())
    }
    boxes = [
        (place, {bases: k for k, bases in enumerate(known.values())}, what)
        for place, known, what in (
            (_MINUS35, made.minus35, "-35 box"),
            (_SPACER, made.spacer, "spacer"),
            (_MINUS10, made.minus10, "-10 box"),
        )
    ]
    ups = {bases: k for k, bases in enumerate(made.up.values(), start=1)}
    rows = np.empty((len(sequences), 5), dtype=np.intp)
    seen: dict[tuple[int, ...], int] = {}
    for number, text in enumerate(sequences, start=1):
        found = by_background.get(tuple(text[part] for part in _BACKGROUND))
        if len(text) != _LENGTH or found is None:
            raise _not_of_it(number, f"the background of its {len(text)} bp")
        background, own = found
        up = 0 if text[_UP] == own else ups.get(text[_UP])
        if up is None:
            raise _not_of_it(number, f"the UP element {text[_UP]}")
        places = [known.get(text[place]) for place, known, _ in boxes]
        for (place, _, what), k in zip(boxes, places, strict=True):
            if k is None:
                raise _not_of_it(number, f"the {what} {text[place]}")
        row = (up, *(k or 0 for k in places), background)
        if (first := seen.setdefault(row, number)) != number:
            raise InputError(
                f"promoters {first} and {number} of the Urtecho library are one and the same; a "
                "promoter has to stand once"
            )
        rows[number - 1] = row
    return Factorial(*rows.T)


def _not_of_it(number: int, what: str) -> InputError:
    return InputError(
        f"promoter {number} of the Urtecho library: {what} is not one of the 2019 factorial; take "
        "the sheet as published"
    )


@dataclass(frozen=True)
class Pairs:
    """Promoters with an UP element beside those of the same cell without; shape (p,) each.

    Attributes
    ----------
    with_up, without
        Row numbers in the library.
    """

    with_up: Places
    without: Places


def pairs(made: Factorial) -> Pairs:
    """Return every promoter with an UP element whose counterpart without was measured too."""
    bare = {int(cell): int(row) for row, cell in zip(*_bare(made), strict=True)}
    rows = np.flatnonzero(made.up > 0)
    kept = np.array([row for row in rows.tolist() if int(made.cell[row]) in bare], dtype=np.intp)
    return Pairs(kept, np.array([bare[int(made.cell[row])] for row in kept], dtype=np.intp))


def _bare(made: Factorial) -> tuple[Places, Places]:
    rows = np.flatnonzero(made.up == 0)
    return rows, made.cell[rows]


@lru_cache(maxsize=1)
def _noise() -> tuple[Floats, Floats]:
    facts = _facts("urtecho_noise.json")
    return np.array(facts["ln_activity"]), np.array(facts["sd"])


def noise_sd(activity: Floats) -> Floats:
    """Return the standard error of ln activity, by its level.

    The workbook holds no replicates. The figures are pooled over the three biological replicates
    of promoters alike in strength, because three replicates make a poor variance of their own:
    see ``data/README.md`` and ``benchmarks/measured_noise.py``. Between levels it is interpolated,
    beyond them constant.

    Parameters
    ----------
    activity
        Above 0, shape (n,).
    """
    levels, sd = _noise()
    return np.interp(np.log(activity), levels, sd)


def of_set(found: MeasuredSet) -> Factorial:
    """Return the factorial of the library as it was read; computed once for each."""
    return _cached(found.sequences)


@lru_cache(maxsize=4)
def _cached(sequences: tuple[str, ...]) -> Factorial:
    return factorial(sequences)
