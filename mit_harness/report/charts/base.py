"""What every chart is, and what the two kinds of charts share: of curves, and of metrics."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mit_harness.report.charts import words
from mit_harness.report.charts.data import FigureData, Row

if TYPE_CHECKING:
    import altair as alt

    Drawing = alt.Chart | alt.LayerChart | alt.FacetChart | alt.HConcatChart

WIDTH = 760
"""Pixels of a chart, about, unless told."""


@dataclass(frozen=True, kw_only=True)
class Chart(ABC):
    """One of the figures.

    Attributes
    ----------
    figure
        The paper's, such as ``1d``; ``S1`` where the paper has none.
    name
        Of its file.
    title
        For people.
    """

    figure: str
    name: str
    title: str

    @abstractmethod
    def missing(self, data: FigureData) -> str:
        """Return why it cannot be drawn, in words; empty if it can."""

    @abstractmethod
    def caption(self, data: FigureData) -> str:
        """Return what points, bars and bands are, n, test and unit of resampling."""

    @abstractmethod
    def chart(
        self, data: FigureData, *, width: int = WIDTH, interactive: bool = False
    ) -> "Drawing":
        """Return the chart; it names no colour of text or page, see `theme.config`.

        Parameters
        ----------
        data
            Of which `missing` says nothing.
        width
            Pixels that it takes at most, about.
        interactive
            Whether points say their numbers under the pointer.
        """


@dataclass(frozen=True, kw_only=True)
class CurveChart(Chart):
    """One panel a model, of the points of a curve.

    Attributes
    ----------
    curve
        Of `FigureData.curve`.
    x
        What the horizontal axis is.
    points, bars
        What they are, for the caption.
    unit
        What one SD is, where it is not that of the curves.
    """

    curve: str
    x: str
    points: str
    bars: str = "Bars: 95 % CI of the mean"
    unit: str = ""

    def missing(self, data: FigureData) -> str:
        """Return why it cannot be drawn; empty if it can."""
        return words.without(data, self.curve)

    def caption(self, data: FigureData) -> str:
        """Return what points, bars and bands are."""
        return words.caption(data, self.curve, self.points, self.bars, self.unit)


@dataclass(frozen=True, kw_only=True)
class MetricChart(Chart):
    """Points that are metrics of claims, which a run's results hold.

    Attributes
    ----------
    claims
        Whose metrics; all of them are needed.
    """

    claims: tuple[str, ...]

    @abstractmethod
    def rows(self, data: FigureData) -> list[Row]:
        """Return what is drawn; `model` is each row's label of its model."""

    def missing(self, data: FigureData) -> str:
        """Return why it cannot be drawn; empty if it can."""
        if not data.models:
            return "the run holds no model"
        were = "was not run" if len(self.claims) == 1 else "were not both run"
        return "" if self.rows(data) else f"{' and '.join(self.claims)} {were}"

    @staticmethod
    def left_out(data: FigureData, rows: list[Row]) -> list[str]:
        """Return the sentence that names the models without a row, if there are any."""
        drawn = {row["model"] for row in rows}
        lacking = [m.name for m in data.models if data.labels[m.name] not in drawn]
        return [f"Left out, as not scored: {words.listed(lacking)}."] if lacking else []
