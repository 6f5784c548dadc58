"""Your own selection of evals: any claim, by its id."""

import pytest


@pytest.mark.mit_claim("scrambled_control")
def test_scrambled_control(mit_verdict):
    mit_verdict()
