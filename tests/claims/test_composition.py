"""The fit to other folds is the same whether models share its matrix or not."""

import numpy as np
import pytest

from mit_harness.claims import composition


@pytest.mark.parametrize("size", [1, 2, 3])
def test_many_sequences_are_fitted_alike_without_the_matrix(monkeypatch, size):
    rng = np.random.default_rng(0)
    texts = tuple("".join(row) for row in rng.choice(list("ACGT"), size=(240, 60)))
    scores = rng.normal(-140, 5, size=240)
    shared = composition.residuals(texts, 6, size, scores)
    monkeypatch.setattr(composition, "MOST_SMOOTHED", 239)
    np.testing.assert_allclose(composition.residuals(texts, 6, size, scores), shared, atol=1e-7)
