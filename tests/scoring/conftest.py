"""Models that count what is asked of them."""

import numpy as np
import pytest

from mit_harness.models.base import ModelHandle


class Counting:
    """Scores a sequence by its A's and C's, and remembers every batch."""

    def __init__(self):
        self.batches = []
        self.loads = 0
        self.closed = 0

    def score(self, sequences):
        self.batches.append(list(sequences))
        return np.array([s.count("A") + s.count("C") / 100 for s in sequences])

    def close(self):
        self.closed += 1

    @property
    def scored(self):
        return [s for batch in self.batches for s in batch]


@pytest.fixture
def counting():
    return Counting()


@pytest.fixture
def handle_of():
    """Make a handle from a model, or from a plain score function."""

    def make(model=None, fingerprint="fp", method="score", **facts):
        def load():
            if isinstance(model, Counting):
                model.loads += 1
            return model

        if callable(model) and not hasattr(model, "score"):
            function = model
            model = Counting()
            model.score = function
        return ModelHandle(
            name=facts.pop("name", "my-model"),
            spec="my-model",
            kind="user",
            fingerprint=fingerprint,
            load=load,
            method=method,
            **facts,
        )

    return make
