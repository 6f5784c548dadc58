"""The Promoter Calculator gives what its own package gives, and says so where that is absent."""

import random
import sys

import pytest

from mit_harness.errors import ModelError
from mit_harness.models.biophysical import NAME, PromoterCalculator
from mit_harness.models.embedded import EMBEDDED
from mit_harness.models.registry import Registry


def test_it_is_named_and_no_part_of_the_embedded_set():
    handle = Registry().resolve(NAME)
    assert (handle.kind, handle.method, handle.name) == ("reference", "log-rate", NAME)
    assert NAME not in EMBEDDED
    assert NAME in Registry().names()
    assert NAME not in [h.name for h in Registry().resolve_all(["embedded"])]
    with pytest.raises(ModelError, match="takes no options"):
        Registry().resolve(f"{NAME}?seed=1")
    with pytest.raises(ModelError, match="registered already"):
        Registry().add(NAME, lambda: None)


def test_without_its_package_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "promoter_calculator", None)
    handle = Registry().resolve(NAME)
    with pytest.raises(ModelError, match="not installed: pip install 'mit-harness"):
        handle.load()


@pytest.fixture(scope="module")
def calculator():
    pytest.importorskip("promoter_calculator")
    return PromoterCalculator()


def test_the_lowest_energy_is_that_of_the_packages_search(calculator):
    bases = random.Random(0)
    for length in (78, 90, 100):
        text = "".join(bases.choices("ACGT", k=length))
        states, _ = calculator._made.predict(text, [0, length], callback=lambda: None)
        lowest = min(states.values(), key=lambda state: state["dG_total"])
        assert calculator.energy(text) == pytest.approx(lowest["dG_total"], abs=1e-9)
        import math

        assert calculator.score([text])[0] == pytest.approx(math.log(lowest["Tx_rate"]), abs=1e-9)


def test_a_promoter_outscores_a_broken_one(calculator):
    from mit_harness.promoter.core import DesignSpec, build

    made = build(DesignSpec(n=5), ["C", "D"])
    scores = calculator.score([item.sequence for item in made])
    assert (scores[:5] > scores[5:]).all()


def test_too_short_a_sequence_is_refused(calculator):
    with pytest.raises(ModelError, match="at least 78 bp; one has 77"):
        calculator.score(["A" * 77])
