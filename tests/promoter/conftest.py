"""A second grammar, to show that nothing is wired to sigma70."""

import pytest

from mit_harness.promoter.grammar import Element, Grammar, LookAlike


@pytest.fixture(scope="session")
def sigma54():
    return Grammar(
        name="sigma54-like",
        length=96,
        elements=(
            Element("activator", 2, "TGCACCNNNGTGCA", "compensator"),
            Element("minus24", 42, "TGGCAC", "box"),
            Element("minus12", 53, "TTGCAT", "box", broken=("TTAAAT",)),
        ),
        displacement=24,
        composition={"A": 0.2, "C": 0.3, "G": 0.3, "T": 0.2},
        look_alike=LookAlike("TTGCAT", max_mismatches=1, invariant=(2, 3)),
        signature={"activator": "TGCA"},
    )
