"""One download by pooch: resumed where it was interrupted, and checked before it gets its name."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mit_harness.errors import FetchError
from mit_harness.measured.catalogue import DataSet

if TYPE_CHECKING:
    import requests

ATTEMPTS = 3
"""Of a download that broke off or that the server could not serve at the moment."""

WAIT_S = 1.0
"""Before the second attempt; twice as long before the third."""

TIMEOUT_S = (10.0, 30.0)
"""To connect, and between two pieces."""

CHUNK = 1 << 14
"""Bytes at a time; of a connection that ends, the last piece is lost."""

Say = Callable[[str], object]


class _Truncated(Exception):  # noqa: N818 - never leaves this module
    """The connection ended before the file did."""


class _Resuming:
    """What pooch downloads by: goes on with ``.part``, and hands it over once it is complete.

    Attributes
    ----------
    resumed
        Whether the last file that was handed over came in more than one piece.
    """

    def __init__(self, known: DataSet, part: Path, say: Say | None) -> None:
        self._known, self._part, self._say = known, part, say
        self.resumed = False

    def __call__(self, url: str, output_file: str, _pooch: object) -> None:
        import requests

        held = self._part.stat().st_size if self._part.is_file() else 0
        if held >= self._known.size:  # of an older or another file
            held = 0
        # Compressed in transit, the bytes that came would not be the file's.
        headers = {"Accept-Encoding": "identity"}
        if held:
            headers["Range"] = f"bytes={held}-"
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_S) as response:
            if held and response.status_code == requests.codes.requested_range_not_satisfiable:
                self._part.unlink()
                raise _Truncated
            response.raise_for_status()
            came = response.headers.get("Content-Range", "")
            self.resumed = bool(held) and came.startswith(f"bytes {held}-")
            if response.status_code == requests.codes.partial_content and not self.resumed:
                raise requests.exceptions.ContentDecodingError("another range than asked for")
            self._write(response, held if self.resumed else 0)
        self._part.replace(output_file)

    def _write(self, response: "requests.Response", done: int) -> None:
        stated = response.headers.get("Content-Length", "")
        counts = stated.isdigit() and "Content-Encoding" not in response.headers
        expected = done + int(stated) if counts else self._known.size
        with self._part.open("ab" if done else "wb") as file:
            for chunk in response.iter_content(CHUNK):
                file.write(chunk)
                done += len(chunk)
                if self._say is not None:
                    self._say(f"{done / 1e6:.1f} of {self._known.size / 1e6:.1f} MB")
                if done > max(expected, self._known.size):
                    break  # another file, perhaps without an end; its sha256 says so
        if done < expected:
            raise _Truncated


def downloaded(known: DataSet, path: Path, part: Path, by_hand: str, say: Say | None) -> None:
    """Download a data set to `path`, which then holds the published file or what it held before.

    Parameters
    ----------
    known
        The data set.
    path, part
        Its file, and where an unfinished download waits to be resumed.
    by_hand
        What to do where downloading does not help.
    say
        Called with how far it is.

    Raises
    ------
    FetchError
        One sentence: no network, not found, broken off, or not the published file.
    OSError
        If it cannot be written.
    """
    import pooch
    import requests

    pooch.get_logger().setLevel(logging.WARNING)
    downloader = _Resuming(known, part, say)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            pooch.retrieve(
                known.url,
                known_hash=f"sha256:{known.sha256}",
                fname=path.name,
                path=path.parent,
                downloader=downloader,
            )
        except (_Truncated, requests.exceptions.RequestException) as error:
            if attempt < ATTEMPTS and _may_pass(error):
                time.sleep(WAIT_S * attempt)
                continue
            raise FetchError(_fault(known, part, error, by_hand)) from error
        except ValueError as error:  # pooch's, where the sha256 is another
            if downloader.resumed and attempt < ATTEMPTS:
                continue  # the first piece may have been of another file: from the start
            raise FetchError(
                f"what came from {known.url} is not {known.file_name} as published (its sha256 is "
                f"another), and was thrown away: {by_hand}"
            ) from error
        return


def _may_pass(error: Exception) -> bool:
    """Tell whether trying again may help."""
    from requests import exceptions

    status, _ = _answer(error)
    passing = (_Truncated, exceptions.ConnectionError, exceptions.Timeout)
    if isinstance(error, (*passing, exceptions.ChunkedEncodingError)):
        return True
    return status >= 500 or status == 429


def _answer(error: Exception) -> tuple[int, str]:
    """Return the status that a server answered with, and its words; 0 where it did not."""
    response = getattr(error, "response", None)
    return (0, "") if response is None else (response.status_code, response.reason or "")


def _fault(known: DataSet, part: Path, error: Exception, by_hand: str) -> str:
    from requests import exceptions

    if isinstance(error, (_Truncated, exceptions.ChunkedEncodingError)):
        held = part.stat().st_size if part.is_file() else 0
        return (
            f"the download of {known.url} broke off after {held} of {known.size} bytes: run again "
            f"to go on from there, or {by_hand}"
        )
    if isinstance(error, exceptions.HTTPError):
        answer = " ".join(map(str, _answer(error))).strip()
        return f"{known.url} answers {answer}; it may have moved: {by_hand}"
    if isinstance(error, exceptions.TooManyRedirects):
        return f"{known.url} redirects without an end; it may have moved: {by_hand}"
    if isinstance(error, (exceptions.ConnectionError, exceptions.Timeout)):
        return f"{known.url} cannot be reached; is there a network? Run again, or {by_hand}"
    return f"{known.url} cannot be downloaded ({type(error).__name__}): {by_hand}"
