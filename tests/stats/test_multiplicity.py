"""Corrections, by hand."""

import pytest

from mit_harness.errors import InputError
from mit_harness.stats.multiplicity import benjamini_hochberg, holm


def test_benjamini_hochberg():
    # 0.01 * 4 / 1, 0.02 * 4 / 2, 0.04 * 4 / 3, 0.3
    found = benjamini_hochberg([0.3, 0.01, 0.04, 0.02])
    assert found == pytest.approx([0.3, 0.04, 0.16 / 3, 0.04])


def test_holm():
    # 0.01 * 4, 0.02 * 3, 0.04 * 2, then 0.3
    assert holm([0.3, 0.01, 0.04, 0.02]) == pytest.approx([0.3, 0.04, 0.08, 0.06])


@pytest.mark.parametrize("correct", [benjamini_hochberg, holm])
def test_what_was_not_tested_keeps_its_place(correct):
    assert correct([]) == []
    assert correct([None, None]) == [None, None]
    found = correct([None, 0.02, None, 1.0])
    assert found == [None, pytest.approx(0.04), None, 1.0]
    assert type(found[1]) is float
    assert correct([0.02]) == [0.02]


@pytest.mark.parametrize("correct", [benjamini_hochberg, holm])
@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_refuses(correct, p):
    with pytest.raises(InputError, match="between 0 and 1"):
        correct([0.5, p])
