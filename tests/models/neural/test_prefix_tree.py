"""The tree of common beginnings: it spells every input, reads none twice, and shares what pays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch", reason="neural models need torch")

from mit_harness.models.neural.prefix_tree import grow, in_order

TABLES = st.integers(1, 12).flatmap(
    lambda length: st.lists(
        st.lists(st.integers(0, 2), min_size=length, max_size=length), min_size=1, max_size=12
    )
)


def spelled(tree, ids, root):
    """Return what each input reads, followed from its leaf back to the root."""
    found = []
    for row, leaf in enumerate(tree.leaves):
        node, parts = leaf, []
        for level in reversed(tree.levels):
            parts.append(ids[level.rows[node], level.start : level.stop])
            node = level.parents[node]
        found.append(np.concatenate([ids[row, :root], *reversed(parts)]))
    return np.array(found)


@given(TABLES, st.booleans(), st.booleans(), st.data())
def test_every_input_is_spelled_whatever_the_order_and_the_cuts(rows, ordered, rooted, data):
    ids = np.array(rows)
    ids = ids[in_order(ids)] if ordered else ids
    length = ids.shape[1]
    same = int((ids == ids[0]).all(axis=0).argmin()) if (ids != ids[0]).any() else length
    root = same if rooted else 0
    places = data.draw(st.none() | st.sets(st.integers(root + 1, length))) if root < length else []
    cuts = None if places is None else sorted({*places, length} if root < length else [])
    tree = grow(ids, root, cuts)
    np.testing.assert_array_equal(spelled(tree, ids, root), ids)
    assert tree.tokens <= len(ids) * (length - root)
    if ordered:
        for level in tree.levels:
            assert len(np.unique(ids[:, : level.stop], axis=0)) == len(level.rows)


def test_common_beginnings_are_read_once():
    stem = np.zeros((1, 200), dtype=np.int64)
    ids = np.repeat(stem, 8, axis=0)
    ids[:, 195:] = np.arange(8)[:, None]
    tree = grow(ids)
    assert [(level.start, level.stop, len(level.rows)) for level in tree.levels] == [
        (0, 195, 1),
        (195, 200, 8),
    ]
    assert tree.tokens == 195 + 8 * 5


def test_duplicates_are_read_once():
    tree = grow(np.zeros((5, 30), dtype=np.int64))
    assert tree.tokens == 30
    assert tree.leaves.tolist() == [0] * 5


def test_a_token_or_two_in_common_are_not_worth_a_level():
    ids = np.random.default_rng(0).integers(4, size=(8, 100))
    ids = ids[in_order(ids)]
    assert len(grow(ids).levels) == 1


def test_a_root_that_is_all_there_is_needs_no_level():
    tree = grow(np.ones((3, 7), dtype=np.int64), 7)
    assert tree.levels == ()
    assert tree.leaves.tolist() == [0, 0, 0]


def test_in_order_sorts_by_the_first_token_first():
    ids = np.array([[1, 0], [0, 2], [0, 1]])
    assert in_order(ids).tolist() == [2, 1, 0]
