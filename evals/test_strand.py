"""strand: see mit_harness/claims/strand.py for the design and the rule."""

from collections.abc import Callable

import pytest


@pytest.mark.mit_claim("strand")
def test_strand(mit_verdict: Callable[[], None]) -> None:
    """The -10 box counts in its own orientation."""
    mit_verdict()
