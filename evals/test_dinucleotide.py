"""dinucleotide: see mit_harness/claims/dinucleotide.py for the design and the rule."""

from collections.abc import Callable

import pytest


@pytest.mark.mit_claim("dinucleotide")
def test_dinucleotide(mit_verdict: Callable[[], None]) -> None:
    """Compensation against matched fillers; a diagnostic without a verdict."""
    mit_verdict()
