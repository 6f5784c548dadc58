"""measured_expression: see mit_harness/claims/measured_expression.py for design and rule."""

from collections.abc import Callable

import pytest


@pytest.mark.mit_claim("measured_expression")
def test_measured_expression(mit_verdict: Callable[[], None]) -> None:
    """The score ranks with measured expression beyond what composition says."""
    mit_verdict()
