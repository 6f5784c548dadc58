"""Spec strings: how a model is named, on every command line and in every file."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from mit_harness.errors import ModelError

SCHEMES = ("hf", "evo2", "py", "scores")
"""Prefixes of specs that name no registered model."""


@dataclass(frozen=True, slots=True)
class Spec:
    """A parsed spec string.

    Attributes
    ----------
    text
        As the user wrote it.
    scheme
        One of `SCHEMES`, or empty for a registered name.
    target
        The name, the file, ``module:attribute``, ``ORG/NAME@REVISION`` or a folder.
    column
        What follows ``#`` in a ``scores:`` spec.
    options
        What follows ``?``.
    """

    text: str
    scheme: str
    target: str
    column: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


def parse(text: str) -> Spec:
    """Parse ``NAME?key=value``, ``hf:ORG/NAME@REVISION``, ``evo2:CHECKPOINT``,
    ``py:package.module:factory`` or ``scores:FILE#column``.

    Raises
    ------
    ModelError
        If it is empty, its scheme cannot be loaded, or an option is not ``key=value``.
    """
    text = text.strip()
    if not text:
        raise ModelError("a model's spec is empty; try 'pa-pwm' or 'py:my_module:load'")
    scheme, colon, rest = text.partition(":")
    if colon and scheme == "scores":
        file, hash_, column = rest.rpartition("#")
        if not hash_ or not file or not column:
            raise ModelError(f"{text!r} names no column; write scores:FILE#column")
        return Spec(text, scheme, file, column)
    if colon and scheme not in SCHEMES:
        raise ModelError(
            f"{text!r}: no model scheme {scheme!r}; known: {', '.join(s + ':' for s in SCHEMES)}"
        )
    target, _, query = (rest if colon else text).partition("?")
    return Spec(text, scheme if colon else "", target, options=_options(query, text))


def _options(query: str, text: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, strict_parsing=True, keep_blank_values=True) if query else []
    except ValueError as error:
        raise ModelError(f"{text!r}: options are written ?key=value&key=value") from error
    options = dict(pairs)
    if len(options) != len(pairs):
        raise ModelError(f"{text!r} gives an option twice")
    if "" in options:
        raise ModelError(f"{text!r} has a value without a name; write ?key=value")
    return options


def safe_name(text: str) -> str:
    """Return `text` with everything but ``[A-Za-z0-9._-]`` turned into single hyphens."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-.") or "model"


def unique_names(names: Iterable[str]) -> list[str]:
    """Return the names with ``-2``, ``-3``, ... appended to repeats, in order."""
    taken: set[str] = set()
    result = []
    for name in names:
        candidate, k = name, 2
        while candidate in taken:
            candidate, k = f"{name}-{k}", k + 1
        taken.add(candidate)
        result.append(candidate)
    return result
