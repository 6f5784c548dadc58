"""The cache of data sets, whose files are used only where their sha256 is the known one."""

import hashlib
import os
from pathlib import Path

from mit_harness.errors import InputError
from mit_harness.measured.catalogue import data_set

FOLDER_VARIABLE = "MIT_HARNESS_DATA"
"""The environment variable that names the folder of data sets."""


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
    known, path = data_set(name), folder() / data_set(name).file_name
    advice = f"run `mit-harness data {name}`"
    try:
        found = sha256_of(path)
    except FileNotFoundError as error:
        raise InputError(
            f"the data set {name} is not on this machine ({path}): {advice}"
        ) from error
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
