"""What counts as DNA, and what is said about the rest."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mit_harness.errors import InputError
from mit_harness.promoter.alphabet import (
    IUPAC,
    at_count,
    check,
    decode,
    encode,
    matches,
    normalise,
    reverse_complement,
)

dna = st.text(alphabet="ACGT", min_size=1, max_size=50)
quick = settings(deadline=None, database=None, max_examples=50)


@given(dna)
@quick
def test_the_other_strand_of_the_other_strand_is_the_first(sequence):
    assert reverse_complement(reverse_complement(sequence)) == sequence
    assert at_count(reverse_complement(sequence)) == at_count(sequence)


@given(st.lists(st.text(alphabet="ACGT", min_size=7, max_size=7), max_size=5))
@quick
def test_codes_and_back(sequences):
    codes = encode(sequences)
    assert codes.dtype == np.uint8
    assert [decode(row) for row in codes] == sequences


def test_codes_follow_the_alphabet():
    assert encode(["ACGT"]).tolist() == [[0, 1, 2, 3]]
    assert encode([]).shape == (0, 0)


@pytest.mark.parametrize("sequences", [["ACG", "AC"], ["AC", "ACG", "A"], ["ACN"], ["ac"], ["AÇG"]])
def test_what_cannot_be_encoded_is_refused(sequences):
    with pytest.raises(InputError):
        encode(sequences)


def test_iupac_codes():
    assert set(IUPAC) == set("ACGTRYSWKMBDHVN")
    assert (IUPAC["R"], IUPAC["N"], IUPAC["W"], IUPAC["B"]) == ("AG", "ACGT", "AT", "CGT")


@pytest.mark.parametrize(
    ("sequence", "pattern", "expected"),
    [
        ("AAAAAAGTA", "AAAAAARNR", True),
        ("AAAAAACTA", "AAAAAARNR", False),
        ("AAAAAAGT", "AAAAAARNR", False),
        ("", "", True),
        ("TGT", "TGN", True),
    ],
)
def test_matches(sequence, pattern, expected):
    assert matches(sequence, pattern) is expected


@pytest.mark.parametrize(
    ("text", "sequence", "changes"),
    [
        ("ACGT", "ACGT", ()),
        (" acGT\n", "ACGT", ("lower case",)),
        ("ACGU", "ACGT", ("U for T",)),
        ("acgu", "ACGT", ("lower case", "U for T")),
    ],
)
def test_normalise(text, sequence, changes):
    assert normalise(text, "x") == (sequence, changes)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("ACNGT", "the IUPAC code 'N' at place 2"),
        ("acrgt", "the IUPAC code 'R' at place 2"),
        ("AC-GT", "'-' at place 2"),
        ("AC GT", "' ' at place 2"),
        ("ACéGT", "the non-ASCII character 'é' at place 2"),
        ("acgué", "the non-ASCII character 'é' at place 4"),
        ("AC\x1b[31m", r"'\x1b' at place 2"),
        ("\uff21CGT", "non-ASCII"),
    ],
)
def test_what_is_not_dna_is_refused_by_name_and_place(text, says):
    with pytest.raises(InputError) as caught:
        normalise(text, "sequence 'E_003'")
    message = str(caught.value)
    assert message.startswith("sequence 'E_003' ")
    assert says in message
    assert "\n" not in message


def test_check_takes_upper_case_only():
    assert check("ACGT", "x") == "ACGT"
    with pytest.raises(InputError, match="'a' at place 1"):
        check("CaGT", "x")
