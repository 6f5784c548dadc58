"""What the claims on measured expression share: their sequences come from a file."""

from abc import abstractmethod

import numpy as np

from mit_harness.claims.base import Claim, Floats, Pairs, Scored
from mit_harness.errors import InputError, NotApplicable
from mit_harness.measured.groups import library_of, measured_sequences, rows_of
from mit_harness.measured.lafleur import MeasuredFile, read_measured
from mit_harness.promoter.core import DesignSpec, Protocol
from mit_harness.promoter.sequence_set import SequenceSet

HOW = "--mit-measured fetched (after `mit-harness data lafleur2022`) or --mit-measured FILE"


class OnMeasured(Claim):
    """A claim on measured promoters, at the file's own size whatever n is asked for.

    No pair is named: which of two sequences has to win is what was measured, not their group.
    """

    tested_below = True  # the same few elements come back in every promoter

    @abstractmethod
    def groups(self) -> tuple[str, ...]:
        """Return the groups of `mit_harness.measured.groups` that are scored."""

    def pairs(self, protocol: Protocol) -> Pairs:
        """Nothing is compared by its group."""
        self.only_matched(protocol)
        return ()

    def needed(self, protocol: Protocol) -> tuple[str, ...]:
        """What is scored."""
        self.only_matched(protocol)
        return self.groups()

    def make(self, spec: DesignSpec) -> SequenceSet:
        """Take the promoters of the file that `spec` names.

        Raises
        ------
        NotApplicable
            If it names none.
        InputError
            If the file cannot be used.
        """
        if spec.measured is None:
            raise NotApplicable(f"no measured expression was given: {HOW}")
        return measured_sequences(read_measured(spec.measured), self.groups())

    def design(self, spec: DesignSpec) -> SequenceSet:
        """Return the sequences to score; a suite of the user's own has no measurements.

        Raises
        ------
        NotApplicable, InputError
            As `make`.
        """
        self.only_matched(spec.protocol)
        if spec.suite is not None:
            raise NotApplicable(f"{self.id} is judged on measured promoters, not on a suite")
        return self.make(spec)


def measured_of(scored: Scored) -> MeasuredFile:
    """Return what was measured of scored sequences.

    Raises
    ------
    InputError
        If no file goes with them, or it cannot be used.
    """
    if scored.measured is None:
        raise InputError(f"scores of measured promoters are judged with their file: give {HOW}")
    return read_measured(scored.measured)


def library_scores(scored: Scored, found: MeasuredFile, groups: tuple[str, ...]) -> Floats:
    """Return the scores of a library, in the file's order.

    Parameters
    ----------
    groups
        All groups of one library.

    Raises
    ------
    InputError
        If the scored sequences are not those of the file.
    """
    values = np.full(len(found.sets[library_of(groups[0])].sequences), np.nan)
    for group in groups:
        rows, indices = rows_of(found)[group]
        if not np.array_equal(scored.sequences.indices(group), indices):
            raise InputError(
                f"the scored sequences of {group} are not those of the measured file; score the "
                "promoters of this very file"
            )
        values[rows] = scored.group(group)
    return values
