"""dose_response: see mit_harness/claims/dose_response.py for the design and the rule."""

from collections.abc import Callable

import pytest


@pytest.mark.mit_claim("dose_response")
def test_dose_response(mit_verdict: Callable[[], None]) -> None:
    """Rescue grows with the UP element."""
    mit_verdict()
