"""robustness: see mit_harness/claims/robustness.py for the design and the rule."""

from collections.abc import Callable

import pytest


@pytest.mark.mit_claim("robustness")
def test_robustness(mit_verdict: Callable[[], None]) -> None:
    """The scrambled control survives a change of any one factor."""
    mit_verdict()
