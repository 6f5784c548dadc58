"""The conditioning context: fixed, plain background, and of no use as a second promoter."""

import subprocess
import sys

import pytest

from mit_harness.errors import ModelError
from mit_harness.models.neural.flanks import DEFAULT_CONTEXT, flanks
from mit_harness.promoter.alphabet import check
from mit_harness.promoter.grammar import SIGMA70


def test_defaults_keep_the_frame_of_a_6_mer_tokenizer():
    left, right = flanks("causal")
    assert (len(left), right) == (96, "")
    assert [len(side) for side in flanks("masked")] == [48, 48]
    assert all(size % 6 == 0 for size in DEFAULT_CONTEXT.values())


def test_they_are_pinned():
    # A change here changes every score: raise the scorer's version with it.
    left, _ = flanks("causal")
    assert left == (
        "CAGATCTAGACCCTATTACGGCCAGTTGTTAATCTTCATTTGTATTGA"
        "GCTTCTATGCGCCTTCTTACCCTTGGTCCTAGTGGACTTCAAGCATTA"
    )
    assert flanks("masked") == (
        "CAGATCTAGACCCTATTACGGCCAGTTGTTAATCTTCATTTGTATTGA",
        "AGACGATCGGTCGATGCACGAATTTATCTTGCCTATCCTCGGAAGCTC",
    )


@pytest.mark.parametrize("context", [6, 48, 96, 500, 20_000])
@pytest.mark.parametrize("seed", range(5))
def test_no_look_alike_of_the_box_stands_in_them(context, seed):
    for flank in flanks("masked", context, seed):
        assert len(check(flank, "flank")) == context
        assert SIGMA70.look_alike.places(flank) == []


def test_both_sides_and_other_seeds_differ_and_the_same_seed_does_not():
    left, right = flanks("masked", 96)
    assert left != right
    assert flanks("masked", 96, 1)[0] != left
    assert flanks("causal", 96)[0] == left
    at = sum(base in "AT" for base in flanks("causal", 20_000)[0]) / 20_000
    assert at == pytest.approx(0.55, abs=0.03)  # fewer look-alikes, less A+T


def test_no_context_and_an_impossible_one():
    assert flanks("masked", 0) == ("", "")
    with pytest.raises(ModelError, match="-1 bp is not possible"):
        flanks("causal", -1)


def test_neither_the_plugin_nor_the_flanks_import_torch():
    code = (
        "import sys, mit_harness.plugin, mit_harness.models.registry, mit_harness.models.embedded\n"
        "assert 'mit_harness.models.neural.model' not in sys.modules\n"
        "import mit_harness.models.neural.flanks, mit_harness.models.neural.tokens\n"
        "import mit_harness.models.neural.batching\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
