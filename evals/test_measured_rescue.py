"""measured_rescue: see mit_harness/claims/measured_rescue.py for the design and the rule."""

from collections.abc import Callable

import pytest


@pytest.mark.mit_claim("measured_rescue")
def test_measured_rescue(mit_verdict: Callable[[], None]) -> None:
    """The score rises where an UP element raised measured expression."""
    mit_verdict()
