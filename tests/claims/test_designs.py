"""Each claim asks for the groups that it declares, in their sizes, and for no others."""

import pytest

from mit_harness.claims.base import Claim
from mit_harness.claims.registry import DESIGNED, check_claim, get_claim
from mit_harness.claims.robustness import CELLS
from mit_harness.errors import InputError, NotApplicable
from mit_harness.promoter.core import DesignSpec
from mit_harness.promoter.sequence_set import Item, SequenceSet, make_items

AT = range(30, 90, 10)
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
    "at_titration": dict.fromkeys(
        (f"at{at}_{c}" for at in AT for c in ("C", "D", "E", "E_decoy", "H_decoy")), (30, 3)
    ),
    "up_position": {
        **{f"up_at_{k}": (100, 10) for k in (0, 5, 10, 15, 20, 25, 39, 45, 63, 69, 75, 81, 87)},
        "up_absent": (100, 10),
        **{f"at{at}_D": (30, 3) for at in AT},
    },
    "spacing": {f"spacing_{bp}": (50, 5) for bp in range(10, 26)},
    "strand": dict.fromkeys(
        (
            *("strand_forward", "strand_exchanged", "C", "turned_both", "turned_minus10"),
            *("turned_minus35", "scrambled_boxes", "reverse_complement"),
        ),
        (100, 10),
    ),
    "minus10_variants": {
        f"minus10_{name}": (30, 3)
        for name in (
            "consensus",
            *(f"{old}{k + 1}{b}" for k, old in enumerate("TATAAT") for b in "ACGT" if b != old),
        )
    },
    "robustness": dict.fromkeys(
        (*("E", "up_displaced", "E_decoy", "H_decoy"), *(f"{c}_{s}" for c in CELLS for s in "EH")),
        (100, 10),
    ),
    "dose_response": {
        **{f"up_grade{k}_{side}": (50, 5) for k in range(10) for side in "EH"},
        **{f"box_grade{k}_{side}": (50, 5) for k in range(7) for side in "EH"},
        **{f"factorial_{k:03b}": (100, 10) for k in range(8)},
    },
    "composition": {f"at{at}_bare": (30, 3) for at in AT},
    "dinucleotide": dict.fromkeys(("E", "D", "at_matched", "dinucleotide"), (100, 10)),
}


def test_every_claim_has_its_sizes_here():
    assert list(SIZES) == list(DESIGNED)


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
    claim = get_claim(claim_id)
    pairs = claim.pairs("matched")
    assert len(set(pairs)) == len(pairs)
    assert {group for pair in pairs for group in pair} <= set(claim.needed("matched"))
    if claim_id in bench.winners:
        assert pairs == tuple(bench.winners[claim_id].items())


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
    elif claim_id in ("at_titration", "up_position", "spacing", "strand"):
        assert claim.pairs("published") == ()  # the paper measures here, and tests nothing
        made = claim.design(DesignSpec(n=10, protocol="published"))
        assert set(made.groups) == {*claim.needed("published"), *claim.also("published")}
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
            "spacing", "matched", ("A", "E"),
            "spacing needs spacing_16, spacing_10, spacing_11, spacing_12 and 5 more, which the "
            "suite does not hold (it holds A, E)",
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


@pytest.mark.parametrize("claim_id", DESIGNED)
def test_every_claim_says_what_it_compares_and_what_each_outcome_means(bench, claim_id):
    claim = get_claim(claim_id)
    assert isinstance(claim, Claim)
    assert claim.id == claim_id
    assert get_claim(claim_id) is claim
    assert claim.title
    assert claim.compares
    judged = {"holds", "refuted", "undecided", *(["absent"] if claim.absent_band else [])}
    expected = {"measured"} if claim_id in bench.diagnostics else judged
    assert {verdict.value for verdict in claim.meaning} == expected
    assert all(text.endswith(".") for text in claim.meaning.values())


def test_an_unknown_claim_lists_the_near_matches():
    with pytest.raises(InputError) as caught:
        get_claim("scrambled")
    assert str(caught.value) == "no claim 'scrambled'; did you mean 'scrambled_control'?"
    with pytest.raises(InputError, match="no claim 'x'; known: at_titration, compensation"):
        check_claim("x")
