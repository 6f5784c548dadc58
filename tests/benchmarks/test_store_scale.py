"""A store that two processes write and that kills interrupt loses nothing but what was in flight.

The benchmark asks the same with a million scores and fifty kills.
"""

import pytest
from store_scale import (
    HANDLE,
    ROWS,
    asked,
    batch,
    check,
    fill,
    kill_writers,
    sequences,
    write_at_once,
)

from mit_harness.models.base import as_scores
from mit_harness.scoring.store import Store


def test_two_writers_killed_at_random_moments_lose_nothing_they_said_was_saved(tmp_path):
    assert kill_writers(tmp_path / "s.sqlite", repeats=4, longest_s=0.1) >= 8


def test_two_writers_at_once_lose_nothing(tmp_path):
    assert write_at_once(tmp_path / "s.sqlite", batches=20) == 2 * 20 * ROWS


def test_a_lost_batch_and_a_half_saved_one_would_be_seen(tmp_path):
    with Store(tmp_path / "s.sqlite") as store:
        for k, rows in ((0, ROWS), (1, ROWS), (2, ROWS - 1)):
            part = batch("a", k)[:rows]
            store.save(HANDLE, part, as_scores([float(k)] * rows, part, "m"))
    assert check(tmp_path / "s.sqlite", "a", 0, 0) == 2
    with pytest.raises(AssertionError, match="49"):  # the batch in flight is there in part
        check(tmp_path / "s.sqlite", "a", 0, 1)
    with pytest.raises(AssertionError, match="'a', 2"):  # one that was said to be saved is not
        check(tmp_path / "s.sqlite", "a", 0, 2)


def test_what_is_measured_is_the_store(tmp_path):
    wanted = sequences(3_000)
    assert len(set(wanted)) == 3_000
    assert all(rate >= 0 for rate in fill(tmp_path / "s.sqlite", wanted))
    assert min(asked(tmp_path / "s.sqlite", wanted[::2], lambda _: None)) >= 0
