"""natural_rescue: see mit_harness/claims/natural_rescue.py for the design and the rule."""

from collections.abc import Callable

import pytest


@pytest.mark.mit_claim("natural_rescue")
def test_natural_rescue(mit_verdict: Callable[[], None]) -> None:
    """A broken natural promoter is rescued in place only."""
    mit_verdict()
