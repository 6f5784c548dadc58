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

_KNOWN = {
    ("1.9.0.post1", "6.4"): "3425bd951a44d478d0505c6b5d1e8d57656b6e9a4da7bfe88a718ce61d76e572",
}
"""SHA-256 of the script by versions of vl-convert and Vega-Lite. Only a script that has one of
these is taken from the cache folder: what stands there goes into every report."""


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

    Bundling takes over a second, so scripts that this package knows the checksum of are kept in
    the user's cache folder; of other versions of the library it is made anew in each process.

    Raises
    ------
    ReportError
        If it cannot be made.
    """
    from platformdirs import user_cache_path

    edition, made_by = _edition(), version("vl-convert-python")
    checksum = _KNOWN.get((made_by, edition), "")
    file = user_cache_path("mit-harness") / f"vega-{made_by}-{edition}.js"
    if (kept := _kept(file, checksum)) is not None:
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
    if _checksum(text) == checksum:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with atomic(file) as handle:
                handle.write(text)
        except (OSError, ReportError):
            pass  # only slower
    return text


def _edition() -> str:
    import altair as alt

    return ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])


def _kept(file: Path, checksum: str) -> str | None:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return text if _checksum(text) == checksum else None


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def drawn(figures: Sequence[Figure]) -> str:
    """Return the library that the figures need; nothing where there are none."""
    return javascript_bundle() if figures else ""
