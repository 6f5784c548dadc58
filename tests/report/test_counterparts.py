"""Which model meets which: clear, or refused with both sides' names."""

import pytest

from mit_harness.errors import ReportError
from mit_harness.report.counterparts import compare_runs, counterparts
from mit_harness.report.finished import read_run


@pytest.fixture
def run(finished_run):
    return lambda *specs: read_run(finished_run(*specs))


def test_models_of_the_same_name_meet(run):
    one, other = run("pa-pwm", "markov"), run("markov", "kmer", "pa-pwm")
    assert counterparts(one, other) == ([("pa-pwm", "pa-pwm"), ("markov", "markov")], [])
    assert counterparts(other, one) == ([("markov", "markov"), ("pa-pwm", "pa-pwm")], ["kmer"])


def test_ones_own_models_come_before_the_controls(run):
    one, other = run("a=markov", "b=kmer", "pa-pwm"), run("b=markov", "a=kmer", "pa-pwm")
    assert counterparts(one, other) == ([("a", "a"), ("b", "b")], [])


def test_the_only_model_of_ones_own_meets_the_only_other(run):
    one, other = run("new=markov", "pa-pwm"), run("old=kmer", "pa-pwm")
    assert counterparts(one, other) == ([("new", "old")], [])
    assert counterparts(one, other, baseline_model="old") == ([("new", "old")], [])
    assert counterparts(one, other, model="new") == ([("new", "old")], [])


def test_two_new_models_do_not_both_stem_from_one(run):
    one, other = run("old=markov", "new=kmer"), run("old=kmer")
    assert counterparts(one, other) == ([("old", "old")], ["new"])
    assert counterparts(one, other, model="new") == ([("new", "old")], [])


def test_two_names_are_taken_as_they_are(run):
    one = run("pa-pwm", "markov")
    assert counterparts(one, one, "pa-pwm", "markov") == ([("pa-pwm", "markov")], [])


@pytest.mark.parametrize(
    ("mine", "theirs", "names"),
    [
        (("new=markov",), ("a=markov", "b=kmer"), {}),
        (("new=markov",), ("pa-pwm",), {}),
        (("pa-pwm",), ("markov",), {}),
        (("new=markov", "pa-pwm"), ("a=markov", "b=kmer"), {"model": "new"}),
        (("a=markov", "b=kmer"), ("c=markov",), {"baseline_model": "c"}),
    ],
)
def test_what_is_not_clear_lists_the_names(run, mine, theirs, names):
    with pytest.raises(ReportError, match="it is not clear what to compare") as caught:
        counterparts(run(*mine), run(*theirs), **names)
    for spec in (*mine, *theirs):
        assert spec.partition("=")[0] in str(caught.value)


@pytest.mark.parametrize("names", [("pa-pwn",), (None, "pa-pwn"), ("pa-pwm", "pa-pwn")])
def test_a_name_that_is_not_there(run, names):
    one = run("pa-pwm", "markov")
    with pytest.raises(ReportError, match="no model 'pa-pwn'; did you mean 'pa-pwm'"):
        counterparts(one, one, *names)


def test_every_pair_is_compared_and_the_rest_named(run):
    one, other = run("markov", "kmer", "pa-pwm"), run("pa-pwm", "markov")
    told = []

    def progress(pairs):
        for pair in pairs:
            told.append(pair)
            yield pair

    found = compare_runs(one, other, progress=progress)
    assert [c.candidate for c in found.comparisons] == ["markov", "pa-pwm"]
    assert (found.alone, told) == (["kmer"], [("markov", "markov"), ("pa-pwm", "pa-pwm")])
    assert found.baseline == other.results.run.sha256
