"""A baseline: a finished run that later ones are held against, kept whole in a folder."""

from hashlib import sha256
from pathlib import Path

from mit_harness.atomic import atomic
from mit_harness.errors import ReportError, printable
from mit_harness.report.finished import FinishedRun, verify
from mit_harness.report.folder import RESULTS, to_json
from mit_harness.report.items import SCORES


def promote(run: FinishedRun, to: Path, *, replace: bool = False) -> Path:
    """Make a run the baseline in a folder: its results.json with its scores.parquet.

    Everything in it is recomputed first. The scores are written before the results that name
    their checksum, so that a copy that breaks off is refused by whoever reads it.

    Parameters
    ----------
    run
        What `read_run` gave.
    to
        The folder; made where there is none.
    replace
        Whether a baseline that stands there may go.

    Returns
    -------
    Path
        The baseline's results.json.

    Raises
    ------
    ReportError
        If the run broke off, has the verdict ``error`` or does not come out when recomputed, if
        its scores changed since it was read, or the folder holds a baseline or cannot be written.
    """
    target = to / RESULTS
    _check(run)
    standing = [file for file in (target, to / SCORES) if file.exists()]
    if standing and not replace:
        raise ReportError(
            f"{standing[0]} is there already; name another folder, or say that it may be replaced"
        )
    record = run.results.scores
    assert record is not None  # read_run refuses runs without
    data = _scores(run.file.parent / Path(record.file).name, record.sha256)
    results = run.results
    if record.file != SCORES:
        raise ReportError(f"{run.file} keeps its scores in {record.file}, not {SCORES}; run again")
    try:
        to.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportError(f"{to} cannot be made ({error.strerror or error})") from error
    with atomic(to / SCORES, "wb") as handle:
        handle.write(data)
    with atomic(target) as handle:
        handle.write(to_json(results))
    return target


def _check(run: FinishedRun) -> None:
    if not run.results.run.complete:
        raise ReportError(f"{run.file} is of a run that broke off, so no baseline; run it again")
    for model in run.results.models:
        for claim in model.claims:
            if claim.verdict == "error":
                raise ReportError(
                    f"{run.file} has the verdict error for {claim.id} of {printable(model.name)}, "
                    "so it is no baseline; mend it and run again"
                )
    if not run.results.models:
        raise ReportError(f"{run.file} holds no model, so it is no baseline")
    verify(run)


def _scores(file: Path, checksum: str) -> bytes:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ReportError(f"{file} cannot be read ({error.strerror or error})") from error
    if sha256(data).hexdigest() != checksum:
        raise ReportError(f"{file} was changed since its run was read; run it again")
    return data
