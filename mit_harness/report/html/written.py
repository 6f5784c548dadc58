"""report.html as a file: written whole, and not made again while its inputs are the same."""

import hashlib
import json
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import mit_harness
from mit_harness.atomic import atomic
from mit_harness.errors import MitHarnessError, ReportError
from mit_harness.report.html.page import Run, page, stamped
from mit_harness.report.schema import RunRecord

_LIBRARIES = ("altair", "jinja2", "vl-convert-python")
_LAST_LINE = 120
"""Bytes at a page's end in which its digest stands."""


def write_page(file: Path, run: Run) -> None:
    """Write a run's page; of a page of the same inputs that is there already only the stamp.

    Raises
    ------
    ReportError
        If it cannot be made or written. What stood there before then stays.
    """
    line = digest(run)
    text = _restamped(file, line, run.results.run)
    if text is None:
        try:
            text = f"{page(run)}{line}"
        except MitHarnessError:
            raise
        except Exception as error:  # whatever a template or a drawing library may raise
            raise ReportError(
                f"{file} cannot be made ({type(error).__name__}: {error}); the rest of the report "
                "is there"
            ) from error
    with atomic(file) as handle:
        handle.write(text)


def digest(run: Run) -> str:
    """Return the line that a page of these inputs ends with, whenever they were measured."""
    results = run.results
    unstamped = results.run.model_copy(update={"created": "", "duration_s": None, "sha256": ""})
    parts = [
        results.model_copy(update={"run": unstamped}).model_dump_json(by_alias=True),
        "" if run.audit is None else run.audit.markdown,
        "items" if run.items is not None else "",
        _made_by(),
    ]
    return f"<!-- mit-harness page {hashlib.sha256(json.dumps(parts).encode()).hexdigest()} -->\n"


@lru_cache(maxsize=1)
def _made_by() -> str:
    """Return what else decides a page: this package's code and assets, and the libraries."""
    home = Path(mit_harness.__file__).parent
    found = hashlib.sha256()
    for suffix in ("*.py", "*.j2", "*.js", "*.css"):
        for file in sorted(home.rglob(suffix)):
            found.update(file.read_bytes())
    return f"{found.hexdigest()} {' '.join(map(_version, _LIBRARIES))}"


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:  # then making the page says so
        return ""


def _restamped(file: Path, line: str, run: RunRecord) -> str | None:
    """Return the page that is there with this run's stamp, if it has the same digest."""
    try:
        with file.open("rb") as handle:
            handle.seek(max(0, file.stat().st_size - _LAST_LINE))
            if not handle.read().endswith(line.encode()):
                return None
        return stamped(file.read_text(encoding="utf-8"), run)
    except (OSError, UnicodeDecodeError):
        return None


def finished_page(path: Path, file: Path) -> None:
    """Write the page of a finished run, after everything in it was recomputed.

    A run without per-item scores has no pairs, figures or errors to show, and nothing in it can be
    recomputed; its page says so.

    Parameters
    ----------
    path
        The run's folder, or its results.json.
    file
        Where the page goes.

    Raises
    ------
    ReportError
        If the run is damaged, or does not come out as it says.
    """
    from mit_harness.report.finished import read_run, verify
    from mit_harness.report.folder import read_results
    from mit_harness.report.html.audited import finished_audit
    from mit_harness.report.html.embedded import figures

    results = read_results(path)
    if results.scores is None:
        write_page(file, Run(results))
        return
    run = read_run(path)
    verify(run)
    audit = finished_audit(run.items, results.design)
    write_page(file, Run(results, run.items, audit, lambda: figures(results, run.items)))
