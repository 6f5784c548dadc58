"""The leaderboard as one HTML page that needs nothing else: no network, no other file."""

import re
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import pandas as pd

from mit_harness.errors import printable
from mit_harness.report.leaderboard import notes
from mit_harness.report.leaderboard.board import Board
from mit_harness.report.leaderboard.runs import runs_table, versions
from mit_harness.report.leaderboard.table import (
    PROBES,
    WET_LAB,
    describe_design,
    metric_table,
    published_table,
    reasons,
    table,
    verdict_table,
)
from mit_harness.report.text import ABSENT

_ORDER = ("error", "refuted", "absent", "undecided", "holds")
"""Verdicts as they sort."""
_NUMBER = re.compile(r"(-?(?:[\d.]+(?:e[+-]\d+)?|∞))(?: \[.*\]|/\d+)?")


class Cell(NamedTuple):
    """What a cell shows, by what it sorts (empty: last), and its class."""

    text: str
    key: str
    mark: str


class Section(NamedTuple):
    """One table with its heading and what its numbers mean."""

    id: str
    title: str
    columns: list[str]
    rows: list[list[Cell]]
    notes: list[str]


def to_html(board: Board) -> str:
    """Return the leaderboard as one page: sortable by every column, light and dark.

    Whatever stands in a name is text in it; the page's own policy forbids it to load anything.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("mit_harness.report.leaderboard", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template("page.html.j2").render(
        subtitle=printable(f"mit-harness {board.harness}; {describe_design(board.design)}."),
        sections=_sections(board),
        reasons=_reasons(board),
    )


def _sections(board: Board) -> list[Section]:
    models, design = board.models, board.design
    drift = "An exclamation mark: a control that got a verdict that it did not declare."
    made = [
        _section("models", "Models", table(models), notes.of_protocol(design)),
        _section("verdicts", "Verdicts", verdict_table(models), drift),
        _section("probes", "Probes", metric_table(models, PROBES), notes.PROBES),
        _section("measured", "Measured promoters", metric_table(models, WET_LAB), notes.WET_LAB),
        _section(
            "runs",
            "Runs",
            runs_table(board),
            *(notes.RUNS, versions(board), *notes.left_out(board)),
        ),
        _section("published", "Published rows", published_table(), notes.of_published_rows(design)),
    ]
    return [section for section in made if section.rows or section.id == "models"]


def _section(id_: str, title: str, frame: pd.DataFrame, *said: str) -> Section:
    return Section(
        id_,
        title,
        [printable(name) for name in frame.columns],
        [[_cell(str(text)) for text in row] for row in frame.to_numpy()],
        [printable(" ".join(text.replace("`", "").split())) for text in said if text],
    )


def _cell(text: str) -> Cell:
    text = printable(text)
    if text == ABSENT:
        return Cell(text, "", "")
    if found := _NUMBER.fullmatch(text):
        return Cell(text, found[1].replace("∞", "Infinity"), "")
    word = text.removesuffix(" !").removesuffix("*")
    if word in _ORDER:
        mark = "drifted" if text.endswith(" !") else word
        return Cell(text, str(_ORDER.index(word) - 0.5 * text.endswith("*")), mark)
    return Cell(text, text, "")


def _reasons(board: Board) -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (printable(model), [(printable(claim), printable(text)) for _, claim, text in lines])
        for model, lines in groupby(reasons(board.models), key=itemgetter(0))
    ]
