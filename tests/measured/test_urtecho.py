"""The factorial is read off the sequences alone, and its noise is that of the replicates."""

import gzip
import json
from importlib.resources import files

import numpy as np
import pytest

from mit_harness.errors import InputError
from mit_harness.measured.lafleur import read_measured
from mit_harness.measured.urtecho import elements, factorial, noise_sd, of_set, pairs


def test_elements_come_back(workbooks):
    made = list(workbooks.promoters())
    found = factorial(tuple(text for _, text in made))
    read = np.column_stack([found.up, found.minus35, found.spacer, found.minus10, found.background])
    np.testing.assert_array_equal(read, [numbers for numbers, _ in made])


def test_pairs_differ_in_the_up_element_alone(workbooks):
    made = [text for _, text in workbooks.promoters(backgrounds=2)]
    found = factorial(tuple(made[1:]))  # one promoter without UP element was not measured
    both = pairs(found)
    assert len(both.with_up) == len(made) * 2 // 3 - 2
    for one, other in zip(both.with_up, both.without, strict=True):
        first, second = made[1:][one], made[1:][other]
        assert first != second
        assert (first[:60], first[82:]) == (second[:60], second[82:])


@pytest.mark.parametrize(
    ("start", "bases", "words"),
    [
        (0, "C" * 10, "the background of its 150 bp"),
        (60, "C" * 22, "the UP element CCCC"),
        (85, "CCCCCC", "the -35 box CCCCCC"),
        (91, "C" * 17, "the spacer CCCC"),
        (108, "CCCCCC", "the -10 box CCCCCC"),
    ],
)
def test_other_elements_are_refused(workbooks, start, bases, words):
    (_, text), *_ = workbooks.promoters(backgrounds=1)
    other = text[:start] + bases + text[start + len(bases) :]
    with pytest.raises(InputError, match=f"promoter 2 of the Urtecho library: {words}"):
        factorial((text, other))


def test_a_promoter_stands_once(workbooks):
    (_, text), *_ = workbooks.promoters(backgrounds=1)
    with pytest.raises(InputError, match=r"promoters 1 and 2 .* are one and the same"):
        factorial((text, text))
    with pytest.raises(InputError, match="the background of its 149 bp"):
        factorial((text[:-1],))


def test_noise_is_interpolated_and_constant_beyond():
    facts = json.loads((files("mit_harness.measured") / "data/urtecho_noise.json").read_text())
    levels, sd = np.array(facts["ln_activity"]), np.array(facts["sd"])
    np.testing.assert_allclose(noise_sd(np.exp(levels)), sd)
    assert noise_sd(np.array([1e-9]))[0] == sd[0]
    assert noise_sd(np.array([1e9]))[0] == sd[-1]
    assert ((sd > 0.05) & (sd < 0.3)).all()


@pytest.fixture(scope="module")
def tidy(published_workbook):
    import pandas as pd

    path = published_workbook.with_name("urtecho2019_designed_sigma70.tsv.gz")
    if not path.exists():
        pytest.skip("the tidy table is not in ../shared/data/measured")
    with gzip.open(path) as handle:
        return pd.read_csv(handle, sep="\t").set_index("variant_150")


def test_all_promoters_labels_and_values_are_those_of_the_tidy_table(tidy, published_workbook):
    library = read_measured(published_workbook).sets["urtecho"]
    table = tidy.loc[list(library.sequences)]
    assert len(table) == len(tidy) == len(library.sequences) == 10_898
    # Six significant digits there: half a unit in the last is 5e-6 of the value.
    np.testing.assert_allclose(library.activity, table["expression"], rtol=5e-6)
    assert list(library.windows) == list(table["sequence_100bp"])
    found, made = of_set(library), elements()
    assert [made.up_labels[k] for k in found.up] == list(table["up"])
    for name in ("minus35", "spacer", "minus10", "background"):
        labels = list(getattr(made, name))
        assert [labels[k] for k in getattr(found, name)] == list(table[name])
    for name in ("minus35", "spacer", "minus10"):
        assert getattr(made, name) == dict(zip(table[name], table[f"{name}_seq"], strict=True))
    assert len(pairs(found).with_up) == 6_871


def test_the_noise_is_that_of_the_replicates(tidy):
    from measured_noise import noise

    facts = json.loads((files("mit_harness.measured") / "data/urtecho_noise.json").read_text())
    found = noise(tidy.reset_index())
    np.testing.assert_allclose(facts["ln_activity"], found["ln_activity"], atol=1e-4)
    np.testing.assert_allclose(facts["sd"], found["sd"], atol=1e-4)
