"""Claims on measured promoters, on a small workbook whose right answers are known."""

from dataclasses import replace

import numpy as np
import pytest

from mit_harness.claims.base import Scored
from mit_harness.claims.declared import declared, truth_table
from mit_harness.claims.measured_rescue import rescue_pairs
from mit_harness.claims.registry import DESIGNED, ON_MEASURED, everything, get_claim
from mit_harness.errors import InputError, NotApplicable
from mit_harness.measured.lafleur import read_measured
from mit_harness.models.registry import Registry
from mit_harness.promoter.core import DesignSpec
from mit_harness.promoter.sequence_set import SequenceSet, make_items
from mit_harness.stats.verdict import Verdict

each = pytest.mark.parametrize("claim_id", ON_MEASURED)
RESCUE, EXPRESSION = ON_MEASURED


def judged(claim_id, file, score, **options):
    claim = get_claim(claim_id)
    made = claim.design(DesignSpec(measured=file))
    values = score(made, read_measured(file))
    chosen = {"protocol": "matched", "seed": 42, "tolerance": 1e-9, **options}
    return claim.judge(Scored(made, values, file), **chosen)


def true(made, found):
    """The measured values themselves."""
    known = {}
    for library in found.sets.values():
        known |= dict(zip(library.windows, library.expression, strict=True))
    return np.array([known[item.sequence] for item in made])


def opposite(made, found):
    return -true(made, found)


def at(made, _found):
    return np.array([float(i.sequence.count("A") + i.sequence.count("T")) for i in made])


def noise(made, _found):
    return np.random.default_rng(0).normal(size=len(made))


def missing(made, found):
    return np.where(np.arange(len(made)) == 3, np.nan, true(made, found))


def named(result):
    return {m.name: m for m in (*(part.metric for part in result.parts), *result.reported)}


@each
@pytest.mark.parametrize(
    ("score", "verdicts"),
    [
        (true, {Verdict.HOLDS}),
        (opposite, {Verdict.REFUTED}),
        (at, {Verdict.REFUTED}),
        (noise, {Verdict.ABSENT, Verdict.UNDECIDED, Verdict.REFUTED}),
        (missing, {Verdict.ERROR}),
    ],
)
def test_verdicts_on_scores_that_are_known(workbooks, claim_id, score, verdicts):
    result = judged(claim_id, workbooks.small, score)
    assert result.verdict in verdicts, result.explanation


def test_composition_alone_is_exactly_nothing(workbooks):
    found = named(judged(RESCUE, workbooks.small, at))
    assert (found["rescue_auroc"].ci_low, found["rescue_auroc"].ci_high) == (0.5, 0.5)
    assert found["rescue_auroc"].p == 1.0
    assert found["sign_excess"].value == 0.0  # A+T always guesses up
    found = named(judged(EXPRESSION, workbooks.small, at))
    assert (found["partial_urtecho"].ci_low, found["partial_urtecho"].ci_high) == (0.0, 0.0)
    assert found["partial_pl"].value == 0.0
    assert found["spearman_urtecho"].value > 0  # an UP element is A+T, and raises expression


def test_facts_of_the_measurements_are_the_same_for_every_model(workbooks):
    facts = [
        {name: m for name, m in named(judged(RESCUE, workbooks.small, score)).items()
         if name.startswith("raised") or name == "floor_share"}
        for score in (true, noise)
    ]  # fmt: skip
    assert facts[0] == facts[1]
    assert len(facts[0]) == 10
    pairs = rescue_pairs(read_measured(workbooks.small))
    assert facts[0]["raised"].value == pytest.approx((pairs.rise > 0).mean())
    assert facts[0]["raised_GATAAT"].n == pairs.has_box("GATAAT").sum() / 2


def test_pairs_share_what_is_compared(workbooks):
    found = read_measured(workbooks.small)
    pairs, library = rescue_pairs(found), found.sets["urtecho"]
    strata = np.asarray(pairs.grouping.strata)
    change = np.array([window.count("A") + window.count("T") for window in library.windows])
    gained = change[pairs.with_up] - change[pairs.without]
    assert all(len(set(gained[strata == s])) == 1 for s in np.unique(strata))
    assert len(np.unique(strata)) == 16
    assert set(np.unique(np.asarray(pairs.grouping.clusters), return_counts=True)[1]) == {2}
    low = library.activity[pairs.with_up], library.activity[pairs.without]
    np.testing.assert_array_equal(pairs.floor, (low[0] < 0.2) & (low[1] < 0.2))


@each
def test_an_order_of_groups_or_items_changes_nothing(workbooks, claim_id):
    claim, file = get_claim(claim_id), workbooks.small
    made = claim.design(DesignSpec(measured=file))
    values = noise(made, None)
    turned = Scored(SequenceSet.of(made.items[::-1]), values[::-1], file)
    options = {"protocol": "matched", "seed": 42, "tolerance": 0.0}
    assert claim.judge(turned, **options) == claim.judge(Scored(made, values, file), **options)


def test_few_backgrounds_decide_nothing(workbooks, tmp_path):
    sheets = workbooks.tables(n=25)
    title = "Urtecho et al. (Fig S9b)"
    few = {text for _, text in workbooks.promoters(backgrounds=5)}
    sheets[title] = [r for k, r in enumerate(sheets[title]) if k == 0 or r[0] in few]
    result = judged(EXPRESSION, workbooks.write(tmp_path / "few.xlsx", sheets), true)
    assert (result.verdict, result.n) == (Verdict.UNDECIDED, 5)
    assert "n too small (5 < 6)" in result.explanation


def test_no_pairs_at_all_decide_nothing(workbooks, tmp_path):
    sheets = workbooks.tables(n=25)
    title = "Urtecho et al. (Fig S9b)"
    bare = {text for numbers, text in workbooks.promoters() if numbers[0] == 0}
    sheets[title] = [r for k, r in enumerate(sheets[title]) if k == 0 or r[0] in bare]
    result = judged(RESCUE, workbooks.write(tmp_path / "bare.xlsx", sheets), true)
    assert (result.verdict, result.n) == (Verdict.UNDECIDED, 0)


@each
def test_without_the_file_there_is_nothing_to_ask(workbooks, claim_id):
    claim = get_claim(claim_id)
    with pytest.raises(NotApplicable, match="no measured expression was given: --mit-measured"):
        claim.design(DesignSpec())
    given = DesignSpec(measured=workbooks.small)
    with pytest.raises(NotApplicable, match="not on a suite"):
        claim.design(replace(given, suite=SequenceSet.of(make_items("E", ["ACGT"]))))
    with pytest.raises(NotApplicable, match="no counterpart in the published protocol"):
        claim.design(replace(given, protocol="published"))
    made = claim.design(given)
    with pytest.raises(InputError, match="judged with their file"):
        claim.judge(Scored(made, noise(made, None)), protocol="matched", seed=1, tolerance=0.0)
    assert claim.design(replace(given, n=7)).items == made.items


@each
def test_another_files_promoters_are_refused(workbooks, tmp_path, claim_id):
    sheets = workbooks.tables()
    title = "Urtecho et al. (Fig S9b)"
    file = workbooks.write(tmp_path / "other.xlsx", {**sheets, title: sheets[title][:-1]})
    claim = get_claim(claim_id)
    made = claim.design(DesignSpec(measured=file))
    scored = Scored(made, noise(made, None), workbooks.small)
    with pytest.raises(InputError, match="are not those of the measured file"):
        claim.judge(scored, protocol="matched", seed=1, tolerance=0.0)


def test_everything_holds_measured_promoters_where_they_are_given(workbooks):
    plain, given = DesignSpec(n=2), DesignSpec(n=2, measured=workbooks.small)
    assert set(everything(given).groups) - set(everything(plain).groups) == set(
        get_claim(EXPRESSION).groups()
    )
    assert [c for c in (*DESIGNED, *ON_MEASURED) if get_claim(c).id != c] == []


def test_verdicts_are_declared_for_the_published_file_alone(workbooks):
    handle = Registry().resolve("pa-pwm")
    given = DesignSpec(measured=workbooks.small)
    for claim_id in ON_MEASURED:
        assert declared(handle, claim_id, given) is None
        assert declared(handle, claim_id, DesignSpec()) is None
    assert declared(handle, "compensation", given) == {Verdict.HOLDS}


@each
def test_the_measurements_themselves_hold_on_the_published_file(published_workbook, claim_id):
    assert judged(claim_id, published_workbook, true).verdict is Verdict.HOLDS
    assert judged(claim_id, published_workbook, opposite).verdict is Verdict.REFUTED


@pytest.mark.parametrize("name", ["pa-pwm", "at-content", "thermo", "kmer"])
@each
def test_a_declaration_comes_true_on_the_published_file(published_workbook, name, claim_id):
    handle = Registry().resolve(name)
    model = handle.load()

    def score(made, _found):
        return np.asarray(model.score([item.sequence for item in made]))

    result = judged(claim_id, published_workbook, score, tolerance=handle.tolerance)
    allowed = declared(handle, claim_id, DesignSpec(measured=published_workbook))
    assert allowed == truth_table()[name][claim_id]
    assert result.verdict in allowed, result.explanation
    if claim_id == RESCUE:
        found = named(result)
        assert found["raised"].value == pytest.approx(0.767, abs=5e-4)
        assert found["floor_share"].value == pytest.approx(0.398, abs=5e-4)
        assert found["raised_GATAAT"].value == pytest.approx(0.860, abs=5e-4)
