"""Several runs make one leaderboard, if they speak of the same thing."""

import pytest

from mit_harness.errors import ReportError
from mit_harness.report.leaderboard import merge


def refusal(*runs):
    with pytest.raises(ReportError) as caught:
        merge(runs)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_models_of_several_runs_are_joined_and_adjusted_anew(make):
    one = make.results(make.model("a", [make.claim(p=0.02, p_bh=0.02, p_holm=0.02)]))
    two = make.results(make.model("b", [make.claim(p=0.9, p_bh=0.9, p_holm=0.9)]))
    design, models = merge([one, two])
    assert design == one.design
    assert [m.name for m in models] == ["a", "b"]
    assert [m.claims[0].p_bh for m in models] == [0.04, 0.9]
    assert [m.claims[0].verdict for m in models] == ["holds", "holds"]


def test_one_run_is_a_leaderboard_too(make):
    run = make.small_run()
    _, models = merge([run])
    assert [m.name for m in models] == [m.name for m in run.models]


def test_claims_of_one_model_from_two_runs_are_joined(make):
    one = make.results(make.model("a", [make.claim("motif_effect", p=0.02)]))
    two = make.results(make.model("a", [make.claim("compensation", p=0.03)]))
    _, (model,) = merge([one, two])
    assert [c.id for c in model.claims] == ["compensation", "motif_effect"]
    assert [c.p_holm for c in model.claims] == [0.04, 0.04]


def test_an_incomplete_run_is_refused(make):
    run = make.results(make.model("a", [make.claim()]), complete=False)
    assert "incomplete" in refusal(make.results(make.model("b", [make.claim()])), run)


def test_the_same_run_twice_is_the_run(make):
    run = make.results(make.model("a", [make.claim()], fingerprint=None))
    assert merge([run, run]) == merge([run])


def test_the_same_model_in_two_runs_is_one_whatever_else_ran(make):
    one = make.results(make.model("a", [make.claim(p_bh=0.1)], spec="scores:x.tsv#a"))
    two = make.results(make.model("a", [make.claim(p_bh=0.2)], spec="scores:/data/x.tsv#a"))
    _, models = merge([one, two])
    assert len(models) == 1


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"n": 50}, "n = 50"),
        ({"seed": 7}, "seed 7"),
        ({"protocol": "published"}, "protocol published"),
        ({"break_form": "GATAAT"}, "broken box GATAAT"),
        ({"suite_sha256": "ab" * 32}, "suite sha256 abababababab"),
        ({"split": "dev"}, "split dev"),
    ],
)
def test_runs_of_different_designs_are_refused(make, facts, words):
    one = make.results(make.model("a", [make.claim()]))
    two = make.results(make.model("b", [make.claim()]), design=make.design(**facts))
    text = refusal(one, two)
    assert text.startswith("runs of different designs cannot share a leaderboard: ")
    assert words in text


def test_the_dev_split_is_refused(make):
    dev = make.results(make.model("a", [make.claim()]), design=make.design(split="dev"))
    assert refusal(dev) == "leaderboards take the test split only, not 'dev'"


@pytest.mark.parametrize(
    "facts",
    [
        {"fingerprint": "other"},
        {"method": "ll"},
        {"tolerance": 0.1},
        {"kind": "reference"},
        {"fingerprint": None},
    ],
)
def test_different_models_of_one_name_are_refused(make, facts):
    one = make.results(make.model("a", [make.claim()]))
    two = make.results(make.model("a", [make.claim("motif_effect")], **facts))
    for runs in ((one, two), (two, one)):
        assert refusal(*runs) == (
            "two runs hold models called 'a' that are not known to be the same (by fingerprint, "
            "method, tolerance and kind); leave one run out, or rename the model"
        )


def test_models_without_a_fingerprint_are_not_known_to_be_the_same(make):
    one = make.results(make.model("a", [make.claim()], fingerprint=None))
    two = make.results(make.model("a", [make.claim("motif_effect")], fingerprint=None))
    assert "not known to be the same" in refusal(one, two)


@pytest.mark.parametrize("facts", [{"verdict": "error"}, {"metrics": "other"}])
def test_two_results_of_one_claim_are_refused(make, facts):
    if "metrics" in facts:
        facts = {"metrics": {"css": make.metric(0.5)}}
    one = make.results(make.model("a", [make.claim(metrics={"css": make.metric()})]))
    two = make.results(make.model("a", [make.claim(**facts)]))
    text = refusal(one, two)
    assert text.startswith("two runs disagree about claim 'compensation' of model 'a' (")
    assert text.endswith("leave one run out")


def test_two_versions_of_a_claim_are_refused(make):
    one = make.results(make.model("a", [make.claim(version=1)]))
    for name in "ab":
        two = make.results(make.model(name, [make.claim(version=2)]))
        assert refusal(one, two) == (
            "claim 'compensation' has the versions 1 and 2 among the runs; run the older ones again"
        )


def test_hostile_names_are_shown_on_one_line(make):
    one = make.results(make.model("a\n\x1b[31m", [make.claim()]))
    two = make.results(make.model("a\n\x1b[31m", [make.claim()], fingerprint="other"))
    assert refusal(one, two).isprintable()


def judged_on(make, name, claim_id, sha256):
    return make.results(make.model(name, [make.claim(claim_id)]), measured_sha256=sha256)


def test_runs_judged_on_different_files_of_measured_promoters_are_refused(make):
    one = judged_on(make, "a", "measured_rescue", "ab" * 32)
    text = refusal(one, judged_on(make, "b", "measured_expression", "cd" * 32))
    assert text.startswith("runs judged on different files of measured promoters cannot share")
    assert "ab" * 32 in text
    assert "cd" * 32 in text
    assert len(merge([one, judged_on(make, "b", "measured_rescue", "ab" * 32)])[1]) == 2


def test_a_file_that_no_claim_rests_on_keeps_no_run_apart(make):
    one = judged_on(make, "a", "measured_rescue", "ab" * 32)
    for sha256 in ("cd" * 32, None):
        assert len(merge([one, judged_on(make, "b", "compensation", sha256)])[1]) == 2
