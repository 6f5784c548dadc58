"""What a leaderboard of several runs shows: their models, and the run behind every row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mit_harness import __version__
from mit_harness.errors import ReportError, near
from mit_harness.report.schema import DesignRecord, ModelRecord, RunRecord


@dataclass(frozen=True)
class Board:
    """What a leaderboard shows.

    Attributes
    ----------
    design
        What decided the sequences of every run.
    models
        Joined over the runs, with the claims that were recomputed.
    runs
        By model name: the runs that it stands in, oldest first.
    left_out
        Claims of a project's own, which cannot be recomputed here.
    absent
        Models without a row: every claim of theirs ended in error, or is a project's own.
    harness
        The version that recomputed the numbers.
    """

    design: DesignRecord
    models: Sequence[ModelRecord]
    runs: Mapping[str, Sequence[RunRecord]]
    left_out: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    harness: str = __version__

    def model(self, name: str) -> ModelRecord:
        """Return a model by name.

        Raises
        ------
        ReportError
            If none is called so.
        """
        for model in self.models:
            if model.name == name:
                return model
        names = [model.name for model in self.models]
        raise ReportError(f"the runs hold no model {name!r}{near(name, names)}")
