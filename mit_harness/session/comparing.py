"""``--mit-baseline``: a run held against a finished one. It measures; a gate decides."""

from pathlib import Path
from typing import TYPE_CHECKING

from mit_harness.errors import MitHarnessError, ReportError, printable

if TYPE_CHECKING:
    from mit_harness.report.finished import FinishedRun
    from mit_harness.report.folder import ReportFolder
    from mit_harness.report.items import ItemScores
    from mit_harness.report.schema import DesignRecord, Results


class Comparing:
    """Compares a run with its baseline; without one it only takes an old comparison away.

    Parameters
    ----------
    baseline
        The finished run, if any.

    Attributes
    ----------
    lines
        What to print, in 80 columns.
    """

    def __init__(self, baseline: "FinishedRun | None") -> None:
        self.lines: list[str] = []
        self._baseline = baseline

    @classmethod
    def of(cls, path: Path | None, design: "DesignRecord | None" = None) -> "Comparing":
        """Read the baseline before anything is scored, and before the report may replace it.

        Parameters
        ----------
        path
            The baseline's results.json or its folder, if one is named.
        design
            What decides this run's sequences, to be the baseline's too; None: not checked here.

        Raises
        ------
        ReportError
            If it cannot be read, was changed, or is of another design.
        """
        if path is None:
            return cls(None)
        from mit_harness.report.comparison import design_difference
        from mit_harness.report.finished import read_run

        baseline = read_run(path)
        why = None if design is None else design_difference(design, baseline.results.design)
        if why:
            raise ReportError(
                f"this run cannot be compared with {baseline.file}: {why}; run both alike"
            )
        return cls(baseline)

    def write(self, folder: "ReportFolder", results: "Results", items: "ItemScores") -> None:
        """Write comparison.md. What cannot be compared is said, and fails nothing by itself."""
        if self._baseline is None:
            folder.write_comparison(None)
            return
        from mit_harness.report.comparison_text import comparison_lines, comparison_markdown
        from mit_harness.report.counterparts import compare_runs
        from mit_harness.report.finished import FinishedRun
        from mit_harness.report.folder import RESULTS

        try:
            run = FinishedRun(folder.path / RESULTS, results, items)
            compared = compare_runs(run, self._baseline)
        except MitHarnessError as error:
            folder.write_comparison(None)
            self.lines = [f"not compared with the baseline: {printable(str(error))}"]
            return
        folder.write_comparison(comparison_markdown(compared))
        self.lines = ["", *comparison_lines(compared)]
