"""The summary in the terminal: 80 columns, whatever the names and the numbers are."""

import pytest

from mit_harness.report.terminal import (
    WIDTH,
    claim_lines,
    control_line,
    leaderboard_lines,
    summary_lines,
)


def test_the_leaderboard_is_this_text(make):
    assert leaderboard_lines(make.small_run().models) == [
        "model       held  SCR decoy       CSS           SCR             MES",
        "pa-pwm      3/3   1.00 [.96,1]    1.00 [.96,1]  0.63 [.53,.72]  ∞",
        "at-content  1/1   \N{EN DASH}               \N{EN DASH}             "
        "\N{EN DASH}               \N{EN DASH}",
        "my-model    0/2   0.60 [.49,.69]  \N{EN DASH}             "
        "\N{EN DASH}               \N{EN DASH}",
    ]


def widest(make, name):
    """A model whose numbers are as wide as numbers get."""
    wide = make.metric(0.63, 0.53, 0.72)
    metrics = dict.fromkeys(("css", "scr", "scr_decoy"), wide)
    metrics["mes_synthetic"] = make.metric(-123456789.0, None, None)
    claims = [make.claim(f"claim_{k}", "holds") for k in range(11)]
    return make.model(name, [make.claim("s", metrics=metrics), *claims])


@pytest.mark.parametrize("length", [1, 9, 20, 60, 200])
def test_a_line_never_exceeds_80_columns(make, length):
    long = "m" * length
    explained = make.claim(
        "claim_of_" + long, "refuted", explanation="refuted: " + "word " * 60 + "w" * 200
    )
    drifted = make.claim(declared=["absent", "refuted"], explanation="holds: " + "x " * 90)
    results = make.results(
        widest(make, long),
        make.model(long + "-2", [explained]),
        make.model(long + "-3", [drifted], kind="control"),
        make.model(long + "-4", [make.claim("e", "error", explanation="error: no " * 30)]),
        make.model(long + "-5", [make.claim()], kind="reference"),
        skipped={"claim_" + long: "the suite does not hold " + "E_decoy, " * 20},
        faults={"evals/test_x.py::test_" + long: "worker 'gw0' crashed " * 9},
        complete=False,
    )
    lines = summary_lines(results)
    assert max(map(len, lines)) <= WIDTH == 80
    incomplete = make.results(widest(make, long), complete=False)
    assert max(map(len, summary_lines(incomplete))) <= WIDTH


def test_long_names_keep_both_ends_and_stay_apart(make):
    names = ["py-package.module-factory-checkpoint-" + "7" * 30 + f"-{k}" for k in (2, 3)]
    lines = leaderboard_lines([widest(make, name) for name in names])
    shown = [line.split()[0] for line in lines[1:]]
    assert len(set(shown)) == 2
    assert all(name.startswith("py-pa") and "…" in name for name in shown)
    assert [name[-2:] for name in shown] == ["-2", "-3"]


def test_shipped_names_are_shown_whole(make):
    from mit_harness.models.embedded import EMBEDDED

    metrics = dict.fromkeys(("css", "scr", "scr_decoy"), make.metric())
    metrics["mes_synthetic"] = make.metric(-20.61)
    models = [make.model(name, [make.claim(metrics=metrics)]) for name in EMBEDDED]
    assert [line.split()[0] for line in leaderboard_lines(models)[1:]] == sorted(EMBEDDED)


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({"value": 0.63, "low": 0.53, "high": 0.724}, "0.63 [.53,.72]"),
        ({"value": 1.0, "low": 0.9638, "high": 1.0}, "1.00 [.96,1]"),
        ({"value": 0.0, "low": 0.0, "high": 0.036}, "0.00 [0,.04]"),
        ({"value": 0.5, "low": None, "high": None}, "0.50"),
        ({"value": None, "low": None, "high": None}, "\N{EN DASH}"),
        ({"value": float("inf"), "low": None, "high": None}, "∞"),
        ({"value": float("-inf"), "low": None, "high": None}, "-∞"),
    ],
)
def test_numbers_with_and_without_an_interval_are_shown(make, facts, shown):
    model = make.model("m", [make.claim(metrics={"css": make.metric(**facts)})])
    header, line = leaderboard_lines([model])
    assert line[header.index("CSS") : header.index("SCR", header.index("CSS"))].strip() == shown


@pytest.mark.parametrize(("value", "shown"), [(float("inf"), "∞"), (None, "\N{EN DASH}")])
def test_an_infinite_or_undefined_effect_is_shown(make, value, shown):
    metrics = {"mes_synthetic": make.metric(value, None, None)}
    assert leaderboard_lines([make.model("m", [make.claim(metrics=metrics)])])[1].endswith(shown)


def test_every_claim_of_a_users_model_is_explained(make):
    model = make.model("mine", [make.claim(), make.claim("motif_effect", "refuted", p_bh=0.3)])
    assert claim_lines([model]) == [
        "mine compensation holds: because", "mine motif_effect refuted: because"
    ]  # fmt: skip


def test_a_claim_that_only_holds_unadjusted_is_starred(make):
    assert claim_lines([make.model("mine", [make.claim(p_bh=0.3)])]) == [
        "mine compensation holds*: because"
    ]


def test_a_control_is_explained_only_where_it_drifted_or_broke(make):
    model = make.model(
        "pwm",
        [
            make.claim("a", "refuted", declared=["refuted"]),
            make.claim("b", "holds", declared=["absent", "refuted"]),
            make.claim("c", "error", declared=None),
            make.claim("d", "holds", declared=None),
        ],
        kind="control",
    )
    assert claim_lines([model]) == [
        "pwm b holds: because DRIFTED: declared absent or refuted.", "pwm c error: because"
    ]  # fmt: skip


def test_controls_are_counted(make):
    good, bad = make.claim(declared=["holds"]), make.claim("b", declared=["refuted"])
    unchecked = make.claim("c")
    results = make.results(make.model("pwm", [good, bad, unchecked], kind="control"))
    assert control_line(results) == "controls: 1 of 2 verdicts as declared"
    assert control_line(make.results(make.model("m", [good]))) is None
    assert control_line(make.results(make.model("pwm", [unchecked], kind="control"))) == (
        "controls: measured, not checked (verdicts are declared for shipped claims at the "
        "default n, seed, protocol and sequences, and on the published measurements)"
    )


def test_what_was_skipped_broken_or_lost_is_said(make):
    run = {"skipped": {"motif_effect": "no C"}, "faults": {"t.py::t": "gw0 crashed"}}
    lines = summary_lines(make.results(make.model("m", [make.claim()]), complete=False, **run))
    assert lines[-2:] == ["skipped motif_effect: no C", "broke t.py::t: gw0 crashed"]
    lines = summary_lines(make.results(make.model("m", [make.claim()]), complete=False))
    assert lines[-1] == "incomplete: not every test that was collected was reported"
    assert summary_lines(make.results(make.model("m", [make.claim()])))[-1].startswith("m comp")


def test_a_run_without_models_has_a_summary(make):
    assert summary_lines(make.results())[0].startswith("model")


def test_hostile_text_of_a_foreign_results_file_stays_on_its_lines(make):
    evil = "\x1b[2J\x1b[31mred\r\nnext\x07\u202e"
    claim = make.claim(evil, "refuted", explanation=evil, declared=[evil])
    results = make.results(
        make.model(evil, [claim], spec=evil, kind="control"),
        make.model(evil + "2", [make.claim(evil, explanation=evil)]),
        skipped={evil: evil},
        faults={evil: evil},
    )
    assert all(line.isprintable() for line in summary_lines(results))


def test_a_reference_of_the_package_is_a_row_unless_it_broke(make):
    claims = [make.claim("a", "refuted"), make.claim("b", "error")]
    facts = {"kind": "reference"}
    own = make.model("ecoli-masked-masks-5", claims, spec="ecoli-masked?masks=5", **facts)
    assert claim_lines([own]) == ["ecoli-masked-masks-5 b error: because"]
    assert len(claim_lines([make.model("gc-skew", claims, **facts)])) == 2  # a user's own


def test_what_a_model_has_seen_is_said_at_the_end(make):
    claims, seen = [make.claim("natural_motif")], "nine tenths of NC_000913.3"
    results = make.results(make.model("ecoli-causal", claims, kind="reference", seen=seen))
    assert "natural_motif holds for ecoli-causal, which was trained on" in " ".join(
        summary_lines(results)
    )
