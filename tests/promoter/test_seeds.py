"""Streams are reproducible and independent of one another."""

import pytest

from mit_harness.promoter import seeds as module
from mit_harness.promoter.seeds import Seeds


def first(seeds, stream, index):
    return seeds.rng(stream, index).random()


def test_same_key_same_stream():
    assert first(Seeds(), "background", 3) == first(Seeds(42, "test"), "background", 3)


def test_every_key_has_its_own_stream():
    drawn = {
        first(Seeds(seed, split), stream, index)
        for seed in (42, 43)
        for split in ("test", "dev")
        for stream in module._STREAMS
        for index in range(5)
    }
    assert len(drawn) == 2 * 2 * len(module._STREAMS) * 5


def test_streams_are_only_ever_added_at_the_end():
    # Their number is part of the seed: another order would change every published sequence.
    assert module._STREAMS[:6] == (
        "background",
        "elements",
        "shuffle",
        "dinucleotide",
        "sham",
        "natural",
    )


def test_an_unknown_stream_is_no_stream():
    with pytest.raises(ValueError, match="not in tuple"):
        Seeds().rng("nothing", 0)
