"""motif_effect: see mit_harness/claims/motif_effect.py for the design and the rule."""

from collections.abc import Callable

import pytest


@pytest.mark.mit_claim("motif_effect")
def test_motif_effect(mit_verdict: Callable[[], None]) -> None:
    """The intact -10 box matters at its own place."""
    mit_verdict()
