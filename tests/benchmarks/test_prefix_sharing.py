"""The comparison of prefix sharing: the ways agree, and the tokens are those that were read."""

import argparse

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="neural models need torch")
pytest.importorskip("transformers", reason="neural models need transformers")

from neural_checkpoints import Shape, write_causal  # noqa: E402
from prefix_sharing import Run, measure, table  # noqa: E402


@pytest.mark.parametrize("context", [96, 0])
def test_every_way_gives_the_same_scores_and_sharing_reads_less(tmp_path, context):
    from baseline_throughput import draw

    folder = write_causal(tmp_path / "model", Shape(1, 16, 2, 32))
    stem = draw(1, 60, 0)[0]
    texts = [stem + tail for tail in draw(40, 10, 1)] + draw(2, 90, 2)
    args = argparse.Namespace(context=context, repetitions=1, cpu_time=True)
    found = measure(folder, texts, args)
    plain, shared = found["mit-harness, share=off"][0], found["mit-harness, share=on"][0]
    assert plain.tokens == sum(1 + context + len(text) for text in texts)
    assert shared.tokens < 0.8 * plain.tokens
    for runs in found.values():
        np.testing.assert_allclose(runs[0].scores, plain.scores, rtol=0, atol=1e-4)


def test_the_table_divides_by_the_first_way_repetition_by_repetition():
    zeros = np.zeros(2)
    found = {
        "plain": [Run(2.0, zeros, 1000), Run(4.0, zeros, 1000)],
        "shared": [Run(1.0, zeros, 400), Run(1.0, zeros + 1e-5, 400)],
    }
    last = table(found).splitlines()[-1]
    assert last == "| shared | 1.0 | 3.00 (2.00 to 4.00) | 400 | 1.0e-05 |"
