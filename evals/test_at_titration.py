"""at_titration: see mit_harness/claims/at_titration.py for the design and the rule."""

from collections.abc import Callable

import pytest


@pytest.mark.mit_claim("at_titration")
def test_at_titration(mit_verdict: Callable[[], None]) -> None:
    """The elements help where they belong, whatever the A+T of the background."""
    mit_verdict()
