"""The pair viewer's data: every number comes back as it was, outcomes from the full numbers."""

import base64
import gzip
import json

import numpy as np

from mit_harness.report.html.pairs import OUTCOMES, compared, pair_data
from mit_harness.stats.paired import wins


def unpacked(text):
    return gzip.decompress(base64.b64decode(text))


def read(claim):
    """Return a claim's block as the page's script reads it."""
    data = unpacked(claim["block"])
    n, m = sum(pair[2] for pair in claim["pairs"]), len(claim["models"])
    whole = np.frombuffer(data, dtype="<u4", count=3 * n).reshape(3, n)
    scores = np.frombuffer(data, dtype="<f4", count=2 * n * m, offset=12 * n).reshape(m, 2, n)
    outcome = np.frombuffer(data, dtype=np.uint8, offset=12 * n + 8 * n * m).reshape(m, n)
    return whole, scores, outcome


def test_pairs_come_back_with_their_sequences_scores_and_outcomes(small):
    models, items = small.models, small.items
    every = compared(items, small.results.design)
    data = pair_data(models, items, every)
    catalogue = json.loads(unpacked(data["sequences"]))
    assert len(set(catalogue["sequences"])) == len(catalogue["sequences"])
    for claim in data["claims"]:
        (winner, loser, index), scores, outcome = read(claim)
        made = items.sequences[claim["id"]]
        rows = every[claim["id"]]
        first = np.concatenate([r.first for r in rows])
        second = np.concatenate([r.second for r in rows])
        for numbers, places in ((winner, first), (loser, second)):
            shown = [catalogue["sequences"][k] for k in numbers]
            assert shown == [made[int(row)].sequence for row in places]
        assert index.tolist() == [made[int(row)].index for row in first]
        for place, model in enumerate(claim["models"]):
            values = items.scores[models[model].name][claim["id"]].values
            np.testing.assert_allclose(scores[place, 0], values[first], rtol=1e-6)
            np.testing.assert_allclose(scores[place, 1], values[first] - values[second], rtol=1e-6)
            share = wins(values[first], values[second], models[model].tolerance)
            assert [{"wrong": 0, "tie": 0.5, "right": 1}[OUTCOMES[k]] for k in outcome[place]] == (
                share.tolist()
            )


def test_each_sequence_has_the_marks_of_its_layout(small):
    data = pair_data(small.models, small.items, compared(small.items, small.results.design))
    catalogue = json.loads(unpacked(data["sequences"]))
    assert len(catalogue["marked"]) == len(catalogue["sequences"])
    names = {name for layout in catalogue["layouts"] for name, *_ in layout}
    for place in catalogue["marked"]:
        [layout], *marks = catalogue["marks"][place]
        assert layout < len(catalogue["layouts"])
        assert {mark[2] for mark in marks} <= names


def test_a_difference_too_small_for_seven_digits_is_no_tie(make, with_scores):
    from mit_harness.models.base import Scores

    results = make.results(make.model("fine", [make.claim()]))
    items = with_scores(results, claims=("compensation",), n=6)
    made = items.sequences["compensation"]
    rows = compared(items, results.design)["compensation"][0]
    values = np.full(len(made), -1e6)
    values[rows.first] += 1e-9 * 2**10
    items.scores["fine"]["compensation"] = Scores(values, values.astype(int), values.astype(int))
    claim = pair_data(results.models, items, {"compensation": [rows]})["claims"][0]
    _, scores, outcome = read(claim)
    assert [OUTCOMES[k] for k in outcome[0]] == ["right"] * 6
    assert (scores[0, 1] > 0).all()


def test_claims_of_a_project_and_claims_without_pairs_have_none(small, with_scores):
    from mit_harness.report.items import ItemScores

    items = with_scores(small.results, claims=("composition", "compensation"), n=6)
    renamed = ItemScores(
        {"ours" if k == "compensation" else k: v for k, v in items.sequences.items()}, {}
    )
    assert compared(renamed, small.results.design) == {}


def test_of_many_pairs_the_page_holds_the_first_ones_and_says_so(small, monkeypatch):
    from mit_harness.report.html import page, pairs

    every = compared(small.items, small.results.design)
    whole = pair_data(small.models, small.items, every)
    for module in (page, pairs):
        monkeypatch.setattr(module, "MOST_PAIRS", 2)
    data = pair_data(small.models, small.items, every)
    assert [c["pairs"] for c in data["claims"]] == [
        [[first, second, min(n, 2)] for first, second, n in claim["pairs"]]
        for claim in whole["claims"]
    ]
    assert any(n > 2 for claim in whole["claims"] for *_, n in claim["pairs"])
    (index, *_), *_ = [read(claim)[0][2:] for claim in data["claims"]]
    assert set(index.tolist()) <= {0, 1}
    assert "first 2 of two groups" in page._unknown(small.items, every)
    monkeypatch.setattr(page, "MOST_PAIRS", 2_000)
    assert "of two groups" not in page._unknown(small.items, every)
