"""The comparison of neural scorers: the ways agree, and the table says what was measured."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="neural models need torch")
pytest.importorskip("transformers", reason="neural models need transformers")

from neural_checkpoints import Shape, write_causal, write_masked  # noqa: E402
from neural_methods import Method, bare, bare_cut, fresh, load, one_by_one, ours_cold  # noqa: E402
from neural_throughput import (  # noqa: E402
    Timed,
    best_bare,
    differences,
    flops,
    peak_flops,
    table,
    timed,
    times,
)

TINY = Shape(1, 16, 2, 32)
WRITE = {"causal": write_causal, "masked": write_masked}


@pytest.fixture(scope="module")
def setting(tmp_path_factory):
    from baseline_throughput import draw

    def make(kind):
        folder = WRITE[kind](tmp_path_factory.mktemp(kind) / "model", TINY)
        return load(folder, kind, draw(3, 20, 0), "cpu", "float32")

    return make


@pytest.mark.parametrize(("kind", "length"), [("causal", 21), ("masked", 6)])
def test_every_way_gives_the_same_scores(setting, kind, length):
    made = setting(kind)
    assert made.ids.shape == (3, length)
    methods = [bare(made, 2), bare(made, 64), ours_cold(made), one_by_one(made)]
    methods += [bare_cut(made, 8)] if kind == "masked" else []
    off, failed = differences(methods)
    assert not failed
    assert max(off.values()) < 1e-3
    scores = methods[0].prepare()()
    assert len(set(scores)) == 3
    assert made.tokens == fresh(made).lengths(made.sequences).sum()
    assert flops(made) > 2 * made.tokens * 1000


def test_a_repetition_goes_through_all_methods_in_turn():
    seen = []
    methods = [Method(name, lambda name=name: lambda: seen.append(name) or [0.0]) for name in "ab"]
    assert {name: len(s) for name, s in times(methods, 3, "cpu").items()} == {"a": 3, "b": 3}
    assert "".join(seen) == "ababab"


def test_another_package_may_fail_and_this_one_may_not(setting):
    def fail():
        raise AttributeError("no such thing")

    first = Method("bare, batch 1", lambda: lambda: np.zeros(2))
    rows = timed([first, Method("minicons, batch 1", fail)], setting("causal"), 1)
    assert rows[1].seconds == []
    assert rows[1].note == "fails: AttributeError: no such thing"
    with pytest.raises(AttributeError):
        differences([first, Method("mit-harness, warm", fail)])


def test_the_table_compares_with_the_fastest_bare():
    found = [
        Timed("bare, batch 1", [4.0, 4.0, 4.0], 0.0),
        Timed("bare, batch 8", [2.0, 3.0, 2.0], 0.0),
        Timed("bare, head at masked positions, batch 8", [1.0, 1.0, 1.0], 0.0),
        Timed("mine", [1.0, 6.0, 2.0], 1e-5),
        Timed("lm-eval, batch 8", [], float("nan"), "not installed"),
    ]
    assert best_bare(found).name == "bare, batch 8"
    rows = [
        [c.strip() for c in line.strip("|").split("|")] for line in table(found, 8).splitlines()
    ]
    assert rows[3][1:] == ["4", "1.00 (1.00 to 1.00)", "0.0e+00"]
    assert rows[5] == ["mine", "4", "1.00 (0.50 to 2.00)", "1.0e-05"]
    assert rows[6] == ["lm-eval, batch 8", "not installed", "", ""]
    assert "40.0%" in table(found, 8, (8e12, 1e13))
    assert peak_flops("float32", 2.5) == 2.5e12
