"""DNA text: what is accepted, IUPAC codes, strands, and base codes for numpy."""

import re
from collections.abc import Sequence

import numpy as np
from Bio.Data.IUPACData import ambiguous_dna_values
from numpy.typing import NDArray

from mit_harness.errors import InputError

BASES = "ACGT"
IUPAC: dict[str, str] = {
    code: "".join(sorted(bases)) for code, bases in ambiguous_dna_values.items() if code != "X"
}
"""IUPAC code to the bases it stands for, in alphabetical order."""

Codes = NDArray[np.uint8]
"""Base codes, 0..3 for A, C, G, T."""

_NOT_A_CODE = 255
_CODE_OF = np.full(256, _NOT_A_CODE, dtype=np.uint8)
_CODE_OF[np.frombuffer(BASES.encode(), dtype=np.uint8)] = np.arange(4, dtype=np.uint8)
_COMPLEMENT = str.maketrans("ACGT", "TGCA")
_NOT_A_BASE = re.compile("[^ACGT]")


def reverse_complement(sequence: str) -> str:
    """Return the other strand of an upper-case A, C, G, T sequence, read 5' to 3'."""
    return sequence.translate(_COMPLEMENT)[::-1]


def check(sequence: str, name: str) -> str:
    """Return `sequence` unchanged if it is plain upper-case DNA.

    Parameters
    ----------
    sequence
        The text to check.
    name
        What to call it in the error, for example ``"sequence 'E_003'"``.

    Raises
    ------
    InputError
        If it is empty or holds anything but A, C, G and T; the first offender and its place
        (0-based) are named.
    """
    if not sequence:
        raise InputError(f"{name} is empty; every sequence needs at least one base")
    found = _NOT_A_BASE.search(sequence)
    if found is None:
        return sequence
    letter, place = found.group(), found.start()
    what = "the IUPAC code " if letter in IUPAC else ""
    if not letter.isascii():
        what = "the non-ASCII character "
    raise InputError(
        f"{name} holds {what}{letter!r} at place {place} (0-based); only A, C, G and T can be "
        "scored: replace or remove the sequence"
    )


def normalise(text: str, name: str) -> tuple[str, tuple[str, ...]]:
    """Read one sequence as people write them: lower case and U for T are accepted.

    Returns
    -------
    sequence, changes
        The upper-case DNA and what was changed (``"lower case"``, ``"U for T"``).

    Raises
    ------
    InputError
        As `check`.
    """
    sequence = text.strip()
    changes = []
    if not sequence.isascii():
        # Not check(sequence): it would name the first lower-case base, which is no fault.
        check("".join(c.upper() if c.isascii() else c for c in sequence).replace("U", "T"), name)
    if sequence != sequence.upper():
        sequence = sequence.upper()
        changes.append("lower case")
    if "U" in sequence:
        sequence = sequence.replace("U", "T")
        changes.append("U for T")
    return check(sequence, name), tuple(changes)


def encode(sequences: Sequence[str]) -> Codes:
    """Return base codes of equally long sequences.

    Parameters
    ----------
    sequences
        n sequences of L bp each, A, C, G, T only.

    Returns
    -------
    ndarray of uint8, shape (n, L)

    Raises
    ------
    InputError
        If lengths differ, or a base is not A, C, G or T.
    """
    if not sequences:
        return np.zeros((0, 0), dtype=np.uint8)
    length = len(sequences[0])
    joined = "".join(sequences)
    if len(joined) != length * len(sequences) or any(len(s) != length for s in sequences):
        raise InputError("sequences of different lengths cannot be encoded together")
    codes = _CODE_OF[np.frombuffer(joined.encode("ascii", "replace"), dtype=np.uint8)]
    if (codes == _NOT_A_CODE).any():
        row = int(np.argmax(codes == _NOT_A_CODE)) // length
        check(sequences[row], f"sequence {row}")
    return codes.reshape(len(sequences), length)


def decode(codes: Codes) -> str:
    """Return the text of one row of base codes."""
    return np.frombuffer(BASES.encode(), dtype=np.uint8)[codes].tobytes().decode()


def matches(sequence: str, pattern: str) -> bool:
    """Tell whether `sequence` is an instance of the equally long IUPAC `pattern`."""
    return len(sequence) == len(pattern) and all(
        base in IUPAC[code] for base, code in zip(sequence, pattern, strict=True)
    )


def at_count(sequence: str) -> int:
    """Return the number of A and T."""
    return sequence.count("A") + sequence.count("T")
