"""Each distinct sequence is scored once, in batches that are committed one by one."""

import math
from dataclasses import replace
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mit_harness.errors import InputError, ModelError
from mit_harness.models.base import Scores
from mit_harness.scoring.engine import (
    LazyModel,
    ScoreTable,
    batches,
    missing,
    numbered,
    score,
)
from mit_harness.scoring.store import Store

TWO = ["AAAA", "CCCC"]


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "scores.sqlite") as opened:
        yield opened


def test_each_distinct_sequence_is_scored_once(counting, handle_of):
    table = score(LazyModel(handle_of(counting)), ["ACGT", "AAAA", "ACGT", "AA", "AAAA"])
    assert sorted(counting.scored) == ["AA", "AAAA", "ACGT"]
    assert table.values(["AA", "ACGT", "AA"]).tolist() == [2.0, 1.01, 2.0]


def test_a_missing_score_is_nan(counting, handle_of):
    table = score(LazyModel(handle_of(counting)), ["AA"])
    assert math.isnan(table.values(["CC"])[0])
    assert table.values([]).shape == (0,)


def test_nothing_to_score_loads_nothing(counting, handle_of):
    assert score(LazyModel(handle_of(counting)), []).rows == {}
    assert counting.loads == 0


@given(
    st.lists(st.text("ACGT", min_size=1, max_size=30), unique=True),
    st.integers(min_value=1, max_value=100),
)
def test_batches_hold_one_length_each_within_the_budget(sequences, budget):
    made = list(batches(sequences, budget))
    assert sorted(s for batch in made for s in batch) == sorted(sequences)
    for batch in made:
        assert len({len(s) for s in batch}) == 1
        assert len(batch) == 1 or sum(map(len, batch)) <= budget
    for length, same in groupby(made, key=lambda batch: len(batch[0])):
        assert all(len(batch) == max(1, budget // length) for batch in list(same)[:-1])


def test_no_batch_exceeds_the_budget_of_tokens(counting, handle_of):
    sequences = [f"{k:b}".replace("0", "A").replace("1", "C") for k in range(4, 64)]
    score(LazyModel(handle_of(counting)), sequences, batch_tokens=12)
    assert max(sum(map(len, batch)) for batch in counting.batches) <= 12
    assert sorted(counting.scored) == sorted(sequences)


def test_the_order_of_the_input_does_not_matter(counting, handle_of):
    sequences = ["ACGT", "AA", "CCC", "A", "GG"]
    model = LazyModel(handle_of(counting))
    one, other = (score(model, order, batch_tokens=4) for order in (sequences, sequences[::-1]))
    assert one.rows == other.rows
    assert one.values(sequences).tolist() == other.values(sequences).tolist()


def test_a_warm_rerun_does_not_load_the_model(counting, handle_of, store):
    cold = score(LazyModel(handle_of(counting)), ["ACGT", "AA"], store)
    warm = score(LazyModel(handle_of(counting)), ["AA", "ACGT"], store)
    assert warm.rows == cold.rows
    assert counting.loads == 1


def test_only_what_the_store_lacks_is_scored(counting, handle_of, store):
    handle = handle_of(counting)
    score(LazyModel(handle), ["AA"], store)
    assert missing(handle, ["CC", "AA", "GG", "CC"], store) == ["CC", "GG"]
    assert missing(handle, ["CC", "AA", "CC"], None) == ["CC", "AA"]
    score(LazyModel(handle), ["AA", "CC"], store)
    assert counting.scored == ["AA", "CC"]


def test_a_model_that_is_not_stored_meets_no_store(counting, handle_of, store):
    handle = handle_of(counting, stored=False)
    score(LazyModel(handle), ["AA"], store)
    assert store.count(handle) == 0
    assert missing(handle, ["AA"], store) == ["AA"]


@pytest.mark.parametrize("error", [RuntimeError("no memory"), KeyboardInterrupt()])
def test_finished_batches_are_kept_when_a_later_one_fails(handle_of, store, error):
    calls = []

    def fails_third(sequences):
        calls.append(sequences)
        if len(calls) == 3:
            raise error
        return [1.0] * len(sequences)

    sequences = ["A", "C", "G", "T"]
    handle = handle_of(fails_third)
    with pytest.raises((ModelError, KeyboardInterrupt)):
        score(LazyModel(handle), sequences, store, batch_tokens=1)
    assert set(store.lookup(handle, sequences)) == {"A", "C"}
    score(LazyModel(handle), sequences, store, batch_tokens=1)
    assert calls[3:] == [["G"], ["T"]]


def test_a_failure_names_the_model_the_batch_and_the_error(handle_of):
    def fails(sequences):
        raise RuntimeError("CUDA\nout of memory \x1b[31m")

    with pytest.raises(ModelError) as caught:
        score(LazyModel(handle_of(fails)), ["AAAA", "CCCC"])
    assert str(caught.value) == (
        "my-model failed on a batch of 2 sequences of 4 bp: RuntimeError: CUDA\\nout of memory "
        "\\x1b[31m"
    )


def test_our_own_errors_pass_as_they_are(handle_of):
    def fails(sequences):
        raise InputError("this sequence cannot be used")

    with pytest.raises(InputError, match=r"^this sequence cannot be used$"):
        score(LazyModel(handle_of(fails)), TWO)


class Foreign:
    """An array of another library, seen through ``__array__`` only, as a torch tensor is."""

    def __init__(self, values):
        self._values = values

    def __array__(self, dtype=None, copy=None):
        if self._values is None:
            raise RuntimeError("Can't call numpy() on a tensor that requires grad")
        return np.asarray(self._values, dtype=dtype)


def scores(values=(1.0, 2.0), tokens=(4, 4), bases=(4, 4)):
    return Scores(np.array(values), np.array(tokens), np.array(bases))


@pytest.mark.parametrize(
    "returned",
    [
        [1.0, 2.0],
        (1, 2),
        np.array([1.0, 2.0]),
        np.array([1, 2], dtype=np.int8),
        np.array([1, 2], dtype=np.float16),
        Foreign(np.array([1, 2], dtype=np.float32)),
        scores(),
        Scores([1.0, 2.0], [4, 4], [4, 4]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_one_real_number_for_each_sequence_is_taken_in_any_form(handle_of, returned):
    table = score(LazyModel(handle_of(lambda sequences: returned)), TWO)
    assert table.values(TWO).tolist() == [1.0, 2.0]
    assert table.values(TWO).dtype == np.float64
    assert [row[1:] for row in table.rows.values()] == [(4, 4)] * 2


@pytest.mark.parametrize(
    "returned",
    [
        pytest.param([1.0], id="too few"),
        pytest.param([1.0, 2.0, 3.0], id="too many"),
        pytest.param([[1.0, 2.0]], id="2-D"),
        pytest.param(np.zeros((2, 1)), id="a column"),
        pytest.param(1.0, id="a single number"),
        pytest.param(None, id="None"),
        pytest.param([1.0, None], id="a None among numbers"),
        pytest.param(["1.0", "2.0"], id="strings"),
        pytest.param(np.array([b"1", b"2"]), id="bytes"),
        pytest.param("12", id="a string"),
        pytest.param(np.array([1 + 0j, 2 + 0j]), id="complex"),
        pytest.param([1j, 2.0], id="complex among numbers"),
        pytest.param([[1.0], [1.0, 2.0]], id="ragged"),
        pytest.param({"AAAA": 1.0, "CCCC": 2.0}, id="dict"),
        pytest.param((x for x in (1.0, 2.0)), id="generator"),
        pytest.param(np.array(["2026-01-01"] * 2, dtype="M8[D]"), id="dates"),
        pytest.param([object(), object()], id="objects"),
        pytest.param(Foreign(None), id="an array that refuses"),
        pytest.param(Foreign([[1.0], [2.0]]), id="2-D of another library"),
        pytest.param(scores(values=[1.0]), id="Scores: too few values"),
        pytest.param(scores(values=[[1.0], [2.0]]), id="Scores: 2-D"),
        pytest.param(scores(values=["1", "2"]), id="Scores: strings"),
        pytest.param(scores(tokens=[4]), id="Scores: too few tokens"),
        pytest.param(scores(bases=[4.0, 4.0]), id="Scores: bases that are not whole"),
        pytest.param(Scores(None, None, None), id="Scores of None"),
    ],
)
def test_anything_else_is_refused_in_one_line(handle_of, store, returned):
    handle = handle_of(lambda sequences: returned)
    with pytest.raises(ModelError) as caught:
        score(LazyModel(handle), TWO, store)
    text = str(caught.value)
    assert text.startswith("my-model returned ")
    assert "\n" not in text
    assert store.count(handle) == 0


def test_a_refusal_says_what_came_and_what_was_expected(handle_of):
    with pytest.raises(ModelError) as caught:
        score(LazyModel(handle_of(lambda sequences: np.zeros((2, 3)))), TWO)
    assert str(caught.value) == (
        "my-model returned a ndarray of shape (2, 3) and dtype float64; expected 2 real numbers, "
        "one for each sequence"
    )


def test_what_is_not_finite_passes_to_the_judge_and_is_scored_again(handle_of, store):
    calls = []

    def model(sequences):
        calls.append(list(sequences))
        return [math.nan, math.inf, 3.0][: len(sequences)]

    handle = handle_of(model)
    first = score(LazyModel(handle), ["A", "C", "G"], store)
    assert np.isnan(first.values(["A"])[0])
    assert first.values(["C", "G"]).tolist() == [math.inf, 3.0]
    score(LazyModel(handle), ["A", "C", "G"], store)
    assert calls == [["A", "C", "G"], ["A", "C"]]


def test_progress_is_told_when_loaded_and_after_every_batch(counting, handle_of, store):
    told = []
    model = LazyModel(handle_of(counting))
    score(model, ["A"], store, progress=lambda *said: told.append(said))
    score(
        model,
        ["A", "C", "G", "TT"],
        store,
        batch_tokens=2,
        progress=lambda *said: told.append(said),
    )
    assert told == [("my-model", *n) for n in ((0, 1), (1, 1), (0, 3), (2, 3), (3, 3))]


def test_a_model_is_loaded_once_and_closed_once(counting, handle_of):
    with LazyModel(handle_of(counting)) as model:
        assert counting.loads == 0
        assert model.get() is model.get() is counting
    assert (counting.loads, counting.closed) == (1, 1)
    model.close()
    assert counting.closed == 1


def test_a_model_that_was_not_needed_is_neither_loaded_nor_closed(counting, handle_of):
    with LazyModel(handle_of(counting)):
        pass
    assert (counting.loads, counting.closed) == (0, 0)


def test_a_model_is_closed_when_scoring_fails(counting, handle_of):
    counting.score = lambda sequences: 1 / 0
    with pytest.raises(ModelError, match="ZeroDivisionError"), LazyModel(handle_of(counting)) as m:
        score(m, TWO)
    assert counting.closed == 1


def test_a_model_that_cannot_be_loaded_or_closed_is_one_line(counting, handle_of):
    def refuse():
        raise OSError("no weights\nhere")

    with pytest.raises(ModelError) as caught:
        LazyModel(replace(handle_of(counting), load=refuse)).get()
    assert str(caught.value) == "my-model could not be loaded: OSError: no weights\\nhere"
    counting.close = refuse
    model = LazyModel(handle_of(counting))
    model.get()
    with pytest.raises(ModelError, match=r"^my-model could not be closed: OSError: no weights"):
        model.close()


@pytest.mark.parametrize("window", [1, 3, 50_000])
def test_windows_of_any_size_give_the_same_table(counting, handle_of, store, monkeypatch, window):
    sequences = [f"{k:b}".replace("0", "A").replace("1", "C") for k in range(4, 40)]
    handle = handle_of(counting)
    score(LazyModel(handle), sequences[::3], store)
    before = len(counting.scored)
    monkeypatch.setattr("mit_harness.scoring.engine._WINDOW", window)
    assert missing(handle, sequences, store) == [s for k, s in enumerate(sequences) if k % 3]
    table = score(LazyModel(handle), sequences, store)
    assert counting.scored[before:] == [s for k, s in enumerate(sequences) if k % 3]
    assert table.values(sequences).tolist() == counting.score(sequences).tolist()
    assert missing(handle, sequences, store) == []


def test_tables_of_several_models_share_their_places(counting, handle_of):
    places = numbered(["AA", "CC", "AA"])
    assert places == {"AA": 0, "CC": 1}
    tables = [score(LazyModel(handle_of(counting, f)), places) for f in ("one", "two")]
    assert all(table.places is places for table in tables)


def test_what_is_not_scored_has_no_row(counting, handle_of):
    table = ScoreTable.empty(numbered(TWO))
    assert table.rows == {}
    with pytest.raises(KeyError, match="AAAA"):
        table.row("AAAA")
    full = score(LazyModel(handle_of(counting)), TWO)
    assert full.of(TWO[::-1]).values.tolist() == full.values(TWO[::-1]).tolist()
    with pytest.raises(KeyError, match="AAAA"):
        table.of(TWO)
