"""minus10_variants: see mit_harness/claims/minus10_variants.py for the design and the rule."""

from collections.abc import Callable

import pytest


@pytest.mark.mit_claim("minus10_variants")
def test_minus10_variants(mit_verdict: Callable[[], None]) -> None:
    """The -10 box's bases count as much as their weights."""
    mit_verdict()
