"""up_position: see mit_harness/claims/up_position.py for the design and the rule."""

from collections.abc import Callable

import pytest


@pytest.mark.mit_claim("up_position")
def test_up_position(mit_verdict: Callable[[], None]) -> None:
    """The UP element counts at its own place."""
    mit_verdict()
