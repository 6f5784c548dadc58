"""scrambled_control: see mit_harness/claims/scrambled_control.py for the design and the rule."""

from collections.abc import Callable

import pytest


@pytest.mark.mit_claim("scrambled_control")
def test_scrambled_control(mit_verdict: Callable[[], None]) -> None:
    """SCR: the same elements elsewhere do not compensate."""
    mit_verdict()
