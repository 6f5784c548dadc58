"""Files that are either the old ones or complete new ones, never half-written."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal

from mit_harness.errors import ReportError


@contextmanager
def atomic(path: Path | str, mode: Literal["w", "wb"] = "w") -> Iterator[IO[Any]]:
    """Open a file for writing that takes its name only once it is complete.

    It is written beside its place, synced, then renamed over it; on any error it is removed and
    what stood there before stays. Text is UTF-8 with plain line feeds. A link is followed, and
    what is no regular file (such as ``/dev/stdout``) is written to directly, never replaced.

    Parameters
    ----------
    path
        Where the file goes; its folder must exist.
    mode
        ``"w"`` for text, ``"wb"`` for bytes.

    Yields
    ------
    file object

    Raises
    ------
    ReportError
        If the system refuses: no such folder, no space, no permission.
    """
    target = Path(os.path.realpath(path))
    special = os.path.exists(target) and not target.is_file()  # noqa: PTH110 - never raises
    # A short name of its own: the target's name may already be as long as a name may be.
    beside = target if special else target.with_name(f".mit-{secrets.token_hex(8)}.tmp")
    opening = mode if special else mode.replace("w", "x")
    encoding, newline = ("utf-8", "\n") if mode == "w" else (None, None)
    try:
        handle: IO[Any] = beside.open(opening, encoding=encoding, newline=newline)
    except OSError as error:
        raise _refused(path, error) from error
    try:
        with handle:
            yield handle
            handle.flush()
            if not special:
                os.fsync(handle.fileno())
        if not special:
            beside.replace(target)
    except BaseException as error:
        if not special:
            beside.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _refused(path, error) from error
        raise


def _refused(path: Path | str, error: OSError) -> ReportError:
    return ReportError(f"{path} cannot be written ({error.strerror or error})")
