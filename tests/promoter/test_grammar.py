"""Layouts say where elements stand; what cannot be built is refused."""

from dataclasses import replace

import numpy as np
import pytest

from mit_harness.errors import InputError
from mit_harness.promoter.alphabet import reverse_complement
from mit_harness.promoter.grammar import SIGMA70, Element, LookAlike, swap, write


def test_sigma70_stands_where_the_paper_puts_it():
    places = {e.name: (e.start, e.stop, e.consensus) for e in SIGMA70.elements}
    assert places == {
        "distal_up": (4, 15, "AWWWWWTTTTT"),
        "up": (15, 24, "AAAAAARNR"),
        "minus35": (30, 36, "TTGACA"),
        "extended": (50, 53, "TGT"),
        "minus10": (53, 59, "TATAAT"),
        "discriminator": (59, 62, "GGG"),
    }
    assert [SIGMA70.displaced(n) for n in ("up", "extended", "minus10")] == [39, 74, 77]
    assert SIGMA70.displacement % 6 == 0
    assert SIGMA70.break_form == "TGTAAT"
    assert sum(SIGMA70.composition.values()) == pytest.approx(1)


def test_roles():
    assert [e.name for e in SIGMA70.boxes] == ["minus35", "minus10"]
    assert [e.name for e in SIGMA70.compensators] == ["up", "extended"]
    assert [e.name for e in SIGMA70.enhancers] == ["distal_up", "discriminator"]
    with pytest.raises(KeyError):
        SIGMA70["minus11"]


def test_forms_are_checked():
    assert SIGMA70.check_break("GATAAT") == "GATAAT"
    with pytest.raises(InputError, match="known: TGTAAT, GATAAT"):
        SIGMA70.check_break("TATAAT")


def test_moved_moves_only_what_is_named():
    made = SIGMA70.moved(("up", "minus35"), 2)
    assert (made["up"].start, made["minus35"].start) == (17, 32)
    assert made["minus10"] == SIGMA70["minus10"]
    assert SIGMA70["up"].start == 15
    with pytest.raises(InputError, match="overlap"):
        SIGMA70.moved(("up",), 7)


def test_write_and_swap():
    assert write("AAAAAA", (1, "CC"), (2, "G")) == "ACGAAA"
    assert swap("ACGTTT", 0, 3, 2) == "TTGACT"


def brute_force_look_alikes(sequence):
    found = set()
    for start in range(len(sequence) - 5):
        here = sequence[start : start + 6]
        for strand, read in ((1, here), (-1, reverse_complement(here))):
            wrong = sum(a != b for a, b in zip(read, "TATAAT", strict=True))
            if wrong <= 1 and read[1] == "A" and read[5] == "T":
                found.add((start, strand))
    return found


def test_look_alikes_on_both_strands():
    rng = np.random.default_rng(0)
    # Rich in A+T, so that there are many.
    sequences = ["".join(rng.choice(list("AATTACGT"), 80)) for _ in range(200)]
    for sequence, found in zip(sequences, map(SIGMA70.look_alike.places, sequences), strict=True):
        assert set(found) == brute_force_look_alikes(sequence)
    assert sum(len(SIGMA70.look_alike.places(s)) for s in sequences) > 100
    assert SIGMA70.look_alike.places("TATA") == []


def with_element(name, /, **changes):
    return tuple(replace(e, **changes) if e.name == name else e for e in SIGMA70.elements)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"elements": with_element("up", start=28)}, "overlap"),
        ({"elements": with_element("distal_up", start=-1)}, "leaves the layout"),
        ({"elements": with_element("discriminator", start=98)}, "leaves the layout"),
        ({"elements": with_element("up", consensus="AAAAAAX")}, "not IUPAC"),
        ({"elements": with_element("up", consensus="")}, "leaves the layout"),
        ({"elements": with_element("minus10", broken=("TGTAA",))}, "another length"),
        ({"elements": with_element("minus10", broken=())}, "broken"),
        ({"elements": with_element("minus35", broken=("TTGACT",))}, "broken"),
        ({"elements": with_element("minus10", broken=("TGTNAT",))}, "plain bases"),
        ({"elements": with_element("minus35", consensus="TTGNCA")}, "plain bases"),
        ({"elements": with_element("extended", name="up")}, "two elements"),
        ({"displacement": 18}, "no room"),
        ({"displacement": 60}, "no room"),
        ({"displacement": 6}, "no room"),
        ({"displacement": -24}, "no room"),
        ({"length": 80}, "no room"),
        ({"composition": {"A": 0.5, "C": 0.5, "G": 0.5, "T": 0.5}}, "composition"),
        ({"composition": {"A": 0.5, "C": 0.5}}, "composition"),
        ({"composition": {"A": 1.5, "C": -0.5, "G": 0, "T": 0}}, "composition"),
        ({"signature": {"nothing": "TG"}}, "no element"),
        ({"signature": {"extended": "TX"}}, "not IUPAC"),
        ({"displaced_at_most": {"nothing": 6}}, "no element"),
        ({"look_alike": LookAlike("TATAATG", 1, (1,))}, "look-alike"),
        ({"look_alike": LookAlike("TATAAT", 1, (1, 6))}, "look-alike"),
    ],
)
def test_what_cannot_be_built_is_refused(changes, says):
    with pytest.raises(InputError, match=says) as caught:
        replace(SIGMA70, **changes)
    assert str(caught.value).startswith("sigma70: ")


def test_an_element_longer_than_its_move_has_no_room(sigma54):
    long = Element("activator", 0, "N" * 25, "compensator")
    with pytest.raises(InputError, match="no room"):
        replace(sigma54, elements=(long, *sigma54.boxes))
