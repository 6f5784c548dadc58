"""The page's figures: charts of `mit_harness.report.charts`, and the library that draws them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mit_harness.atomic import atomic
from mit_harness.errors import ReportError

Cell = str | int | float | None


@dataclass(frozen=True)
class Figure:
    """One figure of the page.

    Attributes
    ----------
    title, caption, alt
        For people; `alt` stands for the drawing where it cannot be seen.
    spec
        Vega-Lite.
    header, rows
        The numbers that are drawn.
    height
        Pixels kept for the drawing.
    """

    title: str
    caption: str
    alt: str
    spec: dict[str, Any]
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    height: int = 320

    def data(self) -> dict[str, Any]:
        """Return what the page's script needs."""
        return {"spec": self.spec, "title": self.title, "header": self.header, "rows": self.rows}


@lru_cache(maxsize=1)
def javascript_bundle() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script.

    Bundling takes seconds, so it is kept in the user's cache folder for each version of
    vl-convert, with its checksum in front; where that cannot be written it is made each time.

    Raises
    ------
    ReportError
        If it cannot be made.
    """
    from platformdirs import user_cache_path

    edition = _edition()
    file = user_cache_path("mit-harness") / f"vega-{version('vl-convert-python')}-{edition}.js"
    if (kept := _kept(file)) is not None:
        return kept
    try:
        import vl_convert

        # Its stubs want the snippet that it can do without.
        text: str = vl_convert.javascript_bundle(vl_version=edition)  # type: ignore[call-arg]
    except Exception as error:  # whatever a drawing library may raise
        raise ReportError(
            f"the library that draws the figures cannot be bundled "
            f"({type(error).__name__}: {error})"
        ) from error
    if "</script" in text.lower():
        raise ReportError("the library that draws the figures holds a closing script tag")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with atomic(file) as handle:
            handle.write(f"{_checksum(text)}\n{text}")
    except (OSError, ReportError):
        pass  # only slower
    return text


def _edition() -> str:
    import altair as alt

    return ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])


def _kept(file: Path) -> str | None:
    try:
        checksum, _, text = file.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    return text if checksum == _checksum(text) else None


def _checksum(text: str) -> str:
    return f"// {hashlib.sha256(text.encode()).hexdigest()}"


def drawn(figures: Sequence[Figure]) -> str:
    """Return the library that the figures need; nothing where there are none."""
    return javascript_bundle() if figures else ""
