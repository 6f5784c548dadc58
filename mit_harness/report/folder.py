"""The report folder: one run at a time, and never a half-written file."""

import json
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import ValidationError

from mit_harness.atomic import atomic
from mit_harness.errors import ReportError
from mit_harness.report.audit import AuditReport
from mit_harness.report.items import SCORES, ItemScores, write_items
from mit_harness.report.leaderboard import to_markdown
from mit_harness.report.schema import SCHEMA, Results, ScoresRecord

RESULTS = "results.json"
LEADERBOARD = "leaderboard.md"
AUDIT = "audit.md"
COMPARISON = "comparison.md"
AUDIT_FIGURE = "audit.svg"
_DECISION = ("gate.md", "gate.json")
PAGE = "report.html"
_LOCK = ".lock"


class ReportFolder:
    """A folder that this process alone writes to until `release`.

    Raises
    ------
    ReportError
        If the folder cannot be made or written to, or another run is writing to it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FileLock(path / _LOCK)
        try:
            path.mkdir(parents=True, exist_ok=True)
            if not os.access(path, os.W_OK | os.X_OK):
                raise PermissionError(13, "Permission denied")
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise ReportError(
                f"another run is writing to {path}; wait for it, or name another with --mit-report"
            ) from error
        except OSError as error:
            raise ReportError(
                f"report folder {path} cannot be written: {error.strerror or error}; name another "
                "with --mit-report"
            ) from error

    def write(
        self,
        results: Results,
        audit: Callable[[], AuditReport] | None = None,
        items: ItemScores | None = None,
    ) -> Results:
        """Write scores.parquet, results.json, audit.md, audit.svg, leaderboard.md and report.html.

        Each is written whole or not at all.

        Parameters
        ----------
        results
            Of the run: the source of truth.
        audit
            Makes the control audit of the run's sequences; without it there is none. If it
            fails, the leaderboard and the page are written all the same, and do not speak of it.
        items
            Per-item scores; without them there is no scores.parquet.

        Returns
        -------
        Results
            As written: with the checksums of scores.parquet and of itself.
        """
        results = self._write_results(results, items)
        line, audited = "", None
        try:
            if audit is not None:
                made = audit()
                line = self._write_audit(made)
                audited = made
        finally:
            with atomic(self.path / LEADERBOARD) as handle:
                handle.write(_leaderboard(results, line))
            self._write_page(results, items, audited)
        return results

    def _write_results(self, results: Results, items: ItemScores | None) -> Results:
        """Write scores.parquet, then results.json, which names its checksum."""
        for name in _DECISION:  # what a gate said of another run
            _remove(self.path / name)
        file = self.path / SCORES
        record = None
        if items is None:
            _remove(file)
        else:
            record = ScoresRecord(file=SCORES, sha256=write_items(items, file), rows=len(items))
        results = sealed(results.model_copy(update={"scores": record}))
        with atomic(self.path / RESULTS) as handle:
            handle.write(to_json(results))
        return results

    def _write_audit(self, audit: AuditReport) -> str:
        """Write audit.md, and audit.svg if it is not there already; return the headline."""
        with atomic(self.path / AUDIT) as handle:
            handle.write(audit.markdown)
        figure = self.path / AUDIT_FIGURE
        if not audit.audits:
            _remove(figure)
        elif not _ends_with(figure, audit.mark):
            with atomic(figure) as handle:
                handle.write(audit.svg)
        return audit.headline

    def write_comparison(self, text: str | None) -> None:
        """Write comparison.md, or take away that of an earlier run."""
        file = self.path / COMPARISON
        if text is None:
            _remove(file)
            return
        with atomic(file) as handle:
            handle.write(text)

    def _write_page(
        self, results: Results, items: ItemScores | None, audit: AuditReport | None
    ) -> None:
        """Write report.html, of one of the same inputs only its date."""
        from mit_harness.report.html.embedded import figures
        from mit_harness.report.html.page import Run
        from mit_harness.report.html.written import write_page

        write_page(self.path / PAGE, Run(results, items, audit, lambda: figures(results, items)))

    def release(self) -> None:
        """Let another run write here."""
        self._lock.release()  # the file stays: unlinking it would race with a waiting process


def _leaderboard(results: Results, audit: str) -> str:
    run = results.run
    return to_markdown(
        results.design, results.models, run.harness, complete=run.complete, audit=audit
    )


def _ends_with(file: Path, line: str) -> bool:
    """Tell whether a file's last line is this one: a whole figure of the same numbers."""
    try:
        with file.open("rb") as handle:
            handle.seek(-min(len(line), file.stat().st_size), os.SEEK_END)
            return handle.read() == line.encode()
    except OSError:
        return False


def _remove(file: Path) -> None:
    """Take away what another run drew, so that it is not read as this one's."""
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise ReportError(f"{file} cannot be removed ({error.strerror or error})") from error


def to_json(results: Results) -> str:
    """Return results.json's text; the same results give the same bytes."""
    return results.model_dump_json(by_alias=True, indent=1) + "\n"


def sealed(results: Results) -> Results:
    """Return results with their own checksum in `run.sha256`."""
    run = results.run.model_copy(update={"sha256": _checksum(results)})
    return results.model_copy(update={"run": run})


def _checksum(results: Results) -> str:
    run = results.run.model_copy(update={"sha256": ""})
    return sha256(to_json(results.model_copy(update={"run": run})).encode()).hexdigest()


def results_file(path: Path) -> Path:
    """Return the results.json that a path means: itself, or the one in a report folder."""
    return path / RESULTS if path.is_dir() else path


def read_results(path: Path) -> Results:
    """Read results.json, or the one in a report folder, and compare it with its checksum.

    Raises
    ------
    ReportError
        If there is none, it is not of this version's schema, or it was changed since it was
        written.
    """
    file = results_file(path)
    results = _parsed(file)
    if results.run.sha256 != _checksum(results):
        raise ReportError(
            f"{file} was changed since its run wrote it (its checksum does not match); take the "
            "original, or run again"
        )
    return results


def _parsed(file: Path) -> Results:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ReportError(f"{file} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ReportError(f"{file} is not a results file: it is not UTF-8 text") from error
    try:
        return Results.model_validate_json(text)
    except ValidationError as error:
        found = error.errors()
        for fault in found:
            if fault["loc"] == ("schema",) and str(fault["input"]).startswith("mit-harness/"):
                raise ReportError(
                    f"{file} has the schema {fault['input']!r}, and this version of mit-harness "
                    f"reads {SCHEMA!r}; use the version that wrote it, or run again"
                ) from error
        where = ".".join(map(str, found[0]["loc"])) or "the file"
        raise ReportError(f"{file} is not a results file: {where}: {found[0]['msg']}") from error


def schema_json() -> str:
    """Return the JSON schema of results.json."""
    return json.dumps(Results.model_json_schema(by_alias=True), indent=1) + "\n"
