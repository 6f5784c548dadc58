"""The cache of data sets: found there, downloaded into it, or copied from a local file.

A file is used only where its sha256 is the known one, whoever put it there.
"""

import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from mit_harness.atomic import atomic
from mit_harness.errors import FetchError, InputError, MitHarnessError
from mit_harness.measured.catalogue import DataSet, data_set

FOLDER_VARIABLE = "MIT_HARNESS_DATA"
"""The environment variable that names the folder of data sets."""

State = Literal["yes", "no", "in part", "damaged"]


def folder() -> Path:
    """Return where data sets are kept: `FOLDER_VARIABLE`, else in the user's cache folder."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("mit-harness") / "data"


def located(name: str) -> Path:
    """Return the file of a data set in the cache, its sha256 checked; nothing is downloaded.

    Parameters
    ----------
    name
        Such as ``"lafleur2022"``.

    Raises
    ------
    InputError
        If there is no such data set, or its file is absent, unreadable or not the published one;
        the sentence says which command fetches it.
    """
    known = data_set(name)
    path, advice = folder() / known.file_name, f"run `mit-harness data {name}`"
    try:
        found = sha256_of(path)
    except FileNotFoundError as error:
        message = f"the data set {name} is not on this machine ({path}): {advice}"
        raise InputError(message) from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error}): {advice}") from error
    if found != known.sha256:
        raise InputError(
            f"{path} is damaged or another file: its sha256 is {found}, expected {known.sha256}; "
            f"{advice}"
        )
    return path


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def state(known: DataSet, at: Path) -> State:
    """Tell whether a data set lies in a folder, and whole."""
    path = at / known.file_name
    try:
        if path.exists():
            return "yes" if sha256_of(path) == known.sha256 else "damaged"
        return "in part" if part_of(path).exists() else "no"
    except OSError:
        return "damaged"


def part_of(path: Path) -> Path:
    """Return where an interrupted download of a file waits to be resumed."""
    return path.with_name(path.name + ".part")


def fetch(
    known: DataSet, at: Path, *, offline: bool = False, say: Callable[[str], object] | None = None
) -> Path:
    """Return the file of a data set in a folder, downloaded where it is not there or damaged.

    Parameters
    ----------
    known
        The data set.
    at
        The folder, made where it is not there.
    offline
        Ask nothing of the network.
    say
        Called with how far the download is.

    Raises
    ------
    FetchError
        If it cannot be downloaded or written, or what came is not the published file. What came
        before an interruption stays beside it as ``.part``, and the next call goes on from there;
        under its own name stands the whole file or what stood there before.
    """
    from filelock import FileLock

    from mit_harness.measured.download import downloaded

    path = at / known.file_name
    if state(known, at) == "yes":
        return path
    if path.is_dir():
        raise _unwritable(path, OSError(errno.EISDIR, os.strerror(errno.EISDIR)))
    if offline:
        raise FetchError(
            f"the data set {known.name} is not on this machine ({path}) and the network is off "
            f"(--offline or MIT_HARNESS_OFFLINE): {by_hand(known)}"
        )
    try:
        at.mkdir(parents=True, exist_ok=True)
        # Two processes must not write to one .part; who waited finds the file there.
        with FileLock(at / f".{known.file_name}.lock"):
            if state(known, at) != "yes":
                downloaded(known, path, part_of(path), by_hand(known), say)
    except OSError as error:
        raise _unwritable(path, error) from error
    return path


def keep(known: DataSet, source: Path, at: Path) -> Path:
    """Copy a local file of a data set into a folder, once it has shown to be the published one.

    Raises
    ------
    InputError
        If it is absent, no file, unreadable, or not the published one.
    FetchError
        If it cannot be written; what stood there before stays.
    """
    path = at / known.file_name
    try:
        if source.exists() and not source.is_file():
            raise InputError(f"{source} is no file: name the file itself ({known.file_name})")
        size = source.stat().st_size
        # The bytes that are checked are those that are written, whoever changes the file meanwhile.
        data = source.read_bytes() if size == known.size else b""
    except OSError as error:
        raise InputError(f"{source} cannot be read ({error.strerror or error})") from error
    found = hashlib.sha256(data).hexdigest()
    if found != known.sha256:
        fault = f"has {size} bytes, not {known.size}"
        if size == known.size:
            fault = f"has the sha256 {found}, not {known.sha256}"
        raise InputError(
            f"{source} is not the published {known.file_name} of {known.name}: it {fault}"
        )
    try:
        at.mkdir(parents=True, exist_ok=True)
        with atomic(path, "wb") as file:
            file.write(data)
    except OSError as error:
        raise _unwritable(path, error) from error
    except MitHarnessError as error:
        raise FetchError(f"{error}: {_PLACE_ADVICE}") from error
    part_of(path).unlink(missing_ok=True)
    return path


def by_hand(known: DataSet) -> str:
    """Return how to do without our download."""
    return (
        f"take {known.file_name} from {known.doi} and run `mit-harness data {known.name} "
        "--from FILE`"
    )


_PLACE_ADVICE = f"free some space, or name a folder with --to DIR or {FOLDER_VARIABLE}"


def _unwritable(path: Path, error: OSError) -> FetchError:
    return FetchError(f"{path} cannot be written ({error.strerror or error}): {_PLACE_ADVICE}")
