"""Files are read and written a part at a time, and the size of the parts changes nothing."""

import gzip
import tracemalloc

import numpy as np
import pytest

from mit_harness.errors import InputError
from mit_harness.promoter import files, formats
from mit_harness.promoter.alphabet import BASES
from mit_harness.promoter.files import WRITABLE, read_sequences, write_sequences
from mit_harness.promoter.sequence_set import SequenceSet, make_items

ODD = '\ufeffid\tclass\tsequence\r\n"a\u00e9"\tE\tacgt\r\r\nb_7\tE\tUC\nb_7\tE\tUC\rc\t\t"AC"\n\n'


def drawn(n):
    letters = np.array(list(BASES))
    rows = letters[np.random.default_rng(0).integers(4, size=(n, 100))]
    return make_items("E", ("".join(row) for row in rows))


@pytest.mark.parametrize("form", WRITABLE)
def test_parts_of_any_size_write_the_same(tmp_path, monkeypatch, form):
    items = drawn(23)
    extra = {"promoter": [f"p{k}" for k in range(23)]}
    write_sequences(items, tmp_path / f"whole.{form}", form, extra)
    monkeypatch.setattr(files, "_ROWS", 4)
    write_sequences(items, tmp_path / f"parts.{form}", form, extra)
    whole, parts = (tmp_path / f"{name}.{form}" for name in ("whole", "parts"))
    if form != "parquet":  # its row groups are the parts
        assert parts.read_bytes() == whole.read_bytes()
    assert list(read_sequences(parts)[0]) == list(read_sequences(whole)[0]) == items


def test_a_packed_file_is_the_one_that_gzip_makes(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_ROWS", 4)
    for name in ("a.tsv", "a.tsv.gz"):
        write_sequences(drawn(50), tmp_path / name, "tsv")
    plain = (tmp_path / "a.tsv").read_bytes()
    assert (tmp_path / "a.tsv.gz").read_bytes() == gzip.compress(plain, mtime=0)


@pytest.mark.parametrize("block", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("packed", [False, True])
def test_blocks_of_any_size_read_the_same(tmp_path, monkeypatch, block, packed):
    data = ODD.encode()
    path = tmp_path / ("a.tsv.gz" if packed else "a.tsv")
    path.write_bytes(gzip.compress(data) if packed else data)
    whole, notes = read_sequences(path)
    assert [item.sequence for item in whole] == ["ACGT", "TC", "AC"]
    assert len(notes) == 6
    monkeypatch.setattr(files, "_BLOCK", block)
    assert (read_sequences(path)[0].items, read_sequences(path)[1]) == (whole.items, notes)


@pytest.mark.parametrize("form", [form for form in WRITABLE if form != "parquet"])
@pytest.mark.parametrize("block", [1, 5])
def test_every_format_comes_back_from_small_blocks(tmp_path, monkeypatch, form, block):
    write_sequences(drawn(6), tmp_path / f"a.{form}", form)
    monkeypatch.setattr(files, "_BLOCK", block)
    assert list(read_sequences(tmp_path / f"a.{form}")[0]) == drawn(6)


def test_parquet_comes_back_from_small_batches(tmp_path, monkeypatch):
    write_sequences(drawn(9), tmp_path / "a.parquet", "parquet")
    monkeypatch.setattr(formats, "_BATCH", 2)
    assert list(read_sequences(tmp_path / "a.parquet")[0]) == drawn(9)


@pytest.mark.parametrize("block", [1, 4, 1 << 20])
def test_a_byte_that_is_no_text_is_named_by_its_line(tmp_path, monkeypatch, block):
    (tmp_path / "a.tsv").write_bytes("id\tsequence\né\tAC\nb\tA".encode() + b"\xff\n")
    monkeypatch.setattr(files, "_BLOCK", block)
    with pytest.raises(InputError, match="line 3 holds the byte 0xff"):
        read_sequences(tmp_path / "a.tsv")


def test_a_character_that_the_end_cuts_is_named(tmp_path):
    (tmp_path / "a.tsv").write_bytes(b"id\tsequence\n\xc3")
    with pytest.raises(InputError, match="line 2 holds the byte 0xc3"):
        read_sequences(tmp_path / "a.tsv")


@pytest.mark.parametrize("form", ["tsv", "fasta", "parquet"])
def test_memory_is_that_of_the_sequences(tmp_path, form):
    """20,000 rows: 7 MB as items, over 30 MB where rows, text and bytes are held beside them."""
    write_sequences(drawn(20_000), tmp_path / f"a.{form}", form)
    tracemalloc.start()
    found, _ = read_sequences(tmp_path / f"a.{form}")
    kept, top = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == 20_000
    assert top < 2.2 * kept


def test_a_repeat_and_a_clash_name_both(tmp_path):
    same = SequenceSet.of([*drawn(3), *drawn(3)])
    assert list(same) == drawn(3)
    one, other = make_items("E", ["ACGT"])[0], make_items("E", ["ACGG"])[0]
    with pytest.raises(InputError, match="'x' and 'E_000' are both index 0 of 'E'"):
        SequenceSet.of([one, other._replace(id="x")])
