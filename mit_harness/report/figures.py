"""Figures as files: SVG, PDF and PNG of every chart, and captions.md."""

import re
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from mit_harness.atomic import atomic
from mit_harness.errors import ReportError, printable
from mit_harness.report.charts import NAMES, get_chart, spec
from mit_harness.report.charts.data import FigureData

FORMATS = ("svg", "pdf", "png")
CAPTIONS = "captions.md"
_WIDTH, _WIDE, _FEW = 760, 1040, 12
"""Pixels of a figure's width, of one of more than so many models."""
PNG_SCALE = 2
"""Pixels of a PNG for each of the figure."""

_NOTE = """\
Which figures these are: 1b to 1d, 2a to 2d, 3a and 3b follow what the paper (arXiv 2604.06549) says
its figures show, for the models of this run; 3c, CSS against SCR again, is 1d. 2a-rescue, S1 and S2
are ours. Effects are signed and have intervals, where the paper draws absolute values."""


class Figure(NamedTuple):
    """One figure that was written, or why it was not."""

    name: str
    files: tuple[Path, ...]
    missing: str


def write_figures(
    data: FigureData,
    out: Path,
    formats: Sequence[str] = FORMATS,
    *,
    paper: bool = False,
    begun: Callable[[str], object] = lambda _: None,
) -> Iterator[Figure]:
    """Write every figure that the run's scores allow, and captions.md; yield each when it is done.

    SVG, PDF and PNG need nothing else: no fonts are embedded in SVG, and none is fetched. The same
    run gives the same bytes.

    Parameters
    ----------
    data
        The run, and the models to draw.
    out
        Folder; made if it is not there.
    formats
        Of `FORMATS`.
    paper
        Whether figure 1d shows the paper's own rows.
    begun
        Told what is drawn next.

    Raises
    ------
    ReportError
        If there is no model to draw, or a file cannot be written.
    """
    if not data.models:
        raise ReportError("there are no figures without models: the run judged none")
    _make(out)
    captions = [f"# Figures\n\n{_NOTE}\n"]
    for name in NAMES:
        chart = get_chart(name)
        title = f"figure {chart.figure}"
        begun(f"drawing {title}")
        missing = chart.missing(data)
        more = {"paper": True} if paper and name == "css_scr" else {}
        said = f"Not drawn: {missing}." if missing else chart.caption(data, **more)
        captions.append(f"## {title}: {chart.title}\n\n{_plain(said)}\n")
        files = () if missing else _written(name, data, out, formats, said, more)
        yield Figure(title, files, missing)
    with atomic(out / CAPTIONS) as handle:
        handle.write("\n".join(captions))


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportError(
            f"the folder {out} cannot be made ({error.strerror or error}); name another with --out"
        ) from error


def _written(
    name: str,
    data: FigureData,
    out: Path,
    formats: Sequence[str],
    said: str,
    more: dict[str, Any],
) -> tuple[Path, ...]:
    """Write one figure in every format, and return the files."""
    chart = get_chart(name)
    width = _WIDTH if len(data.models) <= _FEW else _WIDE
    made = spec(name, data, width=width, **more) | {"background": "white"}
    stem = f"fig{chart.figure.partition('-')[0]}_{chart.name}"
    files = []
    for form in formats:
        file = out / f"{stem}.{form}"
        with atomic(file, "wb") as handle:
            handle.write(drawn(made, form, f"figure {chart.figure}: {chart.title}", said))
        files.append(file)
    return tuple(files)


def drawn(made: dict[str, Any], form: str, title: str, caption: str) -> bytes:
    """Return a chart's spec as a picture.

    Raises
    ------
    ReportError
        If it cannot be drawn.
    """
    import altair as alt
    import vl_convert

    edition = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    try:
        # One way for all three: the PDF and the PNG are the SVG, drawn once.
        svg = vl_convert.vegalite_to_svg(_quiet(made), vl_version=edition)
        if form == "pdf":
            return bytes(vl_convert.svg_to_pdf(svg))
        if form == "png":
            return bytes(vl_convert.svg_to_png(svg, scale=PNG_SCALE))
    except Exception as error:  # whatever a drawing library may raise
        raise ReportError(f"{title} cannot be drawn ({type(error).__name__}: {error})") from error
    return _said(svg, title, caption).encode()


def _quiet(made: dict[str, Any]) -> dict[str, Any]:
    """Return the spec without a label for each mark: title and description say it once."""
    return made | {"config": made["config"] | {"aria": False}}


def _said(svg: str, title: str, caption: str) -> str:
    """Put title and caption into an SVG, where screen readers find them."""
    words = f"<title>{escape(printable(title))}</title><desc>{escape(printable(caption))}</desc>"
    return re.sub(r"(<svg\b[^>]*?)>", lambda m: f'{m[1]} role="img">{words}', svg, count=1) + "\n"


def _plain(text: str) -> str:
    """Return text in which no markdown or HTML of a model's name takes effect."""
    return re.sub(r"([\\`*_\[\]|~<&])", r"\\\1", printable(text))
