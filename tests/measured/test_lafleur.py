"""The workbook of measured promoters: what is read, and what is refused in one sentence."""

import math

import numpy as np
import pytest

from mit_harness.errors import InputError
from mit_harness.measured.lafleur import SHEETS, aligned, find, read_measured
from mit_harness.promoter.grammar import SIGMA70

BY_TITLE = {sheet.title: sheet for sheet in SHEETS}
PL = "Pl"
URTECHO = "Urtecho et al. (Fig S9b)"


def test_every_library_is_read_with_stronger_positive(workbooks):
    found = read_measured(workbooks.small)
    assert list(found.sets) == [sheet.name for sheet in SHEETS]
    assert not found.is_published
    for sheet in SHEETS:
        rows = workbooks.tables()[sheet.title]
        place = rows[0].index("Promoter"), rows[0].index("Observed log(TX/Txref)")
        library = found.sets[sheet.name]
        assert list(library.sequences) == [row[place[0]].upper() for row in rows[1:]]
        np.testing.assert_allclose(library.expression, [-row[place[1]] for row in rows[1:]])
        assert {len(window) for window in library.windows} == {SIGMA70.length}


def test_the_minus35_place_is_the_layouts():
    box = "TTGACA"
    for sheet, before in (("lafleur", 16), ("urtecho", 85), ("hossain", 20), ("pl", 46)):
        (chosen,) = [s for s in SHEETS if s.name == sheet]
        sequence = ("C" * before + box).ljust(150 if sheet == "urtecho" else 73, "G")
        assert SIGMA70["minus35"].of(chosen.window(sequence)) == box
    assert aligned("A" * 300, 30) == "A" * 100
    short = aligned("ACG", 0)
    assert len(short) == 100
    assert short[30:33] == "ACG"
    assert aligned("ACG", 0) == short
    assert aligned("TTT", 0)[:30] == short[:30]  # the same background for every sequence


def test_a_longer_up_element_moves_the_box():
    lafleur = SHEETS[0]
    for length, place in ((73, 16), (77, 20), (79, 22)):
        sequence = ("C" * place + "TTGACA").ljust(length, "G")
        assert SIGMA70["minus35"].of(lafleur.window(sequence)) == "TTGACA"


def drop_sheet(sheets, title):
    del sheets[title]


def rename(old, new):
    def change(sheets, title):
        sheets[title][0] = [new if cell == old else cell for cell in sheets[title][0]]

    return change


def put(column, value):
    def change(sheets, title):
        header = sheets[title][0]
        sheets[title][2][header.index(column)] = value

    return change


def empty(sheets, title):
    del sheets[title][1:]


OBSERVED = "Observed log(TX/Txref)"


@pytest.mark.parametrize(
    ("title", "change", "words"),
    [
        (PL, drop_sheet, "has no sheet 'Pl'"),
        (PL, rename("Promoter", "Name"), "there is no column 'Promoter'; it has Observed"),
        (PL, rename(OBSERVED, "x"), f"there is no column '{OBSERVED}'"),
        (URTECHO, rename("Activity", "x"), "there is no column 'Activity'"),
        (PL, put("Promoter", "ACGN"), "the promoter of row 3 holds the IUPAC code 'N'"),
        (PL, put("Promoter", ""), "the promoter of row 3 is empty"),
        (PL, put(OBSERVED, "n/a"), f"'{OBSERVED}' of row 3 is 'n/a'; it has to be a finite"),
        (PL, put(OBSERVED, ""), f"'{OBSERVED}' of row 3 is ''"),
        (URTECHO, put("Activity", 0.0), "'Activity' of row 3 is 0.0; it has to be a number above"),
        (URTECHO, put(OBSERVED, 5.0), f"'Activity' and '{OBSERVED}' of row 3 are not one measure"),
        (PL, empty, "there is no promoter"),
    ],
)
def test_what_a_sheet_lacks_is_one_sentence(workbooks, tmp_path, title, change, words):
    sheets = workbooks.tables(n=3)
    change(sheets, title)
    file = workbooks.write(tmp_path / "changed.xlsx", sheets)
    with pytest.raises(InputError) as caught:
        read_measured(file)
    assert words in str(caught.value)
    assert str(file) in str(caught.value)


def test_other_files_are_refused(workbooks, tmp_path):
    whole = workbooks.small.read_bytes()
    for name, data in {"cut": whole[: len(whole) // 2], "text": b"a\tb\n", "none": b""}.items():
        file = tmp_path / f"{name}.xlsx"
        file.write_bytes(data)
        with pytest.raises(InputError, match="is no xlsx workbook, or is truncated"):
            read_measured(file)
    with pytest.raises(InputError, match="No such file or directory"):
        read_measured(tmp_path / "absent.xlsx")
    with pytest.raises(InputError, match="Is a directory"):
        read_measured(tmp_path)


def test_a_file_that_changes_is_read_again(workbooks, tmp_path):
    file = workbooks.write(tmp_path / "a.xlsx", workbooks.tables(n=3))
    first = read_measured(file)
    assert read_measured(file) is first
    workbooks.write(file, workbooks.tables(n=4))
    assert len(read_measured(file).sets["pl"].sequences) == 4


def test_a_file_is_found_by_its_checksum(workbooks, tmp_path, monkeypatch):
    monkeypatch.setenv("MIT_HARNESS_DATA", str(tmp_path))
    sha256 = read_measured(workbooks.small).sha256
    assert find(sha256) == workbooks.small
    assert find("0" * 64) is None
    other = workbooks.write(tmp_path / "b.xlsx", workbooks.tables(seed=5, n=2))
    monkeypatch.setenv("MIT_HARNESS_MEASURED", str(other))
    from mit_harness.measured.fetch import sha256_of

    assert find(sha256_of(other)) == other


def test_the_published_workbook(published_workbook):
    found = read_measured(published_workbook)
    assert found.is_published
    sizes = {name: len(library.sequences) for name, library in found.sets.items()}
    assert sizes == {
        "lafleur": 5_391, "urtecho": 10_898, "hossain": 4_350, "pl": 2_903, "pr": 12_194,
        "n36": 11_485,
    }  # fmt: skip
    assert sum(sizes.values()) == 47_221
    for library in found.sets.values():
        assert all(map(math.isfinite, library.expression))
        assert library.expression.max() > 4  # the paper's sign turned: strong ones are positive
    boxes = [SIGMA70["minus35"].of(window) for window in found.sets["hossain"].windows]
    assert boxes.count("TTGACA") == 1_796
