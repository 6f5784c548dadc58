"""compensation: see mit_harness/claims/compensation.py for the design and the rule."""

from collections.abc import Callable

import pytest


@pytest.mark.mit_claim("compensation")
def test_compensation(mit_verdict: Callable[[], None]) -> None:
    """CSS: the compensated promoter outscores the broken one."""
    mit_verdict()
