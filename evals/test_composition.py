"""composition: see mit_harness/claims/composition.py for the design and the rule."""

from collections.abc import Callable

import pytest


@pytest.mark.mit_claim("composition")
def test_composition(mit_verdict: Callable[[], None]) -> None:
    """What composition alone explains; a diagnostic without a verdict."""
    mit_verdict()
