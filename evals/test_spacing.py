"""spacing: see mit_harness/claims/spacing.py for the design and the rule."""

from collections.abc import Callable

import pytest


@pytest.mark.mit_claim("spacing")
def test_spacing(mit_verdict: Callable[[], None]) -> None:
    """The boxes belong about 17 bp apart."""
    mit_verdict()
