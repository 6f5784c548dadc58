"""The control audit as one figure: pairs as rows, what differs as columns; an SVG by itself."""

import hashlib
import json
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mit_harness.errors import ReportError, printable
from mit_harness.promoter.audit import FamilyAudit
from mit_harness.promoter.audit_findings import findings
from mit_harness.report.audit_table import headline, signed

if TYPE_CHECKING:
    import altair as alt

    Layers = alt.LayerChart | alt.FacetChart

Row = dict[str, str | int | float]

_STEP = 15
"""Height of a row in pixels; widths below are in pixels too."""
_WIDTH = 104
_LABELS = 350
_HEAT = 245
_LINE = 220
"""Characters of a line of the subtitle."""
_LONGEST, _HEADING = 22, 45
"""Characters of a group's name, and of a claim's; of a longer one the middle is left out."""
_OTHERS = "no claim compares these"

_COLOURS = {
    "no finding": "#0072B2",
    "differs by design": "#8C8C8C",
    "known limit": "#E69F00",
    "flaw": "#D55E00",
}
"""Of Okabe and Ito's palette, but for the grey: told apart by every kind of colour vision."""
_STATUS = {"design": "differs by design", "limit": "known limit", "flaw": "flaw"}
_SHAPES = {
    "2-mers": "circle",
    "3-mers": "square",
    "gained": "triangle-up",
    "lost": "triangle-down",
}
_FEWER, _EQUAL, _MORE = "#8073AC", "#FFFFFF", "#E08214"
_MOST_ALIKE = 4.0
"""Look-alikes more or less per sequence at which the colours end."""


class Panel(NamedTuple):
    """One column of dots: its key, its title in two lines, and the ticks of its axis."""

    key: str
    title: tuple[str, str]
    ticks: tuple[float, float, float]


def _label(name: str, longest: int = _LONGEST) -> str:
    text = printable(name)
    half = (longest - 1) // 2
    return text if len(text) <= longest else f"{text[:half]}…{text[-half:]}"


def _rows(audits: Sequence[FamilyAudit]) -> list[Row]:
    """Return the lines of the figure: each pair, and a heading where the claim changes."""
    rows: list[Row] = []
    last = None
    for place, found in enumerate(audits):
        claim = found.pair.claims[0] if found.pair.claims else _OTHERS
        if claim != last:
            last = claim
            rows.append(_line(len(rows), -1, heading=_label(claim, _HEADING)))
        label = f"{_label(found.family)} against {_label(found.source)}"
        rows.append(_line(len(rows), place, label=label, n=str(found.pairs)))
    return rows


def _line(number: int, place: int, heading: str = "", label: str = "", n: str = "") -> Row:
    """Return one line of the figure; `place` is that of its audit, -1 for a heading."""
    row = f"{number:05d}"  # ordered as text, too
    return {"row": row, "place": place, "heading": heading, "label": label, "n": n}


def _statuses(audits: Sequence[FamilyAudit]) -> dict[tuple[int, str], str]:
    """Return what was found of a pair, by its place and the kind of finding."""
    places = {id(found): place for place, found in enumerate(audits)}
    return {
        (places[id(finding.found)], finding.kind): _STATUS[finding.level]
        for finding in findings(audits)
    }


def _dots(found: FamilyAudit) -> Iterator[tuple[str, str, float, tuple[str, ...]]]:
    """Yield panel, mark, value, and the kinds of findings that the value is about."""
    n = found.pairs
    yield "composition", "", 100 * found.equal_composition / n, ("unequal composition",)
    yield (
        *("places", "", 100 * found.differing_median / found.length),
        ("unmatched backgrounds", "shuffled backgrounds", "identical sequences"),
    )
    standing = max((place.family for place in found.in_place), default=0)
    yield "in_place", "", 100 * standing / n, ("compensators in place",)
    for words in (found.dinucleotides, found.trinucleotides):
        name = f"{words.size}-mers"
        yield "words", name, words.ks, (f"frequencies of {name}",)
    for name, change in (("gained", found.gained), ("lost", found.lost)):
        yield "kmers", name, 100 * change.pairs / n, (f"6-mers {name}",)
    yield "gc", "", found.local_gc.difference, ()
    yield "run", "", found.at_run_family - found.at_run_source, ()


def _points(audits: Sequence[FamilyAudit], rows: Sequence[Row]) -> list[Row]:
    known, points = _statuses(audits), []
    for row in rows:
        place = int(row["place"])
        if place < 0:
            continue
        plain = "differs by design" if audits[place].pair.edit else "no finding"
        for panel, mark, value, kinds in _dots(audits[place]):
            said = [known[place, kind] for kind in kinds if (place, kind) in known]
            points.append(
                {
                    "row": row["row"],
                    "panel": panel,
                    "mark": mark or "2-mers",
                    "x": round(value, 4),
                    "status": said[0] if said else plain,
                }
            )
    return points


def _cells(audits: Sequence[FamilyAudit], rows: Sequence[Row]) -> list[Row]:
    cells: list[Row] = []
    for row in rows:
        place = int(row["place"])
        for alike in audits[place].look_alikes if place >= 0 else ():
            value = round(alike.family - alike.source, 2) + 0.0
            shown = signed(value, 1) if round(value, 1) else ""
            cells.append(
                {"row": row["row"], "element": alike.element, "value": value, "shown": shown}
            )
    return cells


def _around(
    points: Iterable[Row], panel: str, least: float, step: float
) -> tuple[float, float, float]:
    """Return the ticks of an axis around 0 that holds every value of a panel."""
    most = max((abs(float(point["x"])) for point in points if point["panel"] == panel), default=0)
    end = max(least, round(step * ceil(most / step), 6))
    return -end, 0, end


def _panels(points: Sequence[Row]) -> tuple[Panel, ...]:
    share = (0, 50, 100)
    return (
        Panel("composition", ("identical", "composition, % of n"), share),
        Panel("places", ("places that differ,", "median, % of bp"), share),
        Panel("in_place", ("a compensator stands", "in place, % of n"), share),
        Panel("words", ("KS distance of words,", "● 2-mers  ■ 3-mers"), (0, 0.5, 1)),
        Panel("kmers", ("commonest 6-mer, % of n", "▲ gained  ▼ lost"), share),
        Panel("gc", ("local G+C in 10 bp,", "difference"), _around(points, "gc", 0.5, 0.1)),
        Panel("run", ("longest A+T run,", "difference, bp"), _around(points, "run", 3, 1)),
    )


def _content(audits: Sequence[FamilyAudit]) -> dict[str, Any]:
    """Return everything that is drawn."""
    rows = _rows(audits)
    points = _points(audits, rows)
    return {
        "rows": rows,
        "points": points,
        "cells": _cells(audits, rows),
        "panels": _panels(points),
        "title": headline(audits),
    }


def digest(audits: Sequence[FamilyAudit]) -> str:
    """Return the line that a figure of these numbers ends with: what is drawn, and by what.

    It takes milliseconds, drawing takes more than a second: who has the same line already needs
    no new figure.
    """
    drawer = {name: _version(name) for name in ("altair", "vl-convert-python")}
    drawer["code"] = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    text = json.dumps([_content(audits), drawer], sort_keys=True)
    return f"<!-- mit-harness audit {hashlib.sha256(text.encode()).hexdigest()} -->\n"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # then drawing says so
        return ""


def audit_svg(audits: Sequence[FamilyAudit]) -> str:
    """Draw the audit: an SVG that needs nothing else, the same bytes for the same numbers.

    Raises
    ------
    ReportError
        If it cannot be drawn.
    """
    try:
        svg = _drawn(_content(audits))
    except Exception as error:  # whatever a drawing library may raise
        raise ReportError(
            f"the figure of the audit cannot be drawn ({type(error).__name__}: {error})"
        ) from error
    return f"{svg.rstrip()}\n{digest(audits)}"


def _drawn(content: dict[str, Any]) -> str:
    import altair as alt
    import vl_convert

    spec = _chart(content).to_dict()
    # Put in by name once the chart is checked: to check every value would take seconds.
    spec["datasets"] |= {name: content[name] for name in ("rows", "points", "cells")}
    edition = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    svg: str = vl_convert.vegalite_to_svg(spec, vl_version=edition)
    return svg


def _chart(content: dict[str, Any]) -> "alt.VConcatChart":
    import altair as alt

    y = alt.Y("row:N").scale(padding=0).axis(None)
    columns = [_labels(y), *(_dotted(y, panel) for panel in content["panels"])]
    if content["cells"]:
        columns.append(_heated(y, list(dict.fromkeys(c["element"] for c in content["cells"]))))
    subtitle = "One row per pair, a family against its source, and n. Differences: family - source."
    title = alt.Title(
        "Control audit: what tells each family from its source",
        subtitle=[*textwrap.wrap(content["title"], _LINE), subtitle],
        anchor="start",
        fontSize=16,
        subtitleFontSize=12,
    )
    chart = alt.vconcat(_legend(), alt.hconcat(*columns, spacing=16), spacing=10, title=title)
    styled: alt.VConcatChart = chart.configure(
        font="sans-serif",
        padding=12,
        background="white",
        aria=False,  # else each of a thousand marks says its numbers a second time
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(labelFontSize=10, titleFontSize=11, titleFontWeight="normal"),
    )
    return styled


def _named(name: str) -> "alt.NamedData":
    import altair as alt

    return alt.NamedData(name=name)


def _colour() -> "alt.Color":
    import altair as alt

    scale = alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values()))
    return alt.Color("status:N", scale=scale, legend=None)


def _legend() -> "Layers":
    import altair as alt

    entries = [{"x": 8 + 150 * k, "status": name} for k, name in enumerate(_COLOURS)]
    base = alt.Chart(alt.InlineData(values=entries)).encode(
        x=alt.X("x:Q").scale(domain=[0, 600], range=[0, 600]).axis(None)
    )
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(color=_colour())
    words = base.mark_text(align="left", dx=9, fontSize=12).encode(text="status:N")
    return alt.layer(dots, words).properties(width=600, height=16)


def _bands(y: "alt.Y") -> "alt.Chart":
    """Return what lies behind every column: a band for each row, dark for a heading."""
    import altair as alt

    dark = alt.condition("datum.place < 0", alt.value("#E9E9E9"), alt.value("white"))
    chart = alt.Chart(_named("rows")).mark_rect(stroke="#EDEDED", strokeWidth=1)
    bands: alt.Chart = chart.encode(y=y, color=dark)
    return bands


def _labels(y: "alt.Y") -> "Layers":
    import altair as alt

    base = alt.Chart(_named("rows")).encode(y=y)
    heading = base.mark_text(align="left", fontSize=12, fontWeight="bold")
    layers = alt.layer(
        _bands(y),
        heading.encode(text="heading:N", x=alt.value(2)),
        base.mark_text(align="left", fontSize=11).encode(text="label:N", x=alt.value(10)),
        base.mark_text(align="right", fontSize=11).encode(text="n:N", x=alt.value(_LABELS - 4)),
    )
    return layers.properties(width=_LABELS, height=alt.Step(_STEP))


def _dotted(y: "alt.Y", panel: Panel) -> "Layers":
    import altair as alt

    ends = (panel.ticks[0], panel.ticks[-1])
    x = alt.X("x:Q").scale(domain=ends, nice=False)
    axis = x.axis(orient="top", title=panel.title, values=panel.ticks, grid=False, offset=2)
    shape = alt.Scale(domain=list(_SHAPES), range=list(_SHAPES.values()))
    dots = (
        alt.Chart(_named("points"))
        .transform_filter(f"datum.panel === '{panel.key}'")
        .mark_point(filled=True, size=38, opacity=0.9)
        .encode(x=axis, y=y, color=_colour(), shape=alt.Shape("mark:N", scale=shape, legend=None))
    )
    middle = alt.InlineData(values=[{"x": panel.ticks[1]}])
    line = alt.Chart(middle).mark_rule(color="#C8C8C8").encode(x="x:Q")
    return alt.layer(_bands(y), line, dots).properties(width=_WIDTH, height=alt.Step(_STEP))


def _heated(y: "alt.Y", elements: list[str]) -> "Layers":
    import altair as alt

    axis = alt.Axis(
        orient="top",
        title=["look-alikes per sequence,", "difference"],
        labelAngle=0,
        labelPadding=15,  # room for two lines
        labelExpr="split(replace(datum.label, '+', '|+'), '|')",
        offset=2,
    )
    x = alt.X("element:N").sort(elements).axis(axis)
    base = alt.Chart(_named("cells")).encode(x=x, y=y)
    scale = alt.Scale(
        domain=[-_MOST_ALIKE, 0, _MOST_ALIKE],
        range=[_FEWER, _EQUAL, _MORE],
        interpolate="rgb",
        clamp=True,
    )
    colour = alt.Color("value:Q", scale=scale, legend=None)
    cells = base.mark_rect(stroke="#E6E6E6").encode(color=colour)
    texts = base.mark_text(fontSize=9).encode(text="shown:N")
    layers = alt.layer(_bands(y), cells, texts)
    return layers.properties(width=_HEAT, height=alt.Step(_STEP))
