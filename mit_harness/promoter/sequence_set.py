"""A set of named sequences in groups: what a claim designs, and what a suite file holds."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from mit_harness.errors import InputError


class Item(NamedTuple):
    """One sequence: unique id, group (a class such as ``E`` or a control family), index, bases.

    Items of different groups with one index are matched: they share a background.
    """

    id: str
    group: str
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody needs here
    sequence: str


def make_items(group: str, sequences: Iterable[str]) -> list[Item]:
    """Return items ``GROUP_000``, ``GROUP_001``, ... for the sequences of one group."""
    return [Item(f"{group}_{k:03d}", group, k, sequence) for k, sequence in enumerate(sequences)]


@dataclass(frozen=True)
class SequenceSet(Sequence[Item]):
    """Items in order, unique by id.

    Raises
    ------
    InputError
        If an id stands twice with different sequences, or two items of a group share an index.
    """

    items: tuple[Item, ...]

    def __post_init__(self) -> None:
        """Drop exact repeats; refuse contradictions."""
        by_id: dict[str, Item] = {}
        taken: dict[str, set[int]] = {}
        for item in self.items:
            if item.id in by_id:
                if by_id[item.id] != item:
                    raise InputError(
                        f"id {item.id!r} stands twice with different sequences or groups; "
                        "every id must name one sequence"
                    )
                continue
            by_id[item.id] = item
            indices = taken.setdefault(item.group, set())
            if item.index in indices:
                place = (item.group, item.index)
                other = next(i.id for i in by_id.values() if (i.group, i.index) == place)
                raise InputError(
                    f"{item.id!r} and {other!r} are both index {item.index} of {item.group!r}; "
                    "pairs are matched by index"
                )
            indices.add(item.index)
        if len(by_id) < len(self.items):
            object.__setattr__(self, "items", tuple(by_id.values()))

    @classmethod
    def of(cls, items: Iterable[Item]) -> "SequenceSet":
        """Build from any iterable of items."""
        return cls(tuple(items))

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.items)

    @overload
    def __getitem__(self, key: int) -> Item: ...

    @overload
    def __getitem__(self, key: slice) -> tuple[Item, ...]: ...

    def __getitem__(self, key: int | slice) -> Item | tuple[Item, ...]:
        """Return one item, or a tuple of items for a slice."""
        return self.items[key]

    def __iter__(self) -> Iterator[Item]:
        """Iterate over the items."""
        return iter(self.items)

    def __or__(self, other: "SequenceSet") -> "SequenceSet":
        """Return the union, first come first."""
        return SequenceSet.of((*self.items, *other.items))

    @cached_property
    def rows(self) -> dict[str, NDArray[np.intp]]:
        """Row numbers of each group, ordered by index."""
        groups: dict[str, list[int]] = {}
        for row, item in enumerate(self.items):
            groups.setdefault(item.group, []).append(row)
        return {
            group: np.array(sorted(rows, key=lambda row: self.items[row].index), dtype=np.intp)
            for group, rows in groups.items()
        }

    @property
    def groups(self) -> tuple[str, ...]:
        """Group names in order of first appearance."""
        return tuple(self.rows)

    @cached_property
    def _indices(self) -> dict[str, NDArray[np.intp]]:
        every = np.array([item.index for item in self.items], dtype=np.intp)
        return {group: every[rows] for group, rows in self.rows.items()}

    def indices(self, group: str) -> NDArray[np.intp]:
        """Return the indices present in a group, ascending."""
        return self._indices.get(group, np.empty(0, dtype=np.intp))

    @cached_property
    def sha256(self) -> str:
        """Return a checksum of ids and sequences, whatever their order, groups or file format."""
        found = sha256()
        for item in sorted(self.items, key=lambda item: f"{item.id}\t"):  # as whole lines sort
            found.update(f"{item.id}\t{item.sequence}\n".encode())
        return found.hexdigest()

    def only(self, groups: Iterable[str]) -> "SequenceSet":
        """Return the items of the named groups, in this set's order."""
        wanted = set(groups)
        return SequenceSet.of(item for item in self.items if item.group in wanted)
