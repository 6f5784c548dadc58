"""Small runs with scores, and an HTML parser that keeps what a page must not do."""

from html.parser import HTMLParser

import numpy as np
import pytest

from mit_harness.claims.registry import get_claim
from mit_harness.models.base import Scores
from mit_harness.promoter.core import DesignSpec
from mit_harness.report.html.page import Run
from mit_harness.report.items import ItemScores

VOID = {"meta", "input", "br", "wbr", "link", "img", "hr"}


class Page(HTMLParser):
    """What a page holds, element by element."""

    def __init__(self, text):
        super().__init__()
        self.text, self.elements, self.stack, self.words = text, [], [], []
        self.feed(text)
        assert not self.stack, f"never closed: {self.stack}"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        assert self.stack, f"</{tag}> closes nothing"
        assert self.stack.pop() == tag

    def handle_data(self, data):
        if not {"script", "style"} & set(self.stack):
            self.words.append(data)

    def all(self, *tags):
        return [attrs for tag, attrs in self.elements if tag in tags]

    def said(self):
        return " ".join(" ".join(self.words).split())


def scored(results, claims=("compensation", "scrambled_control"), n=8, design=None):
    """Return items of a run: real designs, random scores."""
    spec = DesignSpec(n=n)
    sequences = {claim: get_claim(claim).design(spec) for claim in claims}
    rng = np.random.default_rng(1)
    return ItemScores(
        sequences,
        {
            model.name: {
                claim: Scores(
                    rng.normal(-140, 3, len(made)), np.full(len(made), 100), np.full(len(made), 100)
                )
                for claim, made in sequences.items()
            }
            for model in results.models
        },
    )


@pytest.fixture(scope="session")
def parse():
    return Page


@pytest.fixture(scope="session")
def with_scores():
    return scored


@pytest.fixture
def small(make):
    """Three models on two claims, with scores."""
    results = make.small_run()
    return Run(results, scored(results))
