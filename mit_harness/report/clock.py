"""The moment that SOURCE_DATE_EPOCH states, for runs that have to give the same bytes."""

import os
from datetime import UTC, datetime

from mit_harness.errors import InputError


def stated_time() -> datetime | None:
    """Return the moment that SOURCE_DATE_EPOCH states; None where it is unset or empty.

    Raises
    ------
    InputError
        If that is no number of seconds.
    """
    text = os.environ.get("SOURCE_DATE_EPOCH")
    if not text:
        return None
    try:
        return datetime.fromtimestamp(int(text), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise InputError(f"SOURCE_DATE_EPOCH is {text!r}, not a number of seconds") from error
