"""The shipped genome is the one it claims to be, and windows read it on both strands."""

import gzip
import hashlib
from importlib.resources import files

import pytest

from mit_harness.errors import InputError
from mit_harness.promoter import genome as module
from mit_harness.promoter.alphabet import reverse_complement
from mit_harness.promoter.genome import GENOME_MD5, genome, load, window


def test_is_nc_000913_3():
    assert len(genome()) == 4_641_652
    assert hashlib.md5(genome().encode()).hexdigest() == GENOME_MD5
    assert genome() is genome()


@pytest.mark.parametrize(
    ("start", "strand", "bases"),
    [
        (1, "+", "AGCTTTTCATTCTGACTGCAACGGGCAATATGTCTC"),
        (190, "+", "ATGAAACGCATTAGCACCACCATTACCACCACCATC"),  # thrL
        (366_305, "-", "ATGACCATGATTACGGATTCACTGGCCGTCGTTTTA"),  # lacZ
        (367_510, "-", "GTGAAACCAGTAACGTTATACGATGTCGCAGAGTAT"),  # lacI
    ],
)
def test_known_genes_begin_where_they_do(start, strand, bases):
    assert window(start, len(bases), strand) == bases


def test_strands_meet():
    assert window(1000, 50, "+") == reverse_complement(window(1049, 50, "-"))
    assert window(len(genome()), 1, "+") == genome()[-1]
    assert window(1, 1, "-") == reverse_complement(genome()[0])


@pytest.mark.parametrize(
    ("start", "length", "strand"),
    [
        (0, 10, "+"),
        (-5, 10, "+"),
        (4_641_652, 2, "+"),
        (9, 10, "-"),
        (4_641_653, 10, "-"),
        (100, 0, "+"),
        (100, -1, "-"),
        (100, 10, "plus"),
        (100, 10, ""),
    ],
)
def test_windows_off_the_genome_are_refused(start, length, strand):
    with pytest.raises(InputError) as caught:
        window(start, length, strand)
    assert "\n" not in str(caught.value)


def fasta(sequence):
    return gzip.compress(f">NC_000913.3\n{sequence}\n".encode())


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (fasta("ACGT"), "md5"),
        (fasta("")[:-6], "cannot be read"),
        (b"", "md5"),
        (b">NC_000913.3\nACGT\n", "cannot be read"),
        (gzip.compress(b"\xff\xfe"), "cannot be read"),
    ],
    ids=["other bases", "truncated", "empty", "not gzipped", "not text"],
)
def test_a_corrupted_genome_is_refused(tmp_path, data, says):
    path = tmp_path / "genome.fa.gz"
    path.write_bytes(data)
    with pytest.raises(InputError, match=says) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_one_changed_bit_is_noticed(tmp_path):
    shipped = files("mit_harness.promoter") / "data" / f"{module.ACCESSION}.fa.gz"
    data = bytearray(shipped.read_bytes())
    data[len(data) // 2] ^= 1
    path = tmp_path / "genome.fa.gz"
    path.write_bytes(data)
    with pytest.raises(InputError):
        load(path)


def test_a_missing_genome_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path / "none.fa.gz")


def test_lower_case_and_wrapped_lines_are_the_same_genome(tmp_path):
    path = tmp_path / "genome.fa.gz"
    text = genome().lower()
    lines = [text[k : k + 80_000] for k in range(0, len(text), 80_000)]
    path.write_bytes(gzip.compress("\n".join([">x", *lines]).encode(), compresslevel=1))
    assert load(path) == genome()
