"""The genome of E. coli K-12 MG1655, shipped with the package and checked whenever it is read."""

import gzip
import hashlib
import zlib
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from mit_harness.errors import InputError
from mit_harness.promoter.alphabet import reverse_complement

ACCESSION = "NC_000913.3"
"""RefSeq accession; the same bases as U00096.3."""

GENOME_MD5 = "482a2b04485ec8c4b5f4eaba2c2002da"
"""md5 of the upper-case sequence, without header and line ends."""

_FILE = f"{ACCESSION}.fa.gz"


def load(path: Traversable) -> str:
    """Read a gzipped FASTA file that must hold the genome.

    Parameters
    ----------
    path
        A file, or a resource of the package.

    Returns
    -------
    str
        4,641,652 bp, upper case.

    Raises
    ------
    InputError
        If it cannot be read or its md5 is not `GENOME_MD5`.
    """
    try:
        text = gzip.decompress(path.read_bytes()).decode("ascii")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(
            f"the genome {path} cannot be read ({error}): reinstall mit-harness"
        ) from error
    lines = text.splitlines()
    sequence = "".join(line for line in lines if not line.startswith(">")).upper()
    found = hashlib.md5(sequence.encode(), usedforsecurity=False).hexdigest()
    if found != GENOME_MD5:
        raise InputError(
            f"the genome {path} is not {ACCESSION}: its md5 is {found}, expected {GENOME_MD5}; "
            "reinstall mit-harness"
        )
    return sequence


@lru_cache(maxsize=1)
def genome() -> str:
    """Return the 4,641,652 bp of NC_000913.3, + strand; read once per process.

    Raises
    ------
    InputError
        As `load`.
    """
    return load(files(__package__) / "data" / _FILE)


def window(start: int, length: int, strand: str) -> str:
    """Return a stretch of the genome, read 5' to 3' on one strand.

    Parameters
    ----------
    start
        1-based + strand coordinate of the first base *as read*: on the - strand, the highest
        coordinate of the window.
    length
        bp, at least 1.
    strand
        ``"+"`` or ``"-"``.

    Raises
    ------
    InputError
        If the strand is neither, or the window leaves the genome. The chromosome is a circle,
        but no window is wrapped around its origin.
    """
    if strand not in ("+", "-"):
        raise InputError(f"strand {strand!r} is neither '+' nor '-'")
    sequence = genome()
    first = start if strand == "+" else start - length + 1
    if length < 1 or first < 1 or first + length - 1 > len(sequence):
        raise InputError(
            f"a window of {length} bp from {start} on strand {strand} does not lie within "
            f"1..{len(sequence)} of {ACCESSION}"
        )
    found = sequence[first - 1 : first - 1 + length]
    return found if strand == "+" else reverse_complement(found)
