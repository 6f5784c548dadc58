"""Data that the page unpacks on demand: gzip in base64, small and the same bytes each time."""

import base64
import gzip
import json
from typing import Any


def packed(data: bytes) -> str:
    """Return bytes as text that needs no escaping in HTML."""
    return base64.b64encode(gzip.compress(data, 6, mtime=0)).decode("ascii")


def packed_json(value: Any) -> str:  # noqa: ANN401 - whatever JSON can hold
    """Return a value as packed JSON."""
    return packed(compact(value).encode())


def compact(value: Any) -> str:  # noqa: ANN401 - whatever JSON can hold
    """Return ASCII JSON that may stand in a script element: no ``<``, ``>`` or ``&`` in it."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
