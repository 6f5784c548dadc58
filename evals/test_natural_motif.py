"""natural_motif: see mit_harness/claims/natural_motif.py for the design and the rule."""

from collections.abc import Callable

import pytest


@pytest.mark.mit_claim("natural_motif")
def test_natural_motif(mit_verdict: Callable[[], None]) -> None:
    """Breaking a natural -10 box costs more than the same change elsewhere."""
    mit_verdict()
