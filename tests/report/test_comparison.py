"""Two finished runs, claim by claim: what is paired, what is mirrored, and what is refused."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mit_harness.claims.registry import get_claim
from mit_harness.errors import InputError, ReportError
from mit_harness.models.base import Scores
from mit_harness.promoter.sequence_set import Item, SequenceSet
from mit_harness.report.build import claim_record, model_records
from mit_harness.report.comparison import (
    IDENTICAL,
    check_comparable,
    compare_claim,
    compare_models,
)
from mit_harness.report.finished import FinishedRun, read_run
from mit_harness.report.items import ItemScores
from mit_harness.stats.paired import wins

RELEASE = Path(__file__).resolve().parents[3] / "shared" / "reference" / "published"
CLAIMS = ("compensation", "scrambled_control", "motif_effect", "spacing", "composition")


@pytest.fixture(scope="module")
def runs(finished_run):
    new = finished_run("pa-pwm", "thermo", "pwm", "markov", claims=CLAIMS)
    return read_run(new), read_run(finished_run("kmer", "markov", claims=CLAIMS[:2]))


def test_a_model_does_not_differ_from_itself(runs):
    found = compare_models(runs[0], runs[1], "markov", "markov")
    assert found.identical
    assert found.flipped == ()
    for d in found.differences:
        assert (d.difference, d.ci_low, d.ci_high) == (0, 0, 0)
        assert d.ci_method == IDENTICAL
        assert d.mcnemar_p in (None, 1.0)
    assert found.notes == ("only the candidate was judged by motif_effect, spacing, composition",)


def test_the_values_are_those_of_the_runs(runs):
    found = compare_models(runs[0], runs[0], "thermo", "pa-pwm")
    for side, name in (("candidate", "thermo"), ("baseline", "pa-pwm")):
        model = next(m for m in runs[0].results.models if m.name == name)
        stated = {(c.id, k): m.value for c in model.claims for k, m in c.metrics.items()}
        assert {(d.claim, d.metric): getattr(d, side) for d in found.differences} == pytest.approx(
            stated, rel=1e-9
        )
    for d in found.differences:
        if d.difference is not None:
            assert d.difference == pytest.approx(d.candidate - d.baseline, abs=1e-12)
            assert d.ci_low <= d.difference <= d.ci_high


def test_exchanging_the_models_negates_everything(runs):
    one = compare_models(runs[0], runs[0], "thermo", "markov")
    other = compare_models(runs[0], runs[0], "markov", "thermo")
    for d, e in zip(one.differences, other.differences, strict=True):
        assert (d.claim, d.metric, d.role) == (e.claim, e.metric, e.role)
        assert (d.gained, d.lost, d.mcnemar_p, d.p_holm) == (
            e.lost,
            e.gained,
            e.mcnemar_p,
            e.p_holm,
        )
        if d.difference is not None:
            assert e.difference == pytest.approx(-d.difference, abs=1e-12)
        if d.ci_low is not None:
            assert (e.ci_low, e.ci_high) == pytest.approx((-d.ci_high, -d.ci_low), abs=1e-8)
    assert [(f.winner, f.loser) for f in one.flipped] == [
        (f.winner, f.loser) for f in other.flipped
    ]
    assert {f.change for f in one.flipped} == {"gained", "lost"}
    for f, g in zip(one.flipped, other.flipped, strict=True):
        assert (f.candidate, f.baseline) == (g.baseline, g.candidate)
        assert f.change != g.change


def test_the_pairs_that_flipped_are_those_of_the_scores(runs):
    scored = [runs[0].items.scored(name, "compensation") for name in ("markov", "pa-pwm")]
    won = [wins(*s.matched("E", "D"), 0.0) for s in scored]
    found = compare_models(runs[0], runs[0], "markov", "pa-pwm", ["compensation"]).flipped
    assert [f.winner for f in found] == [f"E_{k:03d}" for k in np.flatnonzero(won[0] != won[1])]
    assert [f.loser for f in found] == [f.winner.replace("E", "D") for f in found]
    assert found
    for f in found:
        k = int(f.winner.removeprefix("E_"))
        gaps = [s.group("E")[k] - s.group("D")[k] for s in scored]
        assert (f.candidate, f.baseline) == pytest.approx(tuple(gaps))
    css = compare_claim(runs[0], runs[0], "markov", "pa-pwm", "compensation")[0]
    assert (css.metric, css.gained + css.lost) == ("css", len(found))


def test_holm_is_over_the_deciding_tests_of_the_comparison(runs):
    found = compare_models(runs[0], runs[0], "markov", "pa-pwm").differences
    family = [d for d in found if d.role == "deciding" and d.mcnemar_p is not None]
    assert {d.metric for d in found if d.p_holm is not None} == {d.metric for d in family}
    smallest = min(family, key=lambda d: d.mcnemar_p)
    assert smallest.p_holm == pytest.approx(min(1, len(family) * smallest.mcnemar_p))
    assert all(d.p_holm >= d.mcnemar_p for d in family)
    assert {d.metric for d in found if d.role == "deciding"} >= {"css", "near_over_far"}


def test_infinite_effects_have_no_difference(runs):
    found = {d.metric: d for d in compare_claim(runs[0], runs[0], "pwm", "markov", "motif_effect")}
    d = found["mes_synthetic"]
    assert (d.candidate, d.difference, d.ci_low) == (np.inf, None, None)
    assert "the candidate's is inf" in d.note


def test_a_handful_of_pairs_is_said_to_be_too_few(finished_run):
    run = read_run(finished_run("pa-pwm", "markov", n=4))
    css = compare_claim(run, run, "pa-pwm", "markov", "compensation")[0]
    assert css.n == 4
    assert css.note.startswith("n too small to conclude from (4 < 6)")


def test_verdicts_are_told_side_by_side(runs):
    (verdict,) = compare_models(runs[0], runs[0], "markov", "pa-pwm", ["motif_effect"]).verdicts
    stated = {
        m.name: next(c.verdict for c in m.claims if c.id == "motif_effect")
        for m in runs[0].results.models
    }
    assert (verdict.candidate, verdict.baseline) == (stated["markov"], stated["pa-pwm"])


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"n": 21}, "n is 20 and 21"),
        ({"seed": 43}, "seed is 42 and 43"),
        ({"complete": False}, "is of a run that broke off"),
    ],
)
def test_another_design_is_refused(runs, finished_run, facts, said):
    other = read_run(finished_run("markov", **facts))
    with pytest.raises(ReportError, match=said) as caught:
        compare_models(runs[0], other, "markov", "markov")
    assert str(other.file) in str(caught.value)
    if "complete" not in facts:
        assert str(runs[0].file) in str(caught.value)


def changed(run: FinishedRun, **facts) -> FinishedRun:
    return replace(run, results=run.results.model_copy(update=facts))


@pytest.mark.parametrize(
    ("field", "value"),
    [("protocol", "published"), ("split", "dev"), ("break_form", "GATAAT"), ("suite_sha256", "ab")],
)
def test_every_field_of_the_design_counts(runs, field, value):
    design = runs[0].results.design.model_copy(update={field: value})
    with pytest.raises(ReportError, match=f"{field.replace('_', ' ')} is .* and {value}; run both"):
        check_comparable(runs[0], changed(runs[0], design=design), ["compensation"])


def with_claim(run: FinishedRun, name: str, **facts) -> FinishedRun:
    """Return a run with something else in one model's compensation."""
    models = [
        m.model_copy(update={"claims": [m.claims[0].model_copy(update=facts), *m.claims[1:]]})
        if name in (m.name, "all")
        else m
        for m in run.results.models
    ]
    return changed(run, models=models)


def test_another_version_of_a_claim_is_refused(runs):
    ships = get_claim("compensation").version
    newer = with_claim(runs[0], "all", version=9)
    for pair in ((runs[0], newer), (newer, runs[0])):
        versions = " and ".join(str(9 if run is newer else ships) for run in pair)
        with pytest.raises(ReportError, match=f"compensation is of version {versions}"):
            check_comparable(*pair, ["compensation"])
    with pytest.raises(ReportError, match=f"this mit-harness judges by {ships}"):
        check_comparable(newer, newer, ["compensation"])
    check_comparable(runs[0], newer, ["scrambled_control"])


def test_other_sequences_are_refused(runs):
    first, *rest = runs[0].items.sequences["compensation"]
    flipped = first._replace(sequence=first.sequence[::-1])
    other = {**runs[0].items.sequences, "compensation": SequenceSet.of([flipped, *rest])}
    items = ItemScores(other, runs[0].items.scores)
    with pytest.raises(ReportError, match="the sequences of compensation are not the same"):
        check_comparable(runs[0], replace(runs[0], items=items), ["compensation"])


def judged_on(run: FinishedRun, sha256: str) -> FinishedRun:
    """Return a run as if its compensation had been judged on measured promoters."""
    run = with_claim(run, "all", id="measured_rescue", version=1)
    sequences = {"measured_rescue": run.items.sequences["compensation"]}
    run = replace(run, items=ItemScores(sequences, run.items.scores))
    header = run.results.run.model_copy(update={"measured_sha256": sha256})
    return replace(run, results=run.results.model_copy(update={"run": header}))


def test_other_measurements_of_the_same_sequences_are_refused(runs):
    one, other = (judged_on(runs[0], letters * 32) for letters in ("ab", "cd"))
    said = f"judged on measured promoters with sha256 {'ab' * 32} and {'cd' * 32}; run both alike"
    with pytest.raises(ReportError, match=said):
        check_comparable(one, other, ["measured_rescue"])
    check_comparable(one, one, ["measured_rescue"])


def test_an_error_is_no_number(runs):
    broken = with_claim(runs[0], "markov", verdict="error")
    for pair in ((broken, runs[0]), (runs[0], broken)):
        with pytest.raises(ReportError, match=r"markov of .* has the verdict error for 'compensat"):
            compare_models(*pair, "markov", "markov", ["compensation"])
    compare_models(broken, runs[0], "markov", "markov", ["scrambled_control"])


def test_what_is_missing_is_named(runs):
    with pytest.raises(ReportError, match="has no model 'pa-pwn'; did you mean 'pa-pwm'"):
        compare_models(runs[0], runs[1], "pa-pwn", "markov")
    with pytest.raises(ReportError, match="holds no scores of the claim 'spacing'; run it there"):
        compare_models(runs[0], runs[1], "markov", "markov", ["spacing"])
    with pytest.raises(InputError, match="no claim 'spacin'; did you mean 'spacing'"):
        compare_models(runs[0], runs[1], "markov", "markov", ["spacin"])
    alone = changed(
        runs[1], models=[m.model_copy(update={"claims": []}) for m in runs[1].results.models]
    )
    with pytest.raises(ReportError, match="no shipped claim in common"):
        compare_models(runs[0], alone, "markov", "markov")


def test_a_forged_number_is_refused(runs):
    claim = runs[0].results.models[0].claims[0]
    metrics = {**claim.metrics, "css": claim.metrics["css"].model_copy(update={"value": 0.1})}
    forged = with_claim(runs[0], "pa-pwm", metrics=metrics)
    with pytest.raises(ReportError, match="css value of compensation for pa-pwm is"):
        compare_models(forged, runs[1], "pa-pwm", "markov")


def judged_by_published(scores: dict[str, dict[str, float]], suite: SequenceSet, make):
    """Return a run of recorded scores, by the paper's own protocol."""
    from mit_harness.models.base import ModelHandle

    designs, held, records, handles = {}, {}, {}, []
    for claim_id, groups in (("compensation", "EDC"), ("scrambled_control", "EH")):
        designs[claim_id] = suite.only(groups)
    for name, by_id in scores.items():
        handles.append(ModelHandle(name, name, "user", "f", lambda: None))
        for claim_id, made in designs.items():
            values = np.array([by_id[item.id] for item in made])
            counts = np.full(len(values), 100)
            held.setdefault(name, {})[claim_id] = Scores(values, counts, counts)
            result = get_claim(claim_id).judge(
                ItemScores(designs, held).scored(name, claim_id),
                protocol="published", seed=42, tolerance=0.0,
            )  # fmt: skip
            records.setdefault(name, []).append(claim_record(result, 0.5, None))
    design = make.design(protocol="published")
    results = make.results(*model_records(handles, records), design=design)
    return FinishedRun(Path("results.json"), results, ItemScores(designs, held))


def check_published(scores, suite, make, names):
    """Compare two columns of scores, and do the counting by hand."""
    run = judged_by_published(scores, suite, make)
    found = {d.metric: d for d in compare_models(run, run, *names).differences}
    for metric, control in (("css", "D"), ("scr", "H")):
        rows = [i.index for i in suite.only([control])]
        pairs = [
            [scores[name][f"E_{k:03d}"] > scores[name][f"{control}_{k:03d}"] for name in names]
            for k in rows
        ]
        d = found[metric]
        assert d.candidate == pytest.approx(np.mean([a for a, _ in pairs]))
        assert d.baseline == pytest.approx(np.mean([b for _, b in pairs]))
        assert d.gained == sum(a and not b for a, b in pairs)
        assert d.lost == sum(b and not a for a, b in pairs)
        assert d.difference == pytest.approx((d.gained - d.lost) / len(pairs))
        assert d.ci_method == "percentile bootstrap"
    return found


@pytest.mark.skipif(not (RELEASE / "scores.tsv").exists(), reason="no released scores here")
def test_nt_500m_against_hyenadna(make):
    with (RELEASE / "scores.tsv").open() as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    names = ("nt_500m", "hyenadna")
    scores = {name: {row["id"]: float(row[name]) for row in rows} for name in names}
    with (RELEASE / "sequences.tsv").open() as handle:
        suite = SequenceSet.of(
            Item(r["id"], r["class"], int(r["id"].split("_")[1]), r["sequence"])
            for r in csv.DictReader(handle, delimiter="\t")
        )
    found = check_published(scores, suite, make, names)
    css, scr = found["css"], found["scr"]
    assert (css.candidate, css.baseline, css.n) == (pytest.approx(0.54), pytest.approx(0.63), 100)
    assert (scr.candidate, scr.baseline, scr.n) == (pytest.approx(0.40), pytest.approx(0.48), 50)
    for d in (css, scr):  # neither is told apart from the other by a hundred pairs
        assert d.ci_low < 0 < d.ci_high
        assert d.mcnemar_p > 0.05


def test_recorded_scores_by_the_papers_protocol(make):
    """The sibling that always runs: a few sequences and two made-up columns of scores."""
    rng = np.random.default_rng(3)
    suite = SequenceSet.of(
        Item(f"{group}_{k:03d}", group, k, "".join(rng.choice(list("ACGT"), 20)))
        for group, n in (("C", 30), ("D", 30), ("E", 30), ("H", 15))
        for k in range(n)
    )
    one = {item.id: float(rng.normal(item.group == "E")) for item in suite}
    two = {item.id: one[item.id] + float(rng.normal()) for item in suite}
    found = check_published({"one": one, "two": two}, suite, make, ("one", "two"))
    assert found["css"].gained > 0


def test_the_same_comparison_is_the_same_numbers(runs):
    one, other = (compare_models(runs[0], runs[0], "thermo", "pa-pwm") for _ in range(2))
    assert json.dumps(repr(one)) == json.dumps(repr(other))
