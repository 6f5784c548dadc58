"""Each claim asks for the groups that it declares, in their sizes, and for no others."""

import pytest

from mit_harness.claims.base import Claim
from mit_harness.claims.registry import CLAIMS, check_claim, get_claim
from mit_harness.errors import InputError, NotApplicable
from mit_harness.promoter.core import DesignSpec
from mit_harness.promoter.sequence_set import Item, SequenceSet, make_items

SIZES = {
    "compensation": {"D": (100, 10), "E": (100, 10), "C": (100, 10)},
    "scrambled_control": {
        **dict.fromkeys(("E", "E_decoy", "H_decoy", "up_displaced", "displaced"), (100, 10)),
        **dict.fromkeys(("extended_displaced", "shuffled", "dinucleotide"), (100, 10)),
        "H": (50, 5),
    },
    "motif_effect": dict.fromkeys(
        ("motif_correct", "motif_exchanged", "A", "B", "C", "D"), (100, 10)
    ),
    "natural_motif": {"A_sham": (56, 6), "A_broken": (78, 8), "A": (100, 10)},
    "natural_rescue": {
        **dict.fromkeys(("A_compensated", "A_displaced", "A_broken"), (78, 8)),
        **dict.fromkeys(("A_compensated_decoy", "A_displaced_decoy"), (78, 8)),
        "B": (100, 10),
        "G": (50, 5),
    },
}


def test_every_claim_has_its_sizes_here():
    assert list(SIZES) == list(CLAIMS)


@pytest.mark.parametrize(("column", "n"), [(0, 100), (1, 10)])
@pytest.mark.parametrize("claim_id", SIZES)
def test_the_declared_groups_and_no_others_are_asked(bench, claim_id, column, n):
    rows = bench.design(claim_id, n).rows
    expected = {group: sizes[column] for group, sizes in SIZES[claim_id].items()}
    assert {group: len(found) for group, found in rows.items()} == expected
    claim = get_claim(claim_id)
    assert set(rows) == {*claim.needed("matched"), *claim.also("matched")}
    assert not set(claim.needed("matched")) & set(claim.also("matched"))


@pytest.mark.parametrize("claim_id", SIZES)
def test_what_decides_is_required(bench, claim_id):
    assert get_claim(claim_id).pairs("matched") == tuple(bench.winners[claim_id].items())


@pytest.mark.parametrize("claim_id", SIZES)
def test_more_sequences_never_change_the_earlier_ones(bench, claim_id):
    few = {item.id: item for item in bench.design(claim_id, 10)}
    many = {item.id: item for item in bench.design(claim_id, 100)}
    assert {i: many[i] for i in few} == few


@pytest.mark.parametrize("claim_id", SIZES)
def test_the_published_protocol_asks_what_the_paper_asked(claim_id):
    claim = get_claim(claim_id)
    asked = {"compensation": "ED", "scrambled_control": "EH", "motif_effect": "CD"}
    if claim_id in asked:
        assert claim.pairs("published") == (tuple(asked[claim_id]),)
    else:
        with pytest.raises(NotApplicable, match=f"{claim_id} has no counterpart in the published"):
            claim.design(DesignSpec(protocol="published"))


def suite(*groups):
    made = [make_items(group, ["ACGT" * 25, "TGCA" * 25]) for group in groups]
    return SequenceSet.of(item for items in made for item in items)


def test_a_suite_is_taken_as_it_is_without_what_was_not_asked():
    own = suite("E", "A", "D", "X")
    design = get_claim("compensation").design(DesignSpec(suite=own))
    assert design.items == tuple(item for item in own if item.group in "DE")


@pytest.mark.parametrize(
    ("claim_id", "protocol", "groups", "line"),
    [
        (
            "compensation", "matched", ("C", "D"),
            "compensation needs E, which the suite does not hold (it holds C, D)",
        ),
        (
            "scrambled_control", "matched", ("E", "H"),
            "scrambled_control needs E_decoy, H_decoy, up_displaced, which the suite does not hold "
            "(it holds E, H)",
        ),
        (
            "scrambled_control", "published", ("A", "E"),
            "scrambled_control needs H, which the suite does not hold (it holds A, E)",
        ),
    ],
)  # fmt: skip
def test_a_suite_that_lacks_groups_is_told_which(claim_id, protocol, groups, line):
    with pytest.raises(NotApplicable) as caught:
        get_claim(claim_id).design(DesignSpec(protocol=protocol, suite=suite(*groups)))
    assert str(caught.value) == line


def test_a_suite_with_a_hostile_group_is_told_on_one_line():
    own = SequenceSet.of([Item("x", "a\n\x1b[31m", 0, "ACGT")])
    with pytest.raises(NotApplicable) as caught:
        get_claim("compensation").design(DesignSpec(suite=own))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("claim_id", CLAIMS)
def test_every_claim_says_what_it_compares_and_what_each_outcome_means(claim_id):
    claim = get_claim(claim_id)
    assert isinstance(claim, Claim)
    assert claim.id == claim_id
    assert get_claim(claim_id) is claim
    assert claim.title
    assert claim.compares
    assert {verdict.value for verdict in claim.meaning} == {
        "holds", "refuted", "absent", "undecided"
    }  # fmt: skip
    assert all(text.endswith(".") for text in claim.meaning.values())


def test_an_unknown_claim_lists_the_near_matches():
    with pytest.raises(InputError) as caught:
        get_claim("scrambled")
    assert str(caught.value) == "no claim 'scrambled'; did you mean 'scrambled_control'?"
    with pytest.raises(InputError, match="no claim 'x'; known: compensation, motif_effect"):
        check_claim("x")
